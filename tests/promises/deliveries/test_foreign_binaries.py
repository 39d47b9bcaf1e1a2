"""Parquet files and city databases that would harm whoever parses them: each is one clear refusal, and we live on."""

import os
import random
import resource
import signal
import subprocess
import sys
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ingestion.confined.confined_process import ConfinedProcess
from ingestion.delivered.delivered_file import DeliveredFile, opened
from ingestion.delivered.parquet.parquet_vetting import ParquetVetting
from policy.limits_policy import LimitsPolicy, shipped_limits
from refusals.errors import InputRefused, Refusal
from tests.worlds.app_deliveries import SESSION, SESSION_COLUMNS, deliver, limited, read_all, rows_of
from tests.worlds.city_databases import city, locate, write_database
from tests.worlds.ga4_delivery import event, events_read, write_parquet

MEBIBYTE = 1024 * 1024


def session_table(rows: int, **columns: pa.Array) -> pa.Table:
    texts = {name: pa.array([SESSION[name]] * rows) for name in SESSION_COLUMNS}
    texts["session_id"] = pa.array([f"s{number}" for number in range(rows)])
    return pa.table(texts | columns)


def one_value_many_times(value_bytes: int, rows: int) -> pa.Array:
    """A dictionary of one long value, used in each row: what makes kilobytes stand for gigabytes."""
    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows, np.int32)), pa.array(["x" * value_bytes]))


def put(home: Path, table: pa.Table, name: str = "burst.parquet", **options: object) -> Path:
    folder = deliver(home, [SESSION])
    path = folder / "sessions" / name
    pq.write_table(table, path, **{"compression": "zstd", "write_statistics": False} | options)
    return path


def grown_mebibytes(before: int) -> float:
    """By how much the most memory that this process ever held has grown since."""
    return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024


@pytest.mark.parametrize(
    ("value_bytes", "rows", "says"),
    [
        (50_000_000, 200, "has a value over 64 KiB"),
        (64 * 1024 + 1, 2, "has a value over 64 KiB"),
        (64 * 1024, 60_000, "becomes larger than"),
        (5_000, 100_000, "becomes larger than"),
    ],
)
@pytest.mark.parametrize("column", ["session_id", "platform"])
def test_a_dictionary_that_bursts_is_refused_before_memory_grows(
    tmp_path: Path, value_bytes: int, rows: int, says: str, column: str
) -> None:
    path = put(tmp_path, session_table(rows, **{column: one_value_many_times(value_bytes, rows)}))
    assert path.stat().st_size < MEBIBYTE
    read_all(tmp_path, 'files = "landing/app"\nignore = ["burst.parquet"]')
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(InputRefused, match=rf"sessions/burst\.parquet: .*{says}") as told:
        read_all(tmp_path)
    assert "xxx" not in str(told.value) and "\n" not in str(told.value)
    assert grown_mebibytes(before) < 150


def test_the_same_dictionary_in_a_day_file(tmp_path: Path) -> None:
    names = ("event_timestamp", "user_pseudo_id", "user_id", "stream_id")
    table = pa.table({name: one_value_many_times(30_000_000, 200) for name in names[1:]} | {names[0]: [1] * 200})
    pq.write_table(table, tmp_path / "events_20261007.parquet", compression="zstd", write_statistics=False)
    for first in ("2026-10-07", "2026-12-01"):  # read for events, and for its links alone
        with pytest.raises(InputRefused, match=r"events_20261007\.parquet: column user_pseudo_id has a value over"):
            events_read(tmp_path, first, first)


def test_rows_without_end_are_refused_by_the_footer(tmp_path: Path) -> None:
    rows = 5_000_000
    nulls = pa.table({name: pa.nulls(rows, pa.string()) for name in SESSION_COLUMNS})
    path = put(tmp_path, nulls)
    assert path.stat().st_size < MEBIBYTE
    with pytest.raises(InputRefused, match="becomes larger than"):
        read_all(tmp_path)


@pytest.mark.parametrize("codec", ["snappy", "gzip", "zstd", "lz4", "none"])
def test_usual_codecs_are_read(tmp_path: Path, codec: str) -> None:
    put(tmp_path, session_table(3), compression=codec)
    assert rows_of(read_all(tmp_path), "select count(*) from app_sessions") == [(3,)]  # s1 is in both files


@pytest.mark.parametrize("column", [*SESSION_COLUMNS, "more"])
def test_brotli_is_refused_by_the_footer_in_whichever_column(tmp_path: Path, column: str) -> None:
    table = session_table(3, more=pa.array(["a"] * 3))
    codecs = {name: "brotli" if name == column else "snappy" for name in table.column_names}
    path = put(tmp_path, table, compression=codecs)
    # Its pages are nothing but zeros: had one been looked at, the refusal would be another.
    content = bytearray(path.read_bytes())
    footer = len(content) - 8 - int.from_bytes(content[-8:-4], "little")
    content[4:footer] = bytes(footer - 4)
    path.write_bytes(content)
    with pytest.raises(InputRefused, match=r"burst\.parquet: is compressed with brotli.*snappy"):
        read_all(tmp_path)


