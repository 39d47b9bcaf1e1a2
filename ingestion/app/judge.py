"""The judge: each record is good, or bad for the first reason that applies. The same for every format and the database.

A bad record is told by its `identity`: SHA-256 of an injective encoding of its column values as text (instants and
dates that can be read by their value, so that CSV, Parquet and a database agree; all else as delivered), or of the
bytes of a line that does not parse. No value of it is kept.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import starmap

from home.sql import Sql, identifier, joined, literal, one_of
from ingestion.app.instants import date_in_range, date_of_text, in_range, instant_of_text
from ingestion.delivered.raw_relation import Kind, RawRelation, RecordTable

GRANTED_TEXTS = {"true": ("true", "t", "1", "yes"), "false": ("false", "f", "0", "no")}


@dataclass(frozen=True, slots=True)
class Judgement:
    """Reasons in their order, each with the SQL that says when it applies.

    The SQL sees each column under its own name, read (null where it could not be), and `<column>_delivered`, which is
    null only where nothing was delivered.
    """

    reasons: Sequence[tuple[str, Sql]]
    doubts: Sequence[tuple[str, Sql]] = ()
    """What is no reason against the record, but against its delivery where many have it."""


def judged_select(raw: RawRelation, table: RecordTable, judgement: Judgement, file_number: int) -> Sql:
    """SQL that reads the raw relation once and gives `file_number, position, <columns>, reason, identity, doubt`.

    `reason` and `identity` are null for a good record; `doubt` is null where there is none.
    """
    wants = table.columns.values()
    delivered = joined(
        Sql(f"{_delivered(name, raw.kinds[name], name in table.may_never_end)} as {name}_delivered")
        for name in table.names
    )
    read = joined(
        Sql(f"{_read(name, want, raw.kinds)} as {name}") for name, want in zip(table.names, wants, strict=True)
    )
    cases, doubts = _cases(judgement.reasons), _cases(judgement.doubts)
    doubt = Sql(f"case {doubts} end") if doubts else Sql("null")
    encoded = joined(map(_encoded, table.names, wants), " || ")
    return Sql(f"""
        select {int(file_number)}::integer as file_number, position, {joined(table.names)}, reason,
               case when unreadable is not null then unreadable
                    when reason is not null then {_hashed(table, encoded)} end as identity,
               cast({doubt} as varchar) as doubt
        from (
            select *, case when unreadable is not null then 'unreadable' {cases} end as reason
            from (
                select *, {read}
                from (select position, unreadable, {delivered} from ({raw.select}))
            )
        )
    """)


def identity_of_read(table: RecordTable) -> Sql:
    """SQL: the identity of a record whose every column could be read."""
    tagged = (
        _tagged(Sql(f"{name}::varchar") if want == "boolean" else name, want)
        for name, want in zip(table.names, table.columns.values(), strict=True)
    )
    return _hashed(table, joined(tagged, " || "))


def _hashed(table: RecordTable, encoded: Sql) -> Sql:
    return Sql(f"sha256('{identifier(table.name)}|' || {encoded})")


def _cases(conditions: Sequence[tuple[str, Sql]]) -> Sql:
    return joined(starmap(_case, conditions), " ")


def _case(word: str, applies: Sql) -> Sql:
    return Sql(f"when {applies} then {literal(word)}")


def _delivered(name: Sql, kind: Kind, may_never_end: bool) -> Sql:
    delivered = Sql(f"nullif({name}, '')") if kind == "text" else name
    # The same words for text and for an instant of Parquet, whose text in the engine is `infinity` too.
    never = Sql(f"(case when lower({name}::varchar) <> 'infinity' then {delivered} end)")
    return never if may_never_end else delivered


def _read(name: Sql, want: Kind, kinds: Mapping[str, Kind]) -> Sql:
    delivered = Sql(f"{name}_delivered")
    if want == "instant":
        return instant_of_text(delivered) if kinds[name] == "text" else in_range(delivered)
    if want == "date":
        return date_of_text(delivered) if kinds[name] == "text" else date_in_range(delivered)
    if want == "boolean" and kinds[name] == "text":
        cases = (
            Sql(f"when lower({delivered}) in ({joined(map(literal, texts))}) then {one_of(value, GRANTED_TEXTS)}")
            for value, texts in GRANTED_TEXTS.items()
        )
        return Sql(f"case {joined(cases, ' ')} end")
    return delivered


def _encoded(name: Sql, want: Kind) -> Sql:
    """The value in the identity's encoding: null, read, or as delivered; no two records share an encoding."""
    delivered = Sql(f"{name}_delivered::varchar")
    if want == "text":
        return _tagged(name, want)
    as_text = Sql(f"'t' || length({delivered}) || ':' || {delivered}")
    return Sql(f"""(case when {name} is not null then {_tagged(name, want)}
                     when {delivered} is null then 'n' else {as_text} end)""")


def _tagged(name: Sql, want: Kind) -> Sql:
    if want == "instant":
        value = Sql(f"'i' || epoch_us({name}) || ';'")
    elif want == "date":
        value = Sql(f"'d' || strftime({name}, '%Y-%m-%d')")
    elif want == "boolean":
        value = Sql(f"'b' || ({name}) || ';'")
    else:
        value = Sql(f"'t' || length({name}) || ':' || {name}")
    return Sql(f"coalesce({value}, 'n')")
