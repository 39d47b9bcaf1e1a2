"""What an attacker would try on GA4's reported counts: add rows up to k, subtract a total, use what a week leaves out.

`k` is 10. A row is (report, region, age bracket, users).
"""

import random
from itertools import combinations

import pytest

from anonymisation.audit.count_step import CountStep
from anonymisation.reported.reported_cells import ReportedCell, ReportedRow, nested_cells, reported_cells
from catalogue.catalogue import MART
from policy.policy import load_policy
from policy.region_table import regions

REPORTS = ("region_age", "country_age", "region", "country", "age", "all")
BRACKETS = ("18-24", "25-34", "35-44", "45-54", "55-64", "65+", "unknown")
Told = set[tuple[str, str, str, int, int]]


def told(*rows: tuple[str, str, str, int]) -> Told:
    cells = reported_cells([ReportedRow(*row) for row in rows], REPORTS, 10)
    assert nested_cells(cells) == []
    return {(cell.report, cell.region_code, cell.age_bracket, cell.rows, cell.users) for cell in cells}


@pytest.mark.clause("audience-told")
def test_six_and_six_may_be_six_people() -> None:
    """One person in two regions, or two names without a code, is in two rows: twelve in rows are not twelve."""
    assert told(("region_age", "NL-NH", "18-24", 6), ("region_age", "NL-ZH", "18-24", 6)) == set()
    assert told(("region_age", "NL-?", "18-24", 6), ("region_age", "NL-?", "18-24", 6)) == set()


@pytest.mark.clause("audience-told")
def test_a_coarser_report_can_say_that_there_are_enough() -> None:
    rows = (("region_age", "NL-NH", "18-24", 6), ("region_age", "NL-ZH", "18-24", 6))
    assert told(*rows, ("country_age", "NL", "18-24", 11)) == {("country_age", "NL", "18-24", 1, 11)}
    assert told(*rows, ("country_age", "NL", "18-24", 9)) == set()


@pytest.mark.clause("audience-told")
def test_a_row_of_k_carries_a_small_one_of_the_same_place() -> None:
    """Two names without a code: what is told is one figure, from which neither can be taken."""
    assert told(("region_age", "NL-?", "18-24", 12), ("region_age", "NL-?", "18-24", 3)) == {
        ("region_age", "NL-?", "18-24", 2, 15)
    }


@pytest.mark.clause("audience-apart")
def test_the_country_less_its_told_regions_is_not_there_to_subtract() -> None:
    """185 in the Netherlands and 180 in North Holland: the other five would be alone."""
    assert told(
        ("region_age", "NL-NH", "18-24", 180),
        ("region_age", "NL-ZE", "18-24", 5),
        ("country_age", "NL", "18-24", 185),
        ("region", "NL-NH", "all", 185),
        ("country", "NL", "all", 190),
        ("age", "001", "18-24", 185),
        ("all", "001", "all", 190),
    ) == {("region_age", "NL-NH", "18-24", 1, 180)}


@pytest.mark.clause("audience-apart")
def test_a_region_of_all_ages_is_not_told_beside_one_of_its_ages() -> None:
    """Else the seven whose age Google does not know, minors among them perhaps, are a subtraction away."""
    assert told(
        ("region_age", "NL-NH", "18-24", 40), ("region_age", "NL-NH", "unknown", 7), ("region", "NL-NH", "all", 47)
    ) == {("region_age", "NL-NH", "18-24", 1, 40)}


@pytest.mark.clause("audience-apart")
def test_a_region_of_all_ages_is_not_told_within_a_country_of_one_age() -> None:
    """South Holland's brackets are small; of the country 18-24 is told, and its people are in both."""
    assert told(
        ("region_age", "NL-ZH", "18-24", 8),
        ("country_age", "NL", "18-24", 12),
        ("region", "NL-ZH", "all", 14),
        ("country_age", "BE", "18-24", 4),
        ("region", "BE-VAN", "all", 14),
    ) == {("country_age", "NL", "18-24", 1, 12), ("region", "BE-VAN", "all", 1, 14)}


@pytest.mark.clause("audience-apart")
def test_the_world_is_told_only_where_nothing_else_is() -> None:
    small = [("region_age", "NL-NH", one, 4) for one in BRACKETS]
    assert told(*small, ("all", "001", "all", 28)) == {("all", "001", "all", 1, 28)}
    assert told(*small, ("age", "001", "18-24", 10), ("all", "001", "all", 28)) == {("age", "001", "18-24", 1, 10)}


def test_unknown_places_lie_in_the_world_alone() -> None:
    assert told(("region_age", "??", "18-24", 8), ("country_age", "??", "18-24", 10), ("region", "??", "all", 30)) == {
        ("country_age", "??", "18-24", 1, 10)
    }


