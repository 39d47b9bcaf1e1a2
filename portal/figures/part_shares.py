"""The figures of a side mart whose parts nobody shares: what share of each union's people is in each of its parts."""

from collections import Counter
from collections.abc import Sequence
from datetime import date

import duckdb

from catalogue.axis import Axis
from catalogue.mart import Mart
from portal.figures.figure import AgeSpan, BandSpan, Figure, Value, Word
from portal.figures.mart_rows import weeks_figure
from portal.figures.region_labels import label_of_cell


def parts_of(con: duckdb.DuckDBPyConnection, mart: Mart, axis: Axis, week: date) -> list[Figure]:
    """Its weeks, and the parts of the latest one: largest regions or youngest ages first."""
    unit = ("region_code", "region_name") if axis.divides == "region" else ("age_from", "age_to")
    by_users = "sum(users) over (partition by region_code) desc, region_code"
    order = by_users if axis.divides == "region" else "age_from, age_to"
    columns = [column.name for column in axis.columns]
    # A word has no order of its own: the row with most users first.
    within = columns[0] if axis.kind == "bands" else "users desc"
    found = con.execute(
        f"select {', '.join((*unit, *columns))}, users, minutes from {mart.name} where week_start = ?"
        f" order by {order}, {within}",
        [week],
    ).fetchall()
    people: Counter[Value] = Counter()
    told: list[tuple[Value, Value, int, int]] = []
    for first, second, *part, users, minutes in found:
        place = label_of_cell(first, second) if axis.divides == "region" else AgeSpan(first, second)
        value: Value = BandSpan(part[0], part[1], axis.name) if axis.kind == "bands" else Word(axis.name, part[0])
        told.append((place, value, users, minutes))
        people[place] += users
    rows = tuple((*row, 100 * row[2] / people[row[0]]) for row in told)
    largest, users, everyone = _largest(told, people)
    return [
        weeks_figure(con, mart.name, ("users", "minutes")),
        Figure(
            axis.name,
            ("region" if axis.divides == "region" else "age_group", axis.name, "users", "minutes", "people_percent"),
            rows,
            ("people_percent",),
            facts={"week": week, "part": largest, "users": users, "share": 100 * users / everyone},
        ),
    ]


def _largest(told: Sequence[tuple[Value, Value, int, int]], people: Counter[Value]) -> tuple[Value, int, int]:
    """The part that most people are in, how many they are, and the people of the unions that tell it by itself.

    A union that is not divided says nothing of its parts; where none is divided, there is no such part.
    """
    parts = Counter(place for place, *_ in told)
    apart = [row for row in told if parts[row[0]] > 1]
    if not apart:
        return None, 0, 1
    together: Counter[Value] = Counter()
    for _, value, users, _ in apart:
        together[value] += users
    largest, users = together.most_common(1)[0]
    return largest, users, sum(people[place] for place, value, *_ in apart if value == largest)
