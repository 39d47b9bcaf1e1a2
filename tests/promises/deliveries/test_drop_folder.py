"""What lies in a drop folder: deliveries are read wherever they lie, markers passed over and told, the rest refused."""

from pathlib import Path

import pytest

from home.settings.settings import Ga4ExportSource
from ingestion.delivered.drop_folder import NAMES_TOLD, folder_files, is_ignored
from ingestion.ga4.day_files import choose_day_files
from refusals.errors import InputRefused
from tests.worlds.app_deliveries import SESSION, SESSION_COLUMNS, content, deliver, read_all, rows_of
from tests.worlds.ga4_delivery import event, events_read, write_lines
from tests.worlds.ga4_delivery import rows_of as ga4_rows_of

FILES = 'files = "landing/app"'


def sessions_of(*numbers: int) -> list[dict[str, str | None]]:
    return [{**SESSION, "session_id": f"s{number}"} for number in numbers]


def put(folder: Path, name: str, *numbers: int) -> None:
    path = folder / "sessions" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    form = name.rsplit("/", 1)[-1].split(".", 1)[1].lower().replace("ndjson", "jsonl")
    path.write_bytes(content(form, sessions_of(*numbers), SESSION_COLUMNS))


def read(home: Path, app: str = FILES) -> tuple[set[object], set[tuple[object, ...]]]:
    """Session ids, and what was told of which name."""
    con = read_all(home, app)
    found = {session for (session,) in rows_of(con, "select session_id from app_sessions")}
    return found, set(rows_of(con, "select file, note from drift_notes where source = 'app'"))


@pytest.mark.clause("delivery-markers")
@pytest.mark.parametrize(
    "name",
    ["_SUCCESS", "_committed_4215", "_started_4215", "_temporary/0/part-00000.csv", "_delta_log/00000.json",
     "_metadata", "_x.csv", ".part-00000.csv.crc", ".ipynb_checkpoints/day.csv"],
)  # fmt: skip
def test_markers_are_passed_over_and_told(tmp_path: Path, name: str) -> None:
    folder = deliver(tmp_path, sessions_of(1))
    marker = folder / "sessions" / name
    marker.parent.mkdir(parents=True, exist_ok=True)
    marker.write_bytes(b"no record\0")
    found, told = read(tmp_path)
    top = name.split("/", maxsplit=1)[0]
    why = "passed over: hidden file" if name.startswith(".") else "passed over: a marker, no delivery"
    assert (found, told) == ({"s1"}, {(f"sessions/{top}", why)})


def test_of_many_markers_the_first_are_told_by_name_and_the_rest_by_number(tmp_path: Path) -> None:
    folder = deliver(tmp_path, sessions_of(1))
    for number in range(50):
        (folder / "sessions" / f".part-{number:05}.csv.crc").touch()
    _, told = read(tmp_path)
    assert len(told) == NAMES_TOLD + 1
    assert (f"{50 - NAMES_TOLD} more", "passed over: hidden file") in told


@pytest.mark.clause("delivery-folders")
@pytest.mark.parametrize(
    "name",
    ["dt=2026-10-01/part-000.csv", "dt=2026-10-01/hour=07/part-000.jsonl.gz", "year=2026/month=10/day=01/a.parquet",
     "dt=__HIVE_DEFAULT_PARTITION__/a.csv", "dt=/a.csv", "dt=2026-10-01 10%3A00/a.csv", "naam=dag é/it's.csv"],
)  # fmt: skip
def test_hive_partitions_are_read_however_deep(tmp_path: Path, name: str) -> None:
    folder = deliver(tmp_path, sessions_of(1))
    put(folder, name, 2, 3)
    (folder / "sessions" / Path(name).parent / "_SUCCESS").touch()
    found, told = read(tmp_path)
    assert found == {"s1", "s2", "s3"}
    assert told == {(f"sessions/{Path(name).parent}/_SUCCESS", "passed over: a marker, no delivery")}


def test_bad_records_of_a_partition_are_told_with_its_path(tmp_path: Path) -> None:
    folder = deliver(tmp_path, sessions_of(1))
    place = folder / "sessions" / "dt=2026-10-01"
    place.mkdir()
    (place / "a.csv").write_bytes(content("csv", [{**SESSION, "user_id": None}], SESSION_COLUMNS))
    con = read_all(tmp_path)
    assert rows_of(con, "select file, reason from bad_records") == [("sessions/dt=2026-10-01/a.csv", "missing_field")]


