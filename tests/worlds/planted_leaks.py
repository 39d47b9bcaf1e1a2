"""Leaks of every kind that the promise names, each planted in three ways into copies of published rows."""

from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from auditor.form import Form
from auditor.read_tables import Table

Row = dict[str, Any]
CORE, HOURS, LENGTHS = "usage_by_region_age_week", "usage_by_hour_week", "session_length_by_age_week"
FREQUENCY, PLATFORM, TOTAL = "usage_by_frequency_week", "usage_by_platform_week", "usage_week"
GA4, ENGAGED = "ga4_engagement_week", "ga4_engaged_sessions_week"


@dataclass
class Published:
    """Rows of tables by name, as somebody publishes them; `more`: further files, each of a form, with its weeks."""

    rows: dict[str, list[Row]]
    more: list[tuple[str, list[Row], tuple[date, ...]]] = field(default_factory=list)

    def again(self, name: str, rows: list[Row], weeks: tuple[date, ...] = ()) -> None:
        """The same table once more, in another file: a later version, a quarter."""
        self.more.append((name, deepcopy(rows), weeks))

    def tables(self, form: Form) -> list[Table]:
        """As the auditor reads them."""
        forms = {one.name: one for one in form.table}
        told = [Table("marts", forms[name], rows) for name, rows in self.rows.items()]
        return told + [Table(f"file {n}", forms[name], rows, weeks) for n, (name, rows, weeks) in enumerate(self.more)]


def week_of(tables: list[Table], week: date) -> Published:
    """One week of what was published, to plant something in."""
    return Published(
        {one.form.name: [dict(row) for row in one.rows if row["week_start"] == week] for one in tables if one.rows}
    )


def large(told: Published, name: str, n: int, least: int = 20) -> Row:
    """The n-th row of a table with so many users."""
    return [row for row in told.rows[name] if row["users"] >= least][n]


def union(told: Published, name: str, n: int, keys: tuple[str, ...], parts: int = 3) -> list[Row]:
    """The n-th set of rows that divide one set of persons, into so many parts or more."""
    found: dict[tuple[Any, ...], list[Row]] = {}
    for row in told.rows[name]:
        found.setdefault(tuple(row[key] for key in keys), []).append(row)
    return [rows for rows in found.values() if len(rows) >= parts][n % 2]


def few_in_a_row(told: Published, n: int) -> None:
    """A cell is cut by age; one half is of 7, 8 or 9 persons."""
    row = next(r for r in told.rows[CORE][n:] if r["users"] >= 20 and r["age_to"] and r["age_to"] > r["age_from"])
    middle, few = (row["age_from"] + row["age_to"]) // 2, 7 + n
    told.rows[CORE].append({**row, "age_from": middle + 1, "users": row["users"] - few})
    row |= {"age_to": middle, "users": few, "sessions": few + 4}


def left_over_of_a_total(told: Published, n: int) -> None:
    """The week's total counts 1, 4 or 7 persons of whom no cell tells."""
    told.rows[TOTAL][0]["users"] += 1 + 3 * n
    told.rows[TOTAL][0]["sessions_most"] += 500


def another_version(told: Published, n: int) -> None:
    """A later version has one person more, two fewer, or the same persons and other minutes."""
    version = deepcopy(told.rows[CORE])
    version[2 * n] |= {"users": version[2 * n]["users"] + (1, -2, 0)[n]}
    version[2 * n]["minutes"] += (0, 0, 37)[n]
    told.again(CORE, version)


def another_cut(told: Published, n: int) -> None:
    """A later version tells a cell without one of its regions: what is left over is of 1, 3 or 5 persons."""
    row = [row for row in told.rows[CORE] if len(row["region_members"]) > 1][n]
    members = frozenset(sorted(row["region_members"])[n + 1 :] or sorted(row["region_members"])[1:])
    few = 1 + 2 * n
    told.again(CORE, [{**row, "region_code": "cut", "region_members": members, "users": row["users"] - few}])


def three_overlapping_unions(told: Published, n: int) -> None:
    """A+B, B+C and A+C, each of many: half of their sum less one of them is A, of 3, 4 or 5 persons."""
    a, b, c = 3 + n, 20 + n, 30
    rows = []
    for name, persons in (("A B", a + b), ("B C", b + c), ("A C", a + c)):
        members = frozenset(name.split())
        rows.append({**told.rows[CORE][0], "region_code": name, "region_members": members, "users": persons})
    told.rows = {}
    told.again(CORE, [{**row, "sessions": row["users"] + 104, "age_from": 0, "age_to": None} for row in rows])


