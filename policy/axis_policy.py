"""Along which stretches side marts tell a week: bands of whole numbers, or words."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, RootModel, model_validator

from catalogue.catalogue import SIDES

_Word = Annotated[str, Field(pattern=r"^[a-z][a-z0-9 _-]{0,31}$")]


class AxisPolicy(BaseModel):
    """One axis: `bounds` (where each band begins, the last is open), or `words` in the order in which they are merged.

    `earlier`: bounds or words that are told no more, and that frozen weeks have.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    bounds: tuple[Annotated[int, Field(ge=0)], ...] = Field(default=(), strict=False)
    words: tuple[_Word, ...] = Field(default=(), strict=False)
    earlier: tuple[int | _Word, ...] = Field(default=(), strict=False)

    @model_validator(mode="after")
    def _is_one_list_in_order(self) -> "AxisPolicy":
        if bool(self.bounds) == bool(self.words):
            raise ValueError("must have bounds or words, and not both")
        if list(self.bounds) != sorted(set(self.bounds)) or len(set(self.words)) != len(self.words):
            raise ValueError("bounds must ascend, and no bound or word may stand twice")
        if self.words and not {"other", "unknown"} <= set(self.words):
            raise ValueError("words must have other, for what is not listed, and unknown, for what was not delivered")
        if len(self.bounds or self.words) > MOST_POSITIONS:
            raise ValueError(f"at most {MOST_POSITIONS} stretches: the audit keeps a bit of each")
        return self

    @property
    def positions(self) -> int:
        """How many stretches there are."""
        return len(self.bounds or self.words)

    def band(self, first: int, last: int) -> tuple[int, int | None]:
        """The first and last whole number of positions first … last; None: open."""
        return self.bounds[first], self.bounds[last + 1] - 1 if last + 1 < len(self.bounds) else None

    @property
    def begins(self) -> list[int]:
        """Where a band of today's, or of a week that is frozen, begins."""
        return sorted({*self.bounds, *(bound for bound in self.earlier if isinstance(bound, int))})

    @property
    def ends(self) -> list[int]:
        """The last whole number of each band that is not open."""
        return [bound - 1 for bound in self.begins[1:]]

    def word(self, first: int, last: int) -> str:
        """The words of positions first … last, joined; `all` where these are all there are."""
        return "all" if last - first + 1 == len(self.words) else " + ".join(self.words[first : last + 1])


#: Stretches of one axis: a bit each in the audit.
MOST_POSITIONS = 62


class AxesPolicy(RootModel[dict[str, AxisPolicy]]):
    """By the name of the axis; `hour` has none, since hours are hours."""

    model_config = ConfigDict(frozen=True)

    @model_validator(mode="after")
    def _are_those_of_the_catalogue(self) -> "AxesPolicy":
        known = {mart.axis.name: mart.axis for mart in SIDES if mart.axis and mart.axis.kind != "hours"}
        if self.root.keys() != known.keys():
            raise ValueError(f"must say of each of {', '.join(known)}, and of nothing else")
        for name, stretches in self.root.items():
            axis = known[name]
            if axis.kind == "bands" and stretches.bounds[:1] != (axis.begins,):
                raise ValueError(f"{name} must have bounds, of which the first is {axis.begins}")
            if axis.kind == "words" and not stretches.words:
                raise ValueError(f"{name} must have words")
        return self

    def __getitem__(self, name: str) -> AxisPolicy:
        """One axis.

        Raises:
            KeyError: there is none of that name.
        """
        return self.root[name]
