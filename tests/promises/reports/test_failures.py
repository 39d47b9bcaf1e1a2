"""A service that fails, and a process that is killed anywhere: nothing half done, and the same content after all."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.analytics.data_v1beta import types

from command.main import main
from demonstration.reports_service import Behaviour, ReportsService
from home.settings.settings import load_settings
from home.weeks import report_weeks
from home.weeks.report_weeks import read_report_weeks
from ingestion.ga4_reports import report_batch, week_fetch
from ingestion.ga4_reports.compatibility import check_reports_source
from ingestion.ga4_reports.reports_client import ReportsClient
from refusals.errors import InputRefused, Refusal, SourceUnavailable, UsageError
from tests.worlds.reports_world import (
    MONDAY,
    WEEK,
    Property,
    ingested,
    ingested_days,
    property_of,
    run_over,
    stored_bytes,
)

Status = grpc.StatusCode
# ruff: noqa: E501 — a table that can be read across
# What the service ends calls as, by their number; how often it was asked in all; what is raised, and what it says
FAULTS: list[tuple[str, dict[int, Status], int, type[Refusal] | None, str]] = [
    ("unavailable once", {2: Status.UNAVAILABLE}, 8, None, ""),
    ("unavailable now and then", {2: Status.UNAVAILABLE, 5: Status.UNAVAILABLE}, 9, None, ""),
    ("unavailable before the first answer", {1: Status.UNAVAILABLE}, 8, None, ""),
    ("unavailable, and at the second try too", {2: Status.UNAVAILABLE, 3: Status.UNAVAILABLE}, 3, SourceUnavailable, "did not answer"),
    ("an error of the service", {2: Status.INTERNAL}, 2, SourceUnavailable, "InternalServerError"),
    ("too slow", {2: Status.DEADLINE_EXCEEDED}, 2, SourceUnavailable, "DeadlineExceeded"),
    ("something unknown", {2: Status.UNKNOWN}, 2, SourceUnavailable, "did not answer"),
    ("no access", {1: Status.PERMISSION_DENIED}, 1, InputRefused, "role Viewer"),
    ("no credentials", {1: Status.UNAUTHENTICATED}, 1, InputRefused, "ga4.reports.credentials"),
    ("no such property", {1: Status.NOT_FOUND}, 1, InputRefused, "ga4.reports.property"),
    ("a request that is none", {2: Status.INVALID_ARGUMENT}, 2, InputRefused, "this version asks"),
]  # fmt: skip


@pytest.mark.clause("reports-unavailable", "source-unavailable", "exit-codes")
@pytest.mark.parametrize(
    ("faults", "asked", "kind", "says"), [case[1:] for case in FAULTS], ids=[case[0] for case in FAULTS]
)
def test_a_fault(tmp_path: Path, faults: dict[int, Status], asked: int, kind: type[Refusal] | None, says: str) -> None:
    with property_of(tmp_path, behaviour=Behaviour(faults=faults)) as told:
        config = told.home()
        if kind is None:
            ingested(config)
        else:
            with pytest.raises(kind, match=says) as refusal:
                ingested(config)
            assert "\n" not in str(refusal.value) and "as was asked for" not in str(refusal.value)
            assert refusal.value.may_pass == (kind is SourceUnavailable)
        assert len(told.service.asked) == asked
        told.service.behaviour = Behaviour()
        run = ingested(config)
        assert len(ingested_days(run)) == 7


@pytest.mark.clause("reports-unavailable")
def test_no_more_server_errors_than_leave_some_to_others(tmp_path: Path) -> None:
    """Six of ten are used up, one at each request: the run stops although each second try goes well."""
    faults = dict.fromkeys(range(2, 20, 2), Status.UNAVAILABLE)
    some = pytest.raises(SourceUnavailable, match="only 4 server errors of the hour are left")
    with property_of(tmp_path, behaviour=Behaviour(faults=faults)) as told, some:
        ingested(told.home(), (MONDAY, MONDAY + WEEK))
    assert sum(number in faults for number in range(1, len(told.service.asked) + 1)) == 6


def test_a_damaged_week_does_not_hide_why_the_run_ended(tmp_path: Path) -> None:
    with property_of(tmp_path) as told:
        config = told.home()
        path = report_weeks.report_week_file(ingested(config).home, MONDAY)
    path.write_bytes(path.read_bytes()[:-7])
    with pytest.raises(SourceUnavailable, match="did not answer"):
        ingested(config)


def test_nobody_listens(tmp_path: Path) -> None:
    with property_of(tmp_path) as told:
        config = told.home()
    with pytest.raises(SourceUnavailable, match="did not answer"):
        ingested(config)


@pytest.mark.clause("command-doctor")
def test_the_doctor_asks_the_property_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with property_of(tmp_path) as told:
        config = told.home()
        check_reports_source(load_settings(config))
        main(["doctor", "--config", str(config)])
        assert "ok    GA4 property 481234567" in capsys.readouterr().out
        told.service.behaviour = Behaviour(property_id="1")
        assert main(["doctor", "--config", str(config)]) == 2
        assert (
            "mend  GA4 property 481234567: property 481234567: the account may not read it" in capsys.readouterr().out
        )
    main(["doctor", "--config", str(config)])
    assert f"ok    GA4 property 481234567: its emulator at {told.endpoint} does not run" in capsys.readouterr().out
    assert {call[0] for call in told.service.asked} == {"CheckCompatibility"}


@pytest.mark.clause("home-damage-is-named", "command-doctor")
@pytest.mark.parametrize("arguments", [["--deep"], []], ids=["every byte", "there"])
def test_the_doctor_names_a_damaged_week(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    with property_of(tmp_path) as told:
        config = told.home()
        path = report_weeks.report_week_file(ingested(config).home, MONDAY)
        if arguments:
            path.write_bytes(path.read_bytes()[:-7])
        else:
            path.unlink()
        assert main(["doctor", *arguments, "--config", str(config)]) == 2
    said = capsys.readouterr().out
    assert "mend  reports of GA4 (" in said and "`cmn run` over the week of 2026-10-19 asks for it again" in said


@pytest.mark.parametrize("content", [None, "", "{}", '{"type": "service_account"}', "no JSON"])
def test_credentials_that_are_none_are_told_by_the_setting(tmp_path: Path, content: str | None) -> None:
    config = tmp_path / "cmn.toml"
    config.write_text('home = "h"\n[ga4.reports]\nproperty = "1"\nconsent_basis = "basic"\ncredentials = "key.json"\n')
    if content is not None:
        (tmp_path / "key.json").write_text(content)
    settings = load_settings(config)
    with pytest.raises(UsageError, match=r"'ga4\.reports\.credentials'") as refusal:
        check_reports_source(settings)
    assert "key.json" in str(refusal.value) and "\n" not in str(refusal.value)


class Killed(BaseException):
    """What no code here expects."""


def killed_after(monkeypatch: pytest.MonkeyPatch, place: Any, name: str, times: int) -> None:
    """After the call of that number of a function, or in its place for a number below nought, all ends."""
    whole, calls = getattr(place, name), [0]

    def dying(*given: Any, **named: Any) -> Any:
        calls[0] += 1
        if calls[0] == -times:
            raise Killed
        answer = whole(*given, **named)
        if calls[0] == times:
            raise Killed
        return answer

    monkeypatch.setattr(place, name, dying)


#: Where it dies: two weeks have fifteen calls of the service, and 14 times something is kept aside.
DEATHS = [
    *((ReportsClient, "run_report", number) for number in range(1, 13)),
    (ReportsClient, "check_compatibility", 1),
    *((week_fetch, "keep_pages", number) for number in (-1, 1, -6, 6, -7, 12)),
    *((week_fetch, "write_report_week", number) for number in (-1, 1, -2, 2)),
    *((week_fetch, "discard_pages", number) for number in (-1, 1, 2)),
    *((report_weeks, "put_in_place", number) for number in (-1, 1, 2)),
    *((report_batch, "_register", number) for number in (-1, 1)),
]


@pytest.mark.clause("reports-unavailable", "week-same-content")
def test_killed_anywhere_and_run_again(tmp_path: Path) -> None:
    weeks = (MONDAY, MONDAY + WEEK)
    with property_of(tmp_path, thresholded_per_hour=10_000) as told:
        whole = ingested(told.home("whole"), weeks)
        expected, days = stored_bytes(whole), ingested_days(whole)
        for number, (place, name, times) in enumerate(DEATHS):
            config = told.home(f"killed-{number}")
            with pytest.MonkeyPatch.context() as monkeypatch:
                killed_after(monkeypatch, place, name, times)
                with pytest.raises(Killed):
                    ingested(config, weeks)
            again = ingested(config, weeks)
            assert (stored_bytes(again), ingested_days(again)) == (expected, days), (name, times)
            assert sorted(path.name for path in again.home.ga4_reports.iterdir()) == sorted(
                f"{monday}.parquet" for monday in weeks
            )
            assert not list(again.home.work.glob("ga4_reports/*"))


RUN = """
import sys
from pathlib import Path
from tests.worlds.reports_world import MONDAY, WEEK, ingested
ingested(Path(sys.argv[1]), (MONDAY, MONDAY + WEEK))
"""


@pytest.mark.clause("reports-unavailable")
def test_a_process_that_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SIGKILL, while the service answers the fourth call and the ninth: then it is run again to its end."""
    running: list[subprocess.Popen[bytes]] = []
    answered = ReportsService.run_report

    def killing(service: ReportsService, request: types.RunReportRequest, context: Any) -> types.RunReportResponse:
        if len(service.asked) in (4, 12) and running[-1].poll() is None:
            os.kill(running[-1].pid, signal.SIGKILL)
        return answered(service, request, context)

    monkeypatch.setattr(ReportsService, "run_report", killing)

    def run(told: Property, config: Path) -> int:
        running.append(subprocess.Popen([sys.executable, "-c", RUN, str(config)]))
        return running[-1].wait()

    with property_of(tmp_path) as told:
        config = told.home()
        outcomes = [run(told, config) for _ in range(3)]
        assert outcomes == [-signal.SIGKILL, -signal.SIGKILL, 0]
        found = stored_bytes(run_over(config, (MONDAY, MONDAY + WEEK)))
        assert found == stored_bytes(ingested(told.home("whole"), (MONDAY, MONDAY + WEEK)))


@pytest.mark.clause("reports-unavailable", "stored-thirteen-weeks")
def test_what_is_stored_goes_when_its_time_is_over(tmp_path: Path) -> None:
    from ingestion.store.retention import apply_retention

    with property_of(tmp_path) as told:
        config = told.home()
        run = ingested(config)
        apply_retention(run_over(config, as_of=run.as_of.replace(year=2027, month=1, day=24)))
        assert [week.week for week in read_report_weeks(run.home)] == [MONDAY]
        apply_retention(run_over(config, as_of=run.as_of.replace(year=2027, month=1, day=25)))
    assert read_report_weeks(run.home) == []
