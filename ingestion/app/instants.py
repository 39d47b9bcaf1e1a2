"""ISO 8601 text with an offset as an instant, in SQL; anything else is no instant.

DuckDB's cast alone takes a naive time, a bare date, `infinity`, hour 24 and offsets of a day and more, so a pattern
stands before it. Text finer than microseconds is cut, not rounded (the cast does that).
"""

from home.sql import Sql

_DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_HOUR_MINUTE = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]"
_OFFSET = r"(?:Z|[+-](?:[01][0-9]|2[0-3])(?::?[0-5][0-9])?)"
USUAL = rf"{_DATE}[T ]{_HOUR_MINUTE}:[0-5][0-9](?:\.[0-9]+)?{_OFFSET}"
ALLOWED = rf"{_DATE}[T ]{_HOUR_MINUTE}(?::[0-5][0-9](?:[.,][0-9]+)?)?{_OFFSET}"

FIRST = Sql("'0001-01-01 00:00:00+00'::timestamptz")
LAST = Sql("'9999-12-31 23:59:59.999999+00'::timestamptz")


def instant_of_text(text: Sql) -> Sql:
    """SQL: the instant that the expression `text` writes, or null."""
    # Whole minutes and a decimal comma are ISO 8601 too, but not DuckDB's: written out first.
    written_out = Sql(f"regexp_replace(replace({text}, ',', '.'), '^(.{{16}})(Z|[+-])', '\\1:00\\2')")
    instant = Sql(f"""
        case when regexp_full_match({text}, '{USUAL}') then try_cast({text} as timestamptz)
             when regexp_full_match({text}, '{ALLOWED}') then try_cast({written_out} as timestamptz)
        end
    """)
    return in_range(instant)


def in_range(instant: Sql) -> Sql:
    """SQL: the instant, or null where it is infinite or its UTC year is not 0001 to 9999."""
    return Sql(f"(case when ({instant}) between {FIRST} and {LAST} then ({instant}) end)")


def date_of_text(text: Sql) -> Sql:
    """SQL: the date that the expression `text` writes as YYYY-MM-DD, or null."""
    return date_in_range(Sql(f"case when regexp_full_match({text}, '{_DATE}') then try_cast({text} as date) end"))


def date_in_range(date: Sql) -> Sql:
    """SQL: the date, or null where it is infinite or its year is not 0001 to 9999."""
    return Sql(f"(case when ({date}) between date '0001-01-01' and date '9999-12-31' then ({date}) end)")
