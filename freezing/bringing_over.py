"""Bringing over: weeks that froze under an older edition of the rules are told by today's, from frozen cells alone.

Frozen files stay as they are, byte for byte, for their owner alone. Beside them lie the cells that are told since, and
the week's commit names both: so what is told of a week is settled once, as at the freeze, and a later change of a
setting changes none of it.
"""

from dataclasses import replace

from anonymisation.audit.count_step import CountStep
from anonymisation.cells.disclosure import Rules
from catalogue.catalogue import FROZEN_SOURCES
from freezing.cell_files import (
    are_brought_over_files_whole,
    bring_over_cells,
    hide_what_is_told_no_more,
    told_cells,
    write_brought_over_again,
)
from freezing.editions.chain import brought_to_today
from home.layout import Home
from home.lock import held
from home.run import Run
from home.weeks.older_rules import weeks_of_older_rules
from home.weeks.week_states import RULES_EDITION, BroughtOver, WeekCommit, settled_weeks
from refusals.errors import Refusal, StateDamaged


def weeks_to_bring_over(home: Home) -> list[WeekCommit]:
    """Frozen weeks that are told by an older edition of the rules than today's, by source, in order."""
    return [
        commit
        for source in FROZEN_SOURCES
        for commit in settled_weeks(home, source).values()
        if commit.state == "frozen" and commit.told_edition < RULES_EDITION
    ]


def bring_over_weeks(run: Run) -> None:
    """Brings every frozen week to today's edition, each in one rename. Safe to repeat, and after a crash at any point.

    A week whose cells cannot be told by today's rules is told no more: its commit says why. A file of a week that was
    brought over before, and that is lost or damaged, is made anew; one that does not come to the same is refused by
    whoever reads it.

    Raises:
        StateDamaged: a committed file is missing or was changed.
        AnotherRunHoldsTheLock: see home.lock.
    """
    with held(run.home):
        for commit in weeks_to_bring_over(run.home):
            _bring_over(run, commit)
        for source in FROZEN_SOURCES:
            for commit in weeks_of_older_rules(run.home, source):
                if not are_brought_over_files_whole(run.home, commit):
                    _write_again(run, commit)
                hide_what_is_told_no_more(run.home, commit)


def _write_again(run: Run, commit: WeekCommit) -> None:
    """A file that is lost or damaged is made anew as it was: from frozen cells, in the step that the commit keeps."""
    frozen = replace(commit, brought_over=None)
    cells, rules = told_cells(run.home, frozen), Rules(commit.k, commit.dominance_p)
    cubes = brought_to_today(commit.rules_edition, commit.week, cells, rules, CountStep(commit.told_step))
    write_brought_over_again(run.home, commit, cubes)


def _bring_over(run: Run, commit: WeekCommit) -> None:
    policy = run.policy.anonymity
    step = CountStep(max(policy.count_step, commit.told_step, commit.k))
    rules = Rules(commit.k, commit.dominance_p)
    cells = told_cells(run.home, commit)
    try:
        cubes, why = brought_to_today(commit.told_edition, commit.week, cells, rules, step), ""
    except StateDamaged:
        raise
    except Refusal as refusal:
        cubes, why = {}, str(refusal)
    bring_over_cells(run.home, commit, BroughtOver(RULES_EDITION, step.width, why=why), cubes)
