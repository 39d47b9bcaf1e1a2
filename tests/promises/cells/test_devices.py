"""A kind of device that hardly anybody uses is told among others, and costs nobody else's detail."""

from collections import Counter
from collections.abc import Mapping

import pytest

from anonymisation.cells.disclosure import Rules
from anonymisation.cells.leaf_cell import LeafCell
from anonymisation.cells.recoding import recode
from anonymisation.hierarchies.hierarchy import Tree, region_hierarchy
from catalogue.devices import DEVICE_CATEGORIES, device_nodes

MINUTE = 60_000_000

# Persons of a week by kind of device, all in one province; what is told of them.
WEEKS: list[tuple[dict[str, int], dict[str, int]]] = [
    ({"desktop": 40, "mobile": 60, "tablet": 12}, {"desktop": 40, "mobile": 60, "tablet": 12}),
    ({"desktop": 40, "mobile": 60, "tablet": 12, "smart tv": 3},
     {"desktop": 40, "mobile": 60, "other devices": 15}),
    ({"desktop": 40, "mobile": 60, "tablet": 9, "unknown": 1}, {"desktop": 40, "mobile": 60, "other devices": 10}),
    ({"desktop": 40, "mobile": 60, "tablet": 30, "smart tv": 20, "unknown": 1},
     {"desktop": 40, "mobile": 60, "other devices": 51}),
    ({"desktop": 40, "mobile": 60, "watch": 1, "tablet": 12}, {"desktop": 40, "mobile": 60, "other devices": 13}),
    ({"desktop": 40, "mobile": 60, "smart tv": 1}, {"desktop": 40, "mobile and other devices": 61}),
    ({"desktop": 40, "mobile": 9, "tablet": 30}, {"desktop": 40, "mobile and other devices": 39}),
    ({"desktop": 9, "mobile": 60, "tablet": 30}, {"all": 99}),
    ({"desktop": 9, "mobile": 1}, {"all": 10}),
    ({"desktop": 9}, {}),
]  # fmt: skip


def recoded(persons: Mapping[str, int]) -> dict[str, int]:
    """Everybody has one minute and one session."""
    leaves = [
        LeafCell(("NL-UT", word), number, number * MINUTE, MINUTE, MINUTE * (number > 1), (number,), ((1, number > 1),))
        for word, number in sorted(persons.items())
    ]
    cells = recode(leaves, [region_hierarchy(), Tree(device_nodes(persons))], Rules(10, 10), aligned=False)
    told: Counter[str] = Counter()
    for cell in cells or ():
        told[cell.groups[1].label] += cell.persons
    return dict(told)


@pytest.mark.clause("promise-1", "promise-3", "ga4-devices")
@pytest.mark.parametrize(("persons", "told"), WEEKS, ids=[str(persons) for persons, _ in WEEKS])
def test_small_kinds_merge_first(persons: dict[str, int], told: dict[str, int]) -> None:
    assert recoded(persons) == told


def test_every_kind_is_a_leaf_of_its_own() -> None:
    assert set(Tree(device_nodes(["watch"])).leaves) == {*DEVICE_CATEGORIES, "watch"}