def outside_of_a_part(told: Published, n: int) -> None:
    """All but 1, 2 or 3 persons of a region were there in one stretch of hours."""
    parts = union(told, HOURS, n, ("region_code",))
    everyone = sum(row["users"] for row in told.rows[CORE] if row["region_members"] <= parts[0]["region_members"])
    parts[n]["users"] = everyone - 1 - n
    parts[n]["sessions"] = parts[n]["users"] + 4


def in_several_parts(told: Published, n: int) -> None:
    """Two stretches of hours, and 1, 4 or 8 persons in both."""
    row, few = large(told, CORE, 0), 1 + 3 * n + n // 2
    told.rows = {}
    cell = {**row, "region_code": "A", "region_members": frozenset("A"), "age_from": 0, "age_to": None, "users": 40}
    told.again(CORE, [{**cell, "sessions": 104, "minutes": 500}])
    halves = [(0, 11, 25), (12, 23, 15 + few)]
    told.again(HOURS, [
        {**cell, "day_type": "all", "hour_from": first, "hour_to": last, "users": users, "sessions": users + 24,
         "minutes": 250} for first, last, users in halves
    ])  # fmt: skip


def a_part_within_a_part(told: Published, n: int) -> None:
    """A later version tells an hour less: 1, 2 or 3 persons were there in that hour alone."""
    row = [row for row in told.rows[HOURS] if row["hour_to"] > row["hour_from"] and row["users"] >= 14][n]
    told.again(HOURS, [{**row, "hour_to": row["hour_to"] - 1, "users": row["users"] - 1 - n}])


def three_rows_of_parts(told: Published, n: int) -> None:
    """A later version tells two stretches as one: 1, 2 or 3 persons were there in both."""
    one, other = union(told, HOURS, n, ("region_code", "day_type"))[:2]
    both = {**one, "hour_to": other["hour_to"], "users": one["users"] + other["users"] - 1 - n}
    told.again(HOURS, [{**both, "sessions": both["users"] + 4}])


def exact_sessions(told: Published, n: int) -> None:
    """A cell tells its sessions exactly: 1, 2 or 3 more than persons."""
    row = large(told, CORE, n)
    row["sessions"] = row["users"] + 1 + n


def steps_beside_steps(told: Published, n: int) -> None:
    """Two cells of 0 to 9 repeat visits, beside their union's own step of 10 to 18: each has one at least."""
    row = told.rows[CORE][0]
    told.rows = {}
    cells = [
        {**row, "region_code": name, "region_members": frozenset([name]), "age_from": 0, "age_to": None,
         "users": 20 + n, "sessions": 24 + n, "minutes": 100} for name in "AB"
    ]  # fmt: skip
    whole = {**cells[0], "region_code": "A+B", "region_members": frozenset("AB"), "users": 40 + 2 * n, "minutes": 200}
    told.again(CORE, cells)
    day = {"day_type": "all", "hour_from": 0, "hour_to": 23}
    told.again(HOURS, [{**whole, **day, "sessions": whole["users"] + 14}])


def minutes_that_count_sessions(told: Published, n: int) -> None:
    """Sessions of less than 15 minutes: so many minutes take 2, 3 or 4 sessions more than persons, and 9 at most."""
    week = {**told.rows[CORE][0], "region_code": "A", "region_members": frozenset("A"), "age_from": 0, "age_to": None}
    told.rows = {}
    minutes = 15 * (31 + n) + 1
    told.again(CORE, [{**week, "users": 60, "sessions": 84, "minutes": minutes + 900}])
    short = {"minutes_from": 0, "minutes_to": 14, "users": 30, "sessions": 34, "minutes": minutes}
    long = {"minutes_from": 15, "minutes_to": None, "users": 40, "sessions": 54, "minutes": 900}
    told.again(LENGTHS, [{**week, **short}, {**week, **long}])


