"""A property of one's own, and homes that read its reports: small audiences, written down row by row."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from demonstration.reports_audience import AudienceRow
from demonstration.reports_quota import CountedQuota
from demonstration.reports_service import PROPERTY, Behaviour, ReportsService, serving
from home.register.register import Register
from home.run import Run
from home.weeks.report_weeks import read_report_weeks, report_week_file
from ingestion.ga4_reports.report_batch import ingest_ga4_reports

MONDAY = date(2026, 10, 19)
WEEK = timedelta(days=7)
DIMENSIONS = ("countryId", "region", "userAgeBracket")
#: Country, region and age as Google writes them; users, sessions, engaged sessions, views, seconds.
PEOPLE: Mapping[tuple[str, str, str], tuple[int, int, int, int, int]] = {
    ("NL", "North Holland", "18-24"): (61, 90, 70, 300, 5400),
    ("NL", "North Holland", "unknown"): (40, 44, 20, 99, 1200),
    ("NL", "Utrecht", "25-34"): (17, 20, 11, 60, 700),
    ("NL", "(not set)", "unknown"): (7, 8, 2, 12, 60),
    ("NL", "Randstad", "unknown"): (3, 3, 1, 5, 20),
    ("BE", "Flanders", "65+"): (12, 12, 12, 24, 333),
    ("(not set)", "(not set)", "(other)"): (5, 5, 0, 5, 0),
    ("XK", "(not set)", "35-44"): (2, 2, 2, 2, 2),
}


class WrittenAudience:
    """People by week; weeks that are not named have those of `PEOPLE`."""

    def __init__(self, weeks: Mapping[date, Mapping[tuple[str, str, str], tuple[int, ...]]] | None = None) -> None:
        self.weeks = weeks or {}

    def rows(self, dimensions: Sequence[str], first_day: date, last_day: date) -> list[AudienceRow]:
        assert last_day - first_day == timedelta(days=6)
        which = [DIMENSIONS.index(name) for name in dimensions]
        added: dict[tuple[str, ...], list[int]] = {}
        for told, figures in self.weeks.get(first_day, PEOPLE).items():
            row = added.setdefault(tuple(told[number] for number in which), [0] * 5)
            row[:] = [before + more for before, more in zip(row, figures, strict=True)]
        return [(told, tuple(figures)) for told, figures in added.items()]


@dataclass
class Clock:
    """The service's: it stands still until it is moved."""

    moment: datetime = datetime(2026, 11, 19, 6, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.moment

    def pass_an_hour(self) -> None:
        self.moment += timedelta(hours=1, seconds=1)


@dataclass
class Property:
    """A service that runs, and the homes that ask it."""

    service: ReportsService
    endpoint: str
    folder: Path
    clock: Clock
    policy: str = "first_wait_seconds = 0.0\n"
    homes: list[Path] = field(default_factory=list)

    def home(self, name: str = "home") -> Path:
        """A config for a new home."""
        folder = self.folder / name
        (folder / "policy").mkdir(parents=True)
        (folder / "policy" / "reports.toml").write_text(self.policy)
        (folder / "cmn.toml").write_text(
            f'home = "h"\n[policy]\ndirectory = "policy"\n[ga4.reports]\nproperty = "{PROPERTY}"\n'
            f'consent_basis = "basic"\nendpoint = "{self.endpoint}"\n'
        )
        return folder / "cmn.toml"

    def asked_reports(self) -> list[tuple[tuple[str, ...], str, int]]:
        """Dimensions, first day and offset of each page that was asked for."""
        return [call[1:] for call in self.service.asked if call[0] == "RunReport"]


@contextmanager
def property_of(
    folder: Path,
    audience: WrittenAudience | None = None,
    behaviour: Behaviour | None = None,
    policy: str = "",
    **quota: int,
) -> Iterator[Property]:
    """A property whose service runs while the block does."""
    clock = Clock()
    service = ReportsService(audience or WrittenAudience(), behaviour, CountedQuota(now=clock, **quota))
    with serving(service) as endpoint:
        yield Property(service, endpoint, folder, clock, "first_wait_seconds = 0.0\n" + policy)


def run_over(config: Path, mondays: Iterable[date] = (MONDAY,), as_of: datetime | None = None) -> Run:
    """The run over these weeks, four days after the last has ended."""
    first, last = min(mondays), max(mondays) + timedelta(days=6)
    moment = as_of or datetime.combine(last + timedelta(days=4), datetime.min.time(), UTC) + timedelta(hours=6)
    conf = {"config": str(config), "from": str(first), "to": str(last), "as_of": moment.isoformat()}
    run = Run.from_conf({**conf, "run_id": f"run-{moment:%Y%m%d%H}"})
    run.home.make()
    return run


def ingested(config: Path, mondays: Iterable[date] = (MONDAY,)) -> Run:
    """The same, done."""
    run = run_over(config, mondays)
    ingest_ga4_reports(run)
    return run


def stored_bytes(run: Run) -> dict[str, bytes]:
    """Each stored week, byte for byte."""
    return {str(week.week): report_week_file(run.home, week.week).read_bytes() for week in read_report_weeks(run.home)}


def counts(run: Run, section: str) -> object:
    """What the register holds of the run, of this source."""
    with Register(run.home) as register:
        return register.counts(run.run_id).get(section, {}).get("ga4_reports")


def ingested_days(run: Run) -> list[date]:
    with Register(run.home) as register:
        return register.ingested_days("ga4_reports")
