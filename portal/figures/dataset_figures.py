"""The figures of each dataset's page. Every number is a frozen cell or a sum of whole ones that may be added."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import duckdb

from catalogue.catalogue import RELEASABLE
from portal.figures.elapsed_hours import elapsed_hours
from portal.figures.figure import AgeSpan, Between, Figure, HourSpan, LengthSpan, Value, Word
from portal.figures.mart_rows import age_cells, device_cells, weeks_figure, weeks_of
from portal.figures.part_shares import parts_of
from portal.figures.province_map import age_unions, map_by_age, map_by_device
from portal.figures.region_labels import label_of_cell
from portal.figures.told_steps import ToldSteps
from portal.figures.whole_unions import whole_unions

_OF_HOURS = ("region", "day_type", "hours", "users", "sessions", "minutes")

#: The shortest length that is open at the top is told apart up to here, in minutes (a session lasts 24 hours at most).
LONGEST = 24 * 60


def figures_of(
    con: duckdb.DuckDBPyConnection, mart: str, zone: ZoneInfo, steps: Mapping[date, ToldSteps], today: ToldSteps
) -> list[Figure]:
    """The figures that fit a mart, in the page's order; none before its first week froze.

    `zone`: in whose local hours the mart tells the day. `steps`: in which each of its weeks tells sessions; of a week
    that is not among them, `today`'s.
    """
    weeks = weeks_of(con, mart)
    if not weeks:
        return []
    if mart == "usage_by_hour_week":
        return _hours(con, weeks[-1], zone, steps.get(weeks[-1], today))
    if mart == "session_length_by_age_week":
        return _lengths(con, weeks[-1], steps.get(weeks[-1], today))
    if mart == "ga4_engaged_sessions_week":
        return _engaged(con, weeks[-1], steps.get(weeks[-1], today))
    known = RELEASABLE[mart]
    return parts_of(con, known, known.axis, weeks[-1]) if known.axis else _OF_MART[mart](con, weeks[-1])


def _usage(con: duckdb.DuckDBPyConnection, week: date) -> list[Figure]:
    cells = age_cells(con, week)
    series = weeks_figure(con, "usage_by_region_age_week", ("users", "sessions", "minutes"))
    ages = tuple(
        (span, sum(cell.users for cell in union), sum(cell.sessions for cell in union), sum(c.minutes for c in union))
        for span, union in age_unions(cells)
    )
    largest = max(ages, key=lambda row: row[1])
    return [
        series,
        map_by_age(cells, week),
        Figure(
            "ages",
            ("age_group", "users", "sessions", "minutes"),
            ages,
            ("users",),
            facts={"week": week, "age": largest[0], "users": largest[1]},
        ),
    ]


def _hours(con: duckdb.DuckDBPyConnection, week: date, zone: ZoneInfo, steps: ToldSteps) -> list[Figure]:
    found = con.execute(
        "select region_code, region_name, day_type, hour_from, hour_to, users, sessions, minutes"
        " from usage_by_hour_week where week_start = ?"
        " order by sum(sessions) over (partition by region_code) desc, region_code, day_type, hour_from",
        [week],
    ).fetchall()
    parts = Counter(row[0] for row in found)
    rows: list[tuple[Value, ...]] = []
    for code, name, day_type, first, last, users, sessions, minutes in found:
        span = HourSpan(first, last)
        hours = elapsed_hours(week, day_type, span, zone)
        between = steps.rate(steps.sessions(sessions, users, is_divided=parts[code] > 1), hours)
        place = label_of_cell(code, name)
        rows.append((place, Word("day_type", day_type), span, users, sessions, minutes, sessions / hours, between))
    choices = tuple(dict.fromkeys(row[0] for row in rows))
    busiest = max((row for row in rows if row[0] == choices[0]), key=lambda row: _number(row[6]))
    return [
        weeks_figure(con, "usage_by_hour_week", ("sessions", "minutes")),
        Figure(
            "hours",
            (*_OF_HOURS, "sessions_per_hour", "sessions_per_hour_between"),
            tuple(rows),
            ("sessions_per_hour",),
            facts={"week": week, "region": choices[0], "day_type": busiest[1], "hours": busiest[2]},
            choices=choices,
        ),
    ]


def _lengths(con: duckdb.DuckDBPyConnection, week: date, steps: ToldSteps) -> list[Figure]:
    found = con.execute(
        "select age_from, age_to, minutes_from, minutes_to, users, sessions, minutes"
        " from session_length_by_age_week where week_start = ? order by age_from, minutes_from",
        [week],
    ).fetchall()
    within = _share_of_age(found, steps)
    of_age: dict[AgeSpan, int] = {}
    for first, last, *_, sessions, _minutes in found:
        of_age[AgeSpan(first, last)] = of_age.get(AgeSpan(first, last), 0) + sessions
    by_age = tuple(
        (
            AgeSpan(first, last), LengthSpan(shortest, longest), users, sessions, minutes,
            100 * sessions / of_age[AgeSpan(first, last)], within[first, last, shortest],
        )
        for first, last, shortest, longest, users, sessions, minutes in found
    )  # fmt: skip
    together = []
    for union in whole_unions(found, lambda row: range(row[2], (LONGEST if row[3] is None else row[3]) + 1)):
        last = None if any(row[3] is None for row in union) else max(row[3] for row in union)
        span = LengthSpan(min(row[2] for row in union), last)
        together.append((span, sum(row[5] for row in union), sum(row[6] for row in union)))
    together.sort(key=lambda row: row[0].first)
    largest = max(together, key=lambda row: row[1])
    share = 100 * largest[1] / sum(row[1] for row in together)
    return [
        weeks_figure(con, "session_length_by_age_week", ("sessions", "minutes")),
        Figure(
            "lengths",
            ("length", "sessions", "minutes"),
            tuple(together),
            ("sessions",),
            facts={"week": week, "length": largest[0], "share": share},
        ),
        Figure(
            "lengths_by_age",
            ("age_group", "length", "users", "sessions", "minutes", "share_percent", "share_between"),
            by_age,
            ("share_percent",),
            facts={"week": week},
        ),
    ]


def _share_of_age(found: Iterable[tuple[Any, ...]], steps: ToldSteps) -> dict[tuple[Any, ...], Between]:
    """By age group and shortest length: between which ends the share of its age group lies."""
    ages = defaultdict(list)
    for row in found:
        ages[row[0], row[1]].append(row)
    shares = {}
    for age, rows in ages.items():
        open_ends = [steps.sessions(row[5], row[4], is_divided=len(rows) > 1) for row in rows]
        for place, row in enumerate(rows):
            others = [ends for other, ends in enumerate(open_ends) if other != place]
            fewest, most = (sum(ends) for ends in zip(*others, strict=True)) if others else (0, 0)
            shares[(*age, row[2])] = steps.share(open_ends[place], (fewest, most))
    return shares


def _ga4(con: duckdb.DuckDBPyConnection, week: date) -> list[Figure]:
    rows = con.execute(
        "select device_category, sum(users)::bigint, sum(sessions)::bigint, sum(views)::bigint, sum(minutes)::bigint"
        " from ga4_engagement_week where week_start = ? group by device_category order by 2 desc, 1",
        [week],
    ).fetchall()
    devices = tuple((Word("device_category", device), *sums) for device, *sums in rows)
    return [
        weeks_figure(
            con, "ga4_engagement_week", ("users", "sessions", "views", "minutes"),
            drawn=("users", "sessions", "views"),
        ),
        Figure(
            "devices",
            ("device_category", "users", "sessions", "views", "minutes"),
            devices,
            ("users",),
            facts={"week": week, "device": devices[0][0], "users": devices[0][1]},
        ),
        map_by_device(device_cells(con, week), week),
    ]  # fmt: skip


def _engaged(con: duckdb.DuckDBPyConnection, week: date, steps: ToldSteps) -> list[Figure]:
    found = con.execute(
        "select region_code, region_name, cells, users, sessions, engaged_sessions"
        " from ga4_engaged_sessions_week where week_start = ? order by users desc, region_code",
        [week],
    ).fetchall()
    rows = tuple(
        (
            label_of_cell(code, name), users, sessions, engaged, 100 * engaged / max(1, sessions),
            steps.engaged_share(engaged, sessions, cells),
        )
        for code, name, cells, users, sessions, engaged in found
    )  # fmt: skip
    sessions, engaged = (sum(row[place] for row in found) for place in (4, 5))
    return [
        weeks_figure(con, "ga4_engaged_sessions_week", ("users", "sessions", "engaged_sessions")),
        Figure(
            "engaged",
            ("region", "users", "sessions", "engaged_sessions", "share_percent", "share_between"),
            rows,
            ("share_percent",),
            facts={"week": week, "share": 100 * engaged / max(1, sessions)},
        ),
    ]


def _number(value: Value) -> float:
    return value if isinstance(value, int | float) else 0.0


_OF_MART: dict[str, Callable[[duckdb.DuckDBPyConnection, date], list[Figure]]] = {
    "usage_by_region_age_week": _usage,
    "ga4_engagement_week": _ga4,
}
