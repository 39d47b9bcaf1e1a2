"""The way of a week from the edition of the rules that it is told by to today's: a step an edition, each by itself."""

from collections.abc import Callable, Mapping
from datetime import date
from types import MappingProxyType

import pyarrow as pa

from anonymisation.audit.count_step import CountStep
from anonymisation.cells.disclosure import Rules
from freezing.editions.column_fates import NOT_JUDGED_ANEW, WHY
from freezing.editions.to_edition_2 import to_edition_2
from home.weeks.week_states import RULES_EDITION

Cubes = Mapping[str, pa.Table]
Step = Callable[[date, Cubes, Rules, CountStep], Mapping[str, pa.Table]]

#: By the edition that it leads to.
STEPS: Mapping[int, Step] = MappingProxyType({2: to_edition_2})


def brought_to_today(edition: int, week: date, cubes: Cubes, rules: Rules, step: CountStep) -> Cubes:
    """The cubes of one source's week, told by an edition, as today's tells them: a function of what is given, alone.

    Raises:
        Refusal: they cannot be told by today's rules.
    """
    for following in _editions_after(edition):
        cubes = STEPS[following](week, cubes, rules, step)
    return cubes


def not_judged_anew(edition: int) -> tuple[str, ...]:
    """What today's rules ask of cells that those frozen under an edition cannot answer."""
    return tuple(words for following in _editions_after(edition) for words in NOT_JUDGED_ANEW[following])


def why_told_anew(edition: int) -> str:
    """Why a release that was made under an edition is withdrawn, in one line."""
    return "; ".join(WHY[following] for following in _editions_after(edition))


def _editions_after(edition: int) -> range:
    return range(edition + 1, RULES_EDITION + 1)
