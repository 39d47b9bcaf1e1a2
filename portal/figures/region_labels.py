"""Regions as the portal shows them: what a union of cells covers, and the twelve provinces as tiles."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from policy.region_table import regions

#: (column, row) of each province in a grid of tiles: neighbours stay neighbours, none is too small to read.
TILES = {
    "NL-FR": (2, 0), "NL-GR": (3, 0),
    "NL-NH": (0, 1), "NL-FL": (1, 1), "NL-OV": (2, 1), "NL-DR": (3, 1),
    "NL-ZH": (0, 2), "NL-UT": (1, 2), "NL-GE": (2, 2),
    "NL-ZE": (0, 3), "NL-NB": (1, 3), "NL-LI": (2, 3),
}  # fmt: skip
ISLANDS = frozenset({"NL-AW", "NL-BQ1", "NL-BQ2", "NL-BQ3", "NL-CW", "NL-SX"})
#: Stands for the six islands where they are told together. It is no code of ISO 3166-2, so it is only ever a label.
ISLANDS_TOGETHER = "NL-islands"


@dataclass(frozen=True, slots=True)
class RegionLabel:
    """What a union covers, as pairs of a code and an English name; a language has its own names for the codes."""

    parts: tuple[tuple[str, str], ...]

    @property
    def codes(self) -> str:
        """The codes, as the marts join them."""
        codes = (sorted(ISLANDS) if code == ISLANDS_TOGETHER else [code] for code, _ in self.parts)
        return "+".join(code for several in codes for code in several)

    @property
    def english(self) -> str:
        """The names, as the marts join them."""
        return " + ".join(name for _, name in self.parts)


def label_of_cell(code: str, name: str) -> RegionLabel:
    """A cell's own region."""
    return RegionLabel(((code, name),))


def label_of_union(cells: Iterable[tuple[str, str, frozenset[str]]]) -> RegionLabel:
    """What cells (code, name, leaves) cover together: one region if it is all of them, else all parts by name."""
    cells = list(cells)
    covered = frozenset().union(*(leaves for _, _, leaves in cells))
    for code, name, leaves in cells:
        if leaves == covered and not (code.startswith("rest of ") and covered <= _dutch_leaves()):
            return label_of_cell(code, name)
    if covered <= _dutch_leaves():
        return RegionLabel(tuple(_dutch_parts(covered)))
    return RegionLabel(tuple(sorted({(code, name) for code, name, _ in cells})))


@cache
def _dutch_leaves() -> frozenset[str]:
    return frozenset(code for code, region in regions().items() if region.parent == "NL")


def _dutch_parts(covered: frozenset[str]) -> list[tuple[str, str]]:
    together = covered >= ISLANDS
    named = sorted(covered - ISLANDS if together else covered)
    parts = [(code, regions()[code].name) for code in named]
    return [*parts, (ISLANDS_TOGETHER, "Caribbean islands of the Kingdom")] if together else parts
