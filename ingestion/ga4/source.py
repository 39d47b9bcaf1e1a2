"""The GA4 export: day files read, judged, and brought to the few columns that the gate and the count need."""

import os
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Final

import duckdb

from home.settings.settings import Settings
from home.sql import Sql, identifier, sql_file
from ingestion.delivered.column_names import name_meant
from ingestion.delivered.delivered_file import DeliveredFile, opened
from ingestion.delivered.parquet.parquet_reader import unpacked
from ingestion.delivered.parquet.parquet_vetting import ParquetVetting
from ingestion.delivered.raw_relation import RawRelation, plain_names
from ingestion.delivered.value_lengths import check_value_lengths
from ingestion.deliveries.delivery_counts import count_events
from ingestion.ga4.day_files import KINDS, DayFile, choose_day_files
from ingestion.ga4.fields import EVENT_TEXTS, event_columns, sighting
from ingestion.ga4.json_files import NOTHING, json_events, json_links
from ingestion.ga4.judge import keep_good_events, quarantine_bad_events
from ingestion.ga4.nesting import NESTED_FIELDS, NESTED_TYPES
from ingestion.ga4.parquet_files import parquet_events, parquet_links
from ingestion.ga4.repeats import find_repeats
from ingestion.ga4.schema import EXPECTED_FIELDS, NEEDED_FIELDS
from ingestion.store.quarantine import make_bad_records
from refusals.errors import InputRefused, UsageError

SOURCE: Final = "ga4_export"
ONE_DAY: Final = timedelta(days=1)

_Reader = Callable[[duckdb.DuckDBPyConnection, DeliveredFile, int], RawRelation]


def read_ga4_events(
    con: duckdb.DuckDBPyConnection, settings: Settings, first_day: date, last_day: date, as_of: datetime
) -> None:
    """Makes `ga4_events`, `ga4_links`, `ga4_days`, `ga4_counts` (docs/architecture.md, 1).

    Adds to `bad_records`, `drift_notes` and `delivery_counts`.

    Events are those whose local day is in [`first_day`, `last_day`], from the files of these days and of the day before
    and after: a file's date is the property's. An event that is further from its file's date is a `bad_timestamp`,
    since whether it were read would depend on the interval. Links come from every day file of the folder, so that who
    is one person does not depend on the interval either; of files outside it nothing else is read or judged.

    The same event in two rows counts once (`ga4_repeats`).

    Of an event nothing is read but the columns of `ga4_rows`: no page address, no other parameter, no device model.

    Raises:
        UsageError: there is no [ga4.export].
        InputRefused: a file is not what its name says, or lacks or retypes a column; it is named.
    """
    if settings.ga4_export is None:
        raise UsageError(f"config {settings.file}: section [ga4.export] is missing")
    day_files = choose_day_files(settings.ga4_export)
    make_bad_records(con)
    con.execute(sql_file("ingestion.ga4", "ga4_delivered"))
    for name, why in day_files.passed_over:
        con.execute("insert into drift_notes values (?, ?, ?)", [SOURCE, name, why])
    limits = settings.policy.limits
    beside = [day_file for day_file in day_files.beside if first_day <= day_file.day <= last_day]
    with ParquetVetting(limits) as vetting:
        for number, chosen in enumerate(day_files.files):
            day_file = replace(chosen, file=chosen.file.within(limits))
            is_read = first_day - ONE_DAY <= day_file.day <= last_day + ONE_DAY
            con.execute(
                "insert into ga4_files values (?, ?, ?, ?, ?)",
                [number, day_file.file.shown, day_file.day, KINDS.index(day_file.kind), is_read],
            )
            if is_read:
                is_compared = any(other.day == day_file.day for other in beside)
                _read_events(con, day_file, number, settings.home.work, vetting, is_compared=is_compared)
            else:
                _read_links(con, day_file, settings.home.work, vetting)
        for day_file in beside:
            _read_beside(con, replace(day_file, file=day_file.file.within(limits)), settings.home.work, vetting)
    for day, kind in sorted({(day_file.day, day_file.kind) for day_file in day_files.files}):
        con.execute("insert into ga4_days values (?, ?)", [day, kind == "daily"])
    _check_fields(con)
    rows = Sql("(select * from ga4_rows join ga4_files using (file_number))")
    check_value_lengths(con, rows, ("event_timestamp", *EVENT_TEXTS), limits)
    con.execute("""
        create or replace temp table ga4_links as
        select user_pseudo_id, user_id from ga4_pairs
        union
        select user_pseudo_id, user_id from ga4_rows where user_pseudo_id is not null and user_id is not null
    """)
    timezone = settings.policy.consent.timezone
    quarantine_bad_events(con, SOURCE, timezone, as_of)
    count_events(con, SOURCE)
    find_repeats(con, timezone, as_of)
    keep_good_events(con, timezone, first_day, last_day, as_of)
    for table in ("ga4_rows", "ga4_pairs", "ga4_files", "ga4_beside", "ga4_repeats"):
        con.execute(f"drop table {identifier(table)}")


