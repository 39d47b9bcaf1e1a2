"""Which figures of the marts the portal may show: the week of an approved dataset that has a release in force.

A week that was frozen has passed nobody's decision yet. That it may leave is what an approval and a release say: the
audit of the release, the reviewer's name in it, and no withdrawal since.
"""

from collections.abc import Mapping, Sequence
from datetime import date

from catalogue.catalogue import RELEASABLE
from policy.release_policy import DatasetPolicy
from releases.ledger.listed_release import ListedRelease
from releases.ledger.states import State

Weeks = Mapping[str, frozenset[date]]


def shown_weeks(approved: Sequence[DatasetPolicy], releases: Sequence[ListedRelease]) -> Weeks:
    """By mart, the Mondays whose rows leave; no mart that is not named leaves at all."""
    mart_of = {dataset.name: dataset.mart for dataset in approved}
    found: dict[str, set[date]] = {mart: set() for mart in mart_of.values()}
    for release in releases:
        if release.state == State.PUBLISHED and release.id.period.kind == "week" and release.id.dataset in mart_of:
            found[mart_of[release.id.dataset]] |= set(release.id.period.mondays)
    return {mart: frozenset(weeks) for mart, weeks in found.items()}


def coverage_weeks(shown: Weeks) -> Weeks:
    """By source, the weeks whose share of consent leaves: each release of a source tells it of its own week."""
    return _by_source(shown, shown)


def quality_weeks(shown: Weeks) -> Weeks:
    """By source, the weeks whose quality leaves: it is a function of the core cells, so it goes with them alone."""
    return _by_source(shown, [mart for mart in shown if RELEASABLE[mart].kind == "core"])


def _by_source(shown: Weeks, marts: Sequence[str] | Weeks) -> Weeks:
    found: dict[str, frozenset[date]] = {}
    for mart in marts:
        source = RELEASABLE[mart].source
        found[source] = found.get(source, frozenset()) | shown[mart]
    return found
