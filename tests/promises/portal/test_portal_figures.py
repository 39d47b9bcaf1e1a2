"""Numbers on the portal are those of the marts: tables, charts and downloads, recomputed here from the marts' rows."""

import csv
import io
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import Any

import altair
import duckdb
import jsonschema
import pytest

from home.layout import Home
from portal.figures import dataset_figures, province_map
from portal.site import site_of
from tests.readers.portal_pages import Page, number, read_page, rows_of_chart
from tests.worlds.portal_world import AS_OF, TOGETHER, make_portal_home, portal_policy, released_in
from tests.worlds.release_world import some_weeks

WEEKS = some_weeks(6)
WEEKS = [*WEEKS[:2], *WEEKS[3:]]  # one was withheld
NAMES = {
    "NL-DR": "Drenthe", "NL-FL": "Flevoland", "NL-FR": "Friesland", "NL-GE": "Gelderland", "NL-GR": "Groningen",
    "NL-LI": "Limburg", "NL-NB": "North Brabant", "NL-NH": "North Holland", "NL-OV": "Overijssel", "NL-UT": "Utrecht",
    "NL-ZE": "Zeeland", "NL-ZH": "South Holland",
}  # fmt: skip
SUMS = "sum(users), sum(sessions), sum(minutes)"


class Site:
    """The files of a site, and the marts that it is over."""

    def __init__(self, home: Home) -> None:
        self.files: Mapping[str, bytes] = site_of(home, portal_policy(), AS_OF, released_in(home))
        with duckdb.connect(str(home.marts), read_only=True) as con:
            self.cells = con.execute(
                "select region_code, region_members, age_from, age_to, users, sessions, minutes"
                " from usage_by_region_age_week where week_start = ?",
                [WEEKS[-1]],
            ).fetchall()
            self.ga4 = con.execute(
                "select region_code, region_members, device_category, users, sessions, minutes"
                " from ga4_engagement_week where week_start = ?",
                [WEEKS[-1]],
            ).fetchall()
        self.marts = home.marts

    def page(self, name: str) -> Page:
        return read_page(self.files[name])

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.marts), read_only=True) as con:
            return con.execute(sql).fetchall()

    def download(self, stem: str) -> list[dict[str, str]]:
        (name,) = [name for name in self.files if re.fullmatch(rf"data/{stem}-[0-9a-f]{{12}}\.csv", name)]
        return list(csv.DictReader(io.StringIO(self.files[name].decode())))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return Site(make_portal_home(tmp_path_factory.mktemp("figures"), WEEKS))


@pytest.mark.parametrize("language", ["", "nl/"])
def test_every_chart_is_of_vega_lites_schema(site: Site, language: str) -> None:
    """They are made without being checked, which takes longer than making them."""
    pages = [site.page(name) for name in site.files if re.fullmatch(rf"{language}\w+\.html", name)]
    charts = [chart for page in pages for name, chart in page.data.items() if "-chart-" in name]
    assert len(charts) > 20
    for chart in charts:
        altair.Chart.from_dict(chart)
    for planted in ({"encoding": {"x": {"field": "from", "kind": "quantitative"}}}, {"height": "tall"}, {"layers": []}):
        with pytest.raises(jsonschema.ValidationError):
            altair.Chart.from_dict({"mark": "bar", **charts[0], **planted})


def closure(covered: Iterable[frozenset[str]]) -> list[frozenset[str]]:
    """Sets that overlap are merged until none do: the plain way."""
    sets = list(covered)
    merged = True
    while merged:
        merged = False
        for first in range(len(sets)):
            for second in range(first + 1, len(sets)):
                if sets[first] & sets[second]:
                    sets[first] |= sets.pop(second)
                    merged = True
                    break
            if merged:
                break
    return sets


def numbers(page: Page, caption: str, columns: Iterable[str]) -> list[tuple[float | None, ...]]:
    """Columns of a table, as numbers."""
    table = page.table(caption)
    return list(zip(*([number(cell, page.language) for cell in table.column(name)] for name in columns), strict=True))


