"""The door out: what breaks the contract's promises about marts stops the run, rule by rule, and shows counts only."""

import re
import shutil
import stat
from pathlib import Path

import duckdb
import pytest

from catalogue.catalogue import MART
from expectations.doors.door_out import attach_marts, check_marts_leaving, make_frozen_weeks, mart_suites
from expectations.rules.known_codes import make_known_codes
from expectations.rules.mart_rules import FROZEN_WEEKS
from expectations.rules.rule import Rule, Suite
from expectations.rules.side_rules import visits_are_what_the_cells_allow
from expectations.validation.validation import validate
from home.layout import Home
from policy.policy import load_policy
from refusals.errors import MartsRefused
from tests.worlds.good_marts import (
    AUDIENCE,
    CORE,
    ENGAGED,
    EXACT,
    FREQUENCY,
    GA4,
    HOURS,
    IN_TENS,
    LENGTHS,
    PLATFORM,
    QUALITY,
    RECONCILIATION,
    TABLES,
    make_good_marts,
)

POLICY = load_policy()
CANARIES = ("canary.person@example.org", "203.0.113.77", "2001:db8::c0de", "0f8fad5b-d9cb-469f-a165-70867728950e")


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = Home(tmp_path_factory.mktemp("door") / "home")
    make_good_marts(home)
    return home


def broken_copy(good: Home, folder: Path, statements: str) -> Path:
    """The good marts with something done to them."""
    path = folder / "marts.duckdb"
    shutil.copy(good.marts, path)
    with duckdb.connect(str(path)) as con:
        con.execute(statements)
    return path


def one(table: str) -> str:
    """One row of a table, for an `update … where`."""
    return f"rowid = (select min(rowid) from {table})"


