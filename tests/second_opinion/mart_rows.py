"""Held against the opinion: every published row, recounted from the person-weeks it says it covers.

Each `…_faults` returns one line a fault, none if all is well. Rows are dicts with the marts' column names.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

from tests.second_opinion.export import Browsing, ExportOpinion
from tests.second_opinion.regions import Regions
from tests.second_opinion.sessions import AGE_BANDS, PLATFORMS, AppOpinion, PersonWeek, hour_slot

K, DOMINANCE_P, STEP = 10, 10, 10
MINUTE = 60_000_000
LENGTH_BANDS = (0, 1, 5, 15, 30, 60)
VISIT_BANDS = (1, 2, 4, 7, 14)
Row = dict[str, Any]
Slot = tuple[str, int]


def minutes(microseconds: int) -> int:
    """Rounded half up to whole minutes."""
    return (2 * microseconds + MINUTE) // (2 * MINUTE)


def told(count: int, floor: int = 0) -> int:
    """A count in steps: those that fit whole between floor and count, and 4 as the middle of a step of ten."""
    steps = 0
    while floor + STEP * (steps + 1) <= count:
        steps += 1
    return floor + STEP * steps + 4


def is_undominated(contributions: Iterable[int]) -> bool:
    """Without its two largest contributors, the rest is at least p % of the largest."""
    ordered = sorted(contributions, reverse=True)
    return not ordered or 100 * sum(ordered[2:]) >= DOMINANCE_P * ordered[0]


def is_safe(contributions: list[int]) -> bool:
    """Promises 1 and 2 for a cell, one figure a person."""
    return len(contributions) >= K and is_undominated(contributions)


def expected_weeks(opinion: AppOpinion | ExportOpinion) -> tuple[list[date], list[date]]:
    """Weeks to publish and weeks to withhold, of those that hold anyone, by the world and all-ages cell."""
    lengths: dict[date, list[int]] = defaultdict(list)
    for (week, _), person in opinion.person_weeks.items():
        lengths[week].append(person.length)
    safe = {week: is_safe(of_week) for week, of_week in lengths.items()}
    return sorted(week for week in safe if safe[week]), sorted(week for week in safe if not safe[week])


def ages_of(row: Row) -> frozenset[int]:
    """The leaf bands that a row covers, by their first years."""
    last = row["age_to"] if row["age_to"] is not None else 200
    covered = frozenset(first for first in AGE_BANDS if row["age_from"] <= first <= last)
    following = [first for first in AGE_BANDS if first > max(covered)]
    edge = following[0] - 1 if following else None
    if row["age_from"] not in AGE_BANDS or row["age_to"] != edge:
        raise AssertionError(f"age bounds {row['age_from']}-{row['age_to']} cut a leaf band")
    return covered


def usage_faults(rows: list[Row], opinion: AppOpinion, regions: Regions) -> list[str]:
    """`usage_by_region_age_week`: exact, complete, disjoint and safe."""
    weeks, _ = expected_weeks(opinion)

    def place(person: PersonWeek) -> tuple[str, int]:
        return person.region, person.age_band

    def covers(row: Row) -> set[tuple[str, int]]:
        return {(region, age) for region in row["region_members"] for age in ages_of(row)}

    def figures(persons: list[PersonWeek]) -> dict[str, int]:
        return {
            "users": len(persons),
            "sessions": told(sum(len(person.sessions) for person in persons), len(persons)),
            "minutes": minutes(sum(person.length for person in persons)),
        }

    return _core_faults(
        rows,
        opinion.person_weeks,
        weeks,
        place=place,
        covers=covers,
        figures=figures,
    ) + [fault for row in rows for fault in _region_faults(row, regions)]


def engagement_faults(rows: list[Row], opinion: ExportOpinion, regions: Regions) -> list[str]:
    """`ga4_engagement_week`: exact, complete, disjoint and safe."""
    weeks, _ = expected_weeks(opinion)
    devices = {person.place[1] for person in opinion.person_weeks.values()}

    def covers(row: Row) -> set[tuple[str, str]]:
        named = {
            "all": devices,
            "mobile and other devices": devices - {"desktop"},
            "other devices": devices - {"desktop", "mobile"},
        }.get(row["device_category"], {row["device_category"]})
        return {(region, device) for region in row["region_members"] for device in named}

    def figures(persons: list[Browsing]) -> dict[str, int]:
        return {
            "users": len(persons),
            "sessions": told(sum(len(person.sessions) for person in persons)),
            "views": told(sum(person.views for person in persons)),
            "minutes": minutes(sum(person.length for person in persons)),
        }

    return _core_faults(
        rows,
        opinion.person_weeks,
        weeks,
        place=lambda person: person.place,
        covers=covers,
        figures=figures,
    ) + [fault for row in rows for fault in _region_faults(row, regions)]


def engaged_faults(rows: list[Row], core: list[Row], opinion: ExportOpinion, regions: Regions) -> list[str]:
    """`ga4_engaged_sessions_week`: unions of core cells, complete, disjoint, each of nobody or k of a kind."""
    faults = [fault for row in rows for fault in _region_faults(row, regions)]
    persons_of: dict[int, list[Browsing]] = defaultdict(list)
    weeks = sorted({row["week_start"] for row in rows})
    cell_of, overlaps = _cells_by_leaf(rows, weeks, lambda row: set(row["region_members"]))
    untold: dict[date, list[Browsing]] = defaultdict(list)
    for (week, _), person in opinion.person_weeks.items():
        number = cell_of.get((week, person.place[0]))
        if week not in weeks:
            untold[week].append(person)
        elif number is None:
            faults.append(f"{week}: someone of {person.place[0]} is in no row")
        else:
            persons_of[number].append(person)
    shown = {cell["week_start"] for cell in core}
    faults += [
        f"{week}: has no row, and could be told as a whole"
        for week, persons in untold.items()
        if week in shown and not _tells_of_few(persons)
    ]
    for number, row in enumerate(rows):
        members = set(row["region_members"])
        touched = [
            cell for cell in core if cell["week_start"] == row["week_start"] and members & set(cell["region_members"])
        ]
        if any(set(cell["region_members"]) - members for cell in touched):
            faults.append(f"{_name(row)}: cuts a core cell")
        engaged = [len(person.engaged) for person in persons_of[number]]
        sessions = sum(cell["sessions"] for cell in touched)
        is_below = told(sum(engaged)) - 4 < sessions - 4 * len(touched)
        figures = {
            "cells": len(touched),
            "users": len(engaged),
            "sessions": sessions,
            "engaged_sessions": told(sum(engaged)) if is_below else sessions,
        }
        faults += [
            f"{_name(row)}: {column} is {row[column]}, should be {value}"
            for column, value in figures.items()
            if row[column] != value
        ]
        if _tells_of_few(persons_of[number]):
            faults.append(f"{_name(row)}: tells of too few")
    return faults + overlaps


def _tells_of_few(persons: list[Browsing]) -> bool:
    """Of a few with or without an engaged session, or another one; of one who has nearly all; or of no session."""
    engaged = [len(person.engaged) for person in persons]
    others = [len(person.sessions - person.engaged) for person in persons]
    for kind in (engaged, others):
        having = sum(count > 0 for count in kind)
        if 0 < having < K or 0 < len(kind) - having < K or not is_undominated(kind):
            return True
    return not any(engaged + others)


def _cells_by_leaf(
    rows: list[Row], weeks: list[date], covers: Callable[[Row], set[Any]]
) -> tuple[dict[tuple[date, Any], int], list[str]]:
    """Which row covers a week's leaf."""
    faults: list[str] = []
    if sorted({row["week_start"] for row in rows}) != weeks:
        faults.append(f"weeks are {sorted({row['week_start'] for row in rows})}, should be {weeks}")
    cell_of: dict[tuple[date, Any], int] = {}
    for number, row in enumerate(rows):
        for leaf in covers(row):
            if cell_of.setdefault((row["week_start"], leaf), number) != number:
                faults.append(f"{row['week_start']}: {leaf} is in two cells")
    return cell_of, faults


