"""JSON lines, strictly: one object a line. Numbers keep the digits they were written with, so identifiers survive."""

import json
import re
from collections.abc import Iterator

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from home.sql import Sql, joined
from ingestion.delivered.column_names import name_meant
from ingestion.delivered.delivered_file import DeliveredFile
from ingestion.delivered.file_check import checked_lines
from ingestion.delivered.raw_relation import RawRelation, RecordTable, plain_names, registered_stream
from refusals.errors import InputRefused

LINES_SCHEMA = pa.schema(
    [pa.field("position", pa.int64()), pa.field("line", pa.string()), pa.field("is_doubtful", pa.bool_())]
)

# DuckDB's parser forgives what JSON does not: a comma before a closing bracket, `NaN` and `Infinity` in any case, and a
# number that no double holds (`1e400` is infinite to it). A line that might hold one, be it within a string, is
# doubtful; one that still does without its strings is unreadable. Most blocks of lines hold none, which plain searches
# tell far faster than the pattern: in the block with digits as 0, letters in lower case and no space between.
_FOLDED = bytes.maketrans(b"123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", b"000000000abcdefghijklmnopqrstuvwxyz")
_WHITESPACE = b" \t\r\n"
_MARKS = (b",}", b",]", b"nan", b":inf", b",inf", b"[inf", b"-inf", b"0" * 300)
_MARKS_OF_LARGE_NUMBERS = (b"0e000", b"e+000")
_DOUBTFUL = re.compile(rb",\s*[}\]]|nan|[:,\[-]\s*inf|[0-9]e\+?[0-9]{3}|[0-9]{300}", re.IGNORECASE)
_STRING = r'"(?:[^"\\]|\\.)*"'
_NUMBER = r"-?[0-9][-+.0-9eE]*"
_WITHOUT_STRINGS = f"regexp_replace(line, '{_STRING}', '\"\"', 'g')"
_FORGIVEN = rf"""(
    regexp_matches({_WITHOUT_STRINGS}, ',\s*[}}\]]|(?i:nan|inf)')
    or len(list_filter(
        regexp_extract_all({_WITHOUT_STRINGS}, '{_NUMBER}'),
        lambda number: not coalesce(isfinite(try_cast(number as double)), false)
    )) > 0
)"""

READABLE = f"""
    case when not json_valid(line) then false
         when json_type(line) <> 'OBJECT' or contains(line, '\\u0000') then false
         when is_doubtful then not {_FORGIVEN}
         else true end
"""
"""SQL over a stream of lines: whether the line is one JSON object, by the letter of RFC 8259.

A `case` throughout: the engine may look at both sides of an `and`, and the type of a line that does not parse is an
error that stops it.
"""


def read_json_lines(
    con: duckdb.DuckDBPyConnection, file: DeliveredFile, descriptor: int, table: RecordTable
) -> RawRelation:
    """The file's records; blank lines are none. A name given twice in one object makes the line unreadable.

    The file is read twice: for the names in it, then for the records.

    Raises:
        InputRefused: a column that no such file may lack is in no line of it, or one is there in another spelling.
    """
    stopped_by: list[Exception] = []
    names = _names_in(con, file, descriptor, stopped_by)
    for column in table.columns if names is not None else ():
        meant = name_meant(column, names or ())
        if column not in (names or ()) and (meant or column in table.needed_in_some_line):
            raise InputRefused(
                f"{file.shown}: no line has {column}{meant}: deliver one JSON object a line, with that name in it"
            )
    extra = (names or set()) - set(table.columns)
    notes = [f"columns passed over: {plain_names(extra)}"] if extra and table.is_closed else []
    absent = [column for column in table.columns if names is not None and column not in names]
    notes += [f"columns missing, read as null: {', '.join(absent)}"] if absent else []
    stream = registered_stream(con, LINES_SCHEMA, numbered_lines(file, descriptor), stopped_by)
    return RawRelation(file.shown, _select(stream, table), dict.fromkeys(table.columns, "text"), notes, stopped_by)


def _names_in(
    con: duckdb.DuckDBPyConnection, file: DeliveredFile, descriptor: int, stopped_by: list[Exception]
) -> set[str] | None:
    """Every name that a readable line gives a value to; nothing for a file without lines."""
    stream = registered_stream(con, LINES_SCHEMA, numbered_lines(file, descriptor), stopped_by)
    readable = Sql(f"case when {READABLE} then line else '{{}}' end")
    try:
        found = con.execute(f"""
            select list(distinct name)
            from (select unnest(list_prepend('', json_keys({readable}))) as name from {stream})
        """).fetchone()
    except duckdb.Error as error:
        raise RawRelation(file.shown, Sql(""), {}, [], stopped_by).told(error) from None
    finally:
        con.unregister(stream)
    return set(found[0]) - {""} if found and found[0] else None


