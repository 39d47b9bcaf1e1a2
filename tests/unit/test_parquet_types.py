"""The types that writers of Parquet give to text, a time or nothing: read where nothing is lost, else refused."""

from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from refusals.errors import InputRefused
from tests.worlds.app_deliveries import SESSION, SESSION_COLUMNS, deliver, read_all, rows_of
from tests.worlds.ga4_delivery import event, events_read, write_parquet

START = datetime(2026, 10, 20, 8, tzinfo=UTC)
END = datetime(2026, 10, 20, 8, 30, tzinfo=UTC)
ROW = ("s1", "u1", START, END, "192.0.2.7", "ios")


def read(home: Path, **columns: pa.Array) -> list[tuple[object, ...]]:
    folder = deliver(home)
    (folder / "sessions" / "day.csv").unlink()
    texts = {name: pa.array([SESSION[name]]) for name in SESSION_COLUMNS}
    pq.write_table(pa.table(texts | columns), folder / "sessions" / "day.parquet")
    columns_read = ", ".join(SESSION_COLUMNS)
    return rows_of(read_all(home), f"select {columns_read} from app_sessions")


def instants(moment: datetime, unit: str, zone: str | None) -> pa.Array:
    return pa.array([moment], pa.timestamp(unit, zone))


TEXTS = {
    "unannotated binary": pa.array([b"s1"]),
    "large binary": pa.array([b"s1"], pa.large_binary()),
    "binary of fixed length": pa.array([b"s1"], pa.binary(2)),
    "a dictionary": pa.array(["s1"]).dictionary_encode(),
    "a dictionary of binary": pa.array([b"s1"]).dictionary_encode(),
    "large text": pa.array(["s1"], pa.large_string()),
    "a view of text": pa.array(["s1"], pa.string_view()),
}


@pytest.mark.parametrize("kind", TEXTS)
@pytest.mark.parametrize("column", ["session_id", "user_id", "platform", "started_at"])
def test_texts(tmp_path: Path, kind: str, column: str) -> None:
    array = TEXTS[kind]
    if column != "session_id":
        plain = pa.array([SESSION[column]])
        array = plain.cast(pa.string()).dictionary_encode() if "dictionary" in kind else plain
        if "binary" in kind:
            fixed = pa.binary(len(SESSION[column] or ""))
            array = plain.cast(pa.binary()).cast(fixed) if "fixed" in kind else plain.cast(pa.binary())
    assert read(tmp_path, **{column: array}) == [ROW]


@pytest.mark.clause("delivery-timestamps")
@pytest.mark.parametrize("unit", ["ms", "us", "ns"])
@pytest.mark.parametrize("zone", ["UTC", "Europe/Amsterdam", "+05:30"])
def test_times_with_a_zone_in_any_unit(tmp_path: Path, unit: str, zone: str) -> None:
    assert read(tmp_path, started_at=instants(START, unit, zone), ended_at=instants(END, unit, zone)) == [ROW]


@pytest.mark.clause("delivery-timestamps")
def test_nanoseconds_are_cut_not_rounded(tmp_path: Path) -> None:
    nanoseconds = round(START.timestamp()) * 10**9 + 999_999_999
    [(_, _, start, *_)] = read(tmp_path, started_at=pa.array([nanoseconds], pa.timestamp("ns", "UTC")))
    assert start == START.replace(microsecond=999_999)


@pytest.mark.clause("delivery-timestamps")
@pytest.mark.parametrize("unit", ["ms", "us", "ns"])
def test_times_without_a_zone_are_refused_in_any_unit(tmp_path: Path, unit: str) -> None:
    naive = pa.array([START.replace(tzinfo=None)], pa.timestamp(unit))
    with pytest.raises(InputRefused, match="column started_at is a time without time zone"):
        read(tmp_path, started_at=naive)


NULLS = {
    "null": pa.nulls(1),
    "floating point": pa.nulls(1, pa.float64()),
    "a naive time": pa.nulls(1, pa.timestamp("ns")),
    "whole numbers": pa.nulls(1, pa.int32()),
    "text": pa.nulls(1, pa.string()),
    "binary": pa.nulls(1, pa.binary()),
    "a dictionary": pa.array([None], pa.dictionary(pa.int32(), pa.string())),
    "a boolean": pa.nulls(1, pa.bool_()),
}


