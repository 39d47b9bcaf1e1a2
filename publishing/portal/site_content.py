"""Everything that the site tells, collected once for both languages: from the marts file and the releases alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from home.duck import open_duckdb
from home.layout import Home
from home.weeks import settled_weeks
from policy.errors import UsageError
from policy.policy import Policy
from publishing.cells import SOURCES
from publishing.portal.dataset_figures import figures_of
from publishing.portal.dataset_status import DatasetStatus, status_of
from publishing.portal.dictionary import TableEntry, tables_of
from publishing.portal.figure import Figure
from publishing.portal.mart_rows import weeks_of
from publishing.portal.week_quality import coverage_figure, quality_figure
from publishing.release_files.catalogue import CATALOGUE
from publishing.releases.key_ring import read_public_keys
from publishing.releases.ledger import LEDGER, Head
from publishing.releases.listing import read_ledger
from publishing.releases.published import PublishedRelease
from publishing.releases.signing import PUBLIC_KEY


@dataclass(frozen=True)
class SiteContent:
    """What there is to tell.

    `k`, `dominance_p`: the weakest that any frozen week was made under. `built_at`: in the policy's time zone.
    `figures`: by dataset. `keys`: fingerprints of the public keys, the one in use first. `shared_files`: which of the
    files beside the releases are there.
    """

    policy: Policy
    k: int
    dominance_p: int
    built_at: datetime
    datasets: tuple[DatasetStatus, ...]
    figures: dict[str, tuple[Figure, ...]]
    quality: tuple[Figure, ...]
    tables: tuple[TableEntry, ...]
    keys: tuple[str, ...]
    head: Head | None
    shared_files: tuple[str, ...]


def gather(home: Home, policy: Policy, as_of: datetime, releases: Sequence[PublishedRelease]) -> SiteContent:
    """Reads the marts and what lies beside the releases.

    Raises:
        UsageError: there are no marts yet.
        VerificationFailed: the ledger or the public key is not what was signed.
    """
    if not home.marts.exists():
        raise UsageError(f"portal: {home.marts} does not exist: `cmn run` makes it")
    zone = ZoneInfo(policy.consent.timezone)
    k, dominance_p = _weakest_rules(home, policy)
    with open_duckdb(home, home.marts, read_only=True) as con:
        datasets = tuple(
            status_of(dataset, weeks_of(con, dataset.mart), releases, policy) for dataset in policy.releases.dataset
        )
        figures = {status.declared.name: tuple(figures_of(con, status.declared.mart, zone)) for status in datasets}
        quality = tuple(figure for figure in (coverage_figure(con, k), quality_figure(con)) if figure)
        tables = tuple(tables_of(con))
    has_key = (home.releases / PUBLIC_KEY).exists()
    return SiteContent(
        policy=policy,
        k=k,
        dominance_p=dominance_p,
        built_at=as_of.astimezone(zone),
        datasets=datasets,
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
    for source in SOURCES:
        rules += [(c.k, c.dominance_p) for c in settled_weeks(home, source).values() if c.state == "frozen"]
    return min(k for k, _ in rules), min(p for _, p in rules)