def _core_faults(
    rows: list[Row], person_weeks: dict[tuple[date, str], Any], weeks: list[date], *,
    place: Callable[[Any], Any], covers: Callable[[Row], set[Any]], figures: Callable[[list[Any]], dict[str, int]],
) -> list[str]:  # fmt: skip
    cell_of, faults = _cells_by_leaf(rows, weeks, covers)
    persons_of: dict[int, list[Any]] = defaultdict(list)
    for (week, _), person in person_weeks.items():
        if week in weeks:
            number = cell_of.get((week, place(person)))
            if number is None:
                faults.append(f"{week}: someone of {place(person)} is in no cell")
            else:
                persons_of[number].append(person)
    for number, row in enumerate(rows):
        persons = persons_of[number]
        for column, value in figures(persons).items():
            if row[column] != value:
                faults.append(f"{_name(row)}: {column} is {row[column]}, should be {value}")
        if not is_safe([person.length for person in persons]):
            faults.append(f"{_name(row)}: the cell is unsafe")
    return faults


def _region_faults(row: Row, regions: Regions) -> list[str]:
    """A row that names a node of the hierarchy covers all of its leaves, observed or not."""
    members, faults = row["region_members"], []
    if len(set(members)) != len(members):
        faults.append(f"{_name(row)}: a member is named twice")
    if row["region_level"] == "group":
        code = row["region_code"]
        whole = set().union(*(regions.leaves[part] for part in code.removeprefix("rest of ").split("+")))
        # The rest of a node is part of its leaves; any other group is all the leaves of those it names.
        if not (set(members) < whole if code.startswith("rest of ") else set(members) == whole and "+" in code):
            faults.append(f"{_name(row)}: members are not those of the code")
    elif set(members) != regions.leaves[row["region_code"]] or row["region_level"] != regions.level[row["region_code"]]:
        faults.append(f"{_name(row)}: members or level are not those of the code")
    return faults