# What breaks a rule of each name, on a table and column; `{t}`, `{c}` and `{one}` are filled in.
FAULTS_BY_NAME = {
    "is_there_with_its_type": "alter table {t} rename column {c} to other",
    "no_column_besides": "alter table {t} add column note text",
    "has_a_comment_with_its_unit": "comment on table {t} is 'What it is.'",
    "has_only_columns_with_a_unit": "comment on column {t}.{last} is null",
    "holds_no_e_mail_address": "update {t} set {c} = {text} where {one}",
    "holds_no_ip_address": "update {t} set {c} = {text} where {one}",
    "holds_no_uuid": "update {t} set {c} = {text} where {one}",
    "is_not_null": "update {t} set {c} = null where {one}",
    "is_not_negative": "update {t} set {c} = -1 where {one}",
    "is_unique": "insert into {t} select * from {t} where {one}",
    "key_is_unique": "insert into {t} select * from {t} where {one}",
    "is_a_monday": "update {t} set week_start = date '2026-09-29' where {one}",
    "is_a_frozen_week": "update {t} set week_start = date '2026-10-05' where {one}",
    "is_at_least_k": "update {t} set {c} = 9 where {one}",
    "is_not_empty": "update {t} set region_members = [] where {one}",
    "is_of_known_leaves": "update {t} set region_members = ['NL-ZZ'] where {one}",
    "is_without_repetition": "update {t} set region_members = ['NL-NH', 'NL-NH'] where {one}",
    "is_a_known_level": "update {t} set region_level = 'province' where {one}",
    "is_all_of_its_region": "update {t} set region_members = list_filter(region_members, lambda x: x <> 'NL-NH')",
    "begins_at_or_before_its_end": "update {t} set age_from = 40 , age_to = 30 where {one}",
    "says_its_ages": "update {t} set age_group = '0-33' where {one}",
    "is_at_least_users": "update {t} set sessions = users - 1 where {one}",
    "is_within_a_day_a_session": "update {t} set minutes = 2 * sessions * 1440 + 1 where {one}",
    "is_told_in_steps": "update {t} set {c} = {c} + 3 where {one}",
    "means_one_thing_a_week": "update {t} set region_members = ['NL-NH'] where {one}",
    "is_a_known_type": "update {t} set day_type = 'holiday' where {one}",
    "begins_a_span_of_a_day": "update {t} set hour_from = 12, hour_to = 11 where {one}",
    "begins_a_known_band": "update {t} set minutes_from = 6 where minutes_from = 5",
    "ends_a_known_band": "update {t} set minutes_to = 3 where {one}",
    "is_what_the_lengths_allow": "update {t} set minutes = 299 where minutes_from = 5",
    "is_that_of_its_core_cells": "update {t} set {c} = {c} + 10 where {one}",
    "is_between_users_and_most": "update {t} set sessions_least = 127 where {one}",
    "are_those_of_the_core_cells": "update {t} set users = users - 1 where {one}",
    "are_told_in_a_step": "update {t} set sessions_least = 118 where {one}",
    "is_at_most_sessions": "update {t} set engaged_sessions = sessions + 1 where {one}",
    "is_of_a_row": "update {t} set rows = 0 where {one}",
    "has_its_regions_and_ages": "update {t} set report = 'region' where {one}",
    "is_of_a_complete_report": "update {t} set is_sampled = true where {one}",
    "is_one_that_holds": "update {t} set consent_basis = 'advanced' where {one}",
    "is_that_of_what_is_compared": "update {t} set ga4_source = 'ga4_export' where compared = 'age'",
    "is_that_of_its_users": "update {t} set {c} = {c} + 1 where {one}",
    "is_a_known_source": "update {t} set source = 'website' where {one}",
    "is_a_share": "update {t} set {c} = 1.01 where {one}",
    "is_told_of_a_reference": "update {t} set {c} = 0.5 where source = 'ga4_export'",
    "is_a_percentage": "update {t} set passed_percent = 101 where {one}",
    "is_todays": "update {t} set {c} = 1 where {one}",
    "is_the_one_it_froze_under": "update {t} set {c} = 1 where {one}",
    "is_the_whole_hierarchy": "delete from {t} where region_code = 'NL-NH'",
    "is_a_region": "update {t} set parent_code = 'XX' where region_code = 'NL-NH'",
    "is_the_sunday": "update {t} set week_end = date '2026-10-05'",
    "is_a_week_with_cells": f"update {CORE} set week_start = date '2026-09-21';"
    f" update {GA4} set week_start = date '2026-09-21'; update {AUDIENCE} set week_start = date '2026-09-21'",
    "is_there": "drop table {c}",
    "has_no_table_besides": "create view leftover as select 1 as one",
    "has_no_column_of_a_person": f"alter table {CORE} add column person uuid",
}
# Where the same name needs another fault on another table.
FAULTS = {
    (QUALITY, "is_what_its_week_was_frozen_under"): f"update {QUALITY} set k_reached = 9 where source = 'ga4_export'",
    (RECONCILIATION, "is_crossed_by_no_cell", "part"): f"update {RECONCILIATION} set part = '0-17' where part = 'all'",
    (RECONCILIATION, "is_crossed_by_no_cell", "region_members"): f"update {RECONCILIATION}"
    " set region_members = list_filter(region_members, lambda x: x <> 'NL-NH') where part = 'NL'",
    (RECONCILIATION, "is_of_published_rows"): f"update {RECONCILIATION} set app_users = app_users + 1,"
    " ga4_users = ga4_users - 1, ga4_rows = ga4_rows + 1 where compared = 'region'",
    (AUDIENCE, "has_disjoint_cells"): f"update {AUDIENCE} set age_bracket = '18-24' where age_bracket = 'unknown'",
    (QUALITY, "is_of_published_cells"): f"update {QUALITY} set cells = cells + 1, gcp = gcp + 1e-6",
    (CORE, "has_disjoint_cells"): f"update {CORE} set age_group = '34+', age_from = 34 where age_from = 35",
    (GA4, "has_disjoint_cells"): f"update {GA4} set device_category = 'all' where device_category = 'mobile'",
    (HOURS, "has_disjoint_spans"): f"update {HOURS} set hour_from = 11 where hour_from = 12",
    (LENGTHS, "has_disjoint_spans"): f"update {LENGTHS} set minutes_to = 14 where minutes_from = 0",
    (FREQUENCY, "begins_a_known_band"): f"update {FREQUENCY} set sessions_from = 3 where sessions_from = 2",
    (FREQUENCY, "ends_a_known_band"): f"update {FREQUENCY} set sessions_to = 4 where sessions_to = 1",
    (FREQUENCY, "has_disjoint_spans"): f"update {FREQUENCY} set sessions_to = 3 where sessions_to = 1",
    (FREQUENCY, "add_up_to_the_core"): f"update {FREQUENCY} set minutes = minutes + 5 where sessions_from = 2",
    (FREQUENCY, "are_those_of_their_core_cells"): f"update {FREQUENCY} set users = users + 1 where sessions_from = 2",
    (FREQUENCY, "are_as_many_as_their_core_cells_say"): f"update {FREQUENCY} set sessions_from = 4"
    " where sessions_from = 2",
    (FREQUENCY, "are_disjoint"): f"update {FREQUENCY} set region_code = 'BENELUX', region_level = 'group',"
    " region_members = region_members || ['NL-NH'] where region_code = 'BE'",
    (FREQUENCY, "are_of_whole_core_cells"): f"update {FREQUENCY} set region_level = 'group',"
    " region_members = list_filter(region_members, lambda x: x <> 'NL-NH')",
    (PLATFORM, "is_of_known_words"): f"update {PLATFORM} set platform = 'windows' where platform = 'android'",
    (PLATFORM, "has_disjoint_parts"): f"update {PLATFORM} set platform = 'android + ios' where platform <> 'android'",
    (PLATFORM, "add_up_to_the_core"): f"update {PLATFORM} set minutes = minutes + 10",
    (PLATFORM, "are_those_of_their_core_cells"): f"update {PLATFORM} set users = users + 1",
    (PLATFORM, "are_disjoint"): f"update {PLATFORM} set age_group = '30+', age_from = 30 where platform = 'android'",
    (PLATFORM, "are_of_whole_core_cells"): f"update {PLATFORM} set age_group = '1+', age_from = 1",
    (
        HOURS,
        "add_up_to_the_core",
    ): f"update {HOURS} set sessions = sessions + 40, minutes = minutes + 4 where minutes = 150",
    (
        LENGTHS,
        "add_up_to_the_core",
    ): f"update {CORE} set sessions = sessions + 40, minutes = minutes - 3 where users = 12",
    (HOURS, "are_disjoint"): f"update {HOURS} set region_code = 'BENELUX', region_level = 'group',"
    f" region_members = region_members || ['NL-NH'] where region_code = 'BE'",
    (HOURS, "are_of_whole_core_cells"): f"update {HOURS} set region_level = 'group',"
    " region_members = list_filter(region_members, lambda x: x <> 'NL-NH')",
    (
        HOURS,
        "hold_the_sessions_of_their_core_cells",
    ): f"update {HOURS} set sessions = sessions + 20 where hour_from = 12;"
    f" update {HOURS} set sessions = sessions - 20 where day_type = 'weekday'",
    (ENGAGED, "are_disjoint"): f"update {ENGAGED} set region_code = 'BENELUX', region_level = 'group',"
    " region_members = region_members || ['NL-NH'] where region_code = 'BE'",
    (ENGAGED, "are_of_whole_core_cells"): f"update {ENGAGED} set region_level = 'group',"
    " region_members = list_filter(region_members, lambda x: x <> 'NL-NH')",
    (LENGTHS, "are_disjoint"): f"update {LENGTHS} set age_group = '30+', age_from = 30 where minutes_from = 5",
    (LENGTHS, "are_of_whole_core_cells"): f"update {LENGTHS} set age_group = '1+', age_from = 1",
    (LENGTHS, "hold_the_sessions_of_their_core_cells"): f"update {LENGTHS} set sessions = sessions - 40"
    " where minutes_from = 5",
    (
        LENGTHS,
        "is_within_a_day_a_session",
    ): f"update {LENGTHS} set minutes = 2 * sessions * 1440 + 1 where minutes_from = 5",
}
TEXT_OF = {"holds_no_e_mail_address": CANARIES[0], "holds_no_ip_address": CANARIES[1], "holds_no_uuid": CANARIES[3]}

