"""The portal as files: whole for every reader, the same for the same inputs, and needing nothing from outside."""

import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from string import Formatter
from typing import Any

import duckdb
import pytest

from catalogue.catalogue import MARTS, SIDES
from home.layout import Home
from home.weeks.week_states import WeekCommit, commit_week
from portal import site_files
from portal.pages.queries import QUERIES
from portal.site import build_portal, site_of
from portal.texts.texts import TEXTS, texts_of
from refusals.errors import MartsRefused, UsageError
from tests.readers.portal_links import broken_links, outside_addresses, pages
from tests.readers.portal_pages import read_page, rows_of_chart
from tests.worlds.good_marts import TABLES, make_good_marts
from tests.worlds.portal_world import AS_OF, make_portal_home, portal_policy, released_in
from tests.worlds.release_world import MONDAY, some_weeks

PAGES = {
    "index", "usage_by_region_age", "usage_by_hour", "session_length_by_age", "ga4_engagement",
    "ga4_engaged_sessions", "usage_by_frequency", "usage_by_platform", "dictionary", "anonymity", "load", "verify",
    "analysts", "comparison",
}  # fmt: skip


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return make_portal_home(tmp_path_factory.mktemp("site"), some_weeks(4))


@pytest.fixture(scope="module")
def files(home: Home) -> Mapping[str, bytes]:
    return site_of(home, portal_policy(), AS_OF, released_in(home))


def test_every_page_is_there_in_both_languages(files: Mapping[str, bytes]) -> None:
    names = {name for name in files if name.endswith(".html")}
    assert names == {f"{page}.html" for page in PAGES} | {f"nl/{page}.html" for page in PAGES}
    for name, page in pages(files):
        assert page.language == ("nl" if name.startswith("nl/") else "en")
        other = f"../{Path(name).name}" if name.startswith("nl/") else f"nl/{name}"
        assert ("a", "href", other) in page.addresses


def test_pages_are_well_formed(files: Mapping[str, bytes]) -> None:
    for name, page in pages(files):
        assert len(page.ids) == len(set(page.ids)), name
        assert page.headings[0] == 1, name
        assert page.headings.count(1) == 1, name
        assert all(after - before <= 1 for before, after in zip(page.headings, page.headings[1:], strict=False)), name
        for table in page.tables:
            assert table.caption, name
            assert None not in table.scopes, name
            assert {len(row) for row in table.rows} <= {len(table.heads)}, name
        assert all(page.described), name


def test_a_tag_that_is_not_closed_is_found(files: Mapping[str, bytes]) -> None:
    with pytest.raises(AssertionError):
        read_page(files["index.html"].replace(b"</section>", b"", 1))


def test_all_links_lead_somewhere(files: Mapping[str, bytes]) -> None:
    assert broken_links(files) == []


def test_a_planted_broken_link_is_found(files: Mapping[str, bytes]) -> None:
    name = next(name for name in files if name.startswith("data/usage_by_hour"))
    without = {path: content for path, content in files.items() if path != name}
    assert len(broken_links(without)) == 2


def test_nothing_is_fetched_from_outside(files: Mapping[str, bytes]) -> None:
    assert outside_addresses(files) == []
    for name, content in files.items():
        if name.endswith(".html"):
            policy = re.search(rb'http-equiv="Content-Security-Policy" content="([^"]*)"', content)
            assert policy and policy[1].startswith(b"default-src &#39;none&#39;"), name
            assert b"http" not in policy[1], name
            assert b"unsafe-eval" not in policy[1], name


@pytest.mark.parametrize(
    "planted",
    [
        b'<img src="https://elsewhere.example/x.png">', b'<link rel="stylesheet" href="//elsewhere.example/x.css">',
    ],
)  # fmt: skip
def test_a_planted_outside_address_is_found(files: Mapping[str, bytes], planted: bytes) -> None:
    index = files["index.html"].replace(b"</main>", planted + b"</main>")
    assert len(outside_addresses({**files, "index.html": index})) == 1


