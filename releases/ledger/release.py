"""A release as it is written down: its tables, what they mean, and why they may leave. Published facts alone."""

from dataclasses import dataclass
from datetime import date, datetime

import pyarrow as pa

from policy.axis_policy import AxesPolicy
from policy.release_policy import Approval, DatasetPolicy, ReleasePolicy
from releases.ledger.release_id import ReleaseId


@dataclass(frozen=True, slots=True)
class ReleasedColumn:
    """One column: `description` ends in its unit, as the marts' comments do; `unit` is that unit alone."""

    name: str
    type: pa.DataType
    description: str
    unit: str


@dataclass(frozen=True)
class Resource:
    """One table of a release, written as `<name>.parquet` and `<name>.csv`. `key`: the columns that name a row.

    `description` says what a row is, with its unit, as the mart's own comment does.
    """

    name: str
    title: str
    table: pa.Table
    columns: tuple[ReleasedColumn, ...]
    key: tuple[str, ...]
    description: str = ""


@dataclass(frozen=True, slots=True)
class Gap:
    """A week of the period that the release does not hold, and why (withheld, retracted, not collected)."""

    week: date
    why: str


@dataclass(frozen=True)
class Evidence:
    """What the checks before publication found: counts and names, nothing that a reader could not work out.

    `k_reached`: the smallest number of persons (person-weeks) in a row. `gcp`: Global Certainty Penalty of the
    published cells, 0 = nothing lost, 1 = all; None where the dataset's rows are no partition. `audited_figures`
    with `earlier_figures`: what the audit looked at together. `unproven`: what it could neither show nor exclude.
    `count_step`: the widest step in which a week of it tells its counts; 1: all are exact. `rules_edition`: of the
    rules by which they are told. `older_weeks`: those whose cells were chosen by an older edition, with that edition;
    `not_judged_anew`: what today's rules ask that those cells cannot answer.
    `expectations`: how many rules of the door out held. `coverage_percent`: per week, the share of sessions that
    passed the consent gate; None where it is not told.
    """

    k: int
    dominance_p: int
    count_step: int
    rules_edition: int
    older_weeks: dict[date, int]
    not_judged_anew: tuple[str, ...]
    k_reached: int
    gcp: float | None
    audited_figures: int
    earlier_figures: int
    checked: dict[str, int]
    unproven: tuple[str, ...]
    expectations: int
    coverage_percent: dict[date, int | None]


@dataclass(frozen=True)
class Release:
    """Everything that the files of a release are made of; the same release always gives the same bytes.

    `issued`: the run's `as_of`. `weeks`: the Mondays that it holds. `changes`: what changed since the version that it
    `replaces`; empty for a first version. `resources[0]` is named `data`. `axes`: where bands begin and end.
    """

    id: ReleaseId
    dataset: DatasetPolicy
    policy: ReleasePolicy
    approval: Approval
    issued: datetime
    weeks: tuple[date, ...]
    gaps: tuple[Gap, ...]
    resources: tuple[Resource, ...]
    evidence: Evidence
    changes: str
    replaces: ReleaseId | None
    timezone: str
    axes: AxesPolicy
    software_version: str

    @property
    def title(self) -> str:
        """The dataset's title and the period."""
        return f"{self.dataset.title}, {self.id.period.label}"

    @property
    def unit_of_protection(self) -> str:
        """Whose anonymity the cells keep: persons of a week, or browsers and devices for GA4."""
        return "browser or device in a week" if self.dataset.is_of_ga4 else "person in a week"