@pytest.mark.parametrize("kind", NULLS)
def test_columns_of_nothing_but_nulls(tmp_path: Path, kind: str) -> None:
    found = read(tmp_path, ip_address=NULLS[kind], platform=NULLS[kind])
    assert found == [(*ROW[:4], None, None)]


@pytest.mark.parametrize("kind", NULLS)
def test_an_end_of_nothing_but_nulls_is_an_open_session(tmp_path: Path, kind: str) -> None:
    assert read(tmp_path, ended_at=NULLS[kind]) == [(*ROW[:3], None, *ROW[4:])]


def test_an_engine_of_another_kind_writes_nulls_as_numbers(tmp_path: Path) -> None:
    folder = deliver(tmp_path)
    (folder / "sessions" / "day.csv").unlink()
    values = ", ".join(f"'{SESSION[name]}' as {name}" for name in SESSION_COLUMNS if name != "ended_at")
    target = folder / "sessions" / "day.parquet"
    with duckdb.connect() as con:
        con.execute(f"copy (select {values}, null as ended_at) to '{target}' (format parquet)")
    assert rows_of(read_all(tmp_path), "select session_id, ended_at from app_sessions") == [("s1", None)]


def test_a_column_with_one_value_of_the_wrong_type_is_not_of_nulls(tmp_path: Path) -> None:
    with pytest.raises(InputRefused, match="column ended_at is double"):
        read(tmp_path, ended_at=pa.array([1.5]))


@pytest.mark.parametrize(
    "value", [b"s\xff", b"\xc3", b"\xed\xa0\x80", b"caf\xe9"], ids=["ff", "cut", "surrogate", "latin-1"]
)
def test_bytes_that_are_no_text_are_refused_without_quoting_them(tmp_path: Path, value: bytes) -> None:
    with pytest.raises(InputRefused, match=r"sessions/day\.parquet: holds text that is not UTF-8"):
        read(tmp_path, session_id=pa.array([value]))


@pytest.mark.parametrize("name", ["User_ID", "USER_ID", "userId", "user id", "User-Id"])
@pytest.mark.parametrize("form", ["parquet", "csv", "jsonl"])
def test_a_column_in_another_spelling_is_told_by_name(tmp_path: Path, name: str, form: str) -> None:
    folder = deliver(tmp_path)
    (folder / "sessions" / "day.csv").unlink()
    row = {name if column == "user_id" else column: SESSION[column] for column in SESSION_COLUMNS}
    path = folder / "sessions" / f"day.{form}"
    if form == "parquet":
        pq.write_table(pa.table({column: [value] for column, value in row.items()}), path)
    elif form == "csv":
        path.write_text(",".join(row) + "\n" + ",".join(value or "" for value in row.values()) + "\n")
    else:
        path.write_text(str(row).replace("'", '"') + "\n")
    with pytest.raises(InputRefused, match=rf"day\.{form}: .*user_id; '{name}' is there") as told:
        read_all(tmp_path)
    assert "u1" not in str(told.value)


def test_a_column_that_may_be_missing_is_not_read_as_null_where_its_spelling_is_another(tmp_path: Path) -> None:
    folder = deliver(tmp_path)
    (folder / "sessions" / "day.csv").rename(folder / "sessions" / "day.jsonl")
    row = {name.replace("ended_at", "endedAt"): value for name, value in SESSION.items()}
    (folder / "sessions" / "day.jsonl").write_text(str(row).replace("'", '"') + "\n")
    with pytest.raises(InputRefused, match=r"no line has ended_at; 'endedAt' is there"):
        read_all(tmp_path)


def test_a_day_file_of_unannotated_binary(tmp_path: Path) -> None:
    write_parquet(tmp_path / "events_20261007.parquet", [event(user_id="anna")], user_pseudo_id=pa.binary())
    [row] = events_read(tmp_path)
    assert (row["user_pseudo_id"], row["user_id"]) == ("2697787.2422183099", "anna")
