"""Stored weeks of GA4's Data API: what Google reports of one ISO week, broken down in several ways, and what it says of
the reports.

One Parquet file a week, `restricted/ga4_reports/<monday>.parquet`. Rows are Google's counts, not records of persons;
some are of fewer than k: they are for the owner alone. What reports say of themselves (thresholds, sampling, …) is in
the file's own metadata, as JSON.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from home.atomic_file import PRIVATE_FILE, put_in_place, sha256_of, sync_folder
from home.layout import PRIVATE_DIRECTORY, Home
from home.state import check, check_file, expected, monday_in, replacing
from refusals.errors import StateDamaged

REPORT_WEEK_FILES: Final = "????-??-??.parquet"
#: In a file's own metadata, as JSON: all of a `ReportWeek` but its rows.
FACTS: Final = "ga4_report_week"

#: By which dimensions of Google's each report is broken down; the finest first. A coarser one counts each user once
#: where finer ones may count it in several rows, and has those whom Google's thresholds kept out of finer ones.
BREAKDOWNS: Final[Mapping[str, tuple[str, ...]]] = {
    "region_age": ("countryId", "region", "userAgeBracket"),
    "country_age": ("countryId", "userAgeBracket"),
    "region": ("countryId", "region"),
    "country": ("countryId",),
    "age": ("userAgeBracket",),
    "all": (),
}
#: What a report that is not broken down by region or age says in its place.
WORLD, ALL_AGES = "001", "all"
UNKNOWN_AGE: Final = "unknown"

MEASURES: Final = ("users", "sessions", "engaged_sessions", "views", "duration_us")
ROWS: Final = pa.schema(
    [
        pa.field("report", pa.string(), nullable=False),  # a key of BREAKDOWNS
        pa.field("region_code", pa.string(), nullable=False),  # a leaf, a country (`country`, `country_age`) or WORLD
        pa.field("age_bracket", pa.string(), nullable=False),  # GA4's words: 18-24 … 65+, unknown; or ALL_AGES
        *(pa.field(measure, pa.int64(), nullable=False) for measure in MEASURES),  # counts; microseconds
    ]
)


@dataclass(frozen=True, slots=True)
class ReportFacts:
    """What one report of a week says of itself, over all its pages (`ResponseMetaData` of the Data API, v1beta).

    `rows`: Google's own row count, which is how many rows were read. `is_thresholded`: rows of few users may have been
    left out by Google. `has_other_row`: rows past Google's limit are together in one, `(other)`. `samples_read` of
    `sampling_space` events were counted (both 0: all, no sampling). `truncations`: reasons by name. `is_restricted`:
    a metric was withheld from the account that asked. `empty_reason`: why there are no rows, where Google says.
    """

    rows: int
    is_thresholded: bool = False
    has_other_row: bool = False
    samples_read: int = 0
    sampling_space: int = 0
    truncations: tuple[str, ...] = ()
    is_restricted: bool = False
    empty_reason: str = ""
    time_zone: str = ""

    @property
    def is_sampled(self) -> bool:
        """Whether figures were scaled up from a part of the events."""
        return self.sampling_space > 0

    @property
    def shortcomings(self) -> tuple[str, ...]:
        """Why a week with this report must not freeze. Thresholds and an `(other)` row are no such reason."""
        named = {
            "sampled": self.is_sampled,
            "truncated": bool(self.truncations),
            "restricted": self.is_restricted,
            "empty": self.rows == 0,
        }
        return tuple(name for name, is_so in named.items() if is_so)


@dataclass(frozen=True, slots=True)
class ReportWeek:
    """One week as Google reported it.

    `week`: its Monday, in the policy's time zone. `consent_basis`: as `[ga4.reports]` had it, `basic` or `observed`.
    `fetched_at`: the `as_of` of the run that asked. `reports`: one a breakdown. `rows`: as ROWS says, sorted; several
    rows of a report can have one region code and age (two places without a code), and users must not be added up:
    they are estimates, and one person can be in several rows.
    """

    week: date
    property_id: str
    consent_basis: str
    fetched_at: datetime
    reports: Mapping[str, ReportFacts]
    rows: pa.Table

    @property
    def shortcomings(self) -> tuple[str, ...]:
        """Why the week must not freeze: `sampled`, `truncated`, `restricted`, `empty`; in order, each once."""
        found = [name for facts in self.reports.values() for name in facts.shortcomings]
        return tuple(dict.fromkeys(found))

    @property
    def is_complete(self) -> bool:
        """Whether it may freeze, and is not asked for again."""
        return not self.shortcomings


def report_week_file(home: Home, monday: date) -> Path:
    """Where a week's report is, whether or not there is one."""
    return home.ga4_reports / f"{monday.isoformat()}.parquet"


