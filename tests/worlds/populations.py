"""Made-up weeks to attack: persons with a place, an age band, sessions and minutes, in plain Python. Repeatable."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from anonymisation.hierarchies.hierarchy import ordered_bands, region_hierarchy
from tests.worlds.person_weeks import AGE_LABELS, FIRST_YEARS, PersonWeek

HIERARCHIES = (region_hierarchy(), ordered_bands(AGE_LABELS, FIRST_YEARS))

_PROVINCES = {"ZH": 21, "NH": 16, "NB": 15, "GE": 12, "UT": 8, "OV": 7, "LI": 6, "FR": 4, "GR": 3, "DR": 3, "FL": 3,
              "ZE": 2}  # fmt: skip
_ABROAD = {"BE-VLG": 30, "BE-BRU": 8, "DE-NW": 20, "DE-BY": 8, "FR-IDF": 15, "GB-ENG": 28, "TR-34": 20, "SR-PM": 16,
           "US-NY": 3, "ES-MD": 5, "MA-?": 5, "PL-14": 5, "??": 8, "CW-?": 4, "GH-?": 1, "SO-?": 1}  # fmt: skip
_AGES = (1.2, 1.5, 14, 24, 21, 17, 13, 8.3)
_FEW_AT_THE_ENDS = (0.1, 0.1, 14, 24, 21, 17, 13, 0.1)


@dataclass(frozen=True)
class Population:
    """`abroad`: so many foreign regions, drawn at random (0: a list of likely ones); `foreign`: the share abroad.

    `ages`: weights of the bands. `heavy`: the share of persons who open the app two hundred times as often.
    """

    persons: int
    foreign: float = 0.25
    abroad: int = 0
    ages: Sequence[float] = _AGES
    heavy: float = 0.0

    def week(self, seed: int = 1) -> list[PersonWeek]:
        """The person-weeks of one week; the same for the same seed."""
        chance = random.Random(seed)  # noqa: S311
        regions, weights = self._regions(chance)
        where = chance.choices(regions, weights, k=self.persons)
        ages = chance.choices(AGE_LABELS, self.ages, k=self.persons)
        return [
            PersonWeek(codes, int(chance.lognormvariate(7.5, 1.2) * 1e6), self._sessions(chance))
            for codes in zip(where, ages, strict=True)
        ]

    def _regions(self, chance: random.Random) -> tuple[list[str], list[float]]:
        far: Mapping[str, float] = _ABROAD
        if self.abroad:
            foreign = [leaf for leaf in HIERARCHIES[0].leaves if not leaf.startswith("NL-")]
            far = {leaf: 1 / (rank + 3) for rank, leaf in enumerate(chance.sample(foreign, self.abroad))}
        near = {f"NL-{code}": (1 - self.foreign) * weight / 100 for code, weight in _PROVINCES.items()}
        total = sum(far.values())
        everywhere = near | {code: self.foreign * weight / total for code, weight in far.items()}
        return list(everywhere), list(everywhere.values())

    def _sessions(self, chance: random.Random) -> int:
        few = chance.choice((1, 1, 1, 2, 2, 3, 4, 6, 9))
        return 200 * few if self.heavy and chance.random() < self.heavy else few


POPULATIONS = {
    "thin, 700 people": Population(700),
    "120 people": Population(120, ages=_FEW_AT_THE_ENDS),
    "1,500 people, next to nobody young or old": Population(1_500, ages=_FEW_AT_THE_ENDS),
    "600 foreign regions": Population(5_000, foreign=0.5, abroad=600),
    "10,000 people": Population(10_000),
    "50,000 people": Population(50_000, abroad=150),
}
