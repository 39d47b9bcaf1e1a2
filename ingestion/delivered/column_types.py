"""Which types of a typed source (Parquet, a database) a column may have, and how each is read."""

import re
from dataclasses import dataclass

from home.sql import Sql, quoted
from ingestion.delivered.raw_relation import Kind, Want
from refusals.errors import InputRefused

_NATIVE = {("instant", "TIMESTAMP WITH TIME ZONE"), ("date", "DATE"), ("boolean", "BOOLEAN")}
_WHOLE_NUMBER = re.compile(r"U?(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)|DECIMAL\(\d+,0\)")
_TEXT = re.compile(r"VARCHAR|UUID|JSON|ENUM\(.*\)", re.DOTALL)
_NAIVE_TIME = re.compile(r"TIMESTAMP(_S|_MS|_NS)?|DATE")


@dataclass(frozen=True, slots=True)
class ReadColumn:
    """How one column is read: an SQL expression over it, the kind it gives, and what is to be told of it."""

    expression: Sql
    kind: Kind
    note: str | None = None


def read_column(where: str, column: str, want: Want, duck_type: str) -> ReadColumn:
    """How `column`, delivered as `duck_type`, is read.

    Raises:
        InputRefused: the type cannot hold what the column means without loss: a time without time zone, an
            identifier as a floating-point number, bytes, anything nested.
    """
    name = quoted(column)
    if duck_type == '"NULL"':
        return ReadColumn(Sql("null::varchar"), "text")
    if _TEXT.fullmatch(duck_type):
        return ReadColumn(Sql(f"{name}::varchar"), "text")
    if want == "text" and _WHOLE_NUMBER.fullmatch(duck_type):
        return ReadColumn(Sql(f"{name}::varchar"), "text", f"column {column} is {duck_type.lower()}, read as text")
    if want == "instant" and _NAIVE_TIME.fullmatch(duck_type):
        raise InputRefused(f"{where}: column {column} is a time without time zone: deliver it with one, or as ISO text")
    if (want, duck_type) in _NATIVE:
        return ReadColumn(name, want)
    if want == "boolean" and _WHOLE_NUMBER.fullmatch(duck_type):
        return ReadColumn(Sql(f"{name}::varchar"), "text", f"column {column} is {duck_type.lower()}, read as 0 or 1")
    expected = {"text": "text", "instant": "a time with time zone", "date": "a date", "boolean": "a boolean"}[want]
    raise InputRefused(f"{where}: column {column} is {duck_type.lower()}, not {expected}: deliver it so")
