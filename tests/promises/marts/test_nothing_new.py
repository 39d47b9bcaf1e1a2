"""What was built of the same is not built again; what was touched, or is of something else, is built anew."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from command.airflow.quiet_dags import QuietDags, step_at
from freezing.counting import count_leaf_cells
from freezing.freezing import freeze_weeks
from home import built_from
from home.register.register import Register
from home.run import Run
from home.weeks.week_states import WeekCommit, commit_week
from marts.marts import are_marts_built, build_marts, check_marts, publish_marts
from portal.readers import build_portal
from tests.worlds.record_files import (
    AUTUMN,
    NEXT,
    browsing,
    ingest,
    make_run,
    population,
    store_events,
    store_sessions,
)

BUILD = (build_marts, check_marts, publish_marts, build_portal)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Run:
    run = make_run(tmp_path_factory.mktemp("built"))
    store_sessions(run, population(7, [AUTUMN], 80))
    store_events(run, browsing(9, [AUTUMN], 60))
    for source in ("app", "ga4_export"):
        ingest(run, source, [AUTUMN])
    for step in (count_leaf_cells, freeze_weeks, *BUILD):
        step(run)
    return run


@pytest.fixture
def again(built: Run, tmp_path: Path) -> Run:
    shutil.copytree(built.settings.file.parent, tmp_path, dirs_exist_ok=True)
    return make_run(tmp_path)


def refused(*_: object, **__: object) -> None:
    pytest.fail("it was built again")


def identities(run: Run) -> dict[Path, tuple[int, int]]:
    files = [run.home.marts, *run.home.portal.rglob("*"), run.home.releases / "catalogue.jsonld"]
    return {path: (path.stat().st_ino, path.stat().st_mtime_ns) for path in files if path.is_file()}


def test_of_the_same_cells_policy_and_code_nothing_is_built(again: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    before = identities(again)
    monkeypatch.setattr("marts.marts.build", refused)
    monkeypatch.setattr("expectations.doors.door_out.check_marts_leaving", refused)
    monkeypatch.setattr("portal.readers.build_site", refused)
    for _ in range(2):
        for step in BUILD:
            step(again)
    assert identities(again) == before and len(before) > 15
    assert QuietDags(again).has("build_marts")


def withheld(source: str) -> Callable[[Run], object]:
    return lambda run: commit_week(run.home, WeekCommit(NEXT, source, "withheld", "too few", 10, 10))


def changed(path: Callable[[Run], Path], content: bytes = b" ") -> Callable[[Run], None]:
    def change(run: Run) -> None:
        path(run).write_bytes(path(run).read_bytes() + content)

    return change


def stricter(run: Run) -> None:
    policy = run.settings.policy.model_copy(
        update={"anonymity": run.settings.policy.anonymity.model_copy(update={"k": 11})}
    )
    object.__setattr__(run.settings, "policy", policy)


def door_page(run: Run) -> Path:
    return run.home.reports / "data-quality" / "door-out-marts.html"


TOUCHED = {
    **{f"another week of {source}": withheld(source) for source in ("app", "ga4_export", "ga4_reports")},
    "another policy": stricter,
    "marts changed": changed(lambda run: run.home.marts),
    "marts removed": lambda run: run.home.marts.unlink(),
    "marts readable for their owner alone": lambda run: run.home.marts.chmod(0o600),
    "the door's page changed": changed(door_page),
    "the door's page removed": lambda run: door_page(run).unlink(),
    "asked for": lambda run: built_from.forget_what_was_built(run.home),
}


@pytest.mark.parametrize("touch", TOUCHED.values(), ids=TOUCHED)
def test_what_is_of_something_else_or_was_touched_is_not_taken_for_built(
    again: Run, touch: Callable[[Run], object]
) -> None:
    assert are_marts_built(again)
    touch(again)
    assert not are_marts_built(again)
    assert not QuietDags(again).has("build_marts")


def test_other_code_builds_anew(again: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(built_from, "code_digest", lambda: "another")
    assert not are_marts_built(again)


def test_a_week_to_freeze_makes_a_build_of_it(again: Run) -> None:
    ingest(again, "app", [NEXT])
    quiet = QuietDags(again)
    assert are_marts_built(again)
    assert [dag for dag in ("build_marts", "release_weekly", "publish_portal") if quiet.has(dag)] == []


PAGES = {
    "changed": lambda page: page.write_text("<p>by hand</p>"),
    "removed": lambda page: page.unlink(),
    "hidden": lambda page: page.chmod(0o600),
    "beside it a file": lambda page: page.with_name("more.html").write_text("by hand"),
    "beside it a link": lambda page: page.with_name("more.html").symlink_to(page),
}


@pytest.mark.parametrize("touch", PAGES.values(), ids=PAGES)
def test_a_portal_that_was_touched_is_written_anew(again: Run, touch: Callable[[Path], object]) -> None:
    page = again.home.portal / "index.html"
    before, names = page.read_bytes(), sorted(again.home.portal.rglob("*"))
    touch(page)
    build_portal(again)
    assert page.read_bytes() == before
    assert sorted(again.home.portal.rglob("*")) == names
    assert page.stat().st_mode & 0o777 == 0o644


def test_the_steps_of_quiet_dags_are_those_of_the_dags(built: Run) -> None:
    """By name and in order; tests/dags holds the DAGs to the names of their steps."""
    from command.airflow.quiet_dags import STEPS
    from tests.conventions.tracked import ROOT
    from tests.readers.dag_files import task_functions

    for dag_id, places in STEPS.items():
        source = (ROOT / "dags" / f"{dag_id}.py").read_text()
        steps = [step_at(place) for place in places]
        imported = [f"from {step.__module__} import {step.__name__}" for step in steps]
        assert [line in source for line in imported] == [True] * len(imported)
        assert len(task_functions(source)) == len(steps) + 1, "its plan, and these"
        order = [source.index(line) for line in imported]
        assert order == sorted(order)


def test_a_step_of_a_quiet_day_is_in_the_runs_summary(again: Run) -> None:
    quiet = QuietDags(again)
    assert quiet.has("build_marts")
    quiet.take("build_marts")
    with Register(again.home) as register:
        assert {"count_leaf_cells", "build_marts", "write_reports"} <= set(register.counts(again.run_id)["seconds"])
