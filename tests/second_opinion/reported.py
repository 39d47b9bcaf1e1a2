"""Held against the opinion: rows of GA4's reports that are told, and the app's users beside Google's.

As in `mart_rows.py`, each `…_faults` returns one line a fault. All by the words of the contract, leaf by leaf.
"""

from collections import defaultdict
from collections.abc import Iterable
from fractions import Fraction
from itertools import pairwise
from typing import Any

from tests.second_opinion.mart_rows import K, minutes, told
from tests.second_opinion.regions import Regions

Row = dict[str, Any]
Place = frozenset[tuple[str, str]]

REPORTS = ["region_age", "country_age", "region", "country", "age", "all"]
BRACKETS = ["18-24", "25-34", "35-44", "45-54", "55-64", "65+", "unknown"]
NAMES = {"sessions": "sessions", "engaged_sessions": "engaged_sessions", "views": "views"}


def covered(region: str, bracket: str, regions: Regions) -> Place:
    """Leaf regions and brackets: whoever is in a row is in one of these."""
    return frozenset(
        (leaf, age) for leaf in regions.leaves[region] for age in (BRACKETS if bracket == "all" else [bracket])
    )


def audience_faults(rows: list[Row], reported: Iterable[Row], regions: Regions) -> list[str]:
    """`ga4_audience_week`, of one week: right, of k in one row, disjoint, and nothing left out that could be told."""
    delivered: dict[tuple[str, str, str], list[Row]] = defaultdict(list)
    for one in reported:
        delivered[one["report"], one["region_code"], one["age_bracket"]].append(one)
    places: dict[tuple[str, str, str], Place] = {}
    faults = []
    for row in rows:
        key = (row["report"], row["region_code"], row["age_bracket"])
        inside = delivered.get(key, [])
        if not inside or max(one["users"] for one in inside) < K:
            faults.append(f"{key}: no row of it has k users")
            continue
        right = {name: told(sum(one[of] for one in inside)) for name, of in NAMES.items()}
        right |= {
            "rows": len(inside),
            "users_in_rows": told(sum(one["users"] for one in inside), K),
            "minutes": told(minutes(sum(one["duration_us"] for one in inside))),
        }
        faults += [f"{key}: {name} is {row[name]}, not {value}" for name, value in right.items() if row[name] != value]
        if set(row["region_members"]) != regions.leaves[row["region_code"]]:
            faults.append(f"{key}: members are not those of the code")
        place = covered(*key[1:], regions)
        faults += [f"{key} and {other} overlap" for other, there in places.items() if there & place]
        places[key] = place
    for key, inside in delivered.items():
        if key not in places and max(one["users"] for one in inside) >= K:
            place = covered(*key[1:], regions)
            finer = [other for other, there in places.items() if there & place]
            if not any(REPORTS.index(other[0]) < REPORTS.index(key[0]) for other in finer):
                faults.append(f"{key}: is not told, and nothing finer in it is")
    return faults


def reconciliation_faults(rows: list[Row], app: list[Row], export: list[Row], audience: list[Row]) -> list[str]:
    """`ga4_reconciliation_week`, of one week, from the rows of the other marts."""
    expected = {("age", *one) for one in _ages(app, audience)} | {("region", *one) for one in _regions(app, export)}
    found = {
        (
            row["compared"],
            row["part"] if row["compared"] == "age" else frozenset(row["region_members"]),
            row["app_users"],
            row["ga4_users"],
            row["ga4_rows"],
        )
        for row in rows
    }
    faults = [f"not told: {one}" for one in expected - found] + [f"not so: {one}" for one in found - expected]
    for row in rows:
        if row["difference"] != row["ga4_users"] - row["app_users"]:
            faults.append(f"{row['part']}: difference")
        if abs(Fraction(row["ratio"]) - Fraction(row["ga4_users"], row["app_users"])) > Fraction(51, 100_000):
            faults.append(f"{row['part']}: ratio")
    return faults


def _ages(app: list[Row], audience: list[Row]) -> Iterable[tuple[Any, ...]]:
    """Year by year: two neighbouring years are in one part if a bracket or a cell of the app holds both."""
    told_rows = [row for row in audience if row["age_bracket"] not in {"unknown", "all"}]
    starts = [18, 25, 35, 45, 55, 65, 200]
    brackets = {start: set(range(start, after)) for start, after in pairwise(starts)}
    cells = [set(range(row["age_from"], (row["age_to"] or 199) + 1)) for row in app]
    joined = [*brackets.values(), set(range(18)), *cells]
    parts: list[set[int]] = []
    for one in joined:
        years = one.union(*(part for part in parts if part & one))
        parts = [part for part in parts if not part & years] + [years]
    for part in parts:
        inside = [row for row in told_rows if int(row["age_bracket"][:2]) in part]
        users = sum(row["users"] for row in app if row["age_from"] in part)
        if inside and users:
            first, last = min(part), max(part)
            label = "all" if (first, last) == (0, 199) else f"{first}+" if last == 199 else f"{first}-{last}"
            yield label, users, sum(row["users_in_rows"] for row in inside), len(inside)


def _regions(app: list[Row], export: list[Row]) -> Iterable[tuple[Any, ...]]:
    parts: list[frozenset[str]] = []
    for row in [*app, *export]:
        members = frozenset(row["region_members"]).union(*(p for p in parts if p & set(row["region_members"])))
        parts = [part for part in parts if not part & members] + [members]
    for part in parts:
        ours = [row for row in app if set(row["region_members"]) <= part]
        theirs = [row for row in export if set(row["region_members"]) <= part]
        if ours and theirs:
            yield part, sum(row["users"] for row in ours), sum(row["users"] for row in theirs), len(theirs)
