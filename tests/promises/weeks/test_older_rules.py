"""A home of the version that users have, under today's rules: what its frozen weeks tell, and what becomes of releases.

The home was left by the last version with edition 1 (tests/old_homes). What is expected of its weeks is worked out
here, in plain Python, from the cells as that version froze them.
"""

import json
import os
import shutil
import subprocess
import sys
from collections import defaultdict
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import pytest

from catalogue.catalogue import SOURCES
from command import publish as command_publish
from command.main import main
from freezing import bringing_over
from home.layout import Home
from home.weeks.week_states import settled_weeks
from marts import marts
from releases.publishing.listing import published_releases, read_ledger
from releases.publishing.verification import verify
from tests.old_homes import copied, old_home
from tests.readers.releases_on_disk import killed_before, tree
from tests.readers.repeat_visits import told_in_a_week

CORE, HOURS, LENGTHS, GA4 = (
    "usage_by_region_age_week", "usage_by_hour_week", "session_length_by_age_week", "ga4_engagement_week",
)  # fmt: skip
OLD, LATER = (date(2026, 9, 14), date(2026, 9, 21)), date(2026, 9, 28)
DATASETS = {
    "usage_by_region_age": CORE,
    "usage_by_hour": HOURS,
    "session_length_by_age": LENGTHS,
    "ga4_engagement": GA4,
}
SERIES = [
    *(f"{name}/{label}" for name in DATASETS for label in ("2026-W38", "2026-W39")),
    "usage_by_region_age/2026-Q3",
]
PUBLISHED_AT = "2026-10-09T06:00:00+00:00"
Row = dict[str, Any]


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The config of the home as it was left."""
    return old_home("edition-1", tmp_path_factory.mktemp("old") / "home")


@pytest.fixture(scope="module")
def upgraded(old: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same after today's `cmn run` over the week that was not read yet."""
    config = copied(old, tmp_path_factory.mktemp("upgraded") / "home")
    done = cmn_apart(
        "run", "--config", config, "--from", LATER, "--to", "2026-10-04", "--as-of", "2026-10-08T06:00:00+00:00"
    )
    assert done.returncode == 0, done.stderr
    return config