def check_weeks(site: Site, page: Page, mart: str, measures: Mapping[str, str]) -> None:
    """The series' table, latest first, is the sum of each week's rows."""
    caption = "Week by week" if page.language == "en" else "Week na week"
    sums = ", ".join(f"sum({measure})::double" for measure in measures)
    expected = site.rows(f"select {sums} from {mart} group by week_start order by week_start desc")
    assert numbers(page, caption, measures.values()) == expected


APP = {"users": "Users", "sessions": "Sessions", "minutes": "Minutes"}
ADDITIVE = {"sessions": "Sessions", "minutes": "Minutes"}
SERIES = [
    ("usage_by_region_age", "usage_by_region_age_week", APP),
    ("usage_by_hour", "usage_by_hour_week", ADDITIVE),
    ("session_length_by_age", "session_length_by_age_week", ADDITIVE),
    ("ga4_engagement", "ga4_engagement_week", {**APP, "views": "Views"}),
    (
        "ga4_engaged_sessions",
        "ga4_engaged_sessions_week",
        {"users": "Users", "sessions": "Sessions", "engaged_sessions": "Engaged sessions"},
    ),
]


@pytest.mark.parametrize(("dataset", "mart", "measures"), SERIES)
def test_the_series_is_the_sum_of_each_weeks_rows(
    site: Site, dataset: str, mart: str, measures: dict[str, str]
) -> None:
    check_weeks(site, site.page(f"{dataset}.html"), mart, measures)
    dutch = {"Users": "Gebruikers", "Sessions": "Bezoeken", "Minutes": "Minuten", "Views": "Bekeken pagina's"}
    named = {measure: dutch[name] for measure, name in measures.items() if name in dutch}
    check_weeks(site, site.page(f"nl/{dataset}.html"), mart, named)


def test_a_planted_number_is_found(site: Site) -> None:
    content = site.files["usage_by_region_age.html"].decode()
    page = read_page(re.sub(r'(<td class="number">)\d', r"\g<1>7", content, count=1).encode())
    with pytest.raises(AssertionError):
        check_weeks(site, page, "usage_by_region_age_week", APP)


def test_users_are_never_added_over_weeks_or_parts(site: Site) -> None:
    """Hours and lengths share persons: users stand only where a row of the mart has them."""
    assert "Users" not in site.page("usage_by_hour.html").table("Week by week").heads
    lengths = site.page("session_length_by_age.html")
    assert "Users" not in lengths.table("Week by week").heads
    assert "Users" not in lengths.table("By length of visit").heads


def test_the_chart_of_a_series_has_every_week_and_leaves_the_missing_one_open(site: Site) -> None:
    rows = rows_of_chart(site.page("usage_by_region_age.html"), "usage-by-region-age-weeks-chart-1")
    expected = dict(site.rows("select week_start::text, sum(users) from usage_by_region_age_week group by 1"))
    assert len(rows) == 6
    assert [row["week"] for row in rows if row["value"] is None] == [str(some_weeks(6)[2])]
    assert {row["week"]: row["value"] for row in rows if row["value"] is not None} == expected


def expected_unions(cells: list[tuple[Any, ...]]) -> dict[frozenset[str], tuple[int, int, int]]:
    """By the leaves that they cover: the sums of the cells within the finest regions that no cell crosses."""
    found = {}
    for union in closure(frozenset(cell[1]) for cell in cells):
        inside = [cell for cell in cells if frozenset(cell[1]) <= union]
        found[union] = tuple(sum(cell[place] for cell in inside) for place in (-3, -2, -1))
    return found


def check_map_of_all_ages(site: Site, page: Page) -> None:
    """The rows of all ages are the finest regions that no cell crosses; a province alone is only such a region."""
    expected = expected_unions(site.cells)
    table = page.table("By province")
    shown = [row for row in table.rows if row[0] == "all ages"]
    sums = [tuple(int(number(cell, "en") or 0) for cell in row[2:]) for row in shown]
    assert sorted(sums) == sorted(expected.values())
    for row, figures in zip(shown, sums, strict=True):
        for code, name in NAMES.items():
            if row[1] == name:
                assert expected.get(frozenset({code})) == figures, name


