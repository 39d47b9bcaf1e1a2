"""What years of use cost: a home of 39, 78 and 156 frozen weeks, with some six hundred releases in the end.

One made-up week is frozen by a whole `cmn run`; its cells are then frozen again under later Mondays. CPU seconds of
what is done to such a home, and the exponent with which they grow in its weeks. `news`: the day on which one week more
is frozen; `quiet`: a day on which nothing changed. Both by their steps, without ingestion.
"""

import contextlib
import io
import math
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from functools import partial
from pathlib import Path

import numpy as np
import pyarrow as pa

from catalogue.catalogue import SOURCES
from command.main import main as cmn
from demonstration.sources import APPROVAL, APPROVALS, make_sources, write_config
from freezing.cell_files import freeze_cells, told_cells
from home.lock import held
from home.register.register import Register
from home.run import Run
from home.weeks.week_states import WEEK, WeekCommit, days_between, settled_weeks

PERSONS, FIRST_DAY = 2_000, date(2026, 6, 29)
WEEKS = (39, 78, 156)
DATASETS = ("usage_by_region_age", "usage_by_hour", "ga4_engagement", "session_length_by_age")
BUILD = (
    "marts.marts:build_marts",
    "marts.marts:check_marts",
    "marts.marts:publish_marts",
    "marts.reports:write_reports",
)
RELEASE = ("releases.due.release_step:publish_weeks", "releases.due.release_step:publish_quarters")
READERS = ("portal.readers:build_portal",)
STATE = (
    "freezing.counting:count_leaf_cells",
    "freezing.freezing:freeze_weeks",
    "ingestion.store.retention:apply_retention",
)


def main(say: Callable[[str], None] = print, weeks: tuple[int, ...] = WEEKS) -> None:
    """Prints CPU seconds at each number of weeks, and exponents."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        config = _first_week(home)
        seconds: dict[str, list[float]] = {}
        for number in weeks:
            _fill_up(_run(config, number - 1), number - 1)
            _take(_run(config, number - 1), (*BUILD, *RELEASE, *READERS))  # all but the last week, at whatever cost
            _fill_up(_run(config, number), number)
            for name, cost in _costs(config, number).items():
                seconds.setdefault(name, []).append(cost)
        releases = sum(1 for path in (home / "releases").glob("*/*") if path.is_dir())
        say(f"{'':<34}" + "".join(f"{number:>7} w" for number in weeks) + "  exponent")
        for name, costs in seconds.items():
            exponent = np.polyfit(np.log(weeks), np.log(np.maximum(costs, 0.005)), 1)[0] if len(weeks) > 1 else math.nan
            say(f"{name:<34}" + "".join(f"{cost:>9.2f}" for cost in costs) + f"{exponent:>10.2f}")
        say(f"{'releases in the end':<34}{releases:>9}")


def _costs(config: Path, weeks: int) -> dict[str, float]:
    """Of a week more, of a quiet day after it, and of looking at the home."""
    costs = {
        f"news, {name}": _cpu(partial(_take, _run(config, weeks), places))
        for name, places in (("marts", BUILD), ("releases", RELEASE), ("portal", READERS))
    }
    costs |= {
        f"quiet, {name}": _cpu(partial(_take, _run(config, weeks), places))
        for name, places in (("weeks", STATE), ("marts", BUILD), ("releases", RELEASE), ("portal", READERS))
    }
    release = next(iter(sorted((config.parent / "releases" / DATASETS[0]).glob("*-v1"))))
    ledger = str(config.parent / "releases" / "ledger.jsonl")
    for words in (
        ("status", "--config", str(config)),
        ("doctor", "--config", str(config)),
        ("doctor", "--deep", "--config", str(config)),
        ("releases", "list", "--config", str(config)),
        ("releases", "verify", str(release), "--ledger", ledger),
    ):
        costs["cmn " + " ".join(word for word in words if not word.startswith("/"))] = _cpu(partial(_cmn, words))
    return costs


def _cmn(words: tuple[str, ...]) -> None:
    with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
        cmn(list(words))


def _cpu(work: Callable[[], object]) -> float:
    begun = time.process_time()
    work()
    return time.process_time() - begun


def _take(run: Run, places: tuple[str, ...]) -> None:
    from command.airflow.quiet_dags import step_at

    for place in places:
        step_at(place)(run)


def _first_week(home: Path) -> Path:
    span = make_sources(home / "landing", persons=PERSONS, weeks=1, first_day=FIRST_DAY)
    config = write_config(home)
    approved = "".join(APPROVAL.format(dataset=dataset) for dataset in DATASETS)
    (home / "policy" / "releases.toml").write_text(APPROVALS + approved, encoding="utf-8")
    command = [
        str(Path(sys.executable).with_name("cmn")), "run", "--config", str(config), "--from", f"{span.first_day}",
        "--to", f"{span.last_day}", "--as-of", span.as_of.isoformat(), "--json",
    ]  # fmt: skip
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "DBT_"))}
    subprocess.run(command, check=True, capture_output=True, env=environment)
    shutil.rmtree(home / "restricted" / "airflow", ignore_errors=True)
    return config


def _run(config: Path, weeks: int) -> Run:
    """A run of the day on which so many weeks are frozen."""
    last_day = FIRST_DAY + weeks * WEEK - timedelta(days=1)
    as_of = f"{last_day + timedelta(days=4)}T06:00:00Z"
    return Run.from_conf({"config": str(config), "from": f"{last_day}", "to": f"{last_day}", "as_of": as_of})


def _fill_up(run: Run, weeks: int) -> None:
    """Freezes the first week's cells again, under every later Monday up to so many."""
    with held(run.home):
        for source in SOURCES:
            settled = settled_weeks(run.home, source)
            first = settled[FIRST_DAY]
            cubes = told_cells(run.home, first)
            for number in range(len(settled), weeks):
                _freeze(run, replace(first, week=FIRST_DAY + number * WEEK), cubes)


def _freeze(run: Run, commit: WeekCommit, cubes: dict[str, pa.Table]) -> None:
    told = {}
    for cube, table in cubes.items():
        place = table.schema.get_field_index("week_start")
        mondays = pa.array([commit.week] * len(table), pa.date32())
        told[cube] = table.set_column(place, table.schema.field(place), mondays)
    days = days_between(commit.week, commit.week + WEEK - timedelta(days=1))
    with Register(run.home) as register:
        register.cover_days(commit.source, days, days)
    freeze_cells(run.home, commit, told)


if __name__ == "__main__":
    main()