def _select(stream: Sql, table: RecordTable) -> Sql:
    paths = joined(Sql(f"'$.{column}'") for column in table.names)
    values = joined(_value(number, column) for number, column in enumerate(table.names, start=1))
    is_named = (Sql(f"(types[{int(number)}] is not null)::integer") for number in range(1, len(table.columns) + 1))
    needed_names = joined(is_named, " + ")
    return Sql(f"""
        select position, case when not is_readable then sha256(line) end as unreadable, {values}
        from (
            select *, is_object and (len(names) = {needed_names} or len(names) = len(list_distinct(names)))
                      as is_readable
            from (
                select position, line, is_object, object, json_keys(object) as names,
                       json_type(object, [{paths}]) as types, json_extract_string(object, [{paths}]) as texts
                from (
                    select position, line, is_object, case when is_object then line else '{{}}' end as object
                    from (select position, line, ({READABLE}) as is_object from {stream})
                )
            )
        )
    """)


def _value(number: int, column: Sql) -> Sql:
    """The text of one value. A number that DuckDB holds as a double has lost digits: they are taken from the line.

    Where the name stands in the line more than once (in a nested object), it cannot be told which is meant: null.
    """
    name = Sql(rf'"{column}"\s*:')
    written = Sql(rf"regexp_extract(object, '{name}\s*(-?[0-9][-+.0-9eE]*)', 1)")
    at = int(number)
    return Sql(f"""
        case when types[{at}] is distinct from 'DOUBLE' or texts[{at}] in ('NaN', 'Infinity', '-Infinity')
             then texts[{at}]
             when len(regexp_extract_all(object, '{name}')) = 1 then {written}
        end as {column}
    """)


def numbered_lines(file: DeliveredFile, descriptor: int) -> Iterator[pa.RecordBatch]:
    """The lines that are not blank, numbered from 1, cut at line feeds without copying."""
    lines_before = 0
    is_start = True
    for block in checked_lines(file, descriptor):
        if not block.strip(_WHITESPACE):
            continue
        if is_start:
            _check_is_no_array(file, block)
            is_start = False
        characters = np.frombuffer(block, dtype=np.uint8)
        is_feed = characters == ord("\n")
        is_feed[:-1] &= ~is_feed[1:]  # the feeds of blank lines end no line of their own: trimmed like any line's end
        ends = np.flatnonzero(is_feed).astype(np.int32)
        starts = np.concatenate([np.zeros(1, dtype=np.int32), ends[:-1] + 1])
        offsets = np.concatenate([starts, np.array([len(block)], dtype=np.int32)])
        text = pa.StringArray.from_buffers(len(ends), pa.py_buffer(offsets), pa.py_buffer(block))
        lines = pc.ascii_rtrim(text, characters="\r\n")
        is_doubtful = pa.array(_doubtful(block, ends))
        if np.isin(characters[starts], np.frombuffer(_WHITESPACE, dtype=np.uint8)).any():
            is_told = pc.not_equal(pc.binary_length(pc.ascii_trim(lines, characters=" \t")), 0)
            lines, is_doubtful = lines.filter(is_told), is_doubtful.filter(is_told)
        numbers = np.arange(lines_before + 1, lines_before + len(lines) + 1, dtype=np.int64)
        lines_before += len(lines)
        yield pa.RecordBatch.from_arrays([pa.array(numbers), lines, is_doubtful], schema=LINES_SCHEMA)


def _check_is_no_array(file: DeliveredFile, start: bytes) -> None:
    """Refuses a file that begins as one JSON array. A first line that is an array by itself is only a bad record.

    An array of a single line is a whole one too, so there the array must be all that the file's first block holds.
    """
    text = start.lstrip(_WHITESPACE)
    if not text.startswith(b"["):
        return
    line, _, rest = text.partition(b"\n")
    if rest.strip(_WHITESPACE) and _is_json(line):
        return
    raise InputRefused(
        f"{file.shown}: is one JSON array, not JSON lines: deliver one object a line, without brackets around them or"
        " commas between them"
    )


def _is_json(line: bytes) -> bool:
    try:
        json.loads(line)
    except (ValueError, RecursionError):
        return False
    return True


def _doubtful(block: bytes, ends: npt.NDArray[np.int32]) -> npt.NDArray[np.bool_]:
    """For each line, given where each ends, whether it is doubtful."""
    is_doubtful = np.zeros(len(ends), dtype=bool)
    folded = block.translate(_FOLDED, delete=_WHITESPACE)
    if any(mark in folded for mark in _MARKS) or any(_ends_as_number(folded, mark) for mark in _MARKS_OF_LARGE_NUMBERS):
        doubts = np.fromiter((match.start() for match in _DOUBTFUL.finditer(block)), dtype=np.int64)
        is_doubtful[np.searchsorted(ends, doubts)] = True
    return is_doubtful


def _ends_as_number(folded: bytes, mark: bytes) -> bool:
    """Whether the mark and further digits stand before a comma or bracket, as no text does: it ends in a quote."""
    at = folded.find(mark)
    while at >= 0:
        at += len(mark)
        while folded[at : at + 1] == b"0":
            at += 1
        if folded[at : at + 1] in (b",", b"}", b"]"):
            return True
        at = folded.find(mark, at)
    return False
