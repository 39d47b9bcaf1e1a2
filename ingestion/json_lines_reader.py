"""JSON lines, strictly: one object a line. Numbers keep the digits they were written with, so identifiers survive."""

from collections.abc import Iterator

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ingestion.delivered_file import DeliveredFile
from ingestion.file_check import checked_lines
from ingestion.raw_relation import NOT_OF_THE_INPUT, RawRelation, RecordTable, plain_names, registered_stream
from policy.errors import InputRefused, Refusal

LINES_SCHEMA = pa.schema([pa.field("position", pa.int64()), pa.field("line", pa.string())])

# Without its strings, a line shows what DuckDB's parser forgives and JSON does not: a comma before a closing
# bracket, NaN, Infinity. The first pattern is the cheap one: only a line that it finds is looked at again.
_MAY_BE_FORGIVEN = r",\s*[}\]]|[NnIi][AaNn][NnFf]"
_IS_FORGIVEN = r",\s*[}\]]|[Nn][Aa][Nn]|[Ii][Nn][Ff]"
_STRING = r'"(?:[^"\\]|\\.)*"'

READABLE = f"""
    json_valid(line) and json_type(line) = 'OBJECT' and not contains(line, '\\u0000')
    and not (regexp_matches(line, '{_MAY_BE_FORGIVEN}')
             and regexp_matches(regexp_replace(line, '{_STRING}', '""', 'g'), '{_IS_FORGIVEN}'))
"""


def read_json_lines(
    con: duckdb.DuckDBPyConnection, file: DeliveredFile, descriptor: int, table: RecordTable
) -> RawRelation:
    """The file's records; blank lines are none. A name given twice in one object makes the line unreadable.

    The file is read twice: for the names in it, then for the records.

    Raises:
        InputRefused: a column that no such file may lack is in no line of it.
    """
    stopped_by: list[Refusal] = []
    names = _names_in(con, file, descriptor, stopped_by)
    for column in table.needed_in_some_line:
        if names is not None and column not in names:
            raise InputRefused(
                f"{file.shown}: no line has {column}: deliver one JSON object a line, with that name in it"
            )
    extra = (names or set()) - set(table.columns)
    notes = [f"columns passed over: {plain_names(extra)}"] if extra and table.is_closed else []
    stream = registered_stream(con, LINES_SCHEMA, numbered_lines(file, descriptor), stopped_by)
    return RawRelation(file.shown, _select(stream, table), dict.fromkeys(table.columns, "text"), notes, stopped_by)


def _names_in(
    con: duckdb.DuckDBPyConnection, file: DeliveredFile, descriptor: int, stopped_by: list[Refusal]
) -> set[str] | None:
    """Every name that a readable line gives a value to; nothing for a file without lines."""
    stream = registered_stream(con, LINES_SCHEMA, numbered_lines(file, descriptor), stopped_by)
    readable = f"case when {READABLE} then line else '{{}}' end"
    try:
        found = con.execute(f"""
            select list(distinct name) from (select unnest(list_prepend('', json_keys({readable}))) as name from {stream})
        """).fetchone()
    except NOT_OF_THE_INPUT:
        raise
    except duckdb.Error:
        raise RawRelation(file.shown, "", {}, [], stopped_by).refusal() from None
    finally:
        con.unregister(stream)
    return set(found[0]) - {""} if found and found[0] else None


def _select(stream: str, table: RecordTable) -> str:
    paths = ", ".join(f"'$.{column}'" for column in table.columns)
    values = ", ".join(_value(number, column) for number, column in enumerate(table.columns, start=1))
    return f"""
        select position, case when not is_readable then sha256(line) end as unreadable, {values}
        from (
            select position, line, is_readable, object, json_type(object, [{paths}]) as types,
                   json_extract_string(object, [{paths}]) as texts
            from (
                select position, line, is_readable, case when is_readable then line else '{{}}' end as object
                from (
                    select position, line,
                           case when {READABLE} then len(json_keys(line)) = len(list_distinct(json_keys(line)))
                                else false end as is_readable
                    from {stream}
                )
            )
        )
    """


def _value(number: int, column: str) -> str:
    """The text of one value. A number that DuckDB holds as a double has lost digits: they are taken from the line.

    Where the name stands in the line more than once (in a nested object), it cannot be told which is meant: null.
    """
    name = rf'"{column}"\s*:'
    return rf"""
        case when types[{number}] is distinct from 'DOUBLE' then texts[{number}]
             when len(regexp_extract_all(object, '{name}')) = 1
             then regexp_extract(object, '{name}\s*(-?[0-9][-+.0-9eE]*)', 1)
        end as {column}
    """


def numbered_lines(file: DeliveredFile, descriptor: int) -> Iterator[pa.RecordBatch]:
    """The lines that are not blank, numbered from 1, cut at line feeds without copying."""
    lines_before = 0
    for block in checked_lines(file, descriptor):
        ends = np.flatnonzero(np.frombuffer(block, dtype=np.uint8) == ord("\n")).astype(np.int32)
        starts = np.concatenate([np.zeros(1, dtype=np.int32), ends[:-1] + 1])
        offsets = np.concatenate([starts, np.array([len(block)], dtype=np.int32)])
        text = pa.StringArray.from_buffers(len(ends), pa.py_buffer(offsets), pa.py_buffer(block))
        is_blank = pc.equal(pc.binary_length(pc.utf8_trim(text, characters=" \t\r\n")), 0)
        lines = pc.utf8_rtrim(text, characters="\r\n").filter(pc.invert(is_blank))
        numbers = np.arange(lines_before + 1, lines_before + len(lines) + 1, dtype=np.int64)
        lines_before += len(lines)
        yield pa.RecordBatch.from_arrays([pa.array(numbers), lines], schema=LINES_SCHEMA)