OF_HOURS = [suite for suite in mart_suites(POLICY.anonymity.k) if suite.table == HOURS]
RULES = [(suite, rule) for suite in mart_suites(POLICY.anonymity.k) for rule in suite.rules]


def fault_of(suite: Suite, rule: Rule) -> str:
    """The statements that break a rule; a rule without any is no rule that anyone has seen work."""
    statement = (
        FAULTS.get((suite.table, rule.name, rule.column))
        or FAULTS.get((suite.table, rule.name))
        or FAULTS_BY_NAME[rule.name]
    )
    text = f"'{TEXT_OF.get(rule.name, '')}'"
    return statement.format(
        t=suite.table,
        c=rule.column,
        one=one(suite.table),
        last=TABLES.get(suite.table, "").split(",")[-1].split(" ")[1] if suite.table in TABLES else "",
        text=f"[{text}]" if rule.column == "region_members" else text,
    )


def judge(home: Home, marts: Path, suites: list[Suite]) -> dict[str, int | None]:
    """What Great Expectations says of the suites over a marts file."""
    with duckdb.connect() as con:
        make_known_codes(con, POLICY)
        make_frozen_weeks(con, home)
        attach_marts(con, marts)
        return {o.rule.title: o.offenders for outcome in validate(con, suites) for o in outcome.rules}


