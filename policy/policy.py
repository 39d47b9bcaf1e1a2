"""The numbers and lists that people decide, typed and frozen.

The shipped TOML files beside this module hold every default, each with its unit, reason and source.
A policy directory may hold only what it changes: a file of the same name, with the keys that differ.
"""

import tomllib
from datetime import date
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from policy.axis_policy import AxesPolicy
from policy.limits_policy import LimitsPolicy
from policy.oldest_age import OLDEST_AGE
from policy.reference_policy import ReferencePartitionPolicy
from policy.release_policy import ReleasePolicy
from policy.reports_policy import ReportsPolicy
from policy.rights_policy import RightsPolicy
from refusals.errors import UsageError
from refusals.mistakes import first_mistake

SHIPPED = Path(__file__).parent


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class ConsentPolicy(_Frozen):
    """When a grant counts, and whose calendar is meant."""

    timezone: str
    max_age_days: Annotated[int, Field(gt=0)]
    minimum_age: Annotated[int, Field(ge=0, le=OLDEST_AGE)]

    @field_validator("timezone")
    @classmethod
    def _is_a_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError) as error:
            raise ValueError("is no IANA time zone") from error
        return name


class StatementVersion(_Frozen):
    """One edition of the privacy statement, and the editions whose consent it still accepts."""

    id: str
    valid_from: date
    accepts: list[str]


class VersionsPolicy(_Frozen):
    """The editions of the privacy statement, oldest first."""

    version: Annotated[list[StatementVersion], Field(min_length=1)]

    @model_validator(mode="after")
    def _are_in_order(self) -> "VersionsPolicy":
        days = [version.valid_from for version in self.version]
        if days != sorted(set(days)):
            raise ValueError("versions must be in order of valid_from, each on a day of its own")
        return self


class AnonymityPolicy(_Frozen):
    """What a cell must fulfil before anyone sees it."""

    k: Annotated[int, Field(ge=2)]
    dominance_p: Annotated[int, Field(ge=0, le=100)]
    count_step: Annotated[int, Field(ge=2)]
    freeze_after_days: Annotated[int, Field(ge=0)]
    overdue_after_days: Annotated[int, Field(ge=0)]

    @model_validator(mode="after")
    def _steps_hide_fewer_than_k(self) -> "AnonymityPolicy":
        if self.count_step < self.k:
            raise ValueError(
                f"count_step ({self.count_step}) must be at least k ({self.k}): a smaller step tells of fewer than k"
            )
        return self


class AgesPolicy(_Frozen):
    """The leaf age bands."""

    bands: Annotated[list[int], Field(min_length=1)]

    @field_validator("bands")
    @classmethod
    def _ascend_from_zero(cls, bands: list[int]) -> list[int]:
        if bands[0] != 0 or bands != sorted(set(bands)) or bands[-1] > OLDEST_AGE:
            raise ValueError(f"must ascend from 0, each year once, none over {OLDEST_AGE}")
        return bands

    def labels(self) -> list[str]:
        """The bands' names, youngest first: `0-15`, …, `65+`."""
        closed = [f"{first}-{following - 1}" for first, following in zip(self.bands, self.bands[1:], strict=False)]
        return [*closed, f"{self.bands[-1]}+"]


class RetentionPolicy(_Frozen):
    """How long what is not anonymous is kept."""

    quarantine_days: Annotated[int, Field(ge=0)]
    record_weeks: Annotated[int, Field(ge=1)]
    snapshot_shrink_percent: Annotated[int, Field(ge=0, le=100)]


class DeliveriesPolicy(_Frozen):
    """From when on a delivery is refused as a whole, or taken for one that did not come."""

    bad_records_percent: Annotated[int, Field(ge=0, le=100)]
    least_records: Annotated[int, Field(ge=1)]
    unknown_users_percent: Annotated[int, Field(ge=0, le=100)]
    ga4_shrink_percent: Annotated[int, Field(ge=0, le=100)]
    busy_day_records: Annotated[int, Field(ge=1)]
    busy_days: Annotated[int, Field(ge=0)]
    busy_within_days: Annotated[int, Field(ge=1, le=90)]


class Policy(_Frozen):
    """All that people decided, one attribute a file."""

    consent: ConsentPolicy
    versions: VersionsPolicy
    anonymity: AnonymityPolicy
    ages: AgesPolicy
    axes: AxesPolicy
    retention: RetentionPolicy
    limits: LimitsPolicy
    deliveries: DeliveriesPolicy
    reports: ReportsPolicy
    reference_partition: ReferencePartitionPolicy
    releases: ReleasePolicy
    rights: RightsPolicy


def load_policy(directory: Path | None = None) -> Policy:
    """The shipped policy, with what `directory` changes.

    Raises:
        UsageError: the directory or a file of it is missing, unreadable, or says something the policy does not know.
    """
    names = list(Policy.model_fields)
    if directory is not None:
        _check_directory(directory, names)
    values: dict[str, Any] = {}
    for name in names:
        values[name] = _read(SHIPPED / f"{name}.toml")
        changed = directory / f"{name}.toml" if directory else None
        if changed is not None and changed.exists():
            values[name] |= _read(changed)
    try:
        policy = Policy.model_validate(values)
    except ValidationError as error:
        file = error.errors()[0]["loc"][0]
        raise UsageError(f"policy {directory or SHIPPED}/{file}.toml: {first_mistake(error, below=1)}") from error
    odd = policy.reference_partition.first_odd_cell(policy.ages.bands)
    if odd is not None:
        raise UsageError(
            f"policy {directory or SHIPPED}/reference_partition.toml: setting 'cell.{odd}': its ages must begin and end"
            " where the bands of ages.toml do"
        )
    return policy


def _check_directory(directory: Path, names: list[str]) -> None:
    if not directory.is_dir():
        raise UsageError(f"policy directory {directory} does not exist: make it, or leave [policy] out")
    for file in sorted(directory.glob("*.toml")):
        if file.stem not in names:
            raise UsageError(f"policy {file}: unknown file; the policy's files are {', '.join(names)}.toml")


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise UsageError(f"policy {file}: {error}") from error