def hour_faults(rows: list[Row], core: list[Row], opinion: AppOpinion, regions: Regions) -> list[str]:
    """`usage_by_hour_week`: parts of unions of core cells; each part and its complement empty or safe."""

    def slots(row: Row) -> set[Slot]:
        kinds = ("weekday", "weekend") if row["day_type"] == "all" else (row["day_type"],)
        return {(kind, hour) for kind in kinds for hour in range(row["hour_from"], row["hour_to"] + 1)}

    return _side_faults(
        rows, core, opinion,
        unit_of_row=lambda row: frozenset(row["region_members"]), unit_of_person=lambda person: person.region,
        slots=slots, slot=lambda _, session: hour_slot(session),
    ) + [fault for row in rows for fault in _region_faults(row, regions)]  # fmt: skip


def length_faults(rows: list[Row], core: list[Row], opinion: AppOpinion) -> list[str]:
    """`session_length_by_age_week`: likewise, by age group and the session's length."""

    def slots(row: Row) -> set[Slot]:
        last = row["minutes_to"] if row["minutes_to"] is not None else 10**9
        return {("length", band) for band in LENGTH_BANDS if row["minutes_from"] <= band <= last}

    def slot(_: PersonWeek, session: Any) -> Slot:
        return "length", max(band for band in LENGTH_BANDS if band * MINUTE <= session.length)

    return _side_faults(
        rows,
        core,
        opinion,
        unit_of_row=ages_of,
        unit_of_person=lambda person: person.age_band,
        slots=slots,
        slot=slot,
    )


def frequency_faults(rows: list[Row], core: list[Row], opinion: AppOpinion, regions: Regions) -> list[str]:
    """`usage_by_frequency_week`: likewise, by how many sessions a person had."""

    def slots(row: Row) -> set[Slot]:
        last = row["sessions_to"] if row["sessions_to"] is not None else 10**9
        return {("visits", band) for band in VISIT_BANDS if row["sessions_from"] <= band <= last}

    return _side_faults(
        rows, core, opinion,
        unit_of_row=lambda row: frozenset(row["region_members"]), unit_of_person=lambda person: person.region,
        slots=slots,
        slot=lambda person, _: ("visits", max(band for band in VISIT_BANDS if band <= len(person.sessions))),
    ) + [fault for row in rows for fault in _region_faults(row, regions)]  # fmt: skip


def platform_faults(rows: list[Row], core: list[Row], opinion: AppOpinion) -> list[str]:
    """`usage_by_platform_week`: likewise, by age group and the platform of most of the time."""

    def slots(row: Row) -> set[Slot]:
        words = PLATFORMS if row["platform"] == "all" else row["platform"].split(" + ")
        return {("platform", PLATFORMS.index(word)) for word in words}

    return _side_faults(
        rows,
        core,
        opinion,
        unit_of_row=ages_of,
        unit_of_person=lambda person: person.age_band,
        slots=slots,
        slot=lambda person, _: ("platform", PLATFORMS.index(person.platform)),
    )


