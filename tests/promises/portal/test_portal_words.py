"""What the portal says of its figures is true: what may be added up, why things are merged, what is not told."""

import re
from collections.abc import Mapping
from pathlib import Path

import duckdb
import pytest

from home.weeks.week_states import WeekCommit, commit_week
from policy.region_table import regions
from portal.pages.queries import QUERIES
from portal.site import site_of
from tests.readers.portal_pages import read_page
from tests.worlds.portal_world import AS_OF, make_portal_home, portal_policy, released_in
from tests.worlds.release_world import MONDAY, some_weeks


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, bytes]:
    home = make_portal_home(tmp_path_factory.mktemp("words"), some_weeks(2))
    return site_of(home, portal_policy(), AS_OF, released_in(home))


def page_text(files: Mapping[str, bytes], name: str) -> str:
    return read_page(files[name]).text


def test_what_detail_lost_means_names_the_regions_of_the_world(files: Mapping[str, bytes]) -> None:
    """Every region that no other lies in is a leaf."""
    parents = {region.parent for region in regions().values()}
    leaves = f"{sum(code not in parents for code in regions()):,}"
    english, dutch = (page_text(files, name) for name in ("analysts.html", "nl/analysts.html"))
    assert f"against all {leaves.replace(',', chr(0x202F))} of the world" in english
    assert f"tegen alle {leaves.replace(',', '.')} van de wereld" in dutch
    assert "merging all provinces adds next to nothing to it" in english
    assert "age band can be seen" not in english


def test_totals_of_minutes_say_why_they_differ_from_page_to_page(files: Mapping[str, bytes]) -> None:
    """The app's pages tell the same sessions, each rounded in its own rows; GA4's measures something else."""
    for dataset in ("usage_by_region_age", "usage_by_hour", "session_length_by_age"):
        assert "Minutes are rounded once a row, and sessions told in steps, so their totals" in page_text(
            files, f"{dataset}.html"
        )
        assert "Minuten worden per rij afgerond, en bezoeken staan in stappen." in page_text(
            files, f"nl/{dataset}.html"
        )
    assert "Minutes are rounded once a row" not in page_text(files, "ga4_engagement.html")


def test_the_coverage_that_is_not_told_names_the_k_of_the_weeks(tmp_path: Path, files: Mapping[str, bytes]) -> None:
    assert "where fewer than 10 people were left out, where fewer than 10 stayed in" in page_text(
        files, "analysts.html"
    )
    home = make_portal_home(tmp_path, some_weeks(2))
    commit_week(home, WeekCommit(some_weeks(2)[0], "app", "frozen", "", 7, 4))
    weaker = site_of(home, portal_policy(), AS_OF, released_in(home))
    assert "where fewer than 7 people were left out, where fewer than 7 stayed in" in page_text(weaker, "analysts.html")
    assert "als er minder dan 7 mensen wegvielen of overbleven" in page_text(weaker, "nl/analysts.html")


def test_tiles_together_are_said_to_be_too_few_or_dominated(files: Mapping[str, bytes]) -> None:
    assert "too few people, or nearly all about one or two of them" in page_text(files, "usage_by_region_age.html")
    assert "te weinig mensen gaan, of bijna alleen over een of twee" in page_text(files, "nl/usage_by_region_age.html")


@pytest.mark.parametrize("page", ["dictionary.html", "load.html"])
def test_a_code_is_said_to_be_no_name_of_what_is_covered(files: Mapping[str, bytes], page: str) -> None:
    """In the page's own words, and in those of the marts' column."""
    english, dutch = page_text(files, page), page_text(files, f"nl/{page}")
    assert "rest of 001 beside one age group or device" in english or "rest of 001 can cover other" in english
    assert "roup by region_members" in english
    assert "Groepeer " in dutch and " op region_members" in dutch
    if page == "dictionary.html":
        assert english.count("group by region_members (region_covers in a CSV), not by this code") == 5
        assert dutch.count("groepeer om op te tellen op region_members (in een CSV: region_covers)") == 5


def test_ready_queries_never_add_up_over_a_code_alone() -> None:
    grouped = [re.search(r"group by ([^\n;]*)", sql) for sql in QUERIES.values()]
    keys = [set(found[1].split(", ")) for found in grouped if found]
    assert any("region_members" in names for names in keys)
    assert all("region_members" in names for names in keys if names & {"region_code", "region_name"})


def test_a_code_that_covers_different_regions_is_not_added_up(tmp_path: Path) -> None:
    """Planted: two rests of the world, of which the older and the evening tell another than the young and the day."""
    home = make_portal_home(tmp_path, [MONDAY])
    rest = (MONDAY, "rest of 001", "rest of World", "group")
    wide, narrow = ["AD-02", "BE-VAN"], ["AD-02"]
    with duckdb.connect(str(home.marts)) as con:
        for table, rows in {
            "usage_by_region_age_week": [(wide, "0-34", 0, 34, 30, 40, 50), (narrow, "35+", 35, None, 11, 12, 13)],
            "usage_by_hour_week": [
                (wide, "all", 0, 17, 20, 30, 50), (wide, "all", 18, 23, 10, 10, 50),
                (narrow, "all", 0, 17, 10, 10, 50), (narrow, "all", 18, 23, 20, 30, 50),
            ],
        }.items():  # fmt: skip
            con.execute(f"delete from {table} where region_code = 'rest of 001'")
            for row in rows:
                con.execute(f"insert into {table} values ({', '.join('?' * (len(rest) + len(row)))})", [*rest, *row])
        evenings = [row[2] for row in con.execute(QUERIES["evening"]).fetchall() if row[0] == "rest of World"]
        told = {row[0]: row[2:] for row in con.execute(QUERIES["regions"]).fetchall()}
        cells = con.execute("select region_code, users, sessions from usage_by_region_age_week").fetchall()
    assert sorted(evenings) == [25, 75]
    assert {"rest of 001", "NL-FL", "NL-ZE", "rest of NL"}.isdisjoint(told)
    utrecht = [cell[1:] for cell in cells if cell[0] == "NL-UT"]
    assert told["NL-UT"] == (1, sum(users for users, _ in utrecht), sum(sessions for _, sessions in utrecht))
