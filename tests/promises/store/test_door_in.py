"""The door in: what breaks an expectation is not stored, rule by rule; counts are shown, values never."""

import json
import subprocess
import sys
from pathlib import Path
from traceback import format_exception

import duckdb
import pytest

from expectations.doors.door_in import _make_records, check_app_records_arriving, check_ga4_records_arriving
from expectations.rules.known_codes import make_known_codes
from expectations.rules.rule import Rule, Suite
from expectations.suites.app_records import app_records
from expectations.suites.ga4_records import ga4_records
from expectations.validation.outcome import describe_failures
from expectations.validation.outcome_pages import write_pages
from expectations.validation.validation import validate
from policy.policy import load_policy
from refusals.errors import EngineFailed, InputRefused

POLICY = load_policy()
ZONE = POLICY.consent.timezone
CANARIES = ("canary.person@example.org", "203.0.113.77", "2001:db8::c0de")

# Five persons, one session each, around the end of summer time (25 October 2026); the last one's longest.
APP = """
    select md5('p' || i)::uuid as person, md5('s' || i)::uuid as session,
        timestamptz '2026-10-24 20:00:00+00' + i * interval 1 hour as started_at,
        started_at + (case i when 5 then 1440 else i end) * interval 1 minute as ended_at,
        ['NL-NH', 'NL-?', '??', 'BE-VLG', 'NL-ZH'][i::int] as region_code,
        ['0-15', '16-17', '18-24', '55-64', '65+'][i::int] as age_band,
        ['ios', 'android', null, 'web', 'Mozilla/5.0 Chrome/120.0.0.0'][i::int] as platform
    from range(1, 6) as number(i)
"""
GA4 = """
    select md5('b' || i)::uuid as browser, md5('p' || i)::uuid as person,
        case when i = 1 then [] else [md5('g' || i)::uuid] end as gate_persons,
        case when i < 3 then md5('s')::uuid end as session,
        timestamptz '2026-10-24 20:00:00+00' + i * interval 1 hour as event_at, date '2026-10-24' as file_date,
        ['NL-NH', 'NL-?', '??', 'BE-VLG', 'NL-ZH'][i::int] as region_code,
        ['desktop', 'mobile', 'smart tv', 'unknown', 'tablet'][i::int] as device_category,
        i = 1 as is_engaged, i = 2 as is_view, (i * 1000)::bigint as engagement_us
    from range(1, 6) as number(i)
"""
SOURCES = {"app": (APP, app_records(ZONE)), "ga4_export": (GA4, ga4_records(ZONE))}

# The select list that breaks a rule of each name: what stands for `*`, over the good rows with their number `i`.
FAULTS_BY_NAME = {
    "is_there_with_its_type": "* exclude ({c})",
    "no_column_besides": "*, 'x' as first_name",
    "is_not_null": "* replace (case when n <> 2 then {c} end as {c})",
    "is_not_negative": "* replace (case when n = 2 then -1 else {c} end as {c})",
    "is_unique": "* replace (case when n = 2 then first({c}) over (order by n) else {c} end as {c})",
    "is_not_before_the_start": "* replace (case when n = 2 then started_at - interval 1 microsecond"
    " else {c} end as {c})",
    "is_within_a_day_of_the_start": "* replace (case when n = 2 then started_at + interval 1440 minute"
    " + interval 1 microsecond else {c} end as {c})",
    "is_in_one_week_a_file": "* replace (case when n = 5 then timestamptz '2026-10-25 23:00:00+00'"
    " else {c} end as {c})",
    "is_a_known_leaf": "* replace (case when n = 2 then 'NL' else {c} end as {c})",
    "is_a_known_band": "* replace (case when n = 2 then '18-34' else {c} end as {c})",
    "is_a_plain_word": "* replace (case when n = 2 then 'all' else {c} end as {c})",
    "has_no_null_within": "* replace (case when n = 2 then [null]::uuid[] else {c} end as {c})",
    "holds_no_e_mail_address": "* replace (case when n = 2 then 'me: a.b+c@mail.example.org' else {c} end as {c})",
    "holds_no_ip_address": "* replace (case when n = 2 then 'from [2001:db8::c0de]' else {c} end as {c})",
}
RULES = [(source, rule) for source, (_, suite) in SOURCES.items() for rule in suite.rules]