def keys_of(table: Mapping[str, Any], before: str = "") -> dict[str, object]:
    """Every text by its dotted key; of a list, how many there are; the {fields} that a text fills in."""
    found: dict[str, object] = {}
    for name, value in table.items():
        key = f"{before}{name}"
        if isinstance(value, dict):
            found |= keys_of(value, f"{key}.")
        else:
            texts = value if isinstance(value, list) else [value]
            fields = sorted({field for text in texts for _, field, _, _ in Formatter().parse(text) if field})
            found[key] = (len(texts), fields)
    return found


def raw(language: str) -> dict[str, Any]:
    return tomllib.loads((TEXTS / f"{language}.toml").read_text(encoding="utf-8"))


def test_both_languages_have_the_same_texts() -> None:
    assert keys_of(raw("en")) == keys_of(raw("nl"))
    assert set(QUERIES) == set(raw("en")["query"])


def test_a_planted_missing_text_is_found() -> None:
    dutch = raw("nl")
    del dutch["index"]["promise_2"]
    assert keys_of(raw("en")) != keys_of(dutch)


def test_the_dictionary_says_what_the_catalogue_says_in_both_languages(files: Mapping[str, bytes]) -> None:
    for language, name in (("en", "dictionary.html"), ("nl", "nl/dictionary.html")):
        told = " ".join(read_page(files[name]).text.split())
        shown = [mart for mart in MARTS if mart.name in told]
        assert len(shown) > 9
        for mart in shown:
            of_columns = (words for one in mart.columns for words in (one.meaning, one.unit, one.note))
            said = [words.of(language).replace("{step}", "10") for words in (mart.about, mart.rows, *of_columns)]
            texts = [" ".join(text.split()).rstrip(".") for text in said]
            assert [text for text in texts if text not in told] == [], (mart.name, language)


def test_the_catalogue_says_everything_twice() -> None:
    words = [mart.about for mart in MARTS] + [mart.rows for mart in MARTS]
    words += [one for mart in MARTS for column in mart.columns for one in (column.meaning, column.unit)]
    words += [one for mart in SIDES if mart.axis for one in (mart.axis.by, *mart.axis.words.values())]
    assert [one for one in words if not one.en or not one.nl] == []
    notes = [one for mart in MARTS for column in mart.columns for one in [column.note]]
    assert [one for one in notes if bool(one.en) != bool(one.nl)] == []


def test_numbers_and_days_are_written_as_the_language_does() -> None:
    english, dutch = texts_of("en"), texts_of("nl")
    assert [english.number(1234567), english.number(0.5, 1)] == ["1\u202f234\u202f567", "0.5"]
    assert [dutch.number(1234567), dutch.number(0.5, 1)] == ["1.234.567", "0,5"]
    assert [english.day(date(2026, 3, 9)), dutch.day(date(2026, 3, 9))] == ["9 March 2026", "9 maart 2026"]
    assert english.days_of_week(date(2026, 12, 28)) == "28 December 2026 to 3 January 2027"
    assert dutch.days_of_week(date(2026, 9, 28)) == "28 september tot en met 4 oktober 2026"


def test_the_same_inputs_give_the_same_bytes(home: Home, files: Mapping[str, bytes]) -> None:
    assert site_of(home, portal_policy(), AS_OF, released_in(home)) == files


def test_everyone_can_read_it_whatever_the_umask(tmp_path: Path) -> None:
    home = make_portal_home(tmp_path, some_weeks(1))
    before = os.umask(0o077)
    try:
        build_portal(home, portal_policy(), AS_OF)
    finally:
        os.umask(before)
    modes = {(path.is_dir(), path.stat().st_mode & 0o777) for path in [home.portal, *home.portal.rglob("*")]}
    assert modes == {(True, 0o755), (False, 0o644)}
    assert not (home.work / "portal").exists()


class Killed(Exception):
    """The process is gone at this moment."""


