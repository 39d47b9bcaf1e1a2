"""Rules of the parts that an axis has: known stretches, and no two parts of one union over the same."""

from catalogue.axis import Axis
from catalogue.catalogue import DIVIDED
from expectations.rules.column_rules import no_row_where
from expectations.rules.known_codes import KNOWN_STRETCHES
from expectations.rules.mart_rules import step_of
from expectations.rules.rule import Rule

#: Stands for the open end of a band.
_OPEN_END = 10**9
_ONCE = "What is counted is in one row of its union, not in two."


def part_rules(table: str, axis: Axis) -> list[Rule]:
    """What the columns of an axis' parts may hold."""
    return {"hours": _hours, "bands": _bands, "words": _words}[axis.kind](table, axis)


def _hours(table: str, axis: Axis) -> list[Rule]:
    return [
        no_row_where(
            table,
            "day_type",
            "is_a_known_type",
            "day_type is null or day_type not in ('weekday', 'weekend', 'all')",
            "Days are weekdays, weekends, or not told apart.",
        ),
        no_row_where(
            table,
            "hour_from",
            "begins_a_span_of_a_day",
            "(0 <= hour_from and hour_from <= hour_to and hour_to <= 23) is not true",
            "Hours are local hours, from 0 to 23, both ends included.",
        ),
        _no_overlap(
            table,
            axis,
            "(one.day_type, one.hour_from) < (other.day_type, other.hour_from)"
            " and (one.day_type = other.day_type or one.day_type = 'all' or other.day_type = 'all')"
            " and one.hour_from <= other.hour_to and other.hour_from <= one.hour_to",
        ),
    ]


def _bands(table: str, axis: Axis) -> list[Rule]:
    first, last = (column.name for column in axis.columns)
    bounds = f"select bound from {KNOWN_STRETCHES} where axis = '{axis.name}'"
    promise = "Bands begin and end where the policy's do (policy/axes.toml); the last is open."
    rules = [
        no_row_where(table, first, "begins_a_known_band", f"{first} is null or {first} not in ({bounds})", promise),
        no_row_where(table, last, "ends_a_known_band", f"{last} < {first} or {last} + 1 not in ({bounds})", promise),
        _no_overlap(
            table,
            axis,
            f"one.{first} < other.{first} and other.{first} <= coalesce(one.{last}, {_OPEN_END})",
        ),
    ]
    if not axis.tells_sessions:
        return rules
    step = step_of(table, DIVIDED.source)
    return [
        *rules,
        no_row_where(
            table,
            "minutes",
            "is_what_the_lengths_allow",
            f"2 * minutes + 1 < 2 * (sessions - ({step} - 1) // 2) * {first}"
            f" or 2 * minutes - 1 > 2 * (sessions + {step} // 2) * ({last} + 1)",
            "The minutes of sessions of 5 to 14 minutes lie between 5 and 15 times their number, but for rounding"
            " and the step in which it is told.",
        ),
    ]


def _words(table: str, axis: Axis) -> list[Rule]:
    (column,) = (column.name for column in axis.columns)
    known = f"select word from {KNOWN_STRETCHES} where axis = '{axis.name}' and word is not null"
    told = f"select week_start, {_unit(axis)}, unnest(string_split({column}, ' + ')) as word from {table}"
    return [
        Rule(
            "is_of_known_words",
            column,
            f"select 1 from {table} where {column} is null union all"
            f" select 1 from ({told}) where word <> 'all' and word not in ({known})",
            "Words are the policy's (policy/axes.toml): a free one could be of one person.",
        ),
        Rule(
            "has_disjoint_parts",
            "table",
            f"select 1 from ({told}) group by week_start, {_unit(axis)}"
            " having count(*) > count(distinct word) or (count(*) > 1 and bool_or(word = 'all'))",
            _ONCE,
        ),
    ]


def _no_overlap(table: str, axis: Axis, overlap: str) -> Rule:
    unit = _unit(axis)
    pairs = (
        f"{table} one join {table} other on one.week_start = other.week_start and one.{unit} = other.{unit}"
        f" and {overlap}"
    )
    return Rule("has_disjoint_spans", "table", f"select 1 from {pairs}", _ONCE)


def _unit(axis: Axis) -> str:
    return "region_code" if axis.divides == "region" else "age_group"
