"""Recoding on weeks small enough to see what the answer must be."""

import random

import numpy as np
import pytest

from anonymisation.cells.block_optimum import distinct_columns
from anonymisation.cells.disclosure import Rules
from anonymisation.cells.leaf_cell import LeafCell
from anonymisation.cells.quality import gcp
from anonymisation.cells.recoding import recode
from anonymisation.cells.unions import finest_unions
from anonymisation.hierarchies.hierarchy import flat_categories, ordered_bands, region_hierarchy
from refusals.errors import InputRefused
from tests.worlds.person_weeks import AGE_LABELS, FIRST_YEARS, PersonWeek, leaf_cells_of

RULES = Rules(k=10, dominance_p=10)
AGES = ordered_bands(AGE_LABELS, FIRST_YEARS)
HIERARCHIES = (region_hierarchy(), AGES)
EVEN = 600_000_000  # ten minutes each: nobody dominates

PROVINCES = {
    "ZH": 21,
    "NH": 16,
    "NB": 15,
    "GE": 12,
    "UT": 8,
    "OV": 7,
    "LI": 6,
    "FR": 4,
    "GR": 3,
    "DR": 3,
    "FL": 3,
    "ZE": 2,
}
ABROAD = {"BE-VLG": 30, "BE-BRU": 8, "DE-NW": 20, "DE-BY": 8, "FR-IDF": 15, "GB-ENG": 28, "TR-34": 20, "SR-PM": 16,
          "US-NY": 3, "ES-MD": 5, "MA-?": 5, "PL-14": 5, "??": 8, "CW-?": 4, "GH-?": 1, "SO-?": 1}  # fmt: skip


def week(cells: dict[tuple[str, str], int]) -> list[LeafCell]:
    return leaf_cells_of([PersonWeek(codes, EVEN) for codes, persons in cells.items() for _ in range(persons)])


def described(leaf_cells: list[LeafCell], **options: bool) -> dict[tuple[str, str], int] | None:
    cells = recode(leaf_cells, HIERARCHIES, RULES, **options)
    return None if cells is None else {(c.groups[0].label, c.groups[1].label): c.persons for c in cells}


def test_no_one_no_cells():
    assert recode([], HIERARCHIES, RULES) == []


def test_a_week_that_is_unsafe_as_a_whole_has_no_partition():
    assert recode(week({("NL-GE", "18-24"): 9}), HIERARCHIES, RULES) is None


def test_a_week_that_one_person_dominates_has_no_partition():
    persons = [PersonWeek(("NL-GE", "18-24"), 1)] * 30 + [PersonWeek(("NL-GE", "18-24"), 10_000)]
    assert recode(leaf_cells_of(persons), HIERARCHIES, RULES) is None


def test_what_is_safe_alone_stays_as_it_is():
    cells = {(region, age): 10 + n for n, age in enumerate(AGE_LABELS) for region in ("NL-GE", "NL-UT")}
    assert described(week(cells)) == cells


def test_those_too_small_are_one_rest_group_and_a_safe_one_joins_when_they_need_it():
    cells = {("NL-GE", "18-24"): 40, ("NL-UT", "18-24"): 30, ("NL-DR", "18-24"): 6, ("NL-FL", "18-24"): 5}
    found = recode(week(cells), HIERARCHIES, RULES)
    assert {(c.groups[0].label, c.persons) for c in found} == {("NL-GE", 40), ("NL-UT", 30), ("rest of NL", 11)}
    rest = next(c.groups[0] for c in found if c.persons == 11)
    assert set(rest.leaves) == set(region_hierarchy().nodes["NL"].leaves) - {"NL-GE", "NL-UT"}

    fewer = {**cells, ("NL-DR", "18-24"): 3}
    found = recode(week(fewer), HIERARCHIES, RULES)
    assert {(c.groups[0].label, c.persons) for c in found} == {("NL-GE", 40), ("rest of NL", 38)}


def test_neighbouring_ages_merge_and_others_do_not():
    others = {("NL-GE", age): 20 for age in AGE_LABELS if age not in {"18-24", "25-34"}}
    cells = {("NL-GE", "18-24"): 6, ("NL-GE", "25-34"): 7, **others}
    assert described(week(cells)) == {("NL-GE", "18-34"): 13, **others}


def test_bands_without_a_person_go_with_a_neighbour_and_cost_what_others_cost():
    """Of 13 and 20 persons, the fewer take all six along: 13 x 6 is less than 20 x 6, or than 13 x 3 + 20 x 3."""
    cells = {("NL-GE", "18-24"): 6, ("NL-GE", "25-34"): 7, ("NL-GE", "65+"): 20}
    for aligned in (True, False):
        assert described(week(cells), aligned=aligned) == {("NL-GE", "0-64"): 13, ("NL-GE", "65+"): 20}
    assert described(week(cells), fitted=True) == {("NL-GE", "18-34"): 13, ("NL-GE", "65+"): 20}


