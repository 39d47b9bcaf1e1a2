"""What Google says of a report is kept with its week, and decides whether the week may freeze."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from command.main import main
from demonstration.reports_service import Behaviour
from home.weeks.report_weeks import read_report_week, report_week_file
from ingestion.ga4_reports.report_batch import ingest_ga4_reports
from refusals.errors import InputRefused
from tests.worlds.reports_world import MONDAY, counts, ingested, ingested_days, property_of

HERE = frozenset({MONDAY})
RETENTION = "DATA_TRUNCATION_TYPE_PROPERTY"
# ruff: noqa: E501 — a table that can be read across
# What Google says, whether the week may freeze, what status counts, what is kept of the report by region and age
FLAGS: list[tuple[str, Behaviour, bool, dict[str, int], dict[str, Any]]] = [
    ("nothing", Behaviour(), True, {"complete": 1, "rows": 32}, {"rows": 8, "is_thresholded": False}),
    ("thresholds: rows of fewer than 6 are left out", Behaviour(threshold=6), True, {"complete": 1, "thresholded": 1, "rows": 25}, {"rows": 5, "is_thresholded": True}),
    ("rows past the fifth are together", Behaviour(most_rows=5), True, {"complete": 1, "with_other_row": 1, "rows": 27 - 2}, {"rows": 5, "has_other_row": True}),
    ("sampled", Behaviour(sampled=HERE), False, {"sampled": 1, "rows": 32}, {"samples_read": 500_000, "sampling_space": 10_000_000}),
    ("before the property's retention", Behaviour(truncated={MONDAY: RETENTION}), False, {"truncated": 1, "rows": 32}, {"truncations": (RETENTION,)}),
    ("a metric withheld from the account", Behaviour(restricted=HERE), False, {"restricted": 1, "rows": 32}, {"is_restricted": True}),
    ("empty", Behaviour(empty=HERE), False, {"empty": 1, "rows": 0}, {"rows": 0, "empty_reason": "NO_DATA"}),
    ("sampled and thresholded", Behaviour(sampled=HERE, threshold=6), False, {"sampled": 1, "thresholded": 1, "rows": 25}, {"is_thresholded": True}),
]  # fmt: skip


@pytest.mark.clause("reports-honest", "summary-keys")
@pytest.mark.parametrize(
    ("behaviour", "may_freeze", "counted", "kept"), [case[1:] for case in FLAGS], ids=[case[0] for case in FLAGS]
)
def test_a_flag(
    tmp_path: Path, behaviour: Behaviour, may_freeze: bool, counted: dict[str, int], kept: dict[str, Any]
) -> None:
    with property_of(tmp_path, behaviour=behaviour) as told:
        config = told.home()
        run = ingested(config)
        week = read_report_week(run.home, MONDAY)
        assert week is not None and week.is_complete == may_freeze
        assert {name: getattr(week.reports["region_age"], name) for name in kept} == kept
        assert week.reports["region_age"].time_zone == "Europe/Amsterdam"
        assert counts(run, "reports") == counted
        assert len(ingested_days(run)) == (7 if may_freeze else 0)
        notes = counts(run, "notes")
        assert isinstance(notes, list) and bool(notes) != may_freeze
        # It is asked for again as long as it is not complete, and then not once more.
        asked = len(told.service.asked)
        told.service.behaviour = Behaviour()
        ingest_ga4_reports(run)
        again = len(told.service.asked) - asked
        assert again == (0 if may_freeze else 7)
        whole = read_report_week(run.home, MONDAY)
        assert whole is not None and whole.is_complete and len(ingested_days(run)) == 7


@pytest.mark.clause("reports-honest")
@pytest.mark.parametrize(
    "later", [{"sampled": HERE}, {"truncated": {MONDAY: RETENTION}}, {"restricted": HERE}, {"empty": HERE}]
)
def test_it_never_takes_the_place_of_a_complete_week(tmp_path: Path, later: dict[str, Any]) -> None:
    with property_of(tmp_path) as told:
        run = ingested(told.home())
        before = report_week_file(run.home, MONDAY).read_bytes()
        told.service.behaviour = replace(Behaviour(), **later)
        ingest_ga4_reports(run)
    assert report_week_file(run.home, MONDAY).read_bytes() == before


@pytest.mark.clause("reports-honest")
def test_status_and_the_run_tell_why_a_week_stays_open(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with property_of(tmp_path, behaviour=Behaviour(truncated={MONDAY: RETENTION}, sampled=HERE)) as told:
        config = told.home()
        ingested(config)
        assert main(["status", "--config", str(config)]) == 0
    said = capsys.readouterr().out
    assert f"note, ga4_reports: week 2026-10-19 stays open: sampled, truncated ({RETENTION})" in said
    assert "reports, ga4_reports: rows 32, sampled 1, truncated 1" in said
    assert "weeks, ga4_reports: 1 open" in said


@pytest.mark.clause("reports-zone")
@pytest.mark.parametrize("zone", ["America/Los_Angeles", "Europe/Berlin", "UTC", ""])
def test_a_property_in_another_zone_is_refused_by_name(tmp_path: Path, zone: str) -> None:
    with property_of(tmp_path, behaviour=Behaviour(time_zone=zone)) as told:
        config = told.home()
        with pytest.raises(InputRefused, match=rf"property 481234567 reports in {zone or 'no zone'}.*Europe/Amsterdam"):
            ingested(config)
        assert len(told.asked_reports()) == 1
        assert not list(config.parent.glob("h/restricted/ga4_reports/*"))


# Which fields do not go together, what is in the way, what is proposed
FIELDS = [
    ({"userAgeBracket", "region"}, "cannot report region with", "userAgeBracket with activeUsers"),
    ({"userAgeBracket", "screenPageViews"}, "cannot report screenPageViews with", "countryId, region, userAgeBracket with activeUsers, sessions, engagedSessions, userEngagementDuration"),
    ({"userAgeBracket"}, "cannot report userAgeBracket with", "countryId, region with activeUsers, sessions"),
    ({"activeUsers"}, "cannot report activeUsers with", "countryId, region, userAgeBracket with sessions"),
]  # fmt: skip


@pytest.mark.clause("reports-fields")
@pytest.mark.parametrize(("incompatible", "in_the_way", "proposed"), FIELDS)
def test_fields_that_do_not_go_together_are_named(
    tmp_path: Path, incompatible: set[str], in_the_way: str, proposed: str
) -> None:
    with property_of(tmp_path, behaviour=Behaviour(incompatible=frozenset(incompatible))) as told:
        with pytest.raises(InputRefused) as refusal:
            ingested(told.home())
        assert told.asked_reports() == []
    assert in_the_way in str(refusal.value)
    assert proposed in str(refusal.value).replace("countryId, userAgeBracket with", "userAgeBracket with")


@pytest.mark.clause("reports-unknown")
@pytest.mark.parametrize("monday", [date(2026, 10, 12)])
def test_an_other_row_is_an_unknown_leaf(tmp_path: Path, monday: date) -> None:
    with property_of(tmp_path, behaviour=Behaviour(most_rows=2)) as told:
        run = ingested(told.home(), (monday,))
    week = read_report_week(run.home, monday)
    assert week is not None
    found = {(row["report"], row["region_code"], row["age_bracket"]) for row in week.rows.to_pylist()}
    assert found >= {("region_age", "??", "unknown"), ("country", "??", "all"), ("age", "001", "unknown")}
