"""The same inputs, policy and moment give the same content, in any order of runs and after a kill."""

import os
import random
import signal
import subprocess
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from demonstration import Span, make_sources, write_config
from tests.end_to_end.runs import CMN, cells, cmn, content, environment, run_arguments, several

#: The week in which summer time ends.
FIRST_DAY = date(2026, 10, 19)
PERSONS = 400


def made(home: Path) -> tuple[Path, Span]:
    span = make_sources(home / "landing", persons=PERSONS, weeks=1, first_day=FIRST_DAY)
    return write_config(home), span


@pytest.fixture(scope="module")
def orders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Homes of the same sources, run in different orders."""
    folder = tmp_path_factory.mktemp("orders")
    homes = {name: folder / name for name in ("whole", "halves", "reverse")}
    configs = {name: made(home)[0] for name, home in homes.items()}
    span = Span(FIRST_DAY, 1)
    days = [span.first_day + timedelta(days=number) for number in range(7)]
    steps: list[dict[str, Any]] = [
        {
            "arguments": run_arguments(configs["whole"], days[0], days[-1], span),
            "keep_marts": str(folder / "once.duckdb"),
        },
        {"arguments": run_arguments(configs["whole"], days[0], days[-1], span)},
        {"arguments": run_arguments(configs["halves"], days[0], days[3], span)},
        {"arguments": run_arguments(configs["halves"], days[4], days[6], span)},
        *({"arguments": run_arguments(configs["reverse"], day, day, span)} for day in reversed(days)),
    ]
    summaries = several(steps)
    for last in (0, 1, 3, 10):
        assert summaries[last]["weeks"]["app"]["frozen"] == [str(FIRST_DAY)], f"run {last} froze another week"
    assert summaries[2]["weeks"]["app"]["frozen"] == []
    return {"once": folder / "once.duckdb", **homes}


@pytest.mark.parametrize("order", ["whole", "halves", "reverse"])
def test_any_order_of_runs_gives_the_same_content(orders: dict[str, Path], order: str) -> None:
    once = content(orders["once"])
    assert len(once["usage_by_region_age_week"]) > 3
    assert content(orders[order] / "marts" / "marts.duckdb") == once


@pytest.mark.parametrize("order", ["halves", "reverse"])
def test_any_order_of_runs_freezes_the_same_bytes(orders: dict[str, Path], order: str) -> None:
    assert cells(orders[order]) == cells(orders["whole"])


def test_the_comparison_can_fail(orders: dict[str, Path]) -> None:
    """A week with one person fewer is another content."""
    changed = content(orders["once"])
    changed["usage_by_region_age_week"][0] = changed["usage_by_region_age_week"][0].replace("1", "2", 1)
    assert changed != content(orders["once"])


def test_killed_at_a_random_moment_and_run_again(orders: dict[str, Path], tmp_path: Path) -> None:
    config, span = made(tmp_path / "killed")
    arguments = run_arguments(config, span.first_day, span.last_day, span)
    process = subprocess.Popen(
        [str(CMN), *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        env=environment(),
    )  # fmt: skip
    moment = random.uniform(2, 12)  # noqa: S311 - when to pull the plug
    print(f"killed after {moment:.3f} s")
    time.sleep(moment)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    cmn(arguments)
    assert content(tmp_path / "killed" / "marts" / "marts.duckdb") == content(orders["once"])
    assert cells(tmp_path / "killed") == cells(orders["whole"])
