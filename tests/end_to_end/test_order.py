"""The same inputs, policy and moment give the same content, in any order of runs."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from demonstration import WeekSpan, make_sources, write_config
from tests.end_to_end.runs import called, cells, content, run_arguments, told

#: The week in which summer time ends.
FIRST_DAY = date(2026, 10, 19)
PERSONS = 400


def made(home: Path) -> tuple[Path, WeekSpan]:
    span = make_sources(home / "landing", persons=PERSONS, weeks=1, first_day=FIRST_DAY)
    return write_config(home), span


@pytest.fixture(scope="module")
def orders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Homes of the same sources, run in different orders."""
    folder = tmp_path_factory.mktemp("orders")
    homes = {name: folder / name for name in ("whole", "halves", "reverse")}
    configs = {name: made(home)[0] for name, home in homes.items()}
    span = WeekSpan(FIRST_DAY, 1)
    days = [span.first_day + timedelta(days=number) for number in range(7)]
    runs = [
        ("whole", days[0], days[-1]),
        ("whole", days[0], days[-1]),
        ("halves", days[0], days[3]),
        ("halves", days[4], days[6]),
        # The last days first, alone and several at a time.
        ("reverse", days[6], days[6]),
        ("reverse", days[4], days[5]),
        ("reverse", days[3], days[3]),
        ("reverse", days[0], days[2]),
    ]
    once = folder / "once.duckdb"
    summaries = [
        told(called(run_arguments(configs[name], first, last, span), keep_marts=None if once.exists() else once))
        for name, first, last in runs
    ]
    for last in (0, 1, 3, 7):
        assert summaries[last]["weeks"]["app"]["frozen"] == [str(FIRST_DAY)], f"run {last} froze another week"
    for open_still in (2, 4, 5, 6):
        assert summaries[open_still]["weeks"]["app"]["frozen"] == []
    return {"once": once, **homes}


@pytest.mark.clause("week-same-content")
@pytest.mark.parametrize("order", ["whole", "halves", "reverse"])
def test_any_order_of_runs_gives_the_same_content(orders: dict[str, Path], order: str) -> None:
    once = content(orders["once"])
    assert len(once["usage_by_region_age_week"]) > 3
    assert content(orders[order] / "marts" / "marts.duckdb") == once


@pytest.mark.clause("week-same-content")
@pytest.mark.parametrize("order", ["halves", "reverse"])
def test_any_order_of_runs_freezes_the_same_bytes(orders: dict[str, Path], order: str) -> None:
    assert cells(orders[order]) == cells(orders["whole"])


def test_the_comparison_can_fail(orders: dict[str, Path]) -> None:
    """A week with one person fewer is another content."""
    changed = content(orders["once"])
    changed["usage_by_region_age_week"][0] = changed["usage_by_region_age_week"][0].replace("1", "2", 1)
    assert changed != content(orders["once"])