@pytest.mark.clause("delivery-folders")
@pytest.mark.parametrize("name", ["2026", "archive", "old.csv", "dt"])
def test_a_folder_that_is_no_partition_is_refused_by_name(tmp_path: Path, name: str) -> None:
    folder = deliver(tmp_path, sessions_of(1))
    (folder / "sessions" / name).mkdir()
    with pytest.raises(InputRefused, match=f"sessions/{name}: is no regular file but a folder"):
        read(tmp_path)
    assert read(tmp_path, f'{FILES}\nignore = ["sessions/{name}"]')[0] == {"s1"}


@pytest.mark.clause("delivery-folders")
@pytest.mark.parametrize("target", ["outside", "landing/app/sessions", "landing/app/sessions/dt=1", "landing/app"])
def test_links_to_folders_are_refused_be_they_out_or_in_a_circle(tmp_path: Path, target: str) -> None:
    folder = deliver(tmp_path, sessions_of(1))
    (tmp_path / "outside").mkdir()
    put(folder, "dt=1/a.csv", 2)
    (folder / "sessions" / "dt=2").symlink_to(tmp_path / target)
    with pytest.raises(InputRefused, match="sessions/dt=2: is a link"):
        read(tmp_path)


def test_a_link_out_of_the_folder_from_a_partition_is_refused(tmp_path: Path) -> None:
    folder = deliver(tmp_path, sessions_of(1))
    put(folder, "dt=1/a.csv", 2)
    (folder / "sessions" / "dt=1" / "a.csv").rename(tmp_path / "a.csv")
    (folder / "sessions" / "dt=1" / "a.csv").symlink_to(tmp_path / "a.csv")
    with pytest.raises(InputRefused, match=r"dt=1/a\.csv: is a link out"):
        read(tmp_path)


@pytest.mark.clause("delivery-formats")
@pytest.mark.parametrize(
    "suffix", ["CSV", "Csv", "PARQUET", "JSONL.GZ", "csv.GZ", "Parquet.gz", "ndjson", "NDJSON", "ndjson.gz"]
)
def test_suffixes_in_any_case(tmp_path: Path, suffix: str) -> None:
    folder = deliver(tmp_path, sessions_of(1))
    put(folder, f"late.{suffix}", 2)
    assert read(tmp_path) == ({"s1", "s2"}, set())


def test_snapshots_in_any_case_of_the_suffix(tmp_path: Path) -> None:
    folder = deliver(tmp_path, sessions_of(1))
    (folder / "users.csv").rename(folder / "users.CSV")
    (folder / "consents.csv").rename(folder / "consents.Csv")
    assert read(tmp_path)[0] == {"s1"}
    (folder / "users.Csv").write_bytes((folder / "users.CSV").read_bytes())
    with pytest.raises(InputRefused, match="more than one users file"):
        read(tmp_path)


@pytest.mark.parametrize("name", ["Users.csv", "USERS.CSV", "uSers.parquet"])
def test_a_snapshot_whose_name_is_in_another_case_is_told_by_name(tmp_path: Path, name: str) -> None:
    folder = deliver(tmp_path, sessions_of(1))
    (folder / "users.csv").rename(folder / name)
    with pytest.raises(InputRefused, match=f"no users file.*{name} is there"):
        read(tmp_path)


@pytest.mark.clause("refuse-ignore")
@pytest.mark.parametrize(
    ("patterns", "name", "is_passed_over"),
    [
        (("sessions/*.tmp",), "sessions/x.csv.tmp", True),
        (("*.tmp",), "sessions/x.csv.tmp", True),
        (("*.tmp",), "sessions/dt=1/x.csv.tmp", True),
        (("sessions/*.tmp",), "sessions/dt=1/x.csv.tmp", False),
        (("sessions/**/*.tmp",), "sessions/dt=1/hour=2/x.csv.tmp", True),
        (("sessions/**/*.tmp",), "sessions/x.csv.tmp", True),
        (("sessions/dt=2025*",), "sessions/dt=2025-01-01", True),
        (("sessions/dt=2025*",), "sessions/dt=2026-01-01", False),
        (("day-?.csv",), "sessions/day-1.csv", True),
        (("day-?.csv",), "sessions/day-10.csv", False),
        (("day-[12].csv",), "sessions/day-2.csv", True),
        (("day-[!12].csv",), "sessions/day-2.csv", False),
        (("day [1].csv",), "sessions/day [1].csv", True),  # the name itself, though it reads as a pattern
        (("*.TMP",), "sessions/x.tmp", False),
        (("x.csv", "y.*"), "sessions/y.csv", True),
        (("sessions",), "sessions/y.csv", False),
        (("[",), "sessions/[", True),
        ((), "sessions/y.csv", False),
    ],
)
def test_patterns_of_names_to_ignore(patterns: tuple[str, ...], name: str, is_passed_over: bool) -> None:
    assert is_ignored(name, patterns) is is_passed_over