def test_good_marts_leave(good: Home) -> None:
    check_marts_leaving(good.marts, good.reports, POLICY, "run-good")
    index = (good.reports / "data-quality" / "index.html").read_text()
    assert "door-out-marts.html" in index


def test_every_rule_has_a_case_that_breaks_it() -> None:
    without = []
    for suite, rule in RULES:
        try:
            fault_of(suite, rule)
        except KeyError:
            without.append(f"{suite.name}.{rule.title}")
    assert without == []


@pytest.mark.clause("mart-swap")
@pytest.mark.parametrize(("suite", "rule"), RULES, ids=[f"{suite.name}-{rule.title}" for suite, rule in RULES])
def test_a_planted_fault_breaks_its_rule(suite: Suite, rule: Rule, good: Home, tmp_path: Path) -> None:
    marts = broken_copy(good, tmp_path, fault_of(suite, rule))
    only = Suite(suite.name, suite.table, suite.about, (rule,))
    offenders = judge(good, marts, [only])[rule.title]
    assert offenders is not None
    assert offenders > 0


def test_the_run_stops_with_the_mart_column_rule_and_count(good: Home, tmp_path: Path) -> None:
    marts = broken_copy(good, tmp_path, f"update {CORE} set users = 9 where age_from = 35")
    with pytest.raises(MartsRefused) as refused:
        check_marts_leaving(marts, good.reports, POLICY, "run-small-cell")
    assert refused.value.exit_code == 3
    assert f"{CORE}.users.is_at_least_k (1 of 3)" in str(refused.value)
    page = (good.reports / "data-quality" / "door-out-marts.html").read_text()
    assert "users.is_at_least_k" in page.replace("<wbr>", "")
    assert "broken" in page


# How often people came, by hand: of the Netherlands 10 once and 17 from twice on are 44 sessions at least, and the core
# tells of 57 to 75. From four times on they are 78; two or three times, 61 at most; twice each, 44 at most.
@pytest.mark.parametrize(
    ("statement", "broken"),
    [
        ("set sessions_from = 4 where sessions_from = 2", True),
        ("set sessions_from = 3 where sessions_from = 2", False),
        ("set sessions_to = 3 where sessions_from = 2", False),
        ("set sessions_to = 2 where sessions_from = 2", True),
    ],
)
def test_how_often_people_came_agrees_with_the_sessions_of_the_core(
    good: Home, tmp_path: Path, statement: str, *, broken: bool
) -> None:
    suite = [suite for suite in mart_suites(10) if suite.table == FREQUENCY]
    offenders = judge(good, broken_copy(good, tmp_path, f"update {FREQUENCY} {statement}"), suite)
    assert bool(offenders["sessions_from.are_as_many_as_their_core_cells_say"]) is broken


