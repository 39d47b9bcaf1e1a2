"""Leaks planted among releases: each is refused with the names of the figures that tell it; nothing is left behind."""

import hashlib
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from anonymisation.audit.audit import audit
from anonymisation.cells.disclosure import Rules
from expectations.doors.door_out_releases import LeavingTable, check_releases_leaving
from expectations.suites.quarter_releases import QUARTER as QUARTER_TABLE
from expectations.suites.quarter_releases import WEEKS as WEEKS_TABLE
from home.run import Run
from home.settings.settings import load_settings
from home.state import replacing
from policy.policy import load_policy
from refusals.errors import PublicationRefused, VerificationFailed
from releases.due import drafting
from releases.due import release_step as publication
from releases.due.earlier_tables import PublishedTables
from releases.due.frozen_cells import FrozenCells
from releases.due.quarter_rows import quarter_rows
from releases.due.release_audit import Audited, audit_figures
from releases.due.release_figures import FiguresOfMart
from releases.due.release_step import publish_named, publish_quarters, publish_weeks
from releases.ledger.period import Period
from releases.ledger.release import Resource
from releases.ledger.release_id import ReleaseId
from releases.publishing.listing import published_releases
from tests.worlds.one_release import publish
from tests.worlds.release_home import APPROVAL, AS_OF, WEEKS, copied, files_below, make_frozen_home, reopened

CORE, HOURS, LENGTHS = "usage_by_region_age_week", "usage_by_hour_week", "session_length_by_age_week"
WEEK = Period.week(WEEKS[1])
QUARTER = Period.parse("2026-Q3")
BANDS = [0, 16, 18, 25, 35, 45, 55, 65]
Rows = list[dict[str, Any]]


