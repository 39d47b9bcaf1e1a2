"""The cells that weeks keep wherever the rules allow, so that they can be compared over time."""

from functools import cache
from itertools import pairwise
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from policy.oldest_age import OLDEST_AGE
from policy.region_table import regions


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class ReferenceCell(_Frozen):
    """One cell: all leaves of some regions, and an interval of ages. `age_to` is included; None is open."""

    regions: Annotated[list[str], Field(min_length=1)]
    age_from: Annotated[int, Field(ge=0, le=OLDEST_AGE)]
    age_to: Annotated[int, Field(ge=0, le=OLDEST_AGE)] | None = None

    @field_validator("regions")
    @classmethod
    def _are_known(cls, codes: list[str]) -> list[str]:
        if any(code not in regions() for code in codes):
            raise ValueError("a code is not in the region table")
        return codes

    def leaf_regions(self) -> tuple[str, ...]:
        """The leaf regions that the cell covers."""
        return tuple(leaf for code in self.regions for leaf in leaves_below(code))

    def is_of_ages(self, age: int) -> bool:
        """Whether the cell holds persons of that age."""
        return self.age_from <= age and (self.age_to is None or age <= self.age_to)


class ReferencePartitionPolicy(_Frozen):
    """The reference partition of the app's core cube. Without a cell there is none."""

    version: str
    why: str
    cell: list[ReferenceCell]

    @model_validator(mode="after")
    def _is_told_why(self) -> "ReferencePartitionPolicy":
        if self.cell and not (self.version.strip() and self.why.strip()):
            raise ValueError("a reference with cells has a version and says why")
        return self

    @field_validator("cell")
    @classmethod
    def _do_not_overlap(cls, cells: list[ReferenceCell]) -> list[ReferenceCell]:
        ends: dict[str, list[tuple[int, int]]] = {}
        for cell in cells:
            for leaf in cell.leaf_regions():
                ends.setdefault(leaf, []).append((cell.age_from, OLDEST_AGE if cell.age_to is None else cell.age_to))
        for spans in ends.values():
            spans.sort()
            if any(end >= start for (_, end), (start, _) in pairwise(spans)):
                raise ValueError("two cells overlap: let each region and age be in one of them")
        return cells

    def first_odd_cell(self, bands: list[int]) -> int | None:
        """The number (from 0) of the first cell whose ages do not begin and end where bands do; None: all do."""
        for number, cell in enumerate(self.cell):
            ends_well = cell.age_to is None or (cell.age_to + 1 in bands and cell.age_to >= cell.age_from)
            if cell.age_from not in bands or not ends_well:
                return number
        return None


def leaves_below(code: str) -> tuple[str, ...]:
    """The leaf regions below a region of the table; a leaf is its own only one."""
    return _leaves_of().get(code, (code,))


@cache
def _leaves_of() -> dict[str, tuple[str, ...]]:
    """Of every region that has others below it."""
    parents = {region.parent for region in regions().values()}
    found: dict[str, list[str]] = {}
    for leaf in regions():
        above = regions()[leaf].parent if leaf not in parents else None
        while above is not None:
            found.setdefault(above, []).append(leaf)
            above = regions()[above].parent
    return {code: tuple(leaves) for code, leaves in found.items()}