def test_bands_that_say_the_least_of_visits_bound_them_on_one_side(good: Home, tmp_path: Path) -> None:
    """As days on which somebody came would: twice each, 44 sessions, may be any number; from four times on, 78, not."""
    axis = MART[FREQUENCY].axis
    assert axis is not None
    rules = visits_are_what_the_cells_allow(FREQUENCY, axis.model_copy(update={"visits": "least"}))
    suite = [Suite(FREQUENCY, FREQUENCY, "visits", tuple(rules))]
    for change, broken in (("sessions_to = 2", False), ("sessions_from = 4", True)):
        marts = broken_copy(good, tmp_path, f"update {FREQUENCY} set {change} where sessions_from = 2")
        assert bool(judge(good, marts, suite)["sessions_from.are_as_many_as_their_core_cells_say"]) is broken


# Sums within steps, by hand. The core's 26 + 39 tell of 57 to 75 sessions in the Netherlands. A step more in one of
# its hours (34 + 46) still tells of 72 to 90; two more (54 + 36) of 82 at least, two fewer (34 + 12) of 56 at most.
@pytest.mark.parametrize(
    ("statement", "broken"),
    [
        (f"update {HOURS} set sessions = 46 where hour_from = 12", False),
        (f"update {HOURS} set sessions = 54 where hour_from = 0 and day_type = 'all'", True),
        (f"update {HOURS} set sessions = 14 + 10 where day_type = 'all' and hour_from = 0", False),
        (f"update {HOURS} set sessions = 12 where hour_from = 12", True),
    ],
)
def test_sums_over_parts_agree_within_their_steps(good: Home, tmp_path: Path, statement: str, *, broken: bool) -> None:
    offenders = judge(good, broken_copy(good, tmp_path, statement), OF_HOURS)
    assert bool(offenders["sessions.hold_the_sessions_of_their_core_cells"]) is broken


def test_a_union_that_is_not_divided_tells_what_its_cells_tell(good: Home, tmp_path: Path) -> None:
    whole = (
        f"delete from {HOURS} where region_code = 'NL' and hour_from = 12;"
        f" update {HOURS} set hour_to = 23, users = 27, minutes = 299, sessions = %s where region_code = 'NL'"
    )
    (tmp_path / "sum").mkdir()
    assert not any(judge(good, broken_copy(good, tmp_path / "sum", whole % 65), OF_HOURS).values())
    own_step = judge(good, broken_copy(good, tmp_path, whole % 71), OF_HOURS)  # 70 sessions, 27 users
    assert own_step["sessions.hold_the_sessions_of_their_core_cells"] == 1


# Engaged sessions, by hand. Two cells that tell 4 and 44 sessions have 40 at least: steps up to 30 can be told, and 48.
@pytest.mark.parametrize(
    ("engaged", "broken"), [(4, False), (34, False), (48, False), (44, True), (24 + 1, True), (-6, True)]
)
def test_engaged_sessions_are_told_in_steps_below_those_of_the_cells_or_as_they(
    good: Home, tmp_path: Path, engaged: int, *, broken: bool
) -> None:
    marts = broken_copy(good, tmp_path, f"update {ENGAGED} set engaged_sessions = {engaged} where region_code = 'NL'")
    offenders = judge(good, marts, [suite for suite in mart_suites(POLICY.anonymity.k) if suite.table == ENGAGED])
    assert bool(offenders["engaged_sessions.is_told_in_steps"]) is broken


def test_a_week_may_have_no_engaged_sessions(good: Home, tmp_path: Path) -> None:
    check_marts_leaving(broken_copy(good, tmp_path, f"delete from {ENGAGED}"), good.reports, POLICY, "run-untold")


def test_a_cell_that_no_region_of_engaged_sessions_has_is_found(good: Home, tmp_path: Path) -> None:
    marts = broken_copy(good, tmp_path, f"delete from {ENGAGED} where region_code = 'BE'")
    with pytest.raises(MartsRefused, match=rf"{ENGAGED}\.region_members\.are_of_whole_core_cells"):
        check_marts_leaving(marts, good.reports, POLICY, "run-lost")


