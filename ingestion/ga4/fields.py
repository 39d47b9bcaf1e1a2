"""What is read of an event, whatever the file's format: as text, by name, nothing more.

A reader of a format gives a relation of `position BIGINT` (from 1), `unreadable VARCHAR` (SHA-256 of a line that does
not parse, else null), `delivered_fields USMALLINT` (bit i: field i of NEEDED_FIELDS and EXPECTED_FIELDS is named),
`unknown_fields VARCHAR[]`, `right_fields` and `retyped_fields USMALLINT` (`ga4_nesting`; Parquet's types are looked at
before any row), the texts `event_timestamp`, `user_pseudo_id`, `user_id`, `analytics_storage`, `stream_id`,
`event_name`, those of BUNDLE_FIELDS, `country`, `region`, `device_category`, and
`parameters STRUCT(key, string_value, int_value VARCHAR)[]`, those of READ_PARAMETERS at least. Beside it, a format has
a relation of `user_pseudo_id` and `user_id` alone.
"""

from typing import Final

from home.sql import Sql, identifier, joined, literal
from ingestion.ga4.schema import (
    BUNDLE_FIELDS,
    ENGAGEMENT_TIME,
    READ_PARAMETERS,
    SESSION_ENGAGED,
    SESSION_ID,
    VIEW_EVENTS,
)

MICROSECONDS_IN_MILLISECOND: Final = 1_000
MILLISECONDS_IN_DAY: Final = 86_400_000

# Cookies of which a property sends the text: `GS2.1.s1747075570$o5$g1$t…`, its value alone (`s1747075570$o5$g1$t…`),
# and the older `GS1.1.1747075570.5.1.…`. The rest changes within a session, this number does not.
_NUMBERS_IN_COOKIES: Final = (
    r"^GS[0-9]+\.[0-9]+\.s([0-9]+)(?:\$.*)?$",
    r"^s([0-9]+)\$.*$",
    r"^GS1\.[0-9]+\.([0-9]+)(?:\..*)?$",
)


EVENT_TEXTS: Final = (
    "user_pseudo_id", "user_id", "analytics_storage", "stream_id", "country", "region", "device_category", "session_id",
)  # fmt: skip
"""The texts among `event_columns`, but for the time."""
EVENT_FIGURES: Final = ("is_engaged", "is_view", "engagement_us")
"""The others among `event_columns`, but for the identity: a digest of texts."""
DIGESTED_TEXTS: Final = ("event_name", *BUNDLE_FIELDS)
"""The texts of which the identity alone is made."""


def event_columns() -> Sql:
    """SQL: from what a reader gives, `with_parameters`, to those of `ga4_rows`.

    Empty text is null; an odd parameter is null or 0.
    """
    views = joined(map(literal, VIEW_EVENTS))
    texts = ("event_timestamp", "user_pseudo_id", "user_id", "analytics_storage", "stream_id", "country", "region")
    return Sql(f"""
        {joined(Sql(f"nullif({name}, '') as {name}") for name in map(identifier, texts))},
        nullif(lower(trim(device_category)), '') as device_category,
        {_session_id()} as session_id,
        coalesce({identifier(SESSION_ENGAGED)} = '1', false) as is_engaged,
        coalesce(event_name in ({views}), false) as is_view,
        {_engagement_us()} as engagement_us,
        {_identity()} as identity
    """)


def sighting() -> Sql:
    """SQL: a digest by which an event is known in another delivery of its day, whoever it was told to be of.

    Google fills in the browser when it rewrites a flag, and the fields of batches are in daily files alone.
    """
    return _digest_of(("event_timestamp", "event_name", "stream_id", BUNDLE_FIELDS[0]))


def _identity() -> Sql:
    """A digest of all that identifies an event: two rows that have the same are one event.

    Where nothing says its place in a request (files before July 2024), what happened is part of it too, so that two
    events of one moment are two. What Google rewrites afterwards (the flag, the account, the place) is no part of it.
    """
    told_apart = _digest_of(("event_timestamp", "event_name", "user_pseudo_id", "stream_id", *BUNDLE_FIELDS))
    happened = _digest_of(("session_id", "is_engaged", "engagement_us"))
    return Sql(f"if(nullif({identifier(BUNDLE_FIELDS[-1])}, '') is null, xor({told_apart}, {happened}), {told_apart})")


def _digest_of(fields: tuple[str, ...]) -> Sql:
    """128 bits; a field without a value is one of its own."""
    values = joined(
        Sql(f"coalesce(nullif(cast({field} as varchar), ''), chr(30))") for field in map(identifier, fields)
    )
    return Sql(f"md5_number(concat_ws(chr(31), {values}))")


def with_parameters(select: Sql) -> Sql:
    """What a reader gives, and the value of each of READ_PARAMETERS as a text of its name, worked out once a row.

    A parameter's value is the first there is, whether it was sent as a number or as text.
    """
    value = Sql("nullif(coalesce(p.int_value, p.string_value), '')")
    found = joined(
        Sql(
            f"list_filter(parameters, lambda p: p.key = {literal(key)} and {value} is not null)[1] as {identifier(key)}"
        )
        for key in READ_PARAMETERS
    )
    values = joined(
        Sql(f"coalesce({key}.int_value, {key}.string_value) as {key}") for key in map(identifier, READ_PARAMETERS)
    )
    return Sql(f"select * replace ({values}) from (select * exclude (parameters), {found} from ({select}))")


def _session_id() -> Sql:
    """The session's number as text; null for a form that we do not know, rather than a session an event."""
    text = identifier(SESSION_ID)
    numbers = joined(
        Sql(f"nullif(regexp_extract({text}, {literal(pattern)}, 1), '')") for pattern in _NUMBERS_IN_COOKIES
    )
    return Sql(f"case when regexp_full_match({text}, '-?[0-9]+') then {text} else coalesce({numbers}) end")


def _engagement_us() -> Sql:
    """Microseconds. No time, a negative one, or one over a day in a single event counts as none: the event itself
    is sound, and one forged number would dominate its cell."""
    milliseconds = Sql(f"try_cast({identifier(ENGAGEMENT_TIME)} as bigint)")
    return Sql(f"""
        case when {milliseconds} between 0 and {MILLISECONDS_IN_DAY}
            then {milliseconds} * {MICROSECONDS_IN_MILLISECOND} else 0 end""")