def _side_faults(
    rows: list[Row], core: list[Row], opinion: AppOpinion, *,
    unit_of_row: Callable[[Row], frozenset[Any]], unit_of_person: Callable[[PersonWeek], Any],
    slots: Callable[[Row], set[Slot]], slot: Callable[[PersonWeek, Any], Slot],
) -> list[str]:  # fmt: skip
    faults: list[str] = []
    groups: dict[tuple[date, frozenset[Any]], list[Row]] = defaultdict(list)
    for row in rows:
        groups[row["week_start"], unit_of_row(row)].append(row)
    by_week: dict[date, list[PersonWeek]] = defaultdict(list)
    for (week, _), person in opinion.person_weeks.items():
        by_week[week].append(person)
    for week in {week for week, _ in groups}:
        units = Counter(unit for of_week, group in groups if of_week == week for unit in group)
        if any(count > 1 for count in units.values()):
            faults.append(f"{week}: groups overlap")
        if any(unit_of_person(person) not in units for person in by_week[week]):
            faults.append(f"{week}: someone is in no group")
    for (week, group), parts in groups.items():
        for cell in core:
            covered = unit_of_row(cell)
            if cell["week_start"] == week and covered & group and not covered <= group:
                faults.append(f"{week} {_name(parts[0])}: cuts a core cell")
        persons = [person for person in by_week[week] if unit_of_person(person) in group]
        cells = [cell["sessions"] for cell in core if cell["week_start"] == week and unit_of_row(cell) <= group]
        faults += _part_faults(parts, persons, sum(cells), slots, slot)
    return faults


def _part_faults(
    parts: list[Row], persons: list[PersonWeek], of_cells: int,
    slots: Callable[[Row], set[Slot]], slot: Callable[[PersonWeek, Any], Slot],
) -> list[str]:  # fmt: skip
    """`of_cells`: the sessions that the core cells of the group tell together, as one row not divided repeats them."""
    faults: list[str] = []
    times = Counter(one for row in parts for one in slots(row))
    if any(count > 1 for count in times.values()):
        faults.append(f"{_name(parts[0])}: parts overlap")
    placed = [[(slot(person, session), session.length) for session in person.sessions] for person in persons]
    if {one for sessions in placed for one, _ in sessions} - set(times):
        faults.append(f"{_name(parts[0])}: sessions in no part")
    for row in parts:
        covered = slots(row)
        inside = [[length for one, length in sessions if one in covered] for sessions in placed]
        outside = [[length for one, length in sessions if one not in covered] for sessions in placed]
        users, sessions = sum(bool(lengths) for lengths in inside), sum(len(lengths) for lengths in inside)
        figures = {
            "users": users,
            "sessions": of_cells if len(parts) == 1 else told(sessions, users),
            "minutes": minutes(sum(sum(lengths) for lengths in inside)),
        }
        faults += [
            f"{_name(row)}: {column} is {row[column]}, should be {value}"
            for column, value in figures.items()
            if column in row and row[column] != value
        ]
        for which, side in (("part", inside), ("complement", outside)):
            contributions = [sum(lengths) for lengths in side if lengths]
            if contributions and not is_safe(contributions):
                faults.append(f"{_name(row)}: the {which} is unsafe")
    return faults


def coverage_faults(rows: list[Row], opinions: dict[str, AppOpinion | ExportOpinion]) -> list[str]:
    """`coverage_week`: whole percent of what passed; null where too few persons passed or were dropped."""
    faults: list[str] = []
    found = {(row["week_start"], row["source"]): row["passed_percent"] for row in rows}
    wanted = {}
    for source, opinion in opinions.items():
        for week in expected_weeks(opinion)[0]:
            wanted[week, source] = _coverage(opinion, week)
    for key in sorted(found.keys() | wanted.keys()):
        if found.get(key, "no row") != wanted.get(key, "no row"):
            faults.append(f"{key[0]} {key[1]}: is {found.get(key, 'no row')}, should be {wanted.get(key, 'no row')}")
    return faults


def _coverage(opinion: AppOpinion | ExportOpinion, week: date) -> int | None:
    persons = [person for (of_week, _), person in opinion.person_weeks.items() if of_week == week]
    passed = sum(person.rows if isinstance(person, Browsing) else len(person.sessions) for person in persons)
    dropped = opinion.dropped[week]
    if len(persons) < K or len({person for person in dropped if person}) < K:
        return None
    return (200 * passed + passed + len(dropped)) // (2 * (passed + len(dropped)))


def _name(row: Row) -> str:
    keys = ("week_start", "region_code", "age_group", "device_category", "day_type", "hour_from", "minutes_from")
    return " ".join(str(row[key]) for key in keys if key in row)
