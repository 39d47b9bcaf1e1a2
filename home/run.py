"""One run: an interval of days, the moment that stands for now, and the settings it goes by."""

import secrets
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from home.layout import Home
from home.register.register import Register
from home.settings.settings import Settings, load_settings
from home.weeks.week_states import WEEK, may_settle_at, monday_of, records_end_at, settled_weeks
from policy.policy import Policy
from refusals.errors import UsageError

CONF_KEYS = ("config", "run_id", "from", "to", "as_of")


@dataclass(frozen=True, slots=True)
class Run:
    """What every step is given. `first_day` and `last_day` are local days, both included; `as_of` stands in for now."""

    run_id: str
    settings: Settings
    first_day: date
    last_day: date
    as_of: datetime

    @property
    def home(self) -> Home:
        """The home that this run writes to."""
        return self.settings.home

    @property
    def policy(self) -> Policy:
        """The policy in force for this run."""
        return self.settings.policy

    def settles(self, day: date) -> bool:
        """Whether this run, having read a source, settles the day: its week is over, and late records are in."""
        freeze_after_days, timezone = self.policy.anonymity.freeze_after_days, self.policy.consent.timezone
        return self.as_of >= may_settle_at(monday_of(day), freeze_after_days, timezone)

    @classmethod
    def from_conf(cls, conf: dict[str, str]) -> "Run":
        """The run that a DAG run's conf describes.

        Raises:
            UsageError: a key is missing, unknown, or no date or timestamp; it is named.
        """
        unknown = sorted(set(conf) - set(CONF_KEYS))
        if unknown:
            raise UsageError(f"conf: key '{unknown[0]}' is unknown; the keys are {', '.join(CONF_KEYS)}")
        for key in ("config", "from", "to"):
            if not conf.get(key):
                raise UsageError(f"conf: key '{key}' is missing")
        as_of = parse_instant(conf["as_of"], "as_of") if conf.get("as_of") else datetime.now(UTC)
        first_day, last_day = parse_day(conf["from"], "from"), parse_day(conf["to"], "to")
        if first_day > last_day:
            raise UsageError("the first day is after the last: swap 'from' and 'to'")
        settings = load_settings(Path(conf["config"]))
        return cls(conf.get("run_id") or new_run_id(as_of), settings, first_day, last_day, as_of)

    def conf(self) -> dict[str, str]:
        """The same run as a DAG run's conf: paths, dates and an id; nothing of anyone."""
        return {
            "config": str(self.settings.file),
            "run_id": self.run_id,
            "from": self.first_day.isoformat(),
            "to": self.last_day.isoformat(),
            "as_of": self.as_of.astimezone(UTC).isoformat(),
        }


def new_run_id(as_of: datetime) -> str:
    """An id that sorts by `as_of` and never repeats."""
    return f"{as_of.astimezone(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}"


def plan_scheduled_run(config: Path, as_of: datetime | None = None, last_day: date | None = None) -> Run:
    """The daily run: from the first open week's Monday to yesterday, so that late records enter.

    A home that has ingested nothing yet begins with last week. `last_day` stands in for yesterday.

    Raises:
        UsageError: the config cannot be used.
    """
    settings = load_settings(config)
    now = as_of or datetime.now(UTC)
    yesterday = last_day or now.astimezone(ZoneInfo(settings.policy.consent.timezone)).date() - timedelta(days=1)
    settings.home.make()
    first_days = []
    record_weeks = settings.policy.retention.record_weeks
    with Register(settings.home) as register:
        for source in settings.sources:
            settled = settled_weeks(settings.home, source)
            known = sorted(set(settled) | {monday_of(day) for day in register.covered_days(source)})
            first = known[0] if known else monday_of(yesterday) - WEEK
            # A week past the time of its records stays open where nothing of it was ever delivered: it is read no more.
            while first in settled or now >= records_end_at(first, record_weeks, settings.policy.consent.timezone):
                first += WEEK
            first_days.append(first)
    first_day = min([*first_days, yesterday])
    return Run(new_run_id(now), settings, first_day, yesterday, now)


def parse_day(text: str, name: str) -> date:
    """A day as YYYY-MM-DD; UsageError names `name`."""
    try:
        return datetime.strptime(text, "%Y-%m-%d").date()
    except ValueError as error:
        raise UsageError(f"'{name}' must be a day as YYYY-MM-DD") from error


def parse_instant(text: str, name: str) -> datetime:
    """An ISO 8601 timestamp with an offset, as UTC; UsageError names `name`."""
    try:
        instant = datetime.fromisoformat(text)
        if instant.tzinfo is None:
            raise UsageError(f"'{name}' needs an offset, such as 2026-11-19T06:00:00Z or …+01:00")
        return instant.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise UsageError(f"'{name}' must be a timestamp such as 2026-11-19T06:00:00Z") from error