def test_killed_at_any_file_every_page_is_whole_and_a_repeat_finishes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = make_portal_home(tmp_path, some_weeks(2))
    policy = portal_policy()
    build_portal(home, policy, AS_OF)
    make_later = make_portal_home(tmp_path / "later", some_weeks(1))
    old = {path: path.read_bytes() for path in home.portal.rglob("*") if path.is_file()}
    new = site_of(make_later, policy, AS_OF, released_in(make_later))
    real = site_files.replace_file
    steps = 0

    def dies_after(count: int) -> Any:
        left = [count]

        def replace(path: Path, content: bytes, aside: Path) -> None:
            if left[0] == 0:
                raise Killed
            left[0] -= 1
            real(path, content, aside)

        return replace

    while True:
        for path in [path for path in home.portal.rglob("*") if path.is_file()]:
            path.unlink()
        for path, content in old.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            path.chmod(0o644)
        monkeypatch.setattr(site_files, "replace_file", dies_after(steps))
        try:
            site_files.put_in_place(home, new)
            break
        except Killed:
            there = {
                path.relative_to(home.portal).as_posix(): path.read_bytes()
                for path in home.portal.rglob("*")
                if path.is_file()
            }
            assert broken_links(there) == [], steps
        steps += 1
    assert steps > len(PAGES) * 2
    there = {p.relative_to(home.portal).as_posix(): p.read_bytes() for p in home.portal.rglob("*") if p.is_file()}
    assert there == new


def test_what_no_page_names_any_more_is_removed_and_links_are_not_followed(tmp_path: Path) -> None:
    home = make_portal_home(tmp_path, some_weeks(1))
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept.txt").write_text("kept", encoding="utf-8")
    (home.portal / "old" / "deep").mkdir(parents=True)
    (home.portal / "old" / "deep" / "page.html").write_text("old", encoding="utf-8")
    (home.portal / "elsewhere").symlink_to(outside)
    (home.portal / "nl").symlink_to(outside)
    (home.portal / "index.html").mkdir()
    build_portal(home, portal_policy(), AS_OF)
    assert (outside / "kept.txt").read_text(encoding="utf-8") == "kept"
    assert sorted(path.name for path in outside.iterdir()) == ["kept.txt"]
    names = {path.name for path in home.portal.iterdir()}
    assert names == {f"{page}.html" for page in PAGES} | {"nl", "assets", "contents.json"}


def repeat_weeks(home: Home, count: int) -> None:
    """Puts copies of the one week before it."""
    with duckdb.connect(str(home.marts)) as con:
        for table in TABLES:
            if "week_start" in TABLES[table] and table != "dim_week":
                con.execute(
                    f"insert into {table} select {table}.* replace ((week_start - 7 * i::integer)::date as week_start)"
                    f" from {table}, range(1, {count}) as weeks (i)"
                )


VARIETIES = {
    "no week": ([], ("app", "ga4_export")),
    "one week": ([MONDAY], ("app", "ga4_export")),
    "the app alone": (some_weeks(3), ("app",)),
    "GA4 alone": (some_weeks(3), ("ga4_export",)),
    "four years": ([MONDAY], ("app", "ga4_export")),
}


@pytest.mark.parametrize("variety", VARIETIES)
def test_it_can_be_built_over_any_marts(tmp_path: Path, variety: str) -> None:
    weeks, sources = VARIETIES[variety]
    home = make_portal_home(tmp_path, weeks, sources)
    if variety == "four years":
        repeat_weeks(home, 210)
    files = site_of(home, portal_policy(), AS_OF, released_in(home))
    assert broken_links(files) == []
    assert outside_addresses(files) == []
    for name, page in pages(files):
        drawn = [chart for chart in page.data if "-chart-" in chart]
        told = {"usage_by_region_age": "app", "ga4_engagement": "ga4_export", "ga4_engaged_sessions": "ga4_export"}.get(
            Path(name).stem
        )
        if told:
            assert bool(drawn) == (bool(weeks) and told in sources), name
            is_empty = "No week of this dataset" in page.text or "nog geen week gepubliceerd" in page.text
            assert is_empty != bool(drawn), name