def records(folder: Path, source: str, select: str = "*", name: str = "2026-10-19.parquet") -> Path:
    """A Parquet file of good records with something done to them."""
    good, suite = SOURCES[source]
    columns = ", ".join(door_in_columns(suite))
    path = folder / name
    numbered = f"select {columns}, row_number() over () as n from ({good})"
    with duckdb.connect() as con:
        con.execute("set timezone = 'UTC'")
        con.execute(f"copy (select * exclude (n) from (select {select} from ({numbered}))) to '{path}'")
    return path


def door_in_columns(suite: Suite) -> list[str]:
    """The columns of a suite, in order."""
    return [rule.column for rule in suite.rules if rule.name == "is_there_with_its_type"]


def judge(source: str, paths: list[Path], rules: tuple[Rule, ...]) -> dict[str, int | None]:
    """What Great Expectations says of some rules over some files."""
    suite = SOURCES[source][1]
    with duckdb.connect() as con:
        make_known_codes(con, POLICY)
        _make_records(con, source, suite.table, paths)
        (outcome,) = validate(con, [Suite(suite.name, suite.table, suite.about, rules)])
    return {judged.rule.title: judged.offenders for judged in outcome.rules}


@pytest.fixture
def reports(tmp_path: Path) -> Path:
    return tmp_path / "home" / "reports"


def test_good_records_are_stored(tmp_path: Path, reports: Path) -> None:
    check_app_records_arriving([records(tmp_path, "app")], reports, POLICY, "run-1")
    check_ga4_records_arriving([records(tmp_path, "ga4_export")], reports, POLICY, "run-1")
    assert {path.name for path in (reports / "data-quality").glob("*.html")} == {
        "index.html",
        "door-in-app.html",
        "door-in-ga4_export.html",
    }


def test_every_rule_has_a_case_that_breaks_it() -> None:
    assert sorted({rule.name for _, rule in RULES}) == sorted(FAULTS_BY_NAME)


@pytest.mark.parametrize(("source", "rule"), RULES, ids=[f"{source}-{rule.title}" for source, rule in RULES])
def test_a_planted_fault_breaks_its_rule(source: str, rule: Rule, tmp_path: Path) -> None:
    path = records(tmp_path, source, FAULTS_BY_NAME[rule.name].format(c=rule.column))
    offenders = judge(source, [path], (rule,))[rule.title]
    assert offenders == 1


@pytest.mark.parametrize(
    ("text", "is_address"),
    [
        ("192.168.1.7", True),
        ("http://10.0.0.1/", True),
        ("ip=203.0.113.77;", True),
        ("2001:0db8:0000:0000:0000:ff00:0042:8329", True),
        ("::1", True),
        ("fe80::1", True),
        ("::ffff:203.0.113.77", True),
        ("Chrome/120.0.0.0", False),
        ("iOS 17.4.1", False),
        ("300.1.1.1", False),
        ("10:30:15", False),
        ("web", False),
    ],
)
def test_what_looks_like_an_ip_address(text: str, is_address: bool, tmp_path: Path) -> None:
    rule = next(rule for _, rule in RULES if rule.title == "platform.holds_no_ip_address")
    path = records(tmp_path, "app", f"* replace (case when n = 1 then '{text}' else 'web' end as platform)")
    assert judge("app", [path], (rule,))[rule.title] == int(is_address)


def test_a_retyped_column_in_the_second_file_alone_is_named(tmp_path: Path, reports: Path) -> None:
    """A scan of many files would cast the second one's column to the first one's type and say nothing."""
    good = records(tmp_path, "app")
    other = "* replace (session::varchar as session, md5('t' || n)::uuid as person)"
    retyped = records(tmp_path, "app", other, "2026-10-26.parquet")
    with pytest.raises(InputRefused, match=r"app_records\.session\.is_there_with_its_type \(1 of 10\)"):
        check_app_records_arriving([good, retyped], reports, POLICY, "run-1")


def test_one_session_in_two_files_counts_twice(tmp_path: Path, reports: Path) -> None:
    paths = [records(tmp_path, "app"), records(tmp_path, "app", name="2026-10-26.parquet")]
    with pytest.raises(InputRefused, match=r"app_records\.session\.is_unique \(5 of 10\)") as refused:
        check_app_records_arriving(paths, reports, POLICY, "run-1")
    assert refused.value.exit_code == 3


def test_a_truncated_file_is_refused(tmp_path: Path, reports: Path) -> None:
    path = records(tmp_path, "app")
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(EngineFailed, match="no source is at fault"):
        check_app_records_arriving([path], reports, POLICY, "run-1")


