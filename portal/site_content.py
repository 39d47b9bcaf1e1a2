"""Everything that the site tells, collected once for both languages: from the marts file and the releases alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from anonymisation.audit.count_step import CountStep
from catalogue.catalogue import FROZEN_SOURCES, RELEASABLE
from home.layout import Home
from home.state import check_file
from home.weeks.week_states import settled_weeks
from marts.marts import are_marts_behind
from policy.policy import Policy
from portal.dataset_status import DatasetStatus, status_of
from portal.figures.dataset_figures import figures_of
from portal.figures.dictionary import TableEntry, tables_of
from portal.figures.figure import Figure
from portal.figures.mart_rows import weeks_of
from portal.figures.told_steps import ToldSteps
from portal.figures.week_quality import coverage_figure, quality_figure
from portal.shown_marts import open_shown_marts, told_tables
from portal.shown_weeks import shown_weeks
from portal.unapproved import UnapprovedDataset, unapproved
from refusals.errors import MartsRefused, UsageError
from releases.files.release_catalogue import CATALOGUE
from releases.keys.key_ring import read_public_keys
from releases.ledger.ledger import LEDGER, Head
from releases.ledger.listed_release import ListedRelease
from releases.ledger.signing import PUBLIC_KEY
from releases.publishing.approval import approved_datasets
from releases.publishing.listing import read_ledger


@dataclass(frozen=True)
class SiteContent:
    """What there is to tell.

    `k`, `dominance_p`: the weakest that any frozen week was made under; `count_step`: the widest. `built_at`: in the
    policy's time zone. `datasets`: the approved ones. `figures`: by dataset, of the weeks that have a release in force.
    `keys`: fingerprints of the public keys, the one in use first. `shared_files`: which of the files beside the
    releases are there.
    """

    policy: Policy
    k: int
    dominance_p: int
    count_step: CountStep
    built_at: datetime
    datasets: tuple[DatasetStatus, ...]
    unapproved: tuple[UnapprovedDataset, ...]
    figures: dict[str, tuple[Figure, ...]]
    quality: tuple[Figure, ...]
    tables: tuple[TableEntry, ...]
    keys: tuple[str, ...]
    head: Head | None
    shared_files: tuple[str, ...]


def gather(home: Home, policy: Policy, as_of: datetime, releases: Sequence[ListedRelease]) -> SiteContent:
    """Reads the marts and what lies beside the releases.

    Raises:
        UsageError: there are no marts yet.
        MartsRefused: a table of today is missing, or weeks are told by older rules.
        StateDamaged: they are not what was published.
        VerificationFailed: the ledger or the public key is not what was signed.
    """
    check_file(home, home.marts)
    if not home.marts.exists():
        raise UsageError(f"portal: {home.marts} does not exist: `cmn run` makes it")
    if are_marts_behind(home):
        raise MartsRefused(f"portal: {home.marts} was built by an older version: `cmn run` builds it anew")
    zone = ZoneInfo(policy.consent.timezone)
    k, dominance_p = _weakest_rules(home, policy)
    steps = {source: _steps(home, source, k) for source in FROZEN_SOURCES}
    today = ToldSteps(CountStep(policy.anonymity.count_step), k)
    approved = approved_datasets(policy.releases, as_of)
    shown = shown_weeks(approved, releases)
    with open_shown_marts(home, shown) as con:
        datasets = tuple(status_of(dataset, weeks_of(con, dataset.mart), releases, policy) for dataset in approved)
        figures = {
            status.declared.name: tuple(
                figures_of(con, status.declared.mart, zone, steps[RELEASABLE[status.declared.mart].source], today)
            )
            for status in datasets
        }
        quality = tuple(figure for figure in (coverage_figure(con, k), quality_figure(con)) if figure)
        tables = tuple(tables_of(con, told_tables(shown)))
    has_key = (home.releases / PUBLIC_KEY).exists()
    return SiteContent(
        policy=policy,
        k=k,
        dominance_p=dominance_p,
        count_step=max([today, *(one for weeks in steps.values() for one in weeks.values())], key=_width).step,
        built_at=as_of.astimezone(zone),
        datasets=datasets,
        unapproved=unapproved(policy.releases, approved, releases),
        figures=figures,
        quality=quality,
        tables=tables,
        keys=tuple(key.fingerprint for key in read_public_keys(home)) if has_key else (),
        head=read_ledger(home).head if has_key else None,
        shared_files=tuple(name for name in (PUBLIC_KEY, LEDGER, CATALOGUE) if (home.releases / name).exists()),
    )


def _weakest_rules(home: Home, policy: Policy) -> tuple[int, int]:
    """A policy that was made stricter does not change weeks that are frozen: the promise is that of the weakest."""
    rules = [(policy.anonymity.k, policy.anonymity.dominance_p)]
    for source in FROZEN_SOURCES:
        rules += [(c.k, c.dominance_p) for c in settled_weeks(home, source).values() if c.state == "frozen"]
    return min(k for k, _ in rules), min(p for _, p in rules)


def _steps(home: Home, source: str, k: int) -> dict[date, ToldSteps]:
    """Each frozen week's own: a week keeps the step that it is told in."""
    weeks = settled_weeks(home, source)
    return {week: ToldSteps(CountStep(c.told_step), k) for week, c in weeks.items() if c.state == "frozen"}


def _width(steps: ToldSteps) -> int:
    return steps.step.width