@pytest.mark.clause("refuse-ignore")
def test_patterns_pass_over_files_and_partitions_and_tell_them(tmp_path: Path) -> None:
    folder = deliver(tmp_path, sessions_of(1))
    put(folder, "dt=2025-12-31/a.csv", 2)
    put(folder, "dt=2026-01-01/a.csv", 3)
    (folder / "sessions" / "x.csv.tmp").touch()
    found, told = read(tmp_path, f'{FILES}\nignore = ["sessions/*.tmp", "dt=2025-*"]')
    assert found == {"s1", "s3"}
    assert told == {
        ("sessions/dt=2025-12-31", "passed over: named in 'ignore'"),
        ("sessions/x.csv.tmp", "passed over: named in 'ignore'"),
    }


@pytest.mark.clause("delivery-markers")
@pytest.mark.parametrize(
    "name",
    ["pseudonymous_users_20261006.json", "users_20261006.parquet", "pseudonymous_users_20261006_000000000000.json.gz",
     "users_20261006.csv", "_SUCCESS", "_tmp/events_20261007.json"],
)  # fmt: skip
def test_the_exports_other_tables_lie_beside(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "ga4"
    folder.mkdir()
    write_lines(folder / "events_20261007.json", [event()])
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_bytes(b"\0 never read")
    assert len(events_read(folder)) == 1
    [(source, told, why)] = ga4_rows_of(folder, "drift_notes")
    assert (source, told) == ("ga4_export", name.split("/", maxsplit=1)[0])
    assert why == (
        "passed over: a marker, no delivery"
        if name.startswith("_")
        else "passed over: another table of the same export"
    )


@pytest.mark.parametrize("name", ["events_20261007.JSON", "events_20261007.ndjson", "events_20261007_01.NDJSON.GZ"])
def test_day_files_by_suffixes_in_any_case(tmp_path: Path, name: str) -> None:
    write_lines(tmp_path / name.replace(".GZ", ".gz"), [event()])
    (tmp_path / name.replace(".GZ", ".gz")).rename(tmp_path / name)
    assert len(events_read(tmp_path)) == 1


def test_day_files_in_partitions_are_read_and_one_day_twice_is_refused(tmp_path: Path) -> None:
    for place in ("dt=2026-10-06", "dt=2026-10-07"):
        (tmp_path / place).mkdir()
    write_lines(tmp_path / "dt=2026-10-07" / "events_20261007.json", [event()])
    assert len(events_read(tmp_path)) == 1
    write_lines(tmp_path / "dt=2026-10-06" / "events_20261007.json", [event()])
    with pytest.raises(InputRefused, match="delivered twice"):
        choose_day_files(Ga4ExportSource(files=tmp_path, consent_basis="basic"))


def test_files_come_in_order_of_their_names(tmp_path: Path) -> None:
    for name in ("b=2/a.csv", "b=1/z.csv", "a.csv", "b=10/a.csv"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    found = [file.name for file in folder_files(tmp_path, "", ()).files]
    assert found == ["a.csv", "b=1/z.csv", "b=10/a.csv", "b=2/a.csv"]


def test_what_spark_leaves_is_read_whole(tmp_path: Path) -> None:
    folder = deliver(tmp_path)
    (folder / "sessions" / "day.csv").unlink()
    put(folder, "part-00000.csv", 1, 2)
    put(folder, "part-00001.csv", 3)
    for marker in ("_SUCCESS", "._SUCCESS.crc", ".part-00000.csv.crc", ".part-00001.csv.crc"):
        (folder / "sessions" / marker).write_bytes(b"crc\0")
    found, told = read(tmp_path)
    assert found == {"s1", "s2", "s3"}
    assert len(told) == 4