def test_no_value_is_in_pages_or_messages(
    tmp_path: Path, reports: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(0)
    canaries = f"'{' '.join(CANARIES)}'"
    # A number retyped as text makes other rules fail in the driver, which says with what it failed.
    texts = ", ".join(f"{canaries} as {column}" for column in ("region_code", "device_category", "engagement_us"))
    path = records(tmp_path, "ga4_export", f"* replace ({texts})")
    with pytest.raises(InputRefused) as refused:
        check_ga4_records_arriving([path], reports, POLICY, "run-canary")
    shown = [str(refused.value), "".join(format_exception(refused.value)), *capfd.readouterr(), caplog.text]
    shown += [page.read_text() for page in (reports / "data-quality").iterdir()]
    assert len(shown) == 5 + 3  # the door's page, the index, the door's counts
    for canary in CANARIES:
        assert not any(canary in text for text in shown)
    assert "ga4_records.engagement_us.is_there_with_its_type (1 of 5)" in shown[0]


def test_a_rule_that_cannot_be_evaluated_is_broken_and_quotes_nothing(
    tmp_path: Path, reports: Path, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(0)
    path = records(tmp_path, "app", f"* replace ('{CANARIES[0]}' as platform)")
    query = f"select 1 from '{path}' where cast(platform as integer) > 0"
    with duckdb.connect() as con:
        with pytest.raises(duckdb.ConversionException, match=CANARIES[0]):
            con.execute(query)
        suite = Suite(
            "s", f"'{path}'", "a rule whose query fails on a value", (Rule("is_odd", "platform", query, "."),)
        )
        outcomes = validate(con, [suite])
    assert [judged.offenders for judged in outcomes[0].rules] == [None]
    assert outcomes[0].failures
    write_pages(reports, "door-in-app", "Door in: app", outcomes, "run-1")
    shown = [describe_failures(outcomes), repr(outcomes), *capfd.readouterr(), caplog.text]
    shown += [page.read_text() for page in (reports / "data-quality").iterdir()]
    assert not any(CANARIES[0] in text for text in shown)


def test_pages_look_back_on_a_bounded_number_of_runs(tmp_path: Path, reports: Path) -> None:
    path = records(tmp_path, "app")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("expectations.validation.outcome_pages.RUNS_KEPT", 2)
        for number in range(4):
            check_app_records_arriving([path], reports, POLICY, f"run-{number}")
    runs = json.loads((reports / "data-quality" / "door-in-app.json").read_text())["runs"]
    assert [run["run_id"] for run in runs] == ["run-3", "run-2"]


def test_a_page_loads_nothing_from_anywhere(tmp_path: Path, reports: Path) -> None:
    check_app_records_arriving([records(tmp_path, "app")], reports, POLICY, "run-1")
    for page in (reports / "data-quality").glob("*.html"):
        text = page.read_text()
        assert "default-src 'none'" in text
        assert "://" not in text
        assert "<script" not in text


def test_nothing_arriving_costs_no_import(reports: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from expectations.doors import door_in, door_out;"
        "from policy.policy import load_policy;"
        "door_in.check_app_records_arriving([], Path(sys.argv[1]), load_policy(), 'run');"
        "assert 'great_expectations' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", script, str(reports)], check=True)
    assert not reports.exists()


def test_no_socket_is_opened(tmp_path: Path, reports: Path) -> None:
    """Importing Great Expectations, judging and drawing pages: Python's audit events see any use of the network."""
    script = """
import sys
from pathlib import Path

used = []
sys.addaudithook(lambda event, _: used.append(event) if event.startswith(("socket.", "urllib.", "http.")) else None)
from expectations.doors.door_in import check_app_records_arriving
from policy.policy import load_policy
from refusals.errors import InputRefused

for path in sys.argv[2:]:
    try:
        check_app_records_arriving([Path(path)], Path(sys.argv[1]), load_policy(), "run")
    except InputRefused:
        print("refused")
known = {"socket.__new__", "socket.gethostname", "socket.bind"}  # urllib3 asks whether IPv6 can be bound here
print(sorted(set(used) - known))
import socket
socket.getaddrinfo("localhost", 80)
print(sorted(set(used) - known))
"""
    good = records(tmp_path, "app")
    bad = records(tmp_path, "app", FAULTS_BY_NAME["is_a_known_leaf"].format(c="region_code"), "bad.parquet")
    done = subprocess.run(
        [sys.executable, "-c", script, str(reports), str(good), str(bad)], check=True, capture_output=True, text=True
    )
    assert done.stdout.splitlines() == ["refused", "[]", "['socket.getaddrinfo']"]
    assert done.stderr == ""
