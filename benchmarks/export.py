"""The GA4 export's cost: a whole `cmn run` over so many events in nested Parquet, beside one DuckDB statement.

28 day files as BigQuery writes them (lists in `list.element`, every field of a record that is read and some that are
not), a million people. The statement counts people by week, region and device from the same files, without consent,
sessions, anonymity or checks: what the data cost by themselves. CPU is of all processes, user and system; memory is the
largest sum over the processes of one moment.

    python -m benchmarks export            a million events
    EVENTS=10000000 python -m benchmarks export
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import threading
from datetime import date, timedelta
from pathlib import Path

import duckdb

from policy.limits_policy import MEBIBYTE

EVENTS = int(os.environ.get("EVENTS", "1000000"))
PEOPLE = 1_000_000
DAYS = 28
FIRST_DAY = date(2026, 10, 5)
LAST_DAY = FIRST_DAY + timedelta(days=DAYS - 1)
EMPTY = FIRST_DAY - timedelta(days=35)
AS_OF = "2026-11-06T06:00:00Z"
CONFIG = 'home = "."\n[ga4.export]\nfiles = "landing/ga4"\nconsent_basis = "consent_mode"\n'
MOST_MEBIBYTES = 3 * 1024
EVERY_SECONDS = 0.1

RAW = """
select date_trunc('week', timezone('Europe/Amsterdam', make_timestamptz(event_timestamp))) as week,
    geo.country, geo.region, device.category, count(distinct user_pseudo_id), count(*)
from read_parquet('{files}/*.parquet')
where privacy_info.analytics_storage = 'Yes'
group by all
"""

#: One day's events. Of a person region, device and consent are always the same.
EVENTS_OF_A_DAY = """
    select
        '{day:%Y%m%d}' as event_date,
        epoch_us(timestamptz '{day} 00:00:00+02') + (hash(i, 1) % 86_400_000_000)::bigint as event_timestamp,
        ['page_view', 'scroll', 'user_engagement', 'session_start', 'click'][1 + (hash(i, 2) % 5)::integer]
            as event_name,
        {{'list': [{{'element': p}} for p in [
            {{'key': 'ga_session_id', 'value': {{'string_value': null::varchar,
                'int_value': (1759000000 + person)::bigint,
                'float_value': null::double, 'double_value': null::double}}}},
            {{'key': 'page_location', 'value': {{'string_value': 'https://www.example.org/page/' || i % 997,
                'int_value': null::bigint, 'float_value': null, 'double_value': null}}}},
            {{'key': 'session_engaged', 'value': {{'string_value': '1', 'int_value': null::bigint,
                'float_value': null, 'double_value': null}}}},
            {{'key': 'engagement_time_msec', 'value': {{'string_value': null,
                'int_value': (hash(i, 3) % 60_000)::bigint, 'float_value': null, 'double_value': null}}}},
            {{'key': 'ga_session_number', 'value': {{'string_value': null, 'int_value': (1 + i % 9)::bigint,
                'float_value': null, 'double_value': null}}}}
        ]]}} as event_params,
        i as event_bundle_sequence_id,
        null::varchar as user_id,
        printf('%d.%d', 1_000_000 + person, 1_600_000_000 + hash(person, 4) % 100_000_000) as user_pseudo_id,
        {{'analytics_storage': if(hash(person, 5) % 10 < 8, 'Yes', 'No'), 'ads_storage': 'No'}} as privacy_info,
        {{'category': ['mobile', 'mobile', 'desktop', 'desktop', 'tablet'][1 + (hash(person, 6) % 5)::integer],
            'mobile_model_name': 'Pixel 9', 'operating_system': 'Android'}} as device,
        {{'city': 'Somewhere', 'country': place.country, 'region': place.region}} as geo,
        '4812345678' as stream_id,
        'WEB' as platform,
        event_timestamp // 1000 as batch_page_id,
        1 as batch_ordering_id,
        i % 20 as batch_event_index
    from (select range as i, hash(range, 7) % {people} as person from range({first}, {end})) as numbers
    inner join places as place on place.number = hash(person, 8) % 40
