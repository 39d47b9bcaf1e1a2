"""Whether a week may be released under the rules of today, by what its commit says of those that it froze under."""

from home.weeks.week_states import WeekCommit
from policy.policy import AnonymityPolicy


def weaker_than_todays(commit: WeekCommit, policy: AnonymityPolicy) -> str | None:
    """What is weaker about the rules of a frozen week than `anonymity.toml` asks for now; None: nothing."""
    if commit.k < policy.k or commit.dominance_p < policy.dominance_p:
        return (
            f"the week of {commit.week} was frozen under k = {commit.k} and dominance_p = {commit.dominance_p},"
            " and anonymity.toml asks for more now: what was not proven then cannot be promised"
        )
    if commit.told_step < policy.count_step:
        return (
            f"the week of {commit.week} was frozen with counts in steps of {commit.told_step}, and anonymity.toml asks"
            f" for steps of {policy.count_step} now: what was told closer cannot be promised"
        )
    return None