@pytest.mark.clause("refuse-limits")
def test_codecs_are_the_policys(tmp_path: Path) -> None:
    put(tmp_path, session_table(3), compression="gzip")
    app = limited(tmp_path)
    (tmp_path / "policy" / "limits.toml").write_text('parquet_codecs = ["ZSTD", "UNCOMPRESSED"]\n')
    with pytest.raises(InputRefused, match=r"is compressed with gzip, and the policy's limits\.toml allows zstd"):
        read_all(tmp_path, app)


@pytest.mark.clause("refuse-limits")
@pytest.mark.parametrize("seed", range(4))
def test_damage_anywhere_in_a_parquet_file_is_rows_or_one_refusal(tmp_path: Path, seed: int) -> None:
    draw = random.Random(seed)  # noqa: S311
    path = put(tmp_path, session_table(500))
    whole = path.read_bytes()
    for _ in range(5):
        content = bytearray(whole)
        for _ in range(draw.choice((1, 4, 40))):
            content[draw.randrange(len(content))] = draw.randrange(256)
        path.write_bytes(content)
        try:
            read_all(tmp_path)
        except InputRefused as refusal:
            assert str(refusal).startswith("sessions/burst.parquet: ") and "\n" not in str(refusal)


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    networks = [(f"{first}.0.0.0/8", city("NL", "NH")) for first in range(1, 60)]
    return write_database(tmp_path_factory.mktemp("geo") / "city.mmdb", networks).read_bytes()


@pytest.mark.parametrize("seed", range(8))
def test_a_damaged_city_database_is_regions_or_one_refusal(tmp_path: Path, database: bytes, seed: int) -> None:
    draw = random.Random(seed)  # noqa: S311
    path = tmp_path / "city.mmdb"
    content = bytearray(database)
    tree = content.index(b"\0" * 16)
    for _ in range(draw.choice((1, 8, 60))):
        content[draw.randrange(tree if seed % 2 else 0, len(content))] = draw.randrange(256)
    path.write_bytes(content)
    try:
        locate(path, [f"{first}.2.3.4" for first in range(1, 70)])
    except InputRefused as refusal:
        assert str(refusal).startswith(f"setting 'geo.mmdb': {path}") and "\n" not in str(refusal)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("keep", [0.0, 0.01, 0.5, 0.99])
def test_a_city_database_cut_or_filled_with_noise(tmp_path: Path, database: bytes, keep: float, seed: int) -> None:
    path = tmp_path / "city.mmdb"
    kept = int(len(database) * keep)
    noise = random.Random(seed).randbytes(len(database) - kept)  # noqa: S311
    path.write_bytes(database[:kept] + (noise if seed % 2 else b""))
    with pytest.raises(InputRefused, match=r"geo\.mmdb.*(damaged|no city database)"):
        locate(path, ["1.2.3.4"])


NAMED = {"country": {"names": {"en": "Netherlands"}}, "subdivisions": [{"names": {"en": "North Holland"}}]}


@pytest.mark.clause("region-leaf")
@pytest.mark.parametrize(
    ("record", "region"),
    [
        (NAMED, "NL-NH"),
        ({**NAMED, "country": {"iso_code": "NL"}}, "NL-NH"),
        ({"country": {"names": {"en": "netherlands"}}, "subdivisions": [{"iso_code": "UT"}]}, "NL-UT"),
        ({**NAMED, "subdivisions": [{"iso_code": "ZZ", "names": {"en": "Utrecht", "nl": "x"}}]}, "NL-UT"),
        ({**NAMED, "subdivisions": [{"names": {"nl": "Noord-Holland"}}]}, "NL-?"),
        ({**NAMED, "subdivisions": []}, "NL-?"),
        ({"country": {"names": {"en": "Germany"}}, "subdivisions": [{"names": {"en": "North Holland"}}]}, "DE-?"),
        ({"country": {"names": {"en": "Atlantis"}}, "subdivisions": [{"iso_code": "NH"}]}, None),
        ({"country": {"iso_code": "XK", "names": {"en": "Netherlands"}}}, None),
        ({"country": {"names": "Netherlands"}}, None),
    ],
)
def test_regions_by_name_where_codes_are_missing(tmp_path: Path, record: dict, region: str | None) -> None:
    path = write_database(tmp_path / "city.mmdb", [("9.0.0.0/8", city("BE", "VLG")), ("10.0.0.0/8", record)])
    assert locate(path, ["10.1.2.3"]) == ({"10.1.2.3": region} if region else {})