def test_the_map_tells_provinces_alone_only_where_no_cell_crosses_them(site: Site) -> None:
    check_map_of_all_ages(site, site.page("usage_by_region_age.html"))


def test_the_two_provinces_that_a_cell_covers_together_have_no_figure_of_all_ages(site: Site) -> None:
    page = site.page("usage_by_region_age.html")
    tiles = [row for row in rows_of_chart(page, "usage-by-region-age-map-chart-1") if row["choice"] == 0]
    apart = {NAMES[code] for code in NAMES if code not in TOGETHER}
    assert {row["name"].replace("\n", " ") for row in tiles if row["state"] == "alone"} == apart
    grouped = [row for row in tiles if row["state"] == "group"]
    assert [row["big"] for row in grouped] == ["A", "A"]
    assert {row["label"] for row in grouped} == {"Flevoland + Zeeland + Caribbean islands of the Kingdom"}
    together = next(row for row in page.table("By province").rows if row[1].startswith("Flevoland +"))
    assert grouped[0]["written"].replace("\u202f", " ") == together[2]


def test_the_map_of_each_age_group_is_of_that_age_groups_cells(site: Site) -> None:
    downloaded = site.download("usage_by_region_age-map")
    for label, first, last in (("0-17", 0, 17), ("18-24", 18, 24), ("65+", 65, None)):
        inside = [cell for cell in site.cells if cell[2] >= first and (last is None or (cell[3] or 999) <= last)]
        sums = [(r["users"], r["sessions"], r["minutes"]) for r in downloaded if r["age_group"] == label]
        assert sorted(tuple(map(int, row)) for row in sums) == sorted(expected_unions(inside).values()), label


def test_the_map_by_device_is_of_that_devices_cells(site: Site) -> None:
    downloaded = site.download("ga4_engagement-map")
    devices = {row["device_category"] for row in downloaded}
    assert devices == {"mobile", "desktop", "tablet", "all"}
    for device in devices:
        inside = [cell for cell in site.ga4 if cell[2] == device]
        sums = [(r["users"], r["sessions"], r["minutes"]) for r in downloaded if r["device_category"] == device]
        assert sorted(tuple(map(int, row)) for row in sums) == sorted(expected_unions(inside).values()), device