def stored_report_weeks(home: Home) -> list[date]:
    """The Mondays of the weeks that are stored, complete or not, in order.

    Raises:
        StateDamaged: a week's file is missing, empty, a folder, or not one that this home wrote.
    """
    check(home, home.ga4_reports, REPORT_WEEK_FILES, is_read=False)
    return sorted(monday_in(path) for path in home.ga4_reports.glob(REPORT_WEEK_FILES))


def read_report_week(home: Home, monday: date) -> ReportWeek | None:
    """What is stored of a week; None: nothing.

    Raises:
        StateDamaged: the file is not as it was written.
    """
    path = report_week_file(home, monday)
    check_file(home, path)
    if not path.exists():
        return None
    table = pq.read_table(path)
    said = json.loads((table.schema.metadata or {})[FACTS.encode()])
    return ReportWeek(
        week=monday,
        property_id=said["property_id"],
        consent_basis=said["consent_basis"],
        fetched_at=datetime.fromisoformat(said["fetched_at"]),
        reports={
            name: ReportFacts(**{**facts, "truncations": tuple(facts["truncations"])})
            for name, facts in ((name, said["reports"][name]) for name in BREAKDOWNS if name in said["reports"])
        },
        rows=table.replace_schema_metadata(None),
    )


def read_report_weeks(home: Home) -> list[ReportWeek]:
    """Every stored week, in order.

    Raises:
        StateDamaged: a week's file is not as it was written.
    """
    weeks = (read_report_week(home, monday) for monday in stored_report_weeks(home))
    return [week for week in weeks if week is not None]


def write_report_week(home: Home, week: ReportWeek) -> None:
    """Puts a week in place of what was stored of it, whole or not at all. The home's lock must be held."""
    path = report_week_file(home, week.week)
    home.ga4_reports.mkdir(mode=PRIVATE_DIRECTORY, exist_ok=True)
    said = {
        "property_id": week.property_id,
        "consent_basis": week.consent_basis,
        "fetched_at": week.fetched_at.isoformat(),
        "reports": {name: asdict(facts) for name, facts in week.reports.items()},
    }
    order = {name: number for number, name in enumerate(BREAKDOWNS)}
    rows = sorted(week.rows.cast(ROWS).to_pylist(), key=lambda row: (order[row["report"]], *list(row.values())[1:]))
    metadata = {FACTS: json.dumps(said, sort_keys=True)}
    aside = path.with_name(path.name + ".new")
    aside.touch(mode=PRIVATE_FILE)
    pq.write_table(pa.Table.from_pylist(rows, ROWS.with_metadata(metadata)), aside, compression="zstd")
    with replacing(home, {path: sha256_of(aside)}):
        put_in_place(aside, path)


def report_weeks_to_destroy(home: Home) -> list[date]:
    """The same, with those whose file was lost or damaged: what is to be destroyed waits for no mend."""
    known = {path for path in expected(home, home.ga4_reports) if path.match(REPORT_WEEK_FILES)}
    return sorted(monday_in(path) for path in known | set(home.ga4_reports.glob(REPORT_WEEK_FILES)))


def remove_report_week(home: Home, monday: date) -> None:
    """Removes what is stored of a week, damaged or not. Safe to repeat. The home's lock must be held.

    Raises:
        StateDamaged: a folder stands in its place.
    """
    path = report_week_file(home, monday)
    if path.is_dir():
        raise StateDamaged(f"{path} is a folder, and the reports of its week are to be destroyed: move it away")
    if path.exists() or path in expected(home, path.parent):
        with replacing(home, {path: None}):
            path.unlink(missing_ok=True)
            sync_folder(path.parent)