@pytest.mark.clause("region-leaf")
@pytest.mark.parametrize(
    ("part", "lacks"),
    [
        ({"names": {"en": "Somewhere else"}}, "subdivisions that ISO or the region table knows"),
        ({"names": {"nl": "Noord-Holland"}}, "subdivisions that ISO or the region table knows"),
        ({"iso_code": "ZZ"}, "subdivisions that ISO or the region table knows"),
        (None, "subdivisions"),
    ],
)
def test_a_database_whose_every_region_would_be_unknown_is_refused(tmp_path: Path, part: dict, lacks: str) -> None:
    record = {"country": {"iso_code": "NL"}} | ({"subdivisions": [part]} if part else {})
    path = write_database(tmp_path / "city.mmdb", [("10.0.0.0/8", record), ("11.0.0.0/8", record)])
    with pytest.raises(InputRefused, match=rf"no city database \(no {lacks} in it\)"):
        locate(path, ["10.1.2.3"])


CHILD = Path(__file__).with_name("child_that_misbehaves.py")


@pytest.fixture
def limits() -> LimitsPolicy:
    return shipped_limits().model_copy(update={"parser_memory_mebibytes": 256, "parser_seconds": 5})


@pytest.mark.clause("refuse-limits")
@pytest.mark.parametrize(
    ("what", "says"),
    [
        ("abort", "is damaged: the process that parses it died of it (SIGABRT)"),
        ("crash", "is damaged: the process that parses it died of it (SIGSEGV)"),
        ("grow", "needs over 256 MiB of memory"),
        ("wait", "was not read within 5 seconds"),
        ("nonsense", "is damaged: the process that parses it died of it (no answer)"),
        ("endless", "is damaged: the process that parses it died of it (no answer)"),
    ],
)
def test_what_a_parser_is_led_to_do_is_a_refusal(limits: LimitsPolicy, what: str, says: str) -> None:
    with ConfinedProcess(CHILD, limits) as process, pytest.raises(InputRefused) as refused:
        process.ask("a.parquet", {"do": what})
    assert str(refused.value).startswith("a.parquet: ") and says in str(refused.value)


def test_a_process_that_died_is_replaced_for_the_next_file(limits: LimitsPolicy) -> None:
    with ConfinedProcess(CHILD, limits) as process:
        with pytest.raises(InputRefused):
            process.ask("a.parquet", {"do": "abort"})
        assert process.ask("b.parquet", {"do": "answer"}) == {"done": True}


@pytest.mark.parametrize("what", ["killed", "exit"])
def test_what_is_not_the_files_fault_is_not_told_as_such(limits: LimitsPolicy, what: str) -> None:
    with ConfinedProcess(CHILD, limits) as process, pytest.raises(Refusal) as refused:
        process.ask("a.parquet", {"do": what})
    assert refused.value.exit_code == 1 and "damaged" not in str(refused.value)


def test_the_process_has_no_password_of_ours(limits: LimitsPolicy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGPASSWORD", "swordfish")
    with ConfinedProcess(CHILD, limits) as process:
        assert "PGPASSWORD" not in process.ask("a", {"do": "environment"})["names"]


def test_the_process_ends_when_we_are_killed(tmp_path: Path) -> None:
    parent = f"""
import sys, time
from pathlib import Path
from ingestion.confined.confined_process import ConfinedProcess
from policy.limits_policy import shipped_limits
process = ConfinedProcess(Path({str(CHILD)!r}), shipped_limits())
print(process.ask("a", dict(do="pid"))["pid"], flush=True)
time.sleep(60)
"""
    running = subprocess.Popen([sys.executable, "-c", parent], stdout=subprocess.PIPE, text=True)
    child = int(running.stdout.readline())
    running.send_signal(signal.SIGKILL)
    running.wait()
    for _ in range(100):
        try:
            os.kill(child, 0)
        except ProcessLookupError:
            return
        if Path(f"/proc/{child}/stat").read_text().split(")")[1].split()[0] == "Z":
            return
        signal.sigtimedwait([], 0.1)
    pytest.fail("the child outlived its parent")


def test_a_vetted_file_and_the_run_read_the_same(tmp_path: Path) -> None:
    path = write_parquet(tmp_path / "events_20261007.parquet", [event(user_id=f"{n}") for n in range(300)])
    file = DeliveredFile(tmp_path, path.name, "parquet", is_compressed=False)
    with ParquetVetting(shipped_limits()) as vetting, opened(file) as descriptor:
        types = vetting.layout(file, descriptor, 1).types
    with duckdb.connect() as con:
        described = con.execute("describe select * from read_parquet(?)", [str(path)]).fetchall()
    assert types == {name: kind for name, kind, *_ in described}
