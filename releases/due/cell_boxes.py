"""What rows cover, as bits: which frozen cells a published figure is the sum of, and which it would cut."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from anonymisation.hierarchies.hierarchy import region_hierarchy
from policy.oldest_age import OLDEST_AGE

ALL_DEVICES = "all"

CellBox = tuple[
    int, int
]  # bit n of the first: the leaf region at position n; of the second: a year of age, or a device


@dataclass(frozen=True, slots=True)
class Covered:
    """Numbers of the cells that lie in a box as a whole, and of those that it would cut."""

    whole: tuple[int, ...]
    cut: tuple[int, ...]


class Boxes:
    """The boxes of rows with region columns and ages or a device category."""

    def __init__(self) -> None:
        self._devices: dict[str, int] = {}

    def of(self, row: Mapping[str, Any]) -> CellBox:
        """What a row covers."""
        return _region_bits(tuple(row["region_members"])), self._other_bits(row)

    def _other_bits(self, row: Mapping[str, Any]) -> int:
        if "device_category" not in row:
            first, last = int(row["age_from"]), OLDEST_AGE if row["age_to"] is None else int(row["age_to"])
            return (1 << (last + 1)) - (1 << first)
        if row["device_category"] == ALL_DEVICES:
            return -1
        return 1 << self._devices.setdefault(row["device_category"], len(self._devices))


def covered(box: CellBox, cells: Sequence[CellBox]) -> Covered:
    """Which cells a box holds; a cell that it holds a part of is cut."""
    regions, others = box
    whole: list[int] = []
    cut: list[int] = []
    for number, (cell_regions, cell_others) in enumerate(cells):
        if regions & cell_regions and others & cell_others:
            inside = not (cell_regions & ~regions or cell_others & ~others)
            (whole if inside else cut).append(number)
    return Covered(tuple(whole), tuple(cut))


@lru_cache(maxsize=4096)
def _region_bits(leaves: tuple[str, ...]) -> int:
    hierarchy = region_hierarchy()
    bits = bytearray(len(hierarchy.leaves) // 8 + 1)
    for leaf in leaves:
        position = hierarchy.position(leaf)
        bits[position // 8] |= 1 << position % 8
    return int.from_bytes(bits, "little")
