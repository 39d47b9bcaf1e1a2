"""Which GA4 day files there are, and which one of a date counts."""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from home.settings.settings import Ga4ExportSource
from ingestion.delivered.delivered_file import DeliveredFile
from ingestion.delivered.drop_folder import folder_files
from refusals.errors import InputRefused

NAME: Final = re.compile(
    r"events_(?:(?P<kind>intraday|fresh)_)?(?P<day>\d{8})(?P<part>[\w.-]*?)"
    r"\.(?i:json|jsonl|ndjson|parquet|avro)(?i:\.gz)?",
    re.ASCII,
)

# The export's tables of users, a row a person with lifetime values: not wanted here, and not read.
OTHER_TABLES: Final = re.compile(r"(?:pseudonymous_users|users)_\d{8}.*", re.ASCII | re.DOTALL)

# Of one date, the first kind that is there counts. Source: Google, "BigQuery Export", support.google.com/analytics
KINDS: Final = ("daily", "fresh", "intraday")


@dataclass(frozen=True, slots=True)
class DayFile:
    """One delivered file of a date: the whole day, or a part of it (`events_20201101_000000000001.json.gz`)."""

    file: DeliveredFile
    day: date
    kind: str
    part: str

    @property
    def is_binary(self) -> bool:
        """Parquet or Avro; else JSON lines."""
        return self.file.format in ("parquet", "avro")


@dataclass(frozen=True, slots=True)
class DayFiles:
    """The files that count, by date and name, and the names that were passed over, with why.

    `beside` are provisional files of a date of which a later kind counts.
    """

    files: tuple[DayFile, ...]
    passed_over: tuple[tuple[str, str], ...]
    beside: tuple[DayFile, ...] = ()


def export_files(source: Ga4ExportSource) -> tuple[DeliveredFile, ...]:
    """Every file that the folder delivers, whatever kind of a date it is.

    Raises:
        InputRefused: there is no such folder, or a name in it is none that can be read.
    """
    return folder_files(source.files, "", source.ignore, beside=OTHER_TABLES).files


def choose_day_files(source: Ga4ExportSource) -> DayFiles:
    """Of each date the daily files, else the fresh ones, else those of the running day.

    Markers (names that begin with a dot or `_`), those in the source's `ignore`, and the export's tables of users that
    lie beside are passed over.

    Raises:
        InputRefused: there is no such folder, a name is none of the export's, or one day is there twice (in two
            formats or folders, or whole and in parts).
    """
    delivery = folder_files(source.files, "", source.ignore, beside=OTHER_TABLES)
    delivered: dict[date, dict[str, list[DayFile]]] = defaultdict(lambda: defaultdict(list))
    for file in delivery.files:
        day_file = _read_name(file)
        delivered[day_file.day][day_file.kind].append(day_file)
    passed_over = list(delivery.passed_over)
    chosen: list[DayFile] = []
    beside: list[DayFile] = []
    for day in sorted(delivered):
        kinds = [kind for kind in KINDS if kind in delivered[day]]
        _check_delivered_once(delivered[day][kinds[0]])
        chosen.extend(delivered[day][kinds[0]])
        beside.extend(day_file for kind in kinds[1:] for day_file in delivered[day][kind])
        passed_over.extend(
            (day_file.file.shown, f"passed over: the {kinds[0]} file of its date is there")
            for kind in kinds[1:]
            for day_file in delivered[day][kind]
        )
    return DayFiles(tuple(chosen), tuple(passed_over), tuple(beside))


def _read_name(file: DeliveredFile) -> DayFile:
    match = NAME.fullmatch(file.name.rsplit("/", 1)[-1])
    try:
        if match is None:
            raise ValueError
        day = datetime.strptime(match["day"], "%Y%m%d").date()
    except ValueError as error:
        raise InputRefused(
            f"{file.shown}: is no day file of the export (events_YYYYMMDD*.json, .jsonl, .ndjson, .parquet, .avro,"
            " also .gz): take it out of the folder, or name it in 'ignore' under [ga4.export]"
        ) from error
    return DayFile(file, day, match["kind"] or "daily", match["part"])


def _check_delivered_once(files: Iterable[DayFile]) -> None:
    """The same events in two files would count twice, and nothing in the rows tells which one is right."""
    by_part: dict[str, DayFile] = {}
    for day_file in files:
        other = by_part.setdefault(day_file.part, day_file)
        if other is not day_file:
            raise InputRefused(
                f"{day_file.file.shown} and {other.file.shown} are one day file delivered twice: "
                "take one out, or name it in 'ignore' under [ga4.export]"
            )
    if "" in by_part and len(by_part) > 1:
        part = next(day_file for name, day_file in by_part.items() if name)
        raise InputRefused(
            f"{part.file.shown} is a part of a day that {by_part[''].file.shown} delivers whole: "
            "take one out, or name it in 'ignore' under [ga4.export]"
        )