def test_a_map_that_forgets_what_cells_cover_together_is_found(
    site: Site, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Planted: cells that share a province are no longer kept together."""
    monkeypatch.setattr(province_map, "whole_unions", lambda rows, covers: [[row] for row in rows])
    forgetful = Site(make_portal_home(tmp_path, WEEKS))
    with pytest.raises(AssertionError):
        check_map_of_all_ages(forgetful, forgetful.page("usage_by_region_age.html"))


def test_the_age_pyramid_is_of_ages_that_no_cell_crosses(site: Site) -> None:
    page = site.page("usage_by_region_age.html")
    table = page.table("By age group")
    shown = [age.replace("\N{EN DASH}", "-") for age in table.column("Age")]
    assert shown == ["0-17", "18-24", "25-34", "35-64", "65+"]
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for *_, first, _last, users, sessions, minutes in site.cells:
        label = "0-17" if first < 18 else {18: "18-24", 25: "25-34", 35: "35-64", 65: "65+"}[first]
        for place, value in enumerate((users, sessions, minutes)):
            sums[label][place] += value
    expected = [tuple(map(float, sums[age])) for age in shown]
    assert numbers(page, "By age group", APP.values()) == expected
    bars = rows_of_chart(page, "usage-by-region-age-ages-chart-1")
    assert [row["value"] for row in bars] == [row[0] for row in expected]


def check_hours(site: Site, page: Page) -> None:
    """Each block is a row of the mart, as wide as it is; its colour is the row's average, and no more is said."""
    blocks = rows_of_chart(page, "usage-by-hour-hours-chart-1")
    days = {"weekday": 5, "weekend day": 2, "any day": 7}
    shown = sorted(
        (
            days[block["day"]],
            block["from"],
            block["to"] - 1,
            int(number(block["sessions"], "en") or 0),
            round(block["value"] * (block["to"] - block["from"]) * days[block["day"]]),
        )
        for block in blocks
    )
    expected = site.rows(
        "select case day_type when 'weekday' then 5 when 'weekend' then 2 else 7 end, hour_from, hour_to, sessions,"
        f" sessions from usage_by_hour_week where week_start = '{WEEKS[-1]}' order by all"
    )
    assert shown == sorted(expected)


def test_hours_are_drawn_as_wide_as_they_are(site: Site) -> None:
    check_hours(site, site.page("usage_by_hour.html"))
    assert (
        len(site.page("usage_by_hour.html").table("By time of day").rows)
        == site.rows(f"select count(*) from usage_by_hour_week where week_start = '{WEEKS[-1]}'")[0][0]
    )


def test_hours_that_are_spread_evenly_are_found(site: Site, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Planted: every span is drawn as one hour."""
    span = dataset_figures.HourSpan
    monkeypatch.setattr(dataset_figures, "HourSpan", lambda first, _: span(first, first))
    wrong = Site(make_portal_home(tmp_path, WEEKS))
    with pytest.raises(AssertionError):
        check_hours(wrong, wrong.page("usage_by_hour.html"))


def test_lengths_of_all_ages_are_bands_that_no_row_crosses(site: Site) -> None:
    """65+ has only two bands, so all ages together have two."""
    page = site.page("session_length_by_age.html")
    assert page.table("By length of visit").column("Length") == ["under 15 min", "15 min or more"]
    expected = site.rows(
        "select sum(sessions)::double, sum(minutes)::double from session_length_by_age_week"
        f" where week_start = '{WEEKS[-1]}' group by minutes_from >= 15 order by minutes_from >= 15"
    )
    assert numbers(page, "By length of visit", ADDITIVE.values()) == expected


def test_lengths_by_age_are_rows_of_the_mart_with_their_share(site: Site) -> None:
    page = site.page("session_length_by_age.html")
    columns = ["Users", "Sessions", "Minutes", "Share of sessions"]
    expected = site.rows(
        "select users::double, sessions::double, minutes::double,"
        " round(100.0 * sessions / sum(sessions) over (partition by age_from), 1)::double"
        f" from session_length_by_age_week where week_start = '{WEEKS[-1]}' order by age_from, minutes_from"
    )
    shown = numbers(page, "Length of visit, by age group", columns)
    assert [row[:3] for row in shown] == [row[:3] for row in expected]
    assert [row[3] for row in shown] == pytest.approx([row[3] for row in expected], abs=0.051)
    bars = rows_of_chart(page, "session-length-by-age-lengths-by-age-chart-1")
    assert [bar["to"] - bar["from"] for bar in bars] == pytest.approx([row[3] for row in expected], abs=0.051)
    ends = {bar["unit"]: bar["to"] for bar in bars}
    assert list(ends.values()) == pytest.approx([100.0] * len(ends), abs=0.001)


@pytest.mark.parametrize(
    ("page", "title", "mart", "unit", "order"),
    [
        ("usage_by_frequency.html", "How often people came", "usage_by_frequency_week", "region_code",
         "sum(users) over (partition by region_code) desc, region_code, sessions_from"),
        ("usage_by_platform.html", "On which platform", "usage_by_platform_week", "age_from", "age_from, users desc"),
    ],
)  # fmt: skip
def test_shares_of_people_are_rows_of_the_mart(  # noqa: PLR0917
    site: Site, page: str, title: str, mart: str, unit: str, order: str
) -> None:
    expected = site.rows(
        "select users::double, minutes::double,"
        f" round(100.0 * users / sum(users) over (partition by {unit}), 1)::double"
        f" from {mart} where week_start = '{WEEKS[-1]}' order by {order}"
    )
    shown = numbers(site.page(page), title, ["Users", "Minutes", "Share of people"])
    assert len(shown) > 10
    assert [row[:2] for row in shown] == [row[:2] for row in expected]
    assert [row[2] for row in shown] == pytest.approx([row[2] for row in expected], abs=0.051)
    bars = rows_of_chart(site.page(page), f"{page.removesuffix('.html').replace('_', '-')}-{FIGURE_OF[page]}-chart-1")
    assert [bar["to"] - bar["from"] for bar in bars] == pytest.approx([row[2] for row in expected], abs=0.051)


FIGURE_OF = {"usage_by_frequency.html": "frequency", "usage_by_platform.html": "platform"}


def test_how_often_people_came_is_said_of_those_of_whom_it_is_told(site: Site) -> None:
    """Belgium is not divided: whoever came once there is in no "1 time", so it does not count for its share."""
    told = site.page("usage_by_frequency.html").table("How often people came").column("How often people came")
    assert {"1 time", "2 to 3 times", "4 to 13 times", "14 times or more", "not told apart"} == set(told)
    of_band = site.rows(
        "with divided as (select *, count(*) over (partition by region_code) as parts from usage_by_frequency_week"
        f" where week_start = '{WEEKS[-1]}')"
        " select sum(users)::double, (select sum(users) from divided where parts > 1)::double, sessions_from"
        " from divided where parts > 1 group by sessions_from order by 1 desc limit 1"
    )
    [(users, everyone, first)] = of_band
    name = {1: "1 time", 2: "2 to 3 times", 4: "4 to 13 times", 14: "14 times or more"}[int(first)]
    share = f"{100 * users / everyone:.1f}"
    assert (
        f"{name}: {share}\N{NO-BREAK SPACE}% of the people in the groups" in site.page("usage_by_frequency.html").text
    )


def ends(text: str) -> tuple[float, float]:
    least, most = text.replace("\N{NARROW NO-BREAK SPACE}", "").split("\N{EN DASH}")
    return float(least), float(most)


def test_a_share_is_told_with_what_the_steps_leave_open(site: Site) -> None:
    """A row of s sessions leaves s - 4 to s + 5 open: a share is least where it is fewest and the others are most."""
    told = (
        site.page("session_length_by_age.html").table("Length of visit, by age group").column("Share, least and most")
    )
    rows = site.rows(
        "select age_from, sessions from session_length_by_age_week"
        f" where week_start = '{WEEKS[-1]}' order by age_from, minutes_from"
    )
    assert len(told) == len(rows)
    for place, (age, sessions) in enumerate(rows):
        others = [count for other, (group, count) in enumerate(rows) if group == age and other != place]
        least = 100 * (sessions - 4) / (sessions - 4 + sum(count + 5 for count in others))
        most = 100 * (sessions + 5) / (sessions + 5 + sum(count - 4 for count in others))
        assert ends(told[place]) == pytest.approx((least, most), abs=0.051)


def test_an_average_is_told_with_what_the_steps_leave_open(site: Site) -> None:
    """Of a region that is divided, s - 4 to s + 5 sessions; of one that is not, so much for each cell of ten."""
    table = site.page("usage_by_hour.html").table("By time of day")
    told = [ends(text) for text in table.column("Sessions an hour, least and most")]
    averages = [
        float(text.replace("\N{NARROW NO-BREAK SPACE}", "")) for text in table.column("Sessions an hour, on average")
    ]
    counts = site.rows(
        "select sessions, case when count(*) over (partition by region_code) > 1 then 1 else users // 10 end,"
        " case day_type when 'weekday' then 5 when 'weekend' then 2 else 7 end * (hour_to - hour_from + 1)"
        f" from usage_by_hour_week where week_start = '{WEEKS[-1]}'"
        " order by sum(sessions) over (partition by region_code) desc, region_code, day_type, hour_from"
    )
    assert averages == pytest.approx([sessions / hours for sessions, _, hours in counts], abs=0.051)
    expected = [(max(0, s - 4 * cells) / hours, (s + 5 * cells) / hours) for s, cells, hours in counts]
    for found, wanted in zip(told, expected, strict=True):
        assert found == pytest.approx(wanted, abs=0.051)


def test_devices_are_sums_of_cells_that_tell_them(site: Site) -> None:
    page = site.page("ga4_engagement.html")
    expected = site.rows(
        f"select {SUMS} from ga4_engagement_week where week_start = '{WEEKS[-1]}'"
        " group by device_category order by sum(users) desc, device_category"
    )
    assert numbers(page, "By device", APP.values()) == [tuple(map(float, row)) for row in expected]
    assert "devices not told apart" in page.table("By device").column("Device")


def test_engaged_sessions_are_told_by_region_with_the_least_and_most_of_their_share(site: Site) -> None:
    """By hand, from each row: 4 more or 5 fewer than there were, for each of its cells of sessions; and so of engaged
    ones where they are told like sessions, else once."""
    table = site.page("ga4_engaged_sessions.html").table("Engaged sessions, by region")
    rows = site.rows(
        "select region_code, cells, users::double, sessions::double, engaged_sessions::double"
        f" from ga4_engaged_sessions_week where week_start = '{WEEKS[-1]}' order by users desc"
    )
    assert [row[0] for row in rows] != sorted(row[0] for row in rows)
    assert numbers(site.page("ga4_engaged_sessions.html"), "Engaged sessions, by region",
                   ("Users", "Sessions", "Engaged sessions")) == [row[2:] for row in rows]  # fmt: skip
    told_alike = 0
    for shown, share, (_, cells, _, sessions, engaged) in zip(
        table.column("Share, least and most"), table.column("Share of sessions"), rows, strict=True
    ):
        assert number(share, "en") == pytest.approx(100 * engaged / sessions, abs=0.051)
        steps = cells if engaged == sessions else 1
        told_alike += engaged == sessions
        possible = [
            (e, s)
            for e in (max(0, engaged - 4 * steps), engaged + 5 * steps)
            for s in (max(0, sessions - 4 * cells), sessions + 5 * cells)
        ]
        shares = [100 * min(1, e / s) for e, s in possible]
        least, most = (number(end, "en") for end in shown.split("\N{EN DASH}"))
        assert (least, most) == pytest.approx((min(shares), max(shares)), abs=0.051)
    assert told_alike == 1


def test_coverage_and_quality_of_each_week(site: Site) -> None:
    page = site.page("analysts.html")
    columns = ["App, sessions with consent", "Google Analytics, rows with consent"]
    pivot = "max({0}) filter (where source = 'app')::double, max({0}) filter (where source = 'ga4_export')::double"
    coverage = site.rows(
        f"select {pivot.format('passed_percent')} from coverage_week"
        " where week_start > (select min(week_start) from coverage_week) group by week_start order by week_start desc"
    )
    assert numbers(page, "What is left out without consent", columns) == coverage
    lost = site.rows(
        f"select {pivot.format('100 * gcp')} from anonymisation_quality_week"
        " group by week_start order by week_start desc"
    )
    shown = numbers(page, "What anonymity costs", ["App, detail lost", "Google Analytics, detail lost"])
    assert [value for row in shown for value in row] == pytest.approx([v for row in lost for v in row], abs=0.051)


def test_by_which_rules_the_cells_of_a_week_were_chosen(site: Site) -> None:
    page = site.page("analysts.html")
    froze = site.rows(
        "select max(frozen_edition) filter (where source = 'app')::double,"
        " max(frozen_edition) filter (where source = 'ga4_export')::double"
        " from anonymisation_quality_week group by week_start order by week_start desc"
    )
    assert {value for row in froze for value in row} == {1, 2}
    heads = ["App, rules (edition) of its cells", "Google Analytics, rules (edition) of its cells"]
    assert numbers(page, "What anonymity costs", heads) == froze
    assert "every week is told by the rules of today" in page.text


HEADS_ALONE = ("App, people in a single province or state", "Google Analytics, people in a single province or state")


def test_people_of_a_single_subdivision_are_counted_from_the_rows(site: Site) -> None:
    """Of each week's users, those in rows of one subdivision, in the table (latest first) and in its charts."""
    shown = numbers(site.page("analysts.html"), "What anonymity costs", HEADS_ALONE)
    for place, mart in enumerate(("usage_by_region_age_week", "ga4_engagement_week")):
        alone: dict[date, int] = defaultdict(int)
        everyone: dict[date, int] = defaultdict(int)
        for week, level, users in site.rows(f"select week_start, region_level, users from {mart}"):
            everyone[week] += users
            alone[week] += users if level == "subdivision" else 0
        expected = [100 * alone[week] / everyone[week] for week in sorted(everyone, reverse=True)]
        assert all(0 < percent < 100 for percent in expected)
        assert [row[place] for row in shown] == pytest.approx(expected, abs=0.051)
        chart = rows_of_chart(site.page("analysts.html"), f"analysts-quality-chart-{2 * place + 2}")
        drawn = [row["value"] for row in chart if row["value"] is not None]
        assert drawn == pytest.approx(expected[::-1], abs=0.001)


@pytest.mark.parametrize(("week", "more"), [("2026-03-23", -1), ("2026-10-12", 0), ("2026-10-19", 1)])
def test_averages_are_over_the_hours_that_passed_where_the_clock_is_changed(
    tmp_path: Path, week: str, more: int
) -> None:
    """The night of Sunday is an hour shorter or longer; every span's hours by hand."""
    changed = Site(make_portal_home(tmp_path, [date.fromisoformat(week)]))
    passed = {
        ("weekend day", "00", "10"): 20 + more, ("weekend day", "10", "16"): 12, ("weekend day", "16", "24"): 16,
        ("any day", "00", "12"): 84 + more, ("any day", "12", "24"): 84, ("any day", "00", "24"): 168 + more,
    }  # fmt: skip
    rows = changed.page("usage_by_hour.html").table("By time of day").rows
    told = [(row, passed[row[1], row[2][:2], row[2][6:8]]) for row in rows if row[1] != "weekday"]
    assert len(told) == 39
    for row, hours in told:
        assert number(row[6], "en") == pytest.approx((number(row[4], "en") or 0) / hours, abs=0.0501), row[:3]


@pytest.mark.parametrize("dataset", [dataset for dataset, _, _ in SERIES])
def test_a_download_has_the_tables_numbers(site: Site, dataset: str) -> None:
    page = site.page(f"{dataset}.html")
    heads = {**APP, "views": "Views", "engaged_sessions": "Engaged sessions"}
    for link in (value for tag, _, value in page.addresses if tag == "a" and value.startswith("data/")):
        downloaded = list(csv.DictReader(io.StringIO(site.files[link].decode())))
        columns = [name for name in heads if name in downloaded[0]]
        figures = [tuple(float(row[name]) for name in columns) for row in downloaded]
        tables = [table for table in page.tables if len(table.rows) == len(downloaded)]
        shown = [
            [tuple(number(row[table.heads.index(heads[name])], "en") for name in columns) for row in table.rows]
            for table in tables
            if all(heads[name] in table.heads for name in columns)
        ]
        assert figures in shown or figures[::-1] in shown, link


def test_where_no_group_is_divided_the_page_says_so(tmp_path: Path) -> None:
    home = make_portal_home(tmp_path, WEEKS[-1:])
    with duckdb.connect(str(home.marts)) as con:
        con.execute("delete from usage_by_frequency_week where sessions_from > 1")
        con.execute("update usage_by_frequency_week set sessions_to = null")
    files = site_of(home, portal_policy(), AS_OF, released_in(home))
    english, dutch = (read_page(files[f"{place}usage_by_frequency.html"]) for place in ("", "nl/"))
    assert "no group could be told apart." in english.text
    assert "kon geen groep worden uitgesplitst." in dutch.text
    told = english.table("How often people came").column("How often people came")
    assert set(told) == {"not told apart"}