def a_quarter_less_its_weeks(told: Published, n: int) -> None:
    """A quarter counts 2, 4 or 6 persons of a week that was withheld."""
    row = told.rows[CORE][n]
    week, few = row["week_start"], 2 + 2 * n
    both = (week, week + timedelta(7))
    quarter = {**row, "quarter": "2026-Q4", "weeks": 2, "person_weeks": row["users"] + few}
    told.again("quarter", [{**quarter, "sessions": row["sessions"] + 54}], both)


def few_engaged(told: Published, n: int) -> None:
    """Engaged sessions told exactly: 1, 2 or 3."""
    told.rows[ENGAGED][0]["engaged_sessions"] = 1 + n


def few_others(told: Published, n: int) -> None:
    """All but 3, 4 or 5 sessions were engaged, and both counts are exact."""
    cell = told.rows[GA4][0]
    cell["sessions"] = cell["users"] // 10 * 10 + 10
    told.rows[ENGAGED] = [{**cell, "cells": 1, "engaged_sessions": cell["sessions"] - 3 - n}]
    told.rows[GA4] = [cell]


def few_views(told: Published, n: int) -> None:
    """Views told exactly: 1, 5 or 9."""
    told.rows[GA4][0]["views"] = (1, 5, 9)[n]


def few_with_a_second_session(told: Published, n: int) -> None:
    """Of 12 browsers 13, 15 or 17 sessions, told exactly."""
    cell = {**told.rows[GA4][0], "users": 12, "sessions": 13 + 2 * n}
    told.rows = {GA4: [cell]}


def an_interval_that_ends(told: Published, n: int) -> None:
    """Open ages end at 74, 84 or 94 in all cells: nobody is older."""
    for row in told.rows[CORE]:
        if row["age_to"] is None:
            row["age_to"] = 74 + 10 * n


def a_band_that_is_left_out(told: Published, n: int) -> None:
    """How often people came: the last band is left out, since few came so often."""
    bands = union(told, FREQUENCY, n, ("region_code",), 2)
    told.rows[FREQUENCY] = [row for row in told.rows[FREQUENCY] if row is not bands[-1]]
    bands[-2]["users"] += bands[-1]["users"] - 1 - 2 * n


def a_platform_that_is_left_out(told: Published, n: int) -> None:
    """Platforms add up to all but 2, 3 or 4 persons."""
    row = union(told, PLATFORM, n, ("age_group",), 2)[0]
    row["users"] -= 2 + n


def one_who_dominates(told: Published, n: int) -> None:
    """Contributions are given: without the two largest next to nothing is left."""
    row = large(told, CORE, n)
    row["minutes_largest"], row["minutes_second"] = row["minutes"] - 10 - n, 9


def few_whom_consent_left_out(told: Published, n: int) -> None:
    """94, 95 or 96 percent of some hundred sessions passed: 2 to 9 did not."""
    row = {**told.rows[CORE][0], "users": 60, "sessions": 104 + 10 * n}
    told.rows = {CORE: [{**row, "age_from": 0, "age_to": None}]}
    week = {"week_start": row["week_start"], "source": "app"}
    told.again("coverage_week", [{**week, "passed_percent": 95 + n}])


#: By the kind as which the auditor must tell it.
PLANTS: dict[Callable[[Published, int], None], str] = {
    few_in_a_row: "a row of few persons",
    left_over_of_a_total: "rows that combine",
    another_version: "rows that cannot all be about the same persons",
    another_cut: "rows that combine",
    three_overlapping_unions: "rows that combine",
    outside_of_a_part: "a union less a part",
    in_several_parts: "those in several parts",
    a_part_within_a_part: "a part less a part within it",
    three_rows_of_parts: "those in several parts",
    exact_sessions: "those who came again",
    steps_beside_steps: "those who came again",
    minutes_that_count_sessions: "those who came again",
    a_quarter_less_its_weeks: "rows that combine",
    few_engaged: "few events",
    few_others: "few events less those of a part",
    few_views: "few events",
    few_with_a_second_session: "those who came again",
    an_interval_that_ends: "an interval that ends where people end",
    a_band_that_is_left_out: "rows that combine",
    a_platform_that_is_left_out: "rows that combine",
    one_who_dominates: "a sum that one person dominates",
    few_whom_consent_left_out: "those whom consent left out",
}


def plants() -> Iterator[tuple[Callable[[Published, int], None], int]]:
    """Each in three ways."""
    for plant in PLANTS:
        for n in range(3):
            yield plant, n
