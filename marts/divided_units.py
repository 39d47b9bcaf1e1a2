"""How many of its units each side mart divides: of an axis that follows from an earlier one, hardly any can be."""

from dataclasses import dataclass

from catalogue.catalogue import SIDES
from home.duck import open_marts
from home.layout import Home
from home.state import check_file

#: The last frozen weeks of each mart.
WEEKS = 4


@dataclass(frozen=True, slots=True)
class DividedUnits:
    """One side mart: how many region groups, or age groups, it tells in its last weeks, and in more than one part."""

    mart: str
    divides: str
    weeks: int
    units: int
    divided: int


def divided_units(home: Home) -> list[DividedUnits]:
    """Counted from the published marts alone, each side mart in its order; none where there are no marts yet.

    A unit is a week's own: the same region in two weeks counts twice.

    Raises:
        StateDamaged: the marts are not what was published.
    """
    found = []
    check_file(home, home.marts)
    if not home.marts.exists():
        return []
    with open_marts(home) as con:
        there = {name for (name,) in con.execute("select table_name from duckdb_tables()").fetchall()}
        for mart in SIDES:
            if mart.name not in there or mart.axis is None:  # of an older version
                continue
            unit = mart.key[1]
            counts = con.execute(
                f"""
                with last_weeks as (select distinct week_start from {mart.name} order by week_start desc limit {WEEKS}),
                parts as (
                    select week_start, {unit}, count(*) as told from {mart.name}
                    where week_start in (from last_weeks) group by week_start, {unit}
                )
                select count(distinct week_start), count(*), count(*) filter (told > 1) from parts
                """
            ).fetchone() or (0, 0, 0)
            found.append(DividedUnits(mart.name, mart.axis.divides, *counts))
    return found
