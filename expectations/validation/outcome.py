"""What became of a suite: counts, and nothing else."""

from dataclasses import dataclass

from expectations.rules.rule import Rule, Suite


@dataclass(frozen=True, slots=True)
class RuleOutcome:
    """How many rows offended against a rule; null: the rule could not be evaluated, which is a failure too."""

    rule: Rule
    offenders: int | None

    @property
    def is_kept(self) -> bool:
        """Whether the expectation holds."""
        return self.offenders == 0


@dataclass(frozen=True, slots=True)
class SuiteOutcome:
    """All of one suite's outcomes, and how many rows were judged (null: the table could not be read)."""

    suite: Suite
    rows: int | None
    rules: tuple[RuleOutcome, ...]

    @property
    def failures(self) -> list[RuleOutcome]:
        """What is broken, that which has a count first: a missing column leaves other rules without an answer."""
        broken = [outcome for outcome in self.rules if not outcome.is_kept]
        return sorted(broken, key=lambda outcome: outcome.offenders is None)


def describe_failures(outcomes: list[SuiteOutcome], most: int = 4) -> str:
    """The failed expectations with their counts, on one line: the first few by name, the rest by number."""
    lines = []
    for outcome in outcomes:
        counted = [failure for failure in outcome.failures if failure.offenders is not None]
        for failure in counted or outcome.failures:
            count = "could not be evaluated" if failure.offenders is None else f"{failure.offenders} of {outcome.rows}"
            lines.append(f"{outcome.suite.table}.{failure.rule.title} ({count})")
    rest = f" and {len(lines) - most} more" if len(lines) > most else ""
    return ", ".join(lines[:most]) + rest