@pytest.fixture(scope="module")
def frozen(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return make_frozen_home(tmp_path_factory.mktemp("frozen"))


def changed(table: pa.Table, change: Callable[[Rows], None]) -> pa.Table:
    rows = table.to_pylist()
    change(rows)
    return pa.Table.from_pylist(rows, table.schema)


def audited(
    run: Run, mart: str, table: pa.Table, earlier: list[PublishedTables] | None = None, k: int = 10
) -> dict[str, int]:
    resource = Resource("data", "", table, (), ())
    release = ReleaseId("planted", WEEK, 2)
    frozen = FrozenCells(run.home)
    return audit_figures(release, mart, [resource], [WEEKS[1]], earlier or [], frozen, Rules(k, 10)).checked


def earlier_version(table: pa.Table) -> PublishedTables:
    return PublishedTables(ReleaseId("planted", WEEK, 1), CORE, {"data": table}, frozenset([WEEKS[1]]))


def test_frozen_rows_as_they_are_may_leave(frozen: Run) -> None:
    for mart in (CORE, HOURS, LENGTHS, "ga4_engagement_week", "ga4_engaged_sessions_week"):
        table = FrozenCells(frozen.home).rows(mart, WEEKS[1])
        checked = audited(frozen, mart, table, [earlier_version(table)])
        assert checked["sums of whole frozen rows"] == 2 * len(table)


@pytest.mark.clause("release-audited", "promise-4")
@pytest.mark.parametrize("mart", [CORE, HOURS, "session_length_by_age_week", "ga4_engagement_week"])
@pytest.mark.parametrize("column", ["users", "sessions", "minutes"])
def test_a_version_with_one_more_is_refused(frozen: Run, mart: str, column: str) -> None:
    """Old less new would be about whoever was added."""
    table = FrozenCells(frozen.home).rows(mart, WEEKS[1])

    def one_more(rows: Rows) -> None:
        rows[-1][column] += 1

    with pytest.raises(PublicationRefused, match=r"planted/2026-W39-v2: .*the frozen rows that it covers"):
        audited(frozen, mart, changed(table, one_more))
    with pytest.raises(PublicationRefused, match=r"planted/2026-W39-v1: .*the frozen rows that it covers"):
        audited(frozen, mart, table, [earlier_version(changed(table, one_more))])


def test_a_cell_that_is_cut_is_refused(frozen: Run) -> None:
    table = FrozenCells(frozen.home).rows(CORE, WEEKS[1])

    def without_a_member(rows: Rows) -> None:
        row = next(row for row in rows if len(row["region_members"]) > 1)
        row["region_members"] = row["region_members"][1:]

    with pytest.raises(PublicationRefused, match="cuts the frozen cell usage_by_region_age_week 2026-09-21"):
        audited(frozen, CORE, changed(table, without_a_member))


def test_a_part_of_the_day_that_was_never_frozen_is_refused(frozen: Run) -> None:
    table = FrozenCells(frozen.home).rows(HOURS, WEEKS[1])

    def an_hour_less(rows: Rows) -> None:
        next(row for row in rows if row["hour_to"] > row["hour_from"])["hour_to"] -= 1

    with pytest.raises(PublicationRefused, match="is no row of the frozen usage_by_hour_week"):
        audited(frozen, HOURS, changed(table, an_hour_less))


def test_cells_that_are_too_small_for_todays_policy_are_refused(frozen: Run) -> None:
    table = FrozenCells(frozen.home).rows(CORE, WEEKS[1])
    least = min(row["users"] for row in table.to_pylist())
    with pytest.raises(PublicationRefused) as refused:
        audited(frozen, CORE, table, k=least + 1)
    for row in table.to_pylist():
        if row["users"] == least:
            assert f"2026-09-21, {row['region_code']}, {row['age_group']}" in str(refused.value)
            break


@pytest.mark.clause("release-audited", "audit-finds")
def test_what_the_first_audit_overlooks_the_second_refuses(
    frozen: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The audit of releases finds nothing any more; a version of a week that has one person more is refused all the
    same, by the auditor, and what is as it froze leaves."""
    run = copied(frozen, tmp_path)
    overlooked = Audited(0, 0, {}, ())
    monkeypatch.setattr(drafting, "audit_figures", lambda *_: overlooked)

    def one_more(self: drafting.Drafter, due: Any) -> Any:
        (resource,), gcp = week_of(self, due)
        is_planted = due.dataset.mart == CORE and due.weeks == (WEEKS[1],)
        table = changed(resource.table, one_more_person) if is_planted else resource.table
        return (Resource(resource.name, "", table, resource.columns, resource.key, resource.description),), gcp

    week_of = drafting.Drafter._week
    monkeypatch.setattr(drafting.Drafter, "_week", one_more)
    with pytest.raises(PublicationRefused, match="independent audit of usage_by_region_age/2026-W39-v1: ") as refused:
        publish_weeks(run)
    assert refused.value.exit_code == 4 and len(str(refused.value).splitlines()) == 1
    published = {str(release.id) for release in published_releases(run.home)}
    assert "usage_by_region_age/2026-W38-v1" in published and "usage_by_region_age/2026-W39-v1" not in published


def test_a_quarter_of_whole_cells_may_leave_and_is_taken_together_with_the_marts(frozen: Run) -> None:
    cells = FrozenCells(frozen.home)
    weeks = {week: cells.rows(CORE, week) for week in WEEKS[:2]}
    told = quarter_rows("2026-Q3", weeks, BANDS)
    resources = [Resource("data", "", told.data, (), ()), Resource("weeks", "", told.weeks, (), ())]
    audited = audit_figures(ReleaseId("planted", QUARTER, 1), CORE, resources, WEEKS[:2], [], cells, Rules(10, 10))
    assert audited.figures == len(told.data) + len(told.weeks)
    assert audited.earlier_figures == sum(map(len, weeks.values()))
    assert (audited.checked["combinations beyond safe classes"], audited.unproven) == (0, ())
    assert audited.checked["differences of two figures"] > len(told.data)


def test_a_total_that_with_earlier_cells_isolates_a_few_is_found(frozen: Run) -> None:
    """Frozen cells under a k of 10, looked at under 11: a total less the other cells of its block is the small cell."""
    cells = FrozenCells(frozen.home)
    told = quarter_rows("2026-Q3", {week: cells.rows(CORE, week) for week in WEEKS[:2]}, BANDS)
    data = [row for row in told.data.to_pylist() if row["person_weeks"] >= 11]
    small = [row for week in WEEKS[:2] for row in cells.rows(CORE, week).to_pylist() if row["users"] < 11]
    assert small and data
    figures = FiguresOfMart(CORE, cells, WEEKS[:2])
    total = figures.of_release("total", {"data": pa.Table.from_pylist(data, told.data.schema)}, WEEKS[:2]).figures
    others = [figure for figure in figures.marts.figures if figure.values["persons"][0] >= 11]
    report = audit([*total, *others], figures.marts.truth, Rules(11, 10))
    assert report.leaks and all("total" in str(leak.combination) for leak in report.leaks)


def test_a_quarter_that_leaves_a_cell_out_is_refused(frozen: Run) -> None:
    cells = FrozenCells(frozen.home)
    told = quarter_rows("2026-Q3", {week: cells.rows(CORE, week) for week in WEEKS[:2]}, BANDS)

    def less_one_person_week(rows: Rows) -> None:
        rows[0]["person_weeks"] -= 1

    resources = [Resource("data", "", changed(told.data, less_one_person_week), (), ())]
    with pytest.raises(
        PublicationRefused, match=r"planted/2026-Q3-v1.*who was added or removed|who was added or removed"
    ):
        audit_figures(ReleaseId("planted", QUARTER, 1), CORE, resources, WEEKS[:2], [], cells, Rules(10, 10))


@pytest.mark.clause("release-audited")
def test_a_raised_k_refuses_and_leaves_nothing_behind(frozen: Run, tmp_path: Path) -> None:
    copied(frozen, tmp_path)
    run = reopened(tmp_path, "run-2", k=500)
    for step, first in ((publish_weeks, "usage_by_region_age/2026-W38-v1"), (publish_quarters, "2026-Q3-v1")):
        with pytest.raises(PublicationRefused, match=f"audit of .*{first}: persons of .*{first}: ") as refused:
            step(run)
        assert refused.value.exit_code == 4
    assert published_releases(run.home) == []
    assert not [path for path in run.home.releases.iterdir() if path.is_dir()]
    assert not list(run.home.work.rglob("*.parquet"))


@pytest.mark.clause("release-audited")
def test_what_is_refused_keeps_no_other_release_back(
    frozen: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = copied(frozen, tmp_path)
    draft, check = drafting.Drafter.draft, publication.check_releases_leaving

    def no_core(self: drafting.Drafter, due: Any) -> Any:
        if due.dataset.mart == CORE:
            raise PublicationRefused("planted in the audit")
        return draft(self, due)

    def no_hours(dataset: str, *rest: Any) -> None:
        if dataset == "usage_by_hour":
            raise PublicationRefused("planted at the door")
        check(dataset, *rest)

    monkeypatch.setattr(publication.Drafter, "draft", no_core)
    monkeypatch.setattr(publication, "check_releases_leaving", no_hours)
    with pytest.raises(PublicationRefused) as refused:
        publish_weeks(run)
    assert str(refused.value).splitlines() == [
        "planted in the audit", "and 3 more were refused: name one to `cmn releases publish` to see why"
    ]  # fmt: skip
    names = {str(release.id).split("/")[0] for release in published_releases(run.home)}
    assert names == {"session_length_by_age", "ga4_engagement", "ga4_engaged_sessions"}


def with_an_earlier_version(frozen: Run, folder: Path, change: Callable[[Rows], None]) -> Run:
    """A home whose signed version 1 of a week was made of other records than those that froze."""
    made = copied(frozen, folder / "made")
    publish_named(made, [("usage_by_region_age", WEEK)])
    place = made.home.releases / "usage_by_region_age/2026-W39-v1"
    sealed = {"CHECKSUMS.sha256", "CHECKSUMS.sha256.sig", "ledger-entry.json", "public-key.pem"}
    files = {path.name: path.read_bytes() for path in place.iterdir() if path.name not in sealed}
    sink = io.BytesIO()
    pq.write_table(changed(pq.read_table(place / "data.parquet"), change), sink)
    run = copied(frozen, folder / "home")
    release = ReleaseId("usage_by_region_age", WEEK, 1)
    publish(run.home, release, {**files, "data.parquet": sink.getvalue()}, at=run.as_of)
    return run


def one_more_person(rows: Rows) -> None:
    rows[0]["users"] += 1


def test_a_correction_beside_an_earlier_wrong_version_is_refused(frozen: Run, tmp_path: Path) -> None:
    run = with_an_earlier_version(frozen, tmp_path, one_more_person)
    before = files_below(run.home.releases)
    with pytest.raises(PublicationRefused, match=r"usage_by_region_age/2026-W39-v1: .*the frozen rows"):
        publish_named(run, [("usage_by_region_age", WEEK)], "a new spelling")
    assert files_below(run.home.releases) == before


def test_an_earlier_wrong_version_is_seen_whoever_declares_its_dataset_now(frozen: Run, tmp_path: Path) -> None:
    with_an_earlier_version(frozen, tmp_path, one_more_person)
    shipped = load_policy().releases.dataset[0].model_dump()
    lines = [f"{key} = {json.dumps(value)}" for key, value in {**shipped, "name": "second"}.items()]
    approval = APPROVAL.format(dataset="second")
    declared = "[[dataset]]\n" + "\n".join(lines) + approval
    (tmp_path / "home" / "policy" / "releases.toml").write_text(declared)
    with pytest.raises(PublicationRefused, match=r"usage_by_region_age/2026-W39-v1: .*the frozen rows"):
        publish_quarters(reopened(tmp_path / "home"))


def test_an_earlier_release_that_was_tampered_with_is_not_believed(frozen: Run, tmp_path: Path) -> None:
    """Its report says that it holds no week: read as it stands, the audit would overlook it."""
    run = with_an_earlier_version(frozen, tmp_path, one_more_person)
    report = run.home.releases / "usage_by_region_age/2026-W39-v1/disclosure-report.json"
    report.write_text(report.read_text().replace('"2026-09-21"\n ],\n "gaps"', '],\n "gaps"'))
    with pytest.raises(VerificationFailed, match=r"2026-W39-v1: disclosure-report\.json was changed"):
        publish_named(run, [("usage_by_region_age", WEEK)], "a new spelling")


@pytest.mark.parametrize(
    ("k", "dominance_p", "count_step", "why"),
    [
        (11, 10, 11, "frozen under k = 10"),
        (10, 11, 10, "frozen under k = 10"),
        (10, 10, 20, "frozen with counts in steps of 10, and anonymity.toml asks for steps of 20"),
    ],
)
def test_what_was_proven_under_weaker_rules_is_not_promised_under_stricter_ones(
    frozen: Run, tmp_path: Path, k: int, dominance_p: int, *, count_step: int, why: str
) -> None:
    """Rows of hours all have more than eleven persons; their complements were only ever held to ten."""
    least = min(row["users"] for week in WEEKS for row in FrozenCells(frozen.home).rows(LENGTHS, week).to_pylist())
    assert least >= k
    copied(frozen, tmp_path)
    reopened(tmp_path, k=k)
    (tmp_path / "policy" / "anonymity.toml").write_text(
        f"k = {k}\ndominance_p = {dominance_p}\ncount_step = {count_step}\n"
    )
    run = Run("run-2", load_settings(tmp_path / "cmn.toml"), WEEKS[0], WEEKS[-1], AS_OF)
    with pytest.raises(PublicationRefused, match=rf"2026-W39-v1: the week of 2026-09-21 was {why}"):
        publish_named(run, [("session_length_by_age", WEEK)])
    assert published_releases(run.home) == []


def test_a_week_of_an_edition_without_steps_does_not_leave_before_it_is_brought_over(
    frozen: Run, tmp_path: Path
) -> None:
    """Its commit says neither step nor edition: its counts are exact."""
    run = copied(frozen, tmp_path)
    commit = run.home.cells / "weeks" / "app" / f"{WEEKS[1]}.json"
    old = {k: v for k, v in json.loads(commit.read_text()).items() if k not in ("count_step", "rules_edition")}
    written = json.dumps(old).encode()
    with replacing(run.home, {commit: hashlib.sha256(written).hexdigest()}):
        commit.write_bytes(written)
    with pytest.raises(PublicationRefused, match=f"{WEEKS[1]} was frozen with counts in steps of 1"):
        publish_named(run, [("usage_by_region_age", WEEK)])
    assert not list((run.home.releases / "usage_by_region_age").glob("2026-W39*"))


def test_a_policy_that_asks_for_less_takes_nothing_back(frozen: Run, tmp_path: Path) -> None:
    copied(frozen, tmp_path)
    run = reopened(tmp_path, k=5)
    assert publish_named(run, [("session_length_by_age", WEEK)]) == ["session_length_by_age/2026-W39-v1"]


@pytest.fixture(scope="module")
def written(frozen: Run, tmp_path_factory: pytest.TempPathFactory) -> dict[str, pa.Table]:
    """The tables of files that left, by suite."""
    run = copied(frozen, tmp_path_factory.mktemp("written"))
    publish_weeks(run)
    publish_quarters(run)
    files = {
        CORE: "usage_by_region_age/2026-W39-v1/data.parquet",
        HOURS: "usage_by_hour/2026-W39-v1/data.parquet",
        QUARTER_TABLE: "usage_by_region_age/2026-Q3-v1/data.parquet",
        WEEKS_TABLE: "usage_by_region_age/2026-Q3-v1/weeks.parquet",
    }
    return {suite: pq.read_table(run.home.releases / name) for suite, name in files.items()}


def set_first(**values: Any) -> Callable[[Rows], None]:
    def change(rows: Rows) -> None:
        rows[0] |= values

    return change


def a_member_twice(rows: Rows) -> None:
    rows[0]["region_members"] = [*rows[0]["region_members"], rows[0]["region_members"][0]]


def the_first_row_again(rows: Rows) -> None:
    rows.append({**rows[0], "age_group": "0-99", "age_from": 0, "age_to": 99})


def all_but_the_first(rows: Rows) -> None:
    del rows[0]


@pytest.mark.parametrize(
    ("suite", "change", "rule"),
    [
        (CORE, set_first(users=9), "users.is_at_least_k"),
        (CORE, set_first(week_start=WEEKS[1].replace(year=2025)), "week_start.is_a_frozen_week"),
        (CORE, set_first(region_name="somebody@example.org"), "region_name.holds_no_e_mail_address"),
        (CORE, a_member_twice, "region_members.is_without_repetition"),
        (HOURS, set_first(sessions=10**6), "sessions.add_up_to_the_core"),
        (QUARTER_TABLE, set_first(person_weeks=9), "person_weeks.is_at_least_k"),
        (QUARTER_TABLE, set_first(weeks=3), "weeks.are_the_weeks_that_it_holds"),
        (QUARTER_TABLE, all_but_the_first, "person_weeks.adds_up_to_the_core"),
        (QUARTER_TABLE, the_first_row_again, "table.has_disjoint_cells"),
        (WEEKS_TABLE, set_first(person_weeks=9), "person_weeks.is_at_least_k"),
        (WEEKS_TABLE, all_but_the_first, "sessions.adds_up_to_the_core"),
        (WEEKS_TABLE, set_first(age_from=1, age_group="odd"), "region_members.are_the_quarters_cells"),
    ],
)
def test_the_door_out_refuses_what_breaks_a_rule(
    frozen: Run, written: dict[str, pa.Table], suite: str, change: Callable[[Rows], None], rule: str
) -> None:
    tables = written | {suite: changed(written[suite], change)}
    with pytest.raises(PublicationRefused) as refused:
        check_releases_leaving("planted", leaving(tables, suite), frozen.home, frozen.policy, "run-1")
    kind = "quarters" if suite in (QUARTER_TABLE, WEEKS_TABLE) else "weeks"
    found = (frozen.home.reports / f"data-quality/door-out-planted-{kind}.json").read_text()
    assert "broken at the door out" in str(refused.value)
    assert rule.split(".")[1] in found_broken(found), found_broken(found)


@pytest.mark.parametrize("suite", [CORE, HOURS, QUARTER_TABLE])
def test_the_door_out_lets_pass_what_left(frozen: Run, written: dict[str, pa.Table], suite: str) -> None:
    check_releases_leaving("planted", leaving(written, suite), frozen.home, frozen.policy, "run-1")


def test_the_door_out_asks_for_descriptions_in_the_file(frozen: Run, written: dict[str, pa.Table]) -> None:
    bare = written | {CORE: written[CORE].cast(pa.schema([pa.field(f.name, f.type) for f in written[CORE].schema]))}
    with pytest.raises(PublicationRefused, match="has_only_columns_with_a_unit"):
        check_releases_leaving("planted", leaving(bare, CORE), frozen.home, frozen.policy, "run-1")


def leaving(tables: dict[str, pa.Table], *suites: str) -> list[LeavingTable]:
    """A quarter's two tables leave together."""
    quarter = (QUARTER_TABLE, WEEKS_TABLE)
    wanted = {one for suite in suites for one in (quarter if suite in quarter else (suite,))}
    weeks = {suite: tuple(WEEKS[:2]) if suite in quarter else (WEEKS[1],) for suite in tables}
    return [LeavingTable("planted", suite, tables[suite], weeks[suite]) for suite in sorted(wanted)]


def found_broken(text: str) -> set[str]:
    """The names of the rules that the last run broke, off the data team's own page."""
    suites = json.loads(text)["runs"][0]["suites"]
    return {rule["title"].split(".")[1] for suite in suites for rule in suite["rules"] if rule["offenders"] not in (0,)}


def test_a_fault_in_what_is_written_stops_the_release(
    frozen: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A table that is changed between the audit and the files."""
    run = copied(frozen, tmp_path)
    draft = drafting.Drafter.draft

    def changed_draft(self: drafting.Drafter, due: Any) -> Any:
        release = draft(self, due)
        planted = changed(release.resources[0].table, a_member_twice)
        object.__setattr__(release.resources[0], "table", planted)
        return release

    monkeypatch.setattr(publication.Drafter, "draft", changed_draft)
    with pytest.raises(PublicationRefused, match=r"broken at the door out: .*is_without_repetition"):
        publish_named(run, [("usage_by_region_age", WEEK)])
    assert published_releases(run.home) == []
    assert not (run.home.releases / "usage_by_region_age").exists()
