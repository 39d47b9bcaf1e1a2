"""GA4 day files as JSON lines, as BigQuery exports them: whole numbers as text, fields without a value left out."""

import duckdb

from home.sql import Sql, identifier, joined, literal, sql_file
from ingestion.delivered.delivered_file import DeliveredFile
from ingestion.delivered.json_lines_reader import LINES_SCHEMA, READABLE, numbered_lines
from ingestion.delivered.raw_relation import RawRelation, registered_stream
from ingestion.ga4.fields import with_parameters
from ingestion.ga4.nesting import nesting
from ingestion.ga4.schema import BUNDLE_FIELDS, EXPECTED_FIELDS, KNOWN_FIELDS, NEEDED_FIELDS, UNREADABLE_FLAG

_FORM = """{
    "event_timestamp": "VARCHAR", "user_pseudo_id": "JSON", "user_id": "JSON", "stream_id": "VARCHAR",
    "event_name": "VARCHAR", "privacy_info": "JSON",
    "event_bundle_sequence_id": "VARCHAR", "batch_page_id": "VARCHAR", "batch_ordering_id": "VARCHAR",
    "batch_event_index": "VARCHAR",
    "geo": {"country": "VARCHAR", "region": "VARCHAR"}, "device": {"category": "VARCHAR"},
    "event_params": [{"key": "VARCHAR", "value": {"string_value": "VARCHAR", "int_value": "VARCHAR"}}]
}"""
NOTHING = Sql("null")
_ID_FORM = '{"user_pseudo_id": "JSON", "user_id": "JSON"}'


def json_events(con: duckdb.DuckDBPyConnection, file: DeliveredFile, descriptor: int) -> RawRelation:
    """The file's events; blank lines are none. A line that is no JSON object is unreadable."""
    stopped_by: list[Exception] = []
    stream = registered_stream(con, LINES_SCHEMA, numbered_lines(file, descriptor), stopped_by)
    given = (
        Sql(f"(cast(list_contains(names, {literal(name)}) as integer) << {int(bit)})")
        for bit, name in enumerate((*NEEDED_FIELDS, *EXPECTED_FIELDS))
    )
    select = sql_file(
        "ingestion.ga4",
        "json_events",
        delivered_fields=joined(given, " | "),
        known_fields=joined(literal(name) for name in sorted(KNOWN_FIELDS)),
        nesting=nesting(Sql("object")),
        browser=_identifier("user_pseudo_id"),
        account=_user_id(),
        flag=_flag(),
        bundle_fields=joined(Sql(f"event.{identifier(field)}") for field in BUNDLE_FIELDS),
        form=literal(_FORM),
        judged_lines=_judged_lines(stream),
    )
    return RawRelation(file.shown, with_parameters(select), {}, [], stopped_by)


def json_links(con: duckdb.DuckDBPyConnection, file: DeliveredFile, descriptor: int) -> RawRelation:
    """`user_pseudo_id` and `user_id` alone, of the lines that have both; what else is in the file is another run's."""
    stopped_by: list[Exception] = []
    stream = registered_stream(con, LINES_SCHEMA, numbered_lines(file, descriptor), stopped_by)
    select = Sql(f"""
        select {_identifier("user_pseudo_id")} as user_pseudo_id, {_user_id()} as user_id
        from (
            select *, from_json(object, '{_ID_FORM}') as event
            from (
                select *, if(is_readable, line, '{{}}') as object
                from ({_judged_lines(stream)} where contains(line, '"user_id"'))
            )
        )
    """)
    return RawRelation(file.shown, select, {}, [], stopped_by)


def _judged_lines(stream: Sql) -> Sql:
    """A line is readable where it is one JSON object that gives no name twice; `names` are the names it gives."""
    return Sql(f"""
        select position, line, names, coalesce(len(names) = len(list_distinct(names)), false) as is_readable
        from (
            select position, line, case when is_object then json_keys(line) end as names
            from (select position, line, {READABLE} as is_object from {stream})
        )
    """)


def _identifier(name: str, if_unclear: Sql = NOTHING) -> Sql:
    """The identifier as it was written; what is neither text nor number is the text of its JSON, so that it stands out.

    A number that DuckDB reads as a double loses digits (`2697787.2422183099`), so the text of the number with that
    value is taken from the line; a name within a text has its quotes escaped, so is no match. Where a nested object has
    the same number in other words, it cannot be told which is meant: `if_unclear`.
    """
    field = identifier(name)
    value = Sql(f"cast(event.{field} as varchar)")
    written = Sql(rf"""regexp_extract_all(line, '"{field}"\s*:\s*(-?[0-9][-+.0-9eE]*)', 1)""")
    same = Sql(f"lambda digits: try_cast(digits as double) = try_cast({value} as double)")
    texts = Sql(f"list_distinct(list_filter({written}, {same}))")
    return Sql(f"""
        case
            when {value} is null or {value} = 'null' then null
            when starts_with({value}, '"') then event.{field} ->> '$'
            when regexp_matches({value}, '^[-0-9]') then if(len({texts}) = 1, {texts}[1], {if_unclear})
            else {value}
        end""")


def _user_id() -> Sql:
    """Never null where one was delivered: an account that cannot be told meets the gate as one that nobody knows."""
    return _identifier("user_id", if_unclear=Sql("cast(event.user_id as varchar)"))


def _flag() -> Sql:
    return Sql(f"""
        case
            when event.privacy_info is null or json_type(event.privacy_info) = 'NULL' then null
            when json_type(event.privacy_info) = 'OBJECT' then event.privacy_info ->> '$.analytics_storage'
            else '{UNREADABLE_FLAG}'
        end""")
