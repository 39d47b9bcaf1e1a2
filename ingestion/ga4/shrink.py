"""A GA4 day file that holds far less than was there before it is refused, rather than winning in silence.

Of one date the daily file counts, then the fresh, then the intraday one, and what counts replaces what was stored. So a
daily file that was cut short would undo a whole day.
"""

import os
from contextlib import ExitStack
from datetime import date

import duckdb

from home.register.register import Register
from home.run import Run
from ingestion.delivered.avro_blocks import check_blocks
from ingestion.delivered.delivered_file import opened
from ingestion.delivered.json_lines_reader import numbered_lines
from ingestion.delivered.parquet.parquet_reader import unpacked
from ingestion.deliveries.delivery_guard import Doubt, refuse_unless_accepted
from ingestion.ga4.day_files import DayFile, choose_day_files
from ingestion.ga4.deliveries import ga4_deliveries
from refusals.errors import InputRefused

SOURCE = "ga4_export"


def check_days_not_shrunk(con: duckdb.DuckDBPyConnection, run: Run) -> None:
    """Compares each day's files that were read (`ga4_delivered`) with those beside them, and with the run before.

    Raises:
        InputRefused: a day holds fewer events than the policy allows, and nobody accepted its files; they are named.
    """
    delivered: dict[date, dict[str, int]] = {}
    for day, file, records in con.execute(
        "select file_date, file, records from ga4_delivered order by file_date, file"
    ).fetchall():
        delivered.setdefault(day, {})[file] = records
    if not delivered:
        return
    beside = _beside(con, run, set(delivered))
    with Register(run.home) as register:
        before = register.delivered_days(SOURCE, min(delivered), max(delivered))
    doubts = []
    for day, files in delivered.items():
        records = sum(files.values())
        known = [(events, f"the {events} of {name} beside it") for name, events in beside.get(day, ())]
        known += [(before[day], f"the {before[day]} that were read of that date before")] if day in before else []
        most, of_what = max(known, default=(0, ""))
        if _is_shrunk(run, records, most):
            percent = run.policy.deliveries.ga4_shrink_percent
            told = f"{records} events of {day}, over {percent} % fewer than {of_what}"
            doubts.append(Doubt(tuple(files), told, "deliver the whole day again"))
    refuse_unless_accepted(con, run, ga4_deliveries(run.settings), SOURCE, doubts)


def _is_shrunk(run: Run, records: int, most: int) -> bool:
    policy = run.policy.deliveries
    missing = most - records
    return missing >= policy.least_records and missing * 100 > policy.ga4_shrink_percent * most


def _beside(con: duckdb.DuckDBPyConnection, run: Run, days: set[date]) -> dict[date, list[tuple[str, int]]]:
    """For each of the days, the kinds of file that lie beside those that count: the first one's name, events in all."""
    if run.settings.ga4_export is None:
        return {}
    by_kind: dict[tuple[date, str], list[DayFile]] = {}
    for day_file in choose_day_files(run.settings.ga4_export).beside:
        if day_file.day in days:
            by_kind.setdefault((day_file.day, day_file.kind), []).append(day_file)
    found: dict[date, list[tuple[str, int]]] = {}
    for (day, _), day_files in by_kind.items():
        events = sum(_events_in(con, run, day_file) for day_file in day_files)
        found.setdefault(day, []).append((day_files[0].file.shown, events))
    return found


def _events_in(con: duckdb.DuckDBPyConnection, run: Run, day_file: DayFile) -> int:
    """How many events a file holds; none where it cannot be read, since it is passed over anyway."""
    try:
        with ExitStack() as stack:
            descriptor = stack.enter_context(opened(day_file.file))
            if not day_file.is_binary:
                return sum(batch.num_rows for batch in numbered_lines(day_file.file, descriptor))
            if day_file.file.is_compressed:
                descriptor = unpacked(day_file.file, descriptor, run.home.work)
                stack.callback(os.close, descriptor)
            if day_file.file.format == "avro":
                return check_blocks(day_file.file.within(run.policy.limits), descriptor)
            [(rows,)] = con.execute(
                f"select sum(num_rows) from parquet_file_metadata('/dev/fd/{int(descriptor)}')"
            ).fetchall()
            return int(rows)
    except (InputRefused, duckdb.Error):
        return 0
