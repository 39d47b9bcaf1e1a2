"""One run over three weeks of demonstration sources, the end of summer time among them, for several tests."""

import fcntl
import json
import os
from datetime import date
from pathlib import Path

import pytest

from demonstration import WeekSpan, make_sources, write_config
from demonstration.reports_service import demonstrated_reports, serving
from demonstration.sources import SEED
from tests.end_to_end.runs import Ran, as_installed, run_arguments, told
from tests.second_opinion.opinion import Opinion, second_opinion

#: The second of the three weeks ends with the end of summer time, on 2026-10-25.
SPAN = WeekSpan(date(2026, 10, 12), 3)
PERSONS = 1500


@pytest.fixture(scope="session")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Ran:
    """Made once, also where the tests run in several processes: whoever comes first makes it, the others wait."""
    several_processes = "PYTEST_XDIST_WORKER" in os.environ
    shared = tmp_path_factory.getbasetemp().parent if several_processes else tmp_path_factory.getbasetemp()
    home, summary = shared / "demonstration", shared / "demonstration.json"
    with (shared / "demonstration.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not summary.exists():
            summary.write_text(json.dumps(_run(home)))
    return Ran(home, SPAN, json.loads(summary.read_text()))


def _run(home: Path) -> dict[str, object]:
    make_sources(home / "landing", persons=PERSONS, weeks=SPAN.weeks, first_day=SPAN.first_day)
    with serving(demonstrated_reports(PERSONS, SPAN, SEED)) as endpoint:
        config = write_config(home, reports_endpoint=endpoint)
        return told(as_installed(run_arguments(config, SPAN.first_day, SPAN.last_day, SPAN)))


@pytest.fixture(scope="session")
def opinion(ran: Ran) -> Opinion:
    return second_opinion(ran.home / "landing", ran.span.first_day, ran.span.last_day, ran.span.as_of)
