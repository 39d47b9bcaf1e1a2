"""Weeks that froze under an older edition of the rules, in a line: `cmn status`, `cmn doctor`, `cmn weeks list`."""

from collections.abc import Sequence

from home.layout import Home
from home.weeks.week_states import RULES_EDITION, WeekCommit, settled_weeks


def weeks_of_older_rules(home: Home, source: str) -> list[WeekCommit]:
    """The frozen weeks of a source that froze under an older edition of the rules than today's, in order."""
    return [commit for commit in settled_weeks(home, source).values() if commit.is_of_older_rules]


def told_in_words(commit: WeekCommit) -> str:
    """By which rules one of them is told."""
    froze = f"froze under edition {commit.rules_edition} of the rules"
    if commit.told_edition < RULES_EDITION:
        return f"{froze}, not yet told by today's ({RULES_EDITION}): `cmn run` brings it over"
    if not commit.told_files:
        return f"{froze}, and cannot be told by today's ({RULES_EDITION}): {commit.told_why}"
    return f"{froze}, told by today's ({RULES_EDITION})"


def counted_in_words(weeks: Sequence[WeekCommit]) -> str:
    """How many they are, of which editions, and how many of them are told by today's rules; one at least."""
    editions = ", ".join(str(edition) for edition in sorted({week.rules_edition for week in weeks}))
    told = sum(week.told_edition == RULES_EDITION and bool(week.told_files) for week in weeks)
    froze = f"{len(weeks)} froze under older rules (edition {editions})"
    if told == len(weeks):
        return f"{froze}, told by today's (edition {RULES_EDITION}) from their frozen cells"
    waiting = sum(week.told_edition < RULES_EDITION for week in weeks)
    untold = len(weeks) - told - waiting
    parts = [f"{told} told by today's (edition {RULES_EDITION})"] if told else []
    parts += [f"{waiting} not yet brought over: `cmn run` does it"] if waiting else []
    parts += [f"{untold} that cannot be told by them, so not told any more"] if untold else []
    return f"{froze}: {'; '.join(parts)}"