def test_a_planted_total_is_found() -> None:
    """The last look does not know how cells were chosen."""
    cell = ReportedCell("region_age", "NL-NH", "18-24", 1, 180, (), 180)
    country = ReportedCell("country_age", "NL", "18-24", 1, 185, (), 185)
    every_age = ReportedCell("region", "NL-NH", "all", 1, 186, (), 186)
    world = ReportedCell("all", "001", "all", 1, 200, (), 200)
    assert nested_cells([cell, country]) == [(country, cell)]
    assert nested_cells([cell, every_age]) == [(every_age, cell), (cell, every_age)]
    assert (world, cell) in nested_cells([cell, world])
    beside = ReportedCell("country_age", "NL", "25-34", 1, 20, (), 20)
    assert nested_cells([cell, beside, ReportedCell("region", "BE-VAN", "all", 1, 20, (), 20)]) == []


@pytest.mark.parametrize("seed", range(30))
def test_of_made_up_people_no_sum_or_difference_tells_of_fewer_than_k(seed: int) -> None:
    """People who travel and have an age; reports count each once a row. Every two figures that are told are added and
    subtracted, and what is then true of the people in one and not in the other is held against k."""
    rng = random.Random(seed)  # noqa: S311  # repeatable on purpose
    places = ["NL-NH", "NL-ZH", "NL-UT", "NL-?", "BE-VAN", "BE-?", "DE-NW", "??"]
    people = [
        (person, rng.choice(BRACKETS), rng.sample(places, rng.choice([1, 1, 1, 2, 3])))
        for person in range(rng.choice([15, 60, 300]))
    ]
    who: dict[tuple[str, str, str], set[int]] = {}
    for person, bracket, seen in people:
        for place in seen:
            country = regions()[place].parent if place != "??" else "??"
            for report, code, age in (
                ("region_age", place, bracket), ("country_age", country, bracket), ("region", place, "all"),
                ("country", country, "all"), ("age", "001", bracket), ("all", "001", "all"),
            ):  # fmt: skip
                who.setdefault((report, str(code), age), set()).add(person)
    rows = [ReportedRow(*key, len(persons), (2 * len(persons),)) for key, persons in who.items()]
    cells = reported_cells(rows, REPORTS, 10)
    keys = [(cell.report, cell.region_code, cell.age_bracket) for cell in cells]
    assert all(len(who[key]) >= 10 for key in keys)
    assert [cell.users for cell in cells] == [len(who[key]) for key in keys]
    for one, other in combinations(keys, 2):
        inside = who[one] <= who[other] or who[other] <= who[one]
        # Of two figures one of which holds the other, the difference is a number of people. None are told so by design;
        # by chance everybody of one region may have travelled to the other, which no figure says.
        if inside:
            assert not _is_within(one, other) and not _is_within(other, one)


@pytest.mark.clause("steps-of-reports")
@pytest.mark.parametrize("width", [10, 25])
def test_no_exact_figure_beside_it_proves_that_one_to_nine_are_in_one_alone(width: int) -> None:
    """The app's and the export's users are exact. Of every number that could be told, and every exact one beside it,
    what is left open is never all between one and nine, on either side."""
    told: dict[int, list[int]] = {}
    for users in range(10, 400):
        told.setdefault(CountStep(width).told(users, 10), []).append(users)
    assert min(told) >= 10
    for possible in list(told.values())[:-1]:
        for exact in range(400):
            few = [1 <= abs(users - exact) <= 9 and (users > exact) == (possible[0] > exact) for users in possible]
            assert not all(few)


def test_users_told_exactly_would_prove_it() -> None:
    assert [1 <= users - 40 <= 9 for users in [CountStep(1).told(45, 10)]] == [True]


@pytest.mark.clause("audience-not-promised")
def test_what_is_not_claimed_is_said_in_both_languages_and_it_is_no_dataset() -> None:
    mart = MART["ga4_audience_week"]
    assert "can be in several rows" in mart.about.en and "in meer rijen" in mart.about.nl
    assert "No number of persons" in mart.column("users_in_rows").meaning.en
    assert "Geen aantal personen" in mart.column("users_in_rows").meaning.nl
    assert (
        "one person's" in mart.column("minutes").meaning.en and "van één persoon" in mart.column("minutes").meaning.nl
    )
    assert not mart.can_be_released and mart.name not in {dataset.mart for dataset in load_policy().releases.dataset}


def _is_within(one: tuple[str, str, str], other: tuple[str, str, str]) -> bool:
    """Whether whoever is in the one is in the other, by what the two say of themselves."""
    above, code = [], one[1]
    while code is not None:
        above.append(code)
        code = regions()[code].parent
    return other[1] in above and other[2] in {one[2], "all"}
