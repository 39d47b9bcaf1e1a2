from collections.abc import Sequence

import pytest

from anonymisation.cells.leaf_cell import Cell
from anonymisation.cells.quality import gcp
from anonymisation.cells.unions import finest_unions
from anonymisation.hierarchies.hierarchy import Group, ordered_bands, region_hierarchy
from refusals.errors import InputRefused
from tests.worlds.person_weeks import AGE_LABELS, FIRST_YEARS

REGIONS, AGES = region_hierarchy(), ordered_bands(AGE_LABELS, FIRST_YEARS)


def cell(nodes: Sequence[str], ages: Sequence[str], persons: int = 10) -> Cell:
    leaves = [leaf for node in nodes for leaf in REGIONS.nodes[node].leaves]
    return Cell((REGIONS.group(leaves), AGES.group(ages)), persons, 0, 0, 0)


def test_cells_that_share_a_leaf_are_in_one_union():
    cells = [
        cell(["NL-GE"], ["18-24"], 11),
        cell(["NL-GE", "NL-UT"], ["25-34"], 12),
        cell(["NL-ZE"], ["18-24"], 13),
        cell(["BE"], AGE_LABELS[2:4], 14),
    ]
    regions = finest_unions(cells, 0)
    assert {(union.group.label, union.persons) for union in regions} == {("NL-GE+NL-UT", 23), ("NL-ZE", 13), ("BE", 14)}
    assert [(union.group.label, union.persons) for union in finest_unions(cells, 1)] == [("18-34", 50)]


def test_unions_follow_the_order_of_the_hierarchy_and_leave_out_where_nobody_was():
    cells = [cell(["NL-GE"], ["65+"]), cell(["NL-GE"], ["18-24"])]
    assert [union.group.label for union in finest_unions(cells, 1)] == ["18-24", "65+"]


def test_no_cells_no_unions():
    assert finest_unions([], 0) == []


def test_a_group_without_a_hierarchy_is_refused():
    with pytest.raises(InputRefused):
        finest_unions([Cell((Group("x", "country", ("x",), None),), 10, 0, 0, 0)], 0)


def test_gcp_is_nothing_for_leaves_and_everything_for_the_world():
    assert gcp([cell(["NL-GE"], ["18-24"])], (REGIONS, AGES)) == 0
    assert gcp([cell(["001"], AGE_LABELS)], (REGIONS, AGES)) == 1


def test_gcp_weighs_cells_by_persons():
    cells = [cell(["NL-GE"], AGE_LABELS[2:4], 30), cell(["NL-UT"], ["18-24"], 10)]
    assert gcp(cells, (REGIONS, AGES)) == pytest.approx(0.75 * (1 / 7) / 2)


def test_gcp_of_nobody_is_refused():
    with pytest.raises(InputRefused):
        gcp([], (REGIONS, AGES))
