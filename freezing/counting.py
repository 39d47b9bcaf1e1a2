"""Counting: stored records of the weeks that freeze now → leaf cells, in the warehouse."""

from datetime import date
from pathlib import Path

import pyarrow.parquet as pq

from dbt_project.dbt_command import DbtPlace, build
from freezing.counted_weeks import CountedWeeks, keep_counted_weeks, remove_warehouse
from home.layout import Home
from home.lock import held
from home.register.register import Register, recorded_step
from home.run import Run
from home.state import check_file


def count_leaf_cells(run: Run) -> None:
    """Builds the warehouse anew from the record files of each source's weeks to freeze.

    Safe to repeat. With nothing to freeze, dbt is not started and there is no warehouse.

    Raises:
        StateDamaged: a week's records are missing, or are not as they were written.
        Refusal: a model or a test of the counting failed.
        AnotherRunHoldsTheLock: see home.lock.
    """
    with held(run.home), recorded_step(run, "count_leaf_cells"):
        remove_warehouse(run.home)
        files = {source: _record_files(run, source) for source in run.settings.record_sources}
        counted = CountedWeeks(
            run.run_id,
            {source: {week: _rows(run.home, path) for week, path in weeks.items()} for source, weeks in files.items()},
        )
        if not counted.is_empty():
            stored = {
                source: [str(path) for path in weeks.values() if path.exists()] for source, weeks in files.items()
            }
            variables = {
                "timezone": run.policy.consent.timezone,
                "axes": run.policy.axes.model_dump(mode="json"),
                "files": {"records": stored},
            }
            build(DbtPlace(run.home, run.home.warehouse, run.home.work / run.home.marts.name), "warehouse", variables)
        keep_counted_weeks(run.home, counted)


def _record_files(run: Run, source: str) -> dict[date, Path]:
    folder = run.home.records / source
    with Register(run.home) as register:
        weeks = register.weeks_to_freeze(source)
    return {week: folder / f"{week.isoformat()}.parquet" for week in weeks}


def _rows(home: Home, path: Path) -> int:
    check_file(home, path)
    return int(pq.read_metadata(path).num_rows) if path.exists() else 0