@pytest.fixture(scope="module")
def published(old: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same after `cmn releases publish` alone."""
    config = copied(old, tmp_path_factory.mktemp("published") / "home")
    with config.open("a") as opened:
        opened.write('[[destination]]\nname = "open-data"\nfolder = "served"\n')
    (config.parent / "served").mkdir()
    assert publish(config) == 0
    return config


def cmn_apart(*arguments: object) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "DBT_"))}
    command = [str(Path(sys.executable).with_name("cmn")), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment)


def cmn(*arguments: object) -> int:
    before = os.umask(0o022)
    try:
        return main([*map(str, arguments)])
    finally:
        os.umask(before)


def publish(config: Path) -> int:
    return cmn("releases", "publish", "--config", config, "--as-of", PUBLISHED_AT)


def home_of(config: Path) -> Home:
    return Home(config.parent / "home")


def frozen_rows(config: Path, cube: str, week: date) -> list[Row]:
    return pq.read_table(home_of(config).cells / cube / f"{week}.parquet").to_pylist()


def mart_rows(config: Path, mart: str, week: date) -> list[Row]:
    with duckdb.connect(str(home_of(config).marts), read_only=True) as con:
        return con.execute(f'from "{mart}" where week_start = ?', [week]).to_arrow_table().to_pylist()


# What is expected, in plain Python


def in_tens(count: int, floor: int) -> int:
    """So many whole tens above the floor as there are, and 4."""
    tens = 0
    while floor + 10 * (tens + 1) <= count:
        tens += 1
    return floor + 10 * tens + 4


def place_of(row: Row) -> Any:
    """What a row of a side cube, or the union that a core cell is in, covers: leaf regions, or years of age."""
    if "region_members" in row and "age_from" not in row:
        return frozenset(row["region_members"])
    return frozenset(range(row["age_from"], 120 if row["age_to"] is None else row["age_to"] + 1))


def cells_of(union: Any, core: list[Row]) -> list[Row]:
    if isinstance(next(iter(union)), str):
        return [cell for cell in core if set(cell["region_members"]) <= union]
    return [cell for cell in core if place_of({"age_from": cell["age_from"], "age_to": cell["age_to"]}) <= union]


def by_union(rows: list[Row]) -> dict[Any, list[Row]]:
    unions = defaultdict(list)
    for row in rows:
        unions[place_of(row)].append(row)
    return unions


def with_sessions(row: Row) -> Row:
    return {**row, "sessions": in_tens(row["sessions"], row["users"])}


def expected_core(config: Path, week: date) -> list[Row]:
    return [with_sessions(row) for row in frozen_rows(config, CORE, week)]


def in_order(rows: list[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: json.dumps(row, default=str, sort_keys=True))


# Weeks


def test_the_home_is_one_of_the_version_that_users_have(old: Path) -> None:
    commits = [json.loads(path.read_text()) for path in sorted((home_of(old).cells / "weeks").glob("*/*.json"))]
    assert [commit["week"] for commit in commits] == [str(week) for week in OLD] * 2
    assert not any({"rules_edition", "count_step", "brought_over"} & commit.keys() for commit in commits)
    few = [row["sessions"] - row["users"] for week in OLD for row in frozen_rows(old, CORE, week)]
    assert sum(0 < surplus < 10 for surplus in few) > 10  # rows that tell that one to nine came again
    assert {f"{one.id.dataset}/{one.id.period.label}" for one in published_releases(home_of(old))} == set(SERIES)


@pytest.mark.clause("rules-editions")
@pytest.mark.parametrize("week", OLD)
def test_core_cells_tell_sessions_in_steps_above_their_users(old: Path, upgraded: Path, week: date) -> None:
    assert in_order(mart_rows(upgraded, CORE, week)) == in_order(expected_core(old, week))


@pytest.mark.parametrize("week", OLD)
@pytest.mark.parametrize("side", [HOURS, LENGTHS])
def test_unions_are_told_in_parts_in_steps_or_as_their_cells_tell(
    old: Path, upgraded: Path, side: str, week: date
) -> None:
    core, before, now = (
        expected_core(old, week), by_union(frozen_rows(old, side, week)), by_union(mart_rows(upgraded, side, week)),
    )  # fmt: skip
    assert now.keys() == before.keys()
    for union, rows in now.items():
        if len(rows) > 1:
            assert in_order(rows) == in_order([with_sessions(row) for row in before[union]])
            continue
        cells = cells_of(union, core)
        sums = {name: sum(cell[name] for cell in cells) for name in ("users", "sessions", "minutes")}
        if len(before[union]) == 1:
            sums["minutes"] = before[union][0]["minutes"]
        whole = {
            HOURS: {"day_type": "all", "hour_from": 0, "hour_to": 23},
            LENGTHS: {"minutes_from": 0, "minutes_to": None},
        }
        assert rows == [{**before[union][0], **whole[side], **sums}]


@pytest.mark.parametrize("week", OLD)
def test_counts_of_ga4_are_told_in_steps_above_nothing_or_left_out(old: Path, upgraded: Path, week: date) -> None:
    expected = [
        {**row, **{name: in_tens(row[name], 0) for name in ("sessions", "views")}}
        for row in frozen_rows(old, GA4, week)
        if row.pop("engaged_sessions") is not None
    ]
    assert in_order(mart_rows(upgraded, GA4, week)) == in_order(expected)


@pytest.mark.parametrize("week", OLD)
def test_an_attacker_finds_nobody_who_came_again(old: Path, upgraded: Path, week: date) -> None:
    before = {cube: frozen_rows(old, cube, week) for cube in (CORE, HOURS, LENGTHS)}
    assert len(list(told_in_a_week(week, before, 1))) > 10
    now = {cube: mart_rows(upgraded, cube, week) for cube in (CORE, HOURS, LENGTHS)}
    assert list(told_in_a_week(week, now, 10)) == []


@pytest.mark.clause("rules-editions", "week-stays")
def test_frozen_files_stay_as_they_are_byte_for_byte(old: Path, upgraded: Path) -> None:
    before, after = tree(home_of(old).cells), tree(home_of(upgraded).cells)
    files = {name for name in before if name.endswith(".parquet")}
    assert len(files) == 12
    assert all(after[name][1] == before[name][1] for name in files)
    told_no_more = {f"{cube}/{week}.parquet" for cube in (CORE, HOURS, LENGTHS, GA4) for week in OLD}
    assert {name for name in files if after[name][0] == 0o600} == told_no_more  # exact counts are their owner's alone
    added = {name for name in after.keys() - before.keys() if name.endswith(".parquet") and str(LATER) not in name}
    assert {after[name][0] for name in added} == {0o644}
    assert added == {f"{cube}/{week}.edition-2.parquet" for cube in (CORE, HOURS, LENGTHS, GA4) for week in OLD}


@pytest.mark.clause("rules-editions")
def test_editions_are_told_by_commits_marts_and_commands(
    old: Path, upgraded: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for source in SOURCES:
        told = {
            week: (one.rules_edition, one.told_edition)
            for week, one in settled_weeks(home_of(upgraded), source).items()
        }
        assert told == {OLD[0]: (1, 2), OLD[1]: (1, 2), LATER: (2, 2)}
        for week, editions in told.items():
            rows = [row for row in mart_rows(upgraded, "anonymisation_quality_week", week) if row["source"] == source]
            assert [(row["frozen_edition"], row["told_edition"]) for row in rows] == [editions]
    line = "weeks, app: 2 froze under older rules (edition 1)"
    assert cmn("status", "--config", upgraded) == 0
    assert f"{line}, told by today's (edition 2) from their frozen cells\n" in capsys.readouterr().out
    assert cmn("status", "--config", old) == 0
    assert f"{line}: 2 not yet brought over: `cmn run` does it\n" in capsys.readouterr().out
    cmn("doctor", "--config", upgraded)
    assert f"ok    {line}, told by today's" in capsys.readouterr().out
    cmn("doctor", "--config", old)
    assert "mend  rules of weeks, app: 2 froze under older rules (edition 1): 2 not yet" in capsys.readouterr().out
    assert cmn("weeks", "list", "--config", upgraded) == 0
    assert capsys.readouterr().out.count("froze under edition 1 of the rules, told by today's (2)") == 4


# Releases


def check_told_anew(config: Path) -> None:
    """Every release of the old home is withdrawn for machines to see, and the next version stands and verifies."""
    home = home_of(config)
    entries = {(entry.release, entry.action): entry for entry in read_ledger(home).entries}
    for series in SERIES:
        withdrawn, anew = home.releases / f"{series}-v1", home.releases / f"{series}-v2"
        tombstone = json.loads((withdrawn / "TOMBSTONE.json").read_text())
        assert (tombstone["cause"], tombstone["week"], tombstone["state"]) == ("rules_superseded", None, "withdrawn")
        assert sorted(path.suffix for path in withdrawn.iterdir()) == [".json", ".json", ".md", ".pem"]
        entry = entries[f"{series}-v1", "withdrawn"]
        assert (entry.cause, entry.week) == ("rules_superseded", "")
        assert entry.sequence < entries[f"{series}-v2", "published"].sequence
        verify(anew, ledger=home.releases / "ledger.jsonl")
        report = json.loads((anew / "disclosure-report.json").read_text())
        assert report["rules"] == {"k": 10, "dominance_p": 10, "count_step": 10, "edition": 2}
        assert report["older_weeks"] == dict.fromkeys(report["weeks"], 1)
        assert len(report["not_judged_anew"]) == 3
        readme = (anew / "README.md").read_text()
        assert "froze under older rules** (edition 1)" in readme
        assert "vastgezet volgens oudere regels (editie 1)" in readme


@pytest.mark.clause("release-older-rules")
def test_a_run_withdraws_what_older_rules_told_and_publishes_it_anew(upgraded: Path) -> None:
    check_told_anew(upgraded)
    states = {str(one.id): str(one.state) for one in published_releases(home_of(upgraded))}
    later = {f"{name}/2026-W40-v1" for name in DATASETS}
    assert states == {f"{one}-v1": "withdrawn" for one in SERIES} | dict.fromkeys(
        [*(f"{one}-v2" for one in SERIES), *later], "published"
    )


@pytest.mark.clause("release-older-rules")
def test_the_command_that_publishes_does_it_too(published: Path) -> None:
    check_told_anew(published)


def test_destinations_and_portal_follow(published: Path) -> None:
    served = published.parent / "served"
    for series in SERIES:
        assert not (served / "releases" / f"{series}-v1" / "data.parquet").exists()
        assert json.loads((served / "releases" / f"{series}-v1" / "TOMBSTONE.json").read_text())["state"] == "withdrawn"
        verify(served / "releases" / f"{series}-v2", ledger=served / "releases" / "ledger.jsonl")
    for name in DATASETS:
        page = (served / "portal" / f"{name}.html").read_text()
        assert "made by edition 1 of the rules" in page
    analysts = (served / "portal" / "analysts.html").read_text()
    assert "App, rules (edition) of its cells" in analysts


def test_a_file_that_was_brought_over_and_is_lost_is_made_anew(
    published: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """In the step that the commit keeps, whatever the policy asks for now."""
    config = copied(published, tmp_path / "home")
    home = home_of(config)
    before = tree(home.cells)
    (tmp_path / "home" / "policy" / "anonymity.toml").write_text("k = 10\ncount_step = 20\n")
    lost, cut = (home.cells / cube / f"{OLD[0]}.edition-2.parquet" for cube in (CORE, GA4))
    lost.unlink()
    cut.write_bytes(cut.read_bytes()[:-9])
    assert cmn("doctor", "--config", config) == 2
    assert "`cmn run` builds it anew from the frozen cells" in capsys.readouterr().out
    bring_over(config)
    assert tree(home.cells) == before


@pytest.mark.parametrize("week", OLD)
@pytest.mark.parametrize(("dataset", "mart"), DATASETS.items())
def test_a_new_version_holds_what_the_marts_tell(upgraded: Path, dataset: str, mart: str, week: date) -> None:
    label = f"2026-W{week.isocalendar().week}"
    table = pq.read_table(home_of(upgraded).releases / dataset / f"{label}-v2" / "data.parquet")
    assert in_order(table.to_pylist()) == in_order(mart_rows(upgraded, mart, week))


def test_a_quarter_sums_what_its_weeks_tell_now(old: Path, upgraded: Path) -> None:
    folder = home_of(upgraded).releases / "usage_by_region_age"
    for week in OLD:
        of_week = [
            row
            for row in pq.read_table(folder / "2026-Q3-v2" / "weeks.parquet").to_pylist()
            if row["week_start"] == week
        ]
        expected = expected_core(old, week)
        assert sum(row["sessions"] for row in of_week) == sum(row["sessions"] for row in expected)
        for row in of_week:
            covered = [
                cell for cell in expected
                if set(cell["region_members"]) <= set(row["region_members"])
                and place_of({"age_from": cell["age_from"], "age_to": cell["age_to"]})
                <= place_of({"age_from": row["age_from"], "age_to": row["age_to"]})
            ]  # fmt: skip
            assert row["sessions"] == sum(cell["sessions"] for cell in covered)
            assert row["person_weeks"] == sum(cell["users"] for cell in covered)


@pytest.mark.clause("steps-everywhere")
def test_no_page_and_no_release_tells_an_exact_figure_any_more(old: Path, upgraded: Path) -> None:
    """Every table that lies in the home for readers, but for the frozen cells, is in the steps of its week."""
    exact = {
        (week, tuple(row["region_members"]), row["age_group"]): row["sessions"]
        for week in OLD
        for row in frozen_rows(old, CORE, week)
        if in_tens(row["sessions"], row["users"]) != row["sessions"]
    }
    assert len(exact) > 20
    for path in (home_of(upgraded).releases / "usage_by_region_age").glob("*-W*/data.parquet"):
        for row in pq.read_table(path).to_pylist():
            assert exact.get((row["week_start"], tuple(row["region_members"]), row["age_group"])) != row["sessions"]


def test_a_second_time_nothing_changes(published: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = copied(published, tmp_path / "home")
    home = home_of(config)
    before = tree(home.cells), tree(home.releases), home.marts.read_bytes()
    assert publish(config) == 0
    assert capsys.readouterr().out == "nothing new was released\n"
    assert (tree(home.cells), tree(home.releases), home.marts.read_bytes()) == before


def test_what_is_not_approved_any_more_is_withdrawn_and_not_published_anew(old: Path, tmp_path: Path) -> None:
    config = copied(old, tmp_path / "home")
    (tmp_path / "home" / "policy" / "releases.toml").write_text("approval = []\n")
    assert publish(config) == 4
    states = {str(one.id): str(one.state) for one in published_releases(home_of(config))}
    assert states == {f"{one}-v1": "withdrawn" for one in SERIES}


def test_under_a_policy_that_asks_for_more_it_is_withdrawn_and_not_due(
    old: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As with every week that froze under weaker rules; and no later command fails for it."""
    config = copied(old, tmp_path / "home")
    (tmp_path / "home" / "policy" / "anonymity.toml").write_text("k = 11\ncount_step = 11\n")
    for withdrawn in (len(SERIES), 0):
        assert publish(config) == 0
        out = capsys.readouterr().out
        assert (out.count("withdrawn: "), out.splitlines()[-1]) == (withdrawn, "nothing new was released")
    assert {str(one.state) for one in published_releases(home_of(config))} == {"withdrawn"}
    commits = settled_weeks(home_of(config), "app").values()
    assert {(one.k, one.told_step) for one in commits} == {(10, 11)}


def test_who_asks_for_one_by_name_gets_it_told_anew(
    old: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = copied(old, tmp_path / "home")
    assert cmn("releases", "publish", "usage_by_hour/2026-W38", "--config", config, "--as-of", PUBLISHED_AT) == 0
    out = capsys.readouterr().out
    assert "published: usage_by_hour/2026-W38-v2\n" in out
    assert out.count("withdrawn: ") == len(SERIES)


# Kills


@pytest.fixture
def _quick_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", lambda _: None)


@pytest.mark.usefixtures("_quick_disk")
def test_killed_while_bringing_over_it_comes_to_the_same_bytes(old: Path, published: Path, tmp_path: Path) -> None:
    """Before every 3rd file operation: each week is told as it froze or as today's rules tell it, and then alike."""
    expected = tree(home_of(published).cells)
    seen = set()
    for step in range(0, 10**4, 3):
        config = copied(old, tmp_path / "home")
        if not killed_before(step, lambda: bring_over(config)):  # noqa: B023  # run within this turn of the loop
            break
        told = tuple(one.told_edition for source in SOURCES for one in settled_weeks(home_of(config), source).values())
        seen.add(told)
        bring_over(config)
        assert tree(home_of(config).cells) == expected
        shutil.rmtree(tmp_path / "home")
    assert step > 20
    assert {(1, 1, 1, 1), (2, 1, 1, 1), (2, 2, 2, 1)} <= seen


@pytest.mark.usefixtures("_quick_disk")
@pytest.mark.parametrize("step", [5, 60, 160, 400, 900, 1300])
def test_killed_while_telling_anew_it_comes_to_the_same(
    old: Path, published: Path, tmp_path: Path, step: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """The marts are those of today already; killed are withdrawing, publishing, and showing."""
    config = copied(published, tmp_path / "home")
    home = home_of(config)
    shutil.rmtree(home.releases)
    shutil.copytree(home_of(old).releases, home.releases)
    assert killed_before(step, lambda: publish(config))
    for series in SERIES:  # whoever looks now finds the old one, the new one, or none of both
        states = {one.id.version: str(one.state) for one in published_releases(home) if str(one.id).startswith(series)}
        assert states in ({1: "published"}, {1: "withdrawn"}, {1: "withdrawn", 2: "published"})
    assert publish(config) == 0
    check_told_anew(config)
    assert publish(config) == 0
    assert capsys.readouterr().out.endswith("nothing new was released\n")


def bring_over(config: Path) -> None:
    from command.publish import run_now
    from home.settings.settings import load_settings

    bringing_over.bring_over_weeks(run_now(load_settings(config)))


# Planted: what must not happen is found


def test_with_bringing_over_switched_off_exact_figures_do_not_leave(
    old: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    config = copied(old, tmp_path / "home")
    monkeypatch.setattr(marts, "bring_over_weeks", lambda run: None)
    before = home_of(config).marts.read_bytes()
    assert publish(config) == 3
    refused = capsys.readouterr().err
    assert f"{CORE}.sessions.is_told_in_steps" in refused
    assert home_of(config).marts.read_bytes() == before
    assert {str(one.state) for one in published_releases(home_of(config))} == {"withdrawn"}


def test_exact_figures_that_are_said_to_be_told_in_steps_do_not_leave(
    old: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    config = copied(old, tmp_path / "home")
    monkeypatch.setattr(bringing_over, "brought_to_today", lambda edition, week, cubes, *_: cubes)
    assert publish(config) == 3
    assert f"{CORE}.sessions.is_told_in_steps" in capsys.readouterr().err


def test_another_command_that_shows_readers_shows_them_nothing_of_older_rules(old: Path, tmp_path: Path) -> None:
    config = copied(old, tmp_path / "home")
    assert cmn("releases", "withdraw", "usage_by_hour/2026-W38-v1", "--why", "taken back", "--config", config) == 0
    releases = {str(one.id): one for one in published_releases(home_of(config))}
    assert {str(one.state) for one in releases.values()} == {"withdrawn"}
    causes = {name: one.withdrawn_for for name, one in releases.items()}
    assert causes.pop("usage_by_hour/2026-W38-v1") == "decision"
    assert set(causes.values()) == {"rules_superseded"}
    assert publish(config) == 0
    came_back = {str(one.id) for one in published_releases(home_of(config)) if str(one.state) == "published"}
    assert came_back == {f"{one}-v2" for one in SERIES if one != "usage_by_hour/2026-W38"}


def test_a_portal_is_not_built_over_marts_of_older_rules(
    old: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    config = copied(old, tmp_path / "home")
    monkeypatch.setattr(command_publish, "_tell_by_todays_rules", lambda run: None)
    assert publish(config) == 3
    assert "was built by an older version: `cmn run` builds it anew" in capsys.readouterr().err
    assert not (home_of(config).portal / "index.html").exists()
