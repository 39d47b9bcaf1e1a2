"""A week whose key or records are lost is given up: on purpose, by name, with a reason that stays."""

from datetime import date

from catalogue.catalogue import SOURCES
from home.keys import check_week_keys, destroy_week_key, weeks_with_keys
from home.layout import Home
from home.lock import held
from home.state import settle
from home.weeks.week_states import WeekCommit, commit_week, settled_weeks
from ingestion.store.record_store import remove_week, weeks_to_destroy
from policy.policy import Policy
from refusals.errors import StateDamaged, UsageError

GIVEN_UP = "its records were lost: "


def give_up_week(home: Home, sources: tuple[str, ...], monday: date, why: str, policy: Policy) -> dict[str, str]:
    """Destroys what is stored of a week, and withholds it for good where it has not frozen; what became of it.

    The key goes with the last source's records. Safe to repeat.

    Raises:
        UsageError: nothing is stored of the week, and no key of it is known.
    """
    with held(home):
        settle(home)
        stored = [source for source in sources if monday in weeks_to_destroy(home, source)]
        if not stored and monday not in weeks_with_keys(home):
            raise UsageError(f"nothing is stored of the week of {monday}: `cmn weeks list` shows which weeks there are")
        outcome: dict[str, str] = {}
        for source in stored:
            before = settled_weeks(home, source).get(monday)
            if before is None:
                rules = policy.anonymity
                commit = WeekCommit(monday, source, "withheld", GIVEN_UP + why, rules.k, rules.dominance_p)
                commit_week(home, commit)
            outcome[source] = "withheld" if before is None else before.state
            remove_week(home, source, monday)
        if not any(monday in weeks_to_destroy(home, source) for source in SOURCES):
            destroy_week_key(home, monday)
        return outcome


def is_key_lost(home: Home, monday: date) -> bool:
    """Whether the week's key is what is damaged: then the records of every source are meaningless."""
    try:
        check_week_keys(home, monday)
    except StateDamaged:
        return True
    return False