def test_no_week_leaves_that_is_told_exactly_whenever_it_froze(tmp_path: Path) -> None:
    """Every mart that tells a count names it; nothing else is wrong with these."""
    home = Home(tmp_path / "home")
    make_good_marts(home, EXACT, step=1)
    with pytest.raises(MartsRefused) as refused:
        check_marts_leaving(home.marts, home.reports, POLICY, "run-exact")
    told = set(re.findall(r"(\w+)\.(\w+)\.(\w+) \(", str(refused.value)))
    counts = {(GA4, "sessions"), (GA4, "views"), (ENGAGED, "sessions"), (ENGAGED, "engaged_sessions")}
    counts |= {(mart, "sessions") for mart in (CORE, HOURS, LENGTHS)}
    assert told <= {(*count, "is_told_in_steps") for count in counts}
    assert told


def test_a_step_that_is_narrower_than_k_does_not_leave(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    make_good_marts(home, {**IN_TENS, CORE: [12 + 9 + 4, 15 + 18 + 4, 54]}, step=9)
    with pytest.raises(MartsRefused, match=rf"{CORE}\.sessions\.is_told_in_steps"):
        check_marts_leaving(home.marts, home.reports, POLICY, "run-narrow")


@pytest.mark.clause("steps-everywhere")
def test_exact_counts_do_not_leave_a_week_of_steps(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    make_good_marts(home, EXACT, step=10)
    with pytest.raises(MartsRefused, match=r"is_told_in_steps"):
        check_marts_leaving(home.marts, home.reports, POLICY, "run-exact-in-steps")


def test_a_missing_mart_is_named(good: Home, tmp_path: Path) -> None:
    marts = broken_copy(good, tmp_path, f"drop table {GA4}")
    with pytest.raises(MartsRefused, match=rf"{GA4}\.is_there"):
        check_marts_leaving(marts, good.reports, POLICY, "run-missing")


def test_a_file_that_is_no_database_is_refused(good: Home, tmp_path: Path) -> None:
    (tmp_path / "marts.duckdb").write_bytes(b"<html>nothing</html>" * 1000)
    with pytest.raises(MartsRefused, match="no DuckDB file"):
        check_marts_leaving(tmp_path / "marts.duckdb", good.reports, POLICY, "run-no-file")


def test_a_week_is_held_to_the_k_it_was_frozen_under(good: Home, tmp_path: Path) -> None:
    """A policy that asks for more from now on must not take back what was published under the old one."""
    stricter = POLICY.model_copy(update={"anonymity": POLICY.anonymity.model_copy(update={"k": 11})})
    check_marts_leaving(good.marts, good.reports, stricter, "run-stricter")
    with duckdb.connect() as con:
        make_frozen_weeks(con, good)
        assert con.execute(f"select distinct k from {FROZEN_WEEKS}").fetchall() == [(10,)]


def test_no_value_is_in_pages_or_messages(
    good: Home, tmp_path: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(0)
    everywhere = ", ".join(f"{c} = '{' '.join(CANARIES)}'" for c in ("region_code", "region_name", "age_group"))
    marts = broken_copy(
        good,
        tmp_path,
        f"update {CORE} set {everywhere}; alter table {HOURS} alter day_type type text[] using [day_type]",
    )
    with pytest.raises(MartsRefused) as refused:
        check_marts_leaving(marts, good.reports, POLICY, "run-canary")
    shown = [str(refused.value), repr(refused.value), *capfd.readouterr(), caplog.text]
    folder = good.reports / "data-quality"
    shown += [path.read_text() for path in folder.iterdir()]
    assert len(list(folder.iterdir())) >= 3
    for canary in CANARIES:
        assert not any(canary in text for text in shown)
    assert "region_name.holds_no_e_mail_address (3 of 3)" in shown[0]


def test_pages_are_their_owners_alone(good: Home) -> None:
    check_marts_leaving(good.marts, good.reports, POLICY, "run-modes")
    folder = good.reports / "data-quality"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