"""


def main() -> None:
    """Prints CPU seconds, peak memory and the ratio to the statement."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        (home / "landing/ga4").mkdir(parents=True)
        (home / "cmn.toml").write_text(CONFIG)
        _run(home, EMPTY, EMPTY)
        empty = _run(home, EMPTY, EMPTY)
        _make_events(home / "landing/ga4")
        size = sum(file.stat().st_size for file in (home / "landing/ga4").iterdir()) / MEBIBYTE
        raw = _raw(home / "landing/ga4")
        whole = _run(home, FIRST_DAY, LAST_DAY)
        print(f"{EVENTS:,} events in {DAYS} files, {size:.0f} MiB")
        print(f"{'':<34}{'CPU s':>9}{'MiB':>7}")
        for name, (seconds, mebibytes) in (("cmn run, no file", empty), ("cmn run, all files", whole)):
            print(f"{name:<34}{seconds:>9.1f}{mebibytes:>7.0f}")
        print(f"{'one DuckDB statement':<34}{raw:>9.1f}{'':>7}  ratio {(whole[0] - empty[0]) / raw:.1f}")
        if whole[1] > MOST_MEBIBYTES:
            raise SystemExit(f"over {MOST_MEBIBYTES} MiB")


def _run(home: Path, first_day: date, last_day: date) -> tuple[float, float]:
    """CPU seconds of one `cmn run` and of all that it started; the most memory that they had at one time, in MiB."""
    command = [
        str(Path(sys.executable).with_name("cmn")), "run", "--config", str(home / "cmn.toml"),
        "--from", str(first_day), "--to", str(last_day), "--as-of", AS_OF, "--json",
    ]  # fmt: skip
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        memory = _Memory(process.pid)
        output, _ = process.communicate()
        peak = memory.stopped()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if process.returncode:
        raise SystemExit(f"cmn run ended with {process.returncode}")
    summary = json.loads(output)
    print(f"  {first_day}: {summary['gate']} {summary['weeks']} {summary['seconds']}", file=sys.stderr)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, peak


class _Memory:
    """Looks again and again at the memory of a process and of all that it started."""

    def __init__(self, pid: int) -> None:
        self._pid, self._peak, self._is_over = pid, 0, threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def stopped(self) -> float:
        """The most there was, in MiB."""
        self._is_over.set()
        self._thread.join()
        return self._peak / 1024

    def _watch(self) -> None:
        while not self._is_over.wait(EVERY_SECONDS):
            self._peak = max(self._peak, sum(map(_resident_kibibytes, _family(self._pid))))


def _family(pid: int) -> list[int]:
    found = [pid]
    for member in found:
        for children in Path(f"/proc/{member}/task").glob("*/children"):
            try:
                found += map(int, children.read_text().split())
            except OSError:
                continue
    return found


def _resident_kibibytes(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith("VmRSS:")), 0)


def _raw(files: Path) -> float:
    """CPU seconds of the statement, in a process of its own."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    code = "import duckdb, sys; con = duckdb.connect(config={'threads': 2}); con.execute(sys.argv[1]).fetchall()"
    subprocess.run([sys.executable, "-c", code, RAW.format(files=files)], check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _make_events(folder: Path) -> None:
    with duckdb.connect(config={"threads": 2, "memory_limit": "1GB"}) as con:
        con.execute("""
            create table places as
            select range as number,
                ['Netherlands', 'Belgium', 'Germany', 'France'][1 + range % 4] as country,
                [['Utrecht', 'North Holland', 'South Holland', 'Gelderland', 'Limburg'],
                 ['Brussels', 'Flanders', 'Wallonia', '(not set)', 'Brussels'],
                 ['Bavaria', 'Hesse', 'Berlin', 'Saxony', 'Hamburg'],
                 ['Ile-de-France', 'Normandy', 'Brittany', 'Occitanie', 'Grand Est']][1 + range % 4][1 + range % 5]
                    as region
            from range(40)
        """)
        for number in range(DAYS):
            day = FIRST_DAY + timedelta(days=number)
            first, end = EVENTS * number // DAYS, EVENTS * (number + 1) // DAYS
            events = EVENTS_OF_A_DAY.format(day=day, people=PEOPLE, first=first, end=end)
            con.execute(f"copy ({events}) to '{folder}/events_{day:%Y%m%d}.parquet' (compression snappy)")


if __name__ == "__main__":
    main()
