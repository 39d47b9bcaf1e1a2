"""GA4's reports as a mart, and the app beside Google: recounted by hand from what was stored and what is told."""

import json
import re
from pathlib import Path
from typing import Any

import duckdb
import pytest

from freezing.counting import count_leaf_cells
from freezing.freezing import freeze_weeks
from home.run import Run
from home.weeks.week_states import settled_weeks
from marts.marts import build_marts, check_marts, publish_marts
from tests.second_opinion.mart_rows import told
from tests.second_opinion.regions import Regions
from tests.second_opinion.reported import audience_faults, reconciliation_faults
from tests.worlds.audience_world import reported_rows, store_report_week, stored_week
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

REPORTED = reported_rows(1, 700)
FEW = reported_rows(2, 8)


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A week of all three sources; of the next one, reports alone, in which nobody is told."""
    run = make_run(tmp_path_factory.mktemp("audience"))
    store_sessions(run, population(7, [AUTUMN], 400))
    store_events(run, browsing(9, [AUTUMN], 200))
    for source in ("app", "ga4_export"):
        ingest(run, source, [AUTUMN])
    store_report_week(run, stored_week(AUTUMN, REPORTED, is_thresholded=True, has_other_row=True))
    store_report_week(run, stored_week(NEXT, FEW))
    for step in (count_leaf_cells, freeze_weeks, build_marts, check_marts, publish_marts):
        step(run)
    return run


def rows(run: Run, table: str) -> list[dict[str, Any]]:
    with duckdb.connect(str(run.home.marts), read_only=True) as con:
        return con.execute(f"select * from {table}").to_arrow_table().to_pylist()


@pytest.mark.clause("mart-audience", "steps-everywhere")
def test_every_row_is_recounted_and_none_is_left_out(published: Run) -> None:
    found = rows(published, "ga4_audience_week")
    assert {row["week_start"] for row in found} == {AUTUMN}
    assert audience_faults(found, REPORTED, Regions()) == []
    assert {row["report"] for row in found} >= {"region_age", "country_age", "region"}
    assert {row["age_bracket"] for row in found} >= {"18-24", "unknown", "all"}
    assert {(row["is_thresholded"], row["has_other_row"], row["is_sampled"]) for row in found} == {(True, True, False)}
    assert {(row["time_zone"], row["consent_basis"]) for row in found} == {("Europe/Amsterdam", "basic")}


@pytest.mark.clause("mart-audience")
@pytest.mark.parametrize(
    ("planted", "named"),
    [
        (lambda rows: [*rows, {**rows[0], "report": "all", "region_code": "001", "age_bracket": "all"}], "overlap"),
        (lambda rows: rows[1:], "is not told"),
        (lambda rows: [{**rows[0], "users_in_rows": rows[0]["users_in_rows"] + 10}, *rows[1:]], "users_in_rows is"),
        (lambda rows: [*rows, {**rows[0], "region_code": "DE-NW", "age_bracket": "65+"}], "no row of it has k"),
    ],
)
def test_a_planted_leak_is_found_by_the_recount(published: Run, planted: Any, named: str) -> None:
    found = rows(published, "ga4_audience_week")
    assert any(named in fault for fault in audience_faults(planted(found), REPORTED, Regions()))


@pytest.mark.clause("mart-audience", "week-withheld", "week-stays")
def test_a_week_freezes_once_and_one_without_k_anywhere_is_withheld(published: Run) -> None:
    commits = settled_weeks(published.home, "ga4_reports")
    assert {week: commit.state for week, commit in commits.items()} == {AUTUMN: "frozen", NEXT: "withheld"}
    file = published.home.cells / "ga4_audience_week" / f"{AUTUMN}.parquet"
    before = file.read_bytes()
    store_report_week(published, stored_week(AUTUMN, reported_rows(3, 500)))
    freeze_weeks(published)
    assert file.read_bytes() == before
    assert settled_weeks(published.home, "ga4_reports") == commits


@pytest.mark.clause("mart-audience")
@pytest.mark.parametrize("facts", [{"samples_read": 5, "sampling_space": 9}, {"truncations": ("PROPERTY",)},
                                   {"is_restricted": True}])  # fmt: skip
def test_a_week_that_is_not_whole_never_freezes(tmp_path: Path, facts: dict[str, Any]) -> None:
    """Its source leaves such a week's days open; where an operator accepted them as empty, it is withheld."""
    run = make_run(tmp_path)
    store_report_week(run, stored_week(AUTUMN, REPORTED, **facts))
    count_leaf_cells(run)
    freeze_weeks(run)
    commit = settled_weeks(run.home, "ga4_reports")[AUTUMN]
    assert (commit.state, commit.files) == ("withheld", {})
    assert "no complete reports" in commit.why


@pytest.mark.clause("mart-reconciliation")
def test_the_comparison_is_recounted_from_published_rows(published: Run) -> None:
    found = rows(published, "ga4_reconciliation_week")
    others = [rows(published, one) for one in ("usage_by_region_age_week", "ga4_engagement_week", "ga4_audience_week")]
    assert reconciliation_faults(found, *others) == []
    assert {row["compared"] for row in found} == {"age", "region"}
    assert len(found) > 4
    wrong = [{**found[0], "app_users": found[0]["app_users"] + 1}, *found[1:]]
    assert reconciliation_faults(wrong, *others)
    assert reconciliation_faults(found[1:], *others)


def test_the_ready_queries_answer(published: Run) -> None:
    document = (Path(__file__).parents[3] / "docs" / "reconciliation.md").read_text(encoding="utf-8")
    queries = re.findall(r"```sql\n(.*?)```", document, re.DOTALL)
    assert len(queries) == 2
    with duckdb.connect(str(published.home.marts), read_only=True) as con:
        for query in queries:
            assert len(con.execute(query).fetchall()) > 4


def test_what_is_told_of_users_is_k_or_more_and_within_half_a_step() -> None:
    assert [told(users, 10) for users in (10, 19, 20, 104)] == [14, 14, 24, 104]


@pytest.mark.clause("mart-audience")
def test_the_commit_is_one_as_of_every_week(published: Run) -> None:
    commit = json.loads((published.home.cells / "weeks" / "ga4_reports" / f"{AUTUMN}.json").read_text())
    assert (commit["k"], commit["count_step"], list(commit["files"])) == (10, 10, ["ga4_audience_week"])
