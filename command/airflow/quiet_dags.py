"""DAGs in which nothing is new: their steps are taken as they are, since starting Airflow costs more than they do."""

import os
from collections.abc import Callable

from freezing.counted_weeks import is_counted
from home.register.register import Register
from home.run import Run
from marts.marts import are_marts_built
from refusals.errors import Refusal

#: The steps of each DAG after its plan, in order, by where they are.
STEPS = {
    "build_marts": (
        "freezing.counting:count_leaf_cells", "freezing.freezing:freeze_weeks",
        "ingestion.store.retention:apply_retention", "marts.marts:build_marts", "marts.marts:check_marts",
        "marts.marts:publish_marts", "marts.reports:write_reports", "dags.tasks.close:close_run",
    ),
    "release_weekly": ("releases.due.release_step:publish_weeks",),
    "release_quarterly": ("releases.due.release_step:publish_quarters",),
    "publish_portal": (
        "portal.readers:build_portal", "releases.destinations.delivery:deliver_releases", "dags.tasks.close:close_run",
    ),
}  # fmt: skip


class QuietDags:
    """What a run need not start Airflow for: a build that has nothing to count and nothing to build, and what follows
    on one."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._is_build_quiet = False

    def has(self, dag_id: str) -> bool:
        """Whether nothing is new in the DAG. What is damaged is left to the DAG's own steps to refuse."""
        if dag_id == "build_marts":
            try:
                self._is_build_quiet = _has_nothing_to_build(self._run)
            except Refusal:
                self._is_build_quiet = False
        return dag_id in STEPS and self._is_build_quiet

    def take(self, dag_id: str) -> None:
        """Takes the DAG's steps.

        Raises:
            Refusal: as the steps do.
        """
        os.umask(0o077)  # as in dags/tasks/attempt.py
        for place in STEPS[dag_id]:
            step_at(place)(self._run)


def step_at(place: str) -> Callable[[Run], object]:
    """The step of a place in `STEPS`, imported when it is taken."""
    from importlib import import_module

    module, name = place.split(":")
    step: Callable[[Run], object] = getattr(import_module(module), name)
    return step


def _has_nothing_to_build(run: Run) -> bool:
    with Register(run.home) as register:
        if any(register.weeks_to_freeze(source) for source in run.settings.sources):
            return False
    return not is_counted(run.home) and are_marts_built(run)
