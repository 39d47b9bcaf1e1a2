"""ISO 8601 text with an offset as an instant, in SQL; anything else is no instant.

DuckDB's cast alone takes a naive time, a bare date, `infinity`, hour 24 and offsets of a day and more, so a pattern
stands before it. Text finer than microseconds is cut, not rounded (the cast does that).
"""

_DATE = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_HOUR_MINUTE = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]"
_OFFSET = r"(?:Z|[+-](?:[01][0-9]|2[0-3])(?::?[0-5][0-9])?)"
USUAL = rf"{_DATE}[T ]{_HOUR_MINUTE}:[0-5][0-9](?:\.[0-9]+)?{_OFFSET}"
ALLOWED = rf"{_DATE}[T ]{_HOUR_MINUTE}(?::[0-5][0-9](?:[.,][0-9]+)?)?{_OFFSET}"

FIRST = "'0001-01-01 00:00:00+00'::timestamptz"
LAST = "'9999-12-31 23:59:59.999999+00'::timestamptz"


def instant_of_text(text: str) -> str:
    """SQL: the instant that the expression `text` writes, or null."""
    # Whole minutes and a decimal comma are ISO 8601 too, but not DuckDB's: written out first.
    written_out = f"regexp_replace(replace({text}, ',', '.'), '^(.{{16}})(Z|[+-])', '\\1:00\\2')"
    return in_range(f"""
        case when regexp_full_match({text}, '{USUAL}') then try_cast({text} as timestamptz)
             when regexp_full_match({text}, '{ALLOWED}') then try_cast({written_out} as timestamptz)
        end
    """)


def in_range(instant: str) -> str:
    """SQL: the instant, or null where it is infinite or its UTC year is not 0001 to 9999."""
    return f"(case when ({instant}) between {FIRST} and {LAST} then ({instant}) end)"


def date_of_text(text: str) -> str:
    """SQL: the date that the expression `text` writes as YYYY-MM-DD, or null."""
    return date_in_range(f"case when regexp_full_match({text}, '{_DATE}') then try_cast({text} as date) end")


def date_in_range(date: str) -> str:
    """SQL: the date, or null where it is infinite or its year is not 0001 to 9999."""
    return f"(case when ({date}) between date '0001-01-01' and date '9999-12-31' then ({date}) end)"