def test_a_band_without_a_person_in_one_region_is_no_cell_there_where_the_grid_has_it():
    """Each band is told for Utrecht; of Gelderland, where nobody is 65 or older, there is no such cell."""
    cells = {(region, age): 20 for age in AGE_LABELS for region in ("NL-GE", "NL-UT")}
    del cells["NL-GE", "65+"]
    assert described(week(cells)) == cells


def test_counts_and_measure_are_summed_exactly():
    persons = [PersonWeek(("NL-GE", "18-24"), 1_000_003 + n, sessions=n) for n in range(12)]
    (cell,) = recode(leaf_cells_of(persons), HIERARCHIES, RULES)
    assert (cell.measure, cell.counts) == (sum(p.measure for p in persons), (sum(range(12)),))
    assert (cell.largest, cell.second) == (1_000_014, 1_000_013)


def test_devices_are_told_each_by_itself_or_all_together():
    hierarchies = (region_hierarchy(), flat_categories(["desktop", "mobile", "tablet"]))
    cells = {("NL-GE", "desktop"): 20, ("NL-GE", "mobile"): 30, ("BE-BRU", "desktop"): 20, ("BE-BRU", "tablet"): 3}
    found = recode(week(cells), hierarchies, RULES)
    assert {(c.groups[0].label, c.groups[1].label): c.persons for c in found} == {
        ("NL-GE", "desktop"): 20,
        ("NL-GE", "mobile"): 30,
        ("BE-BRU", "all"): 23,
    }


@pytest.mark.parametrize("bands", [4, 20])
def test_more_bands_than_can_be_cut_in_every_way_are_cut_one_by_one(bands):
    ages = ordered_bands([f"band {n}" for n in range(bands)], list(range(bands)))
    cells = {(region, label): 30 for region in ("NL-GE", "NL-UT") for label in ages.leaves}
    found = recode(week(cells), (region_hierarchy(), ages), RULES)
    assert {(c.groups[0].label, c.groups[1].label): c.persons for c in found} == cells


def test_the_order_of_the_leaf_cells_and_other_weeks_play_no_part():
    leaf_cells = realistic_week(1200)
    shuffled = leaf_cells[:]
    random.Random(4).shuffle(shuffled)  # noqa: S311
    assert recode(leaf_cells, HIERARCHIES, RULES) == recode(shuffled, HIERARCHIES, RULES)


def test_a_code_outside_the_hierarchy_is_refused():
    with pytest.raises(InputRefused):
        recode(week({("NL-GE", "unheard of"): 20}), HIERARCHIES, RULES)


def realistic_week(persons: int, seed: int = 7) -> list[LeafCell]:
    """Three quarters in twelve Dutch provinces by population; of the youngest two bands 1 to 2 % each."""
    chance = random.Random(seed)  # noqa: S311
    regions = [f"NL-{code}" for code in PROVINCES] + list(ABROAD)
    total = sum(ABROAD.values())
    weights = [0.75 * weight for weight in PROVINCES.values()] + [25 * weight / total for weight in ABROAD.values()]
    where = chance.choices(regions, weights, k=persons)
    ages = chance.choices(AGE_LABELS, [1.2, 1.5, 14, 24, 21, 17, 13, 8.3], k=persons)
    return leaf_cells_of(
        [
            PersonWeek(codes, int(chance.lognormvariate(7.5, 1.2) * 1e6), chance.randint(1, 9))
            for codes in zip(where, ages, strict=True)
        ]
    )


def test_on_a_realistic_week_provinces_and_most_ages_survive_in_both_unions():
    cells = recode(realistic_week(10_000), HIERARCHIES, RULES)
    regions = {union.group.label for union in finest_unions(cells, 0)}
    ages = finest_unions(cells, 1)
    assert sum(f"NL-{code}" in regions for code in PROVINCES) >= 11
    assert len(ages) >= 5
    assert gcp(cells, HIERARCHIES) < 0.03


def test_without_alignment_less_is_lost():
    leaf_cells = realistic_week(3_000)
    aligned = recode(leaf_cells, HIERARCHIES, RULES)
    free = recode(leaf_cells, HIERARCHIES, RULES, aligned=False)
    assert gcp(free, HIERARCHIES) <= gcp(aligned, HIERARCHIES)
    assert len(finest_unions(aligned, 0)) >= len(finest_unions(free, 0))


@pytest.mark.parametrize("rows", [1, 3, 62, 63, 70])
def test_columns_are_told_apart_whatever_their_length(rows):
    columns = np.random.default_rng(rows).random((rows, 40)) < 0.5
    columns[:, 20:] = columns[:, :20]
    patterns, number = distinct_columns(columns)
    assert (patterns[:, number] == columns).all()
    assert [tuple(column) for column in patterns.T] == sorted({tuple(column) for column in columns.T.tolist()})
