"""Every row of a report once, of one state of the data; what is no report is refused, and no value is told."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from google.analytics.data_v1beta import types

from demonstration.reports_service import Behaviour, ReportsService
from home.weeks.report_weeks import read_report_week, read_report_weeks
from ingestion.ga4_reports import reports_client
from refusals.errors import InputRefused, SourceUnavailable
from tests.worlds.reports_world import MONDAY, PEOPLE, WrittenAudience, ingested, property_of, run_over

CANARY = "Canary-Region"
GOOGLE = reports_client.PAYLOAD_LOGGER
#: A hundred places, so that pages are many; names that a frame or a table could mistake for something else.
ODD_NAMES = ["NA", "", "null", "007", 'a "quoted", name', "two\nlines", "é", "1e5", " padded "]
MANY = {
    ("NL", name, age): (users + 1, 1, 1, 1, 1)
    for users, name in enumerate([*ODD_NAMES, *(f"place {number:02}" for number in range(91))])
    for age in ("18-24", "25-34")
}


@pytest.mark.clause("reports-pages")
@pytest.mark.parametrize("page_rows", [7, 33, 199, 200, 250_000])
def test_no_row_is_missing_or_doubled(tmp_path: Path, page_rows: int) -> None:
    with property_of(tmp_path, WrittenAudience({MONDAY: MANY}), policy=f"page_rows = {page_rows}\n") as told:
        run = ingested(told.home())
    week = read_report_week(run.home, MONDAY)
    assert week is not None
    rows = week.rows.to_pylist()
    found = sorted(row["users"] for row in rows if row["report"] == "region_age")
    assert found == sorted(figures[0] for figures in MANY.values())
    offsets = [offset for dimensions, _, offset in told.asked_reports() if len(dimensions) == 3]
    assert offsets == list(range(0, 200, page_rows))


@pytest.mark.clause("reports-pages")
def test_a_service_that_gives_less_than_was_asked_for(tmp_path: Path) -> None:
    """An answer does not say where it begins: who counts pages by what was asked for reads one truncated."""
    with property_of(tmp_path, WrittenAudience({MONDAY: MANY}), Behaviour(page_rows=30)) as told:
        run = ingested(told.home())
    week = read_report_week(run.home, MONDAY)
    assert week is not None and week.reports["region_age"].rows == 200
    assert sum(row["report"] == "region_age" for row in week.rows.to_pylist()) == 200


@pytest.mark.clause("reports-pages")
@pytest.mark.parametrize("call", range(2, 6))
def test_data_that_change_between_pages_are_read_anew(tmp_path: Path, call: int) -> None:
    """The report by region and age has four pages of two rows: calls 2 to 5; from `call` on it has one row more."""
    with property_of(tmp_path, behaviour=Behaviour(changing=frozenset({call})), policy="page_rows = 2\n") as told:
        run = ingested(told.home())
    week = read_report_week(run.home, MONDAY)
    assert week is not None and week.reports["region_age"].rows == 9
    users = sorted(row["users"] for row in week.rows.to_pylist() if row["report"] == "region_age")
    # The row that came is as large as the first in order, which is Google's `(not set)`.
    assert users == sorted([*(figures[0] for figures in PEOPLE.values()), 5])


@pytest.mark.clause("reports-pages")
def test_data_that_change_at_every_page_are_given_up(tmp_path: Path) -> None:
    with property_of(tmp_path, behaviour=Behaviour(changing=frozenset(range(200))), policy="page_rows = 2\n") as told:
        config = told.home()
        with pytest.raises(SourceUnavailable, match="changed at every try"):
            ingested(config)
        assert read_report_weeks(run_over(config).home) == []


def _figure(answer: types.RunReportResponse) -> None:
    answer.rows[0].metric_values[0].value = CANARY


def _negative(answer: types.RunReportResponse) -> None:
    answer.rows[0].metric_values[1].value = "-1"


def _fraction(answer: types.RunReportResponse) -> None:
    answer.rows[0].metric_values[0].value = "1.5"


def _nothing(answer: types.RunReportResponse) -> None:
    answer.rows[0].metric_values[2].value = ""


def _other_columns(answer: types.RunReportResponse) -> None:
    answer.dimension_headers[0].name = CANARY


def _fewer_values(answer: types.RunReportResponse) -> None:
    del answer.rows[0].metric_values[-1]


def _bracket(answer: types.RunReportResponse) -> None:
    answer.rows[0].dimension_values[-1].value = CANARY


@pytest.mark.clause("reports-pages", "errors-in-words")
@pytest.mark.parametrize("odd", [_figure, _negative, _fraction, _nothing, _other_columns, _fewer_values, _bracket])
def test_what_is_no_report_is_refused_without_a_value(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, odd: Callable[[types.RunReportResponse], None]
) -> None:
    whole = ReportsService.run_report

    def spoilt(service: ReportsService, request: types.RunReportRequest, context: Any) -> types.RunReportResponse:
        answer = whole(service, request, context)
        if len(request.dimensions) == 3:
            odd(answer)
        return answer

    monkeypatch.setattr(ReportsService, "run_report", spoilt)
    with property_of(tmp_path) as told:
        config = told.home()
        with pytest.raises(InputRefused) as refusal:
            ingested(config)
        assert CANARY not in str(refusal.value) and refusal.value.__cause__ is None
        assert read_report_weeks(run_over(config).home) == []


@pytest.mark.clause("reports-pages", "errors-in-words")
@pytest.mark.parametrize("is_kept_still", [True, False])
def test_debug_messages_hold_no_row(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, is_kept_still: bool
) -> None:
    """Google's client writes whole answers to its log where debug messages are asked for; without us it does."""
    caplog.set_level(logging.DEBUG)
    logging.getLogger("google").propagate = True
    if not is_kept_still:
        monkeypatch.setattr(reports_client, "PAYLOAD_LOGGER", "nobody's")
    monkeypatch.setattr(logging.getLogger(GOOGLE), "level", logging.NOTSET)
    logging.getLogger(GOOGLE).manager._clear_cache()
    with property_of(tmp_path, WrittenAudience({MONDAY: {("NL", CANARY, "18-24"): (12, 1, 1, 1, 1)}})) as told:
        ingested(told.home())
    said = "".join(str(vars(record)) for record in caplog.records)
    assert (CANARY in said) != is_kept_still


@pytest.mark.clause("reports-pages")
def test_a_row_that_comes_twice_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages of an order in which rows swap places: one row is there twice, another not at all; the count is right."""
    whole = ReportsService.run_report

    def swapped(service: ReportsService, request: types.RunReportRequest, context: Any) -> types.RunReportResponse:
        answer = whole(service, request, context)
        if request.offset:
            asked = types.RunReportRequest.deserialize(types.RunReportRequest.serialize(request))
            asked.offset = 0
            first = whole(service, asked, context)
            answer.rows[0] = first.rows[0]
        return answer

    monkeypatch.setattr(ReportsService, "run_report", swapped)
    with property_of(tmp_path, policy="page_rows = 4\n") as told, pytest.raises(SourceUnavailable, match="changed"):
        ingested(told.home())
