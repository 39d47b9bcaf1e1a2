"""The judge: each record is good, or bad for the first reason that applies. The same for every format and the database.

A bad record is told by its `identity`: SHA-256 of an injective encoding of its column values as text (instants and
dates that can be read by their value, so that CSV, Parquet and a database agree; all else as delivered), or of the
bytes of a line that does not parse. No value of it is kept.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ingestion.app.instants import date_in_range, date_of_text, in_range, instant_of_text
from ingestion.delivered.raw_relation import Kind, RawRelation, RecordTable

GRANTED_TEXTS = {"true": ("true", "t", "1", "yes"), "false": ("false", "f", "0", "no")}


@dataclass(frozen=True, slots=True)
class Judgement:
    """Reasons in their order, each with the SQL that says when it applies.

    The SQL sees each column under its own name, read (null where it could not be), and `<column>_delivered`, which is
    null only where nothing was delivered.
    """

    reasons: Sequence[tuple[str, str]]
    doubts: Sequence[tuple[str, str]] = ()
    """What is no reason against the record, but against its delivery where many have it."""


def judged_select(raw: RawRelation, table: RecordTable, judgement: Judgement, file_number: int) -> str:
    """SQL that reads the raw relation once and gives `file_number, position, <columns>, reason, identity, doubt`.

    `reason` and `identity` are null for a good record; `doubt` is null where there is none.
    """
    delivered = ", ".join(
        f"{_delivered(name, raw.kinds[name], name in table.may_never_end)} as {name}_delivered"
        for name in table.columns
    )
    read = ", ".join(f"{_read(name, want, raw.kinds)} as {name}" for name, want in table.columns.items())
    cases = " ".join(f"when {applies} then '{reason}'" for reason, applies in judgement.reasons)
    doubts = " ".join(f"when {applies} then '{doubt}'" for doubt, applies in judgement.doubts)
    doubt = f"case {doubts} end" if doubts else "null"
    encoded = " || ".join(_encoded(name, want) for name, want in table.columns.items())
    columns = ", ".join(table.columns)
    return f"""
        select {file_number}::integer as file_number, position, {columns}, reason,
               case when unreadable is not null then unreadable
                    when reason is not null then sha256('{table.name}|' || {encoded}) end as identity,
               cast({doubt} as varchar) as doubt
        from (
            select *, case when unreadable is not null then 'unreadable' {cases} end as reason
            from (
                select *, {read}
                from (select position, unreadable, {delivered} from ({raw.select}))
            )
        )
    """


def identity_of_read(table: RecordTable) -> str:
    """SQL: the identity of a record whose every column could be read."""
    encoded = " || ".join(_tagged(f"{name}::varchar" if want == "boolean" else name, want)
                          for name, want in table.columns.items())  # fmt: skip
    return f"sha256('{table.name}|' || {encoded})"


def _delivered(name: str, kind: Kind, may_never_end: bool) -> str:
    delivered = f"nullif({name}, '')" if kind == "text" else name
    # The same words for text and for an instant of Parquet, whose text in the engine is `infinity` too.
    return f"(case when lower({name}::varchar) <> 'infinity' then {delivered} end)" if may_never_end else delivered


def _read(name: str, want: Kind, kinds: Mapping[str, Kind]) -> str:
    delivered = f"{name}_delivered"
    if want == "instant":
        return instant_of_text(delivered) if kinds[name] == "text" else in_range(delivered)
    if want == "date":
        return date_of_text(delivered) if kinds[name] == "text" else date_in_range(delivered)
    if want == "boolean" and kinds[name] == "text":
        cases = " ".join(
            f"when lower({delivered}) in ({', '.join(map(repr, texts))}) then {value}"
            for value, texts in GRANTED_TEXTS.items()
        )
        return f"case {cases} end"
    return delivered


def _encoded(name: str, want: Kind) -> str:
    """The value in the identity's encoding: null, read, or as delivered; no two records share an encoding."""
    delivered = f"{name}_delivered::varchar"
    if want == "text":
        return _tagged(name, want)
    as_text = f"'t' || length({delivered}) || ':' || {delivered}"
    return f"""(case when {name} is not null then {_tagged(name, want)}
                     when {delivered} is null then 'n' else {as_text} end)"""


def _tagged(name: str, want: Kind) -> str:
    if want == "instant":
        value = f"'i' || epoch_us({name}) || ';'"
    elif want == "date":
        value = f"'d' || strftime({name}, '%Y-%m-%d')"
    elif want == "boolean":
        value = f"'b' || ({name}) || ';'"
    else:
        value = f"'t' || length({name}) || ':' || {name}"
    return f"coalesce({value}, 'n')"
