"""How many units a side mart divides, of marts made by hand."""

from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest

from home.layout import Home
from marts.divided_units import DividedUnits, divided_units
from refusals.errors import StateDamaged

FIRST = date(2026, 9, 7)
UNITS = {
    "usage_by_hour_week": "region_code", "session_length_by_age_week": "age_group",
    "usage_by_platform_week": "age_group",
}  # fmt: skip
#: By week: rows of each unit. The first of five weeks is none of the last four.
ROWS = [{"a": 9, "b": 9}, {"a": 1, "b": 1}, {"a": 2, "b": 1}, {"a": 1}, {"a": 3, "b": 1, "c": 4}]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """One mart of five weeks, one of no week, one of a single week, and one that is not there yet."""
    home = Home(tmp_path)
    home.make()
    with duckdb.connect(str(home.marts)) as con:
        for mart, unit in UNITS.items():
            con.execute(f"create table {mart} (week_start date, {unit} text)")
        for number, units in enumerate(ROWS):
            rows = [(FIRST + timedelta(weeks=number), unit) for unit, parts in units.items() for _ in range(parts)]
            con.executemany("insert into usage_by_hour_week values (?, ?)", rows)
        con.execute("insert into usage_by_platform_week values ('2026-09-07', 'a'), ('2026-09-07', 'a')")
    return home


def test_units_of_several_rows_are_divided(home: Home) -> None:
    assert divided_units(home) == [
        DividedUnits("usage_by_hour_week", "region", 4, 8, 3),
        DividedUnits("session_length_by_age_week", "age", 0, 0, 0),
        DividedUnits("usage_by_platform_week", "age", 1, 1, 1),
    ]


def test_of_no_marts_nothing_is_said(tmp_path: Path) -> None:
    assert divided_units(Home(tmp_path)) == []


def test_what_is_no_marts_file_is_refused(home: Home) -> None:
    home.marts.write_bytes(b"no DuckDB file")
    with pytest.raises(StateDamaged, match=r"marts\.duckdb"):
        divided_units(home)