def test_marts_in_which_nearly_everything_is_merged(tmp_path: Path) -> None:
    """All ages in one cell, a country in one cell, all devices in one cell: sentences and tiles say what is so."""
    home = Home(tmp_path)
    make_good_marts(home)
    files = site_of(home, portal_policy(), AS_OF, released_in(home))
    assert broken_links(files) == []
    page = read_page(files["usage_by_region_age.html"])
    tiles = rows_of_chart(page, "usage-by-region-age-map-chart-1")
    assert {(tile["state"], tile["big"], tile["label"]) for tile in tiles} == {("group", "A", "Netherlands")}
    assert "A: Netherlands, 27 together" in page.text
    assert "the largest age group is all ages, 47." in page.text
    assert "the busiest time is 12:00\N{EN DASH}24:00 (any day)" in read_page(files["usage_by_hour.html"]).text
    devices = read_page(files["ga4_engagement.html"]).table("By device").column("Device")
    assert devices == ["mobile", "devices not told apart", "desktop"]


def test_the_promise_is_that_of_the_weakest_rules_that_a_week_was_frozen_under(tmp_path: Path) -> None:
    home = make_portal_home(tmp_path, some_weeks(2))
    commit_week(home, WeekCommit(some_weeks(2)[0], "app", "frozen", "", 7, 4))
    commit_week(home, WeekCommit(some_weeks(2)[1], "app", "withheld", "", 2, 1))
    files = site_of(home, portal_policy(), AS_OF, released_in(home))
    assert "Every figure is about at least 7 people." in read_page(files["index.html"]).text
    assert "at least 4 % of the largest" in read_page(files["anonymity.html"]).text


def test_the_next_week_is_expected_when_it_may_freeze(files: Mapping[str, bytes]) -> None:
    """Three days after the week that follows ended: Monday 28 September plus a week and three days."""
    assert "from 8 October 2026" in read_page(files["index.html"]).text
    assert "vanaf 8 oktober 2026" in read_page(files["nl/index.html"]).text


def test_the_moment_of_building_is_the_runs_as_of_in_the_policys_zone(home: Home) -> None:
    files = site_of(home, portal_policy(), datetime(2026, 12, 31, 23, 30, tzinfo=UTC) + timedelta(), released_in(home))
    assert "1 January 2027, 00:30 CET" in read_page(files["index.html"]).text


def test_what_only_a_build_needs_is_not_imported_before() -> None:
    code = "import sys, portal.site; print(sorted({'altair', 'pandas', 'vl_convert'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"


def test_without_marts_it_says_what_to_do(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.make()
    with pytest.raises(UsageError, match="cmn run"):
        build_portal(home, portal_policy(), AS_OF)


@pytest.mark.clause("release-typed-text")
def test_texts_of_the_policy_are_escaped(home: Home) -> None:
    policy = portal_policy()
    dataset = policy.releases.dataset[0].model_copy(update={"title": 'A <script>alert("x")</script> & more'})
    releases = policy.releases.model_copy(update={"dataset": [dataset, *policy.releases.dataset[1:]]})
    files = site_of(home, policy.model_copy(update={"releases": releases}), AS_OF, released_in(home))
    assert b"<script>alert" not in files["index.html"] + files["usage_by_region_age.html"]
    assert 'A <script>alert("x")</script> & more' in read_page(files["index.html"]).text


def test_marts_that_lack_a_table_of_today_are_named_and_not_shown(tmp_path: Path) -> None:
    home = make_portal_home(tmp_path, some_weeks(1))
    with duckdb.connect(str(home.marts)) as con:
        con.execute("drop table usage_by_platform_week")
    with pytest.raises(MartsRefused, match="was built by an older version"):
        site_of(home, portal_policy(), AS_OF, released_in(home, "usage_by_hour"))