def _read_events(
    con: duckdb.DuckDBPyConnection,
    day_file: DayFile,
    number: int,
    work: Path,
    vetting: ParquetVetting,
    *,
    is_compared: bool,
) -> None:
    insert = Sql(f"""
        insert into ga4_rows by name
        select {int(number)} as file_number, position, unreadable, delivered_fields, unknown_fields,
               right_fields, retyped_fields, {event_columns()}, {sighting() if is_compared else NOTHING} as sighting
    """)
    parquet = partial(parquet_events, vetting=vetting)
    _read(con, day_file, parquet if day_file.is_binary else json_events, insert, which=Sql(""), work=work)


def _read_beside(con: duckdb.DuckDBPyConnection, day_file: DayFile, work: Path, vetting: ParquetVetting) -> None:
    """Of a file that does not count, the flags, to be compared; nothing where it cannot be read."""
    insert = Sql(f"""
        insert into ga4_beside
        select {int(KINDS.index(day_file.kind))}, {sighting()}, coalesce(analytics_storage = 'Yes', false)
    """)
    parquet = partial(parquet_events, vetting=vetting)
    with suppress(InputRefused):
        reader = parquet if day_file.is_binary else json_events
        _read(con, day_file, reader, insert, which=Sql("where event_timestamp <> ''"), work=work)


def _read_links(con: duckdb.DuckDBPyConnection, day_file: DayFile, work: Path, vetting: ParquetVetting) -> None:
    insert = Sql("insert into ga4_pairs select distinct user_pseudo_id, user_id")
    which = Sql("where user_pseudo_id <> '' and user_id <> ''")
    parquet = partial(parquet_links, vetting=vetting)
    _read(con, day_file, parquet if day_file.is_binary else json_links, insert, which=which, work=work)


def _read(
    con: duckdb.DuckDBPyConnection, day_file: DayFile, reader: _Reader, insert: Sql, *, which: Sql, work: Path
) -> None:
    """Runs `insert` over those that are meant of what `reader` makes of the file, which stays open meanwhile."""
    with ExitStack() as stack:
        descriptor = stack.enter_context(opened(day_file.file))
        if day_file.is_binary and day_file.file.is_compressed:
            descriptor = unpacked(day_file.file, descriptor, work)
            stack.callback(os.close, descriptor)
        events = reader(con, day_file.file, descriptor)
        try:
            con.execute(f"{insert} from ({events.select}) {which}")
        except duckdb.Error as error:
            raise events.told(error) from None


def _check_nesting(file: str, retyped: int) -> None:
    """A nested field that has values and never one of its type was retyped; where only some have, these are bad."""
    wrong = [
        f"{field} is not {kind}"
        for bit, (field, kind) in enumerate(zip(NESTED_FIELDS, NESTED_TYPES, strict=True))
        if retyped >> bit & 1
    ]
    if wrong:
        raise InputRefused(f"{file}: {', '.join(wrong)}: deliver it in the schema of the GA4 export")


def _check_fields(con: duckdb.DuckDBPyConnection) -> None:
    """Refuses a file that lacks a needed field in every row; tells what else is new or missing, by name.

    JSON leaves out a field without a value, so a file without one row of consent may rightly hold no pseudo-id.
    """
    fields = (*NEEDED_FIELDS, *EXPECTED_FIELDS)
    found = con.execute("""
        select
            file,
            bit_or(delivered_fields),
            not coalesce(bool_or(analytics_storage = 'Yes'), false),
            list_sort(list_distinct(flatten(list(distinct unknown_fields)))),
            bit_or(retyped_fields) & ~bit_or(right_fields)
        from ga4_rows
        inner join ga4_files using (file_number)
        where unreadable is null
        group by file, file_number
        order by file_number
    """).fetchall()
    for file, delivered, is_without_consent, unknown, retyped in found:
        _check_nesting(file, retyped)
        missing = [name for bit, name in enumerate(fields) if not delivered >> bit & 1]
        for name in missing:
            meant = name_meant(name, unknown)
            if meant:
                raise InputRefused(f"{file}: no row has {name}{meant}: deliver it in the schema of the GA4 export")
            if name in NEEDED_FIELDS and not (name == "user_pseudo_id" and is_without_consent):
                raise InputRefused(f"{file}: no row has {name}: deliver it in the schema of the GA4 export")
        notes = [f"fields missing, read as null: {', '.join(missing)}"] if missing else []
        notes += [f"new fields passed over: {plain_names(unknown)}"] if unknown else []
        for note in notes:
            con.execute("insert into drift_notes values (?, ?, ?)", [SOURCE, file, note])
