"""The pipeline's cost: a run over one empty day, and over a million sessions in Parquet, beside raw DuckDB.

Each run is a whole `cmn run` in a process of its own, Airflow, dbt and both doors included. The raw figure is one
DuckDB query over the same files that joins, places and counts without consent, anonymity or checks: what the data
cost by themselves.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb
from mmdb_writer import MMDBWriter
from netaddr import IPSet

SESSIONS = 1_000_000
PERSONS = 200_000
FIRST_DAY, LAST_DAY, AS_OF = "2026-11-09", "2026-11-15", "2026-11-19T06:00:00Z"
EMPTY_DAY = "2026-11-16"
CONFIG = 'home = "."\n[app]\nfiles = "landing/app"\n[geo]\nmmdb = "landing/city.mmdb"\n'

RAW = """
select region, age, count(distinct user_id), count(*), sum(epoch_us(ended_at) - epoch_us(started_at))
from (
    select
        sessions.*,
        split_part(ip_address, '.', 2) as region,
        year(started_at) - year(cast(birth_date as date)) as age
    from (select *, row_number() over (partition by session_id order by ended_at desc) as turn
          from read_parquet('{app}/sessions/*.parquet')) as sessions
    inner join read_parquet('{app}/users.parquet') as users using (user_id)
    where turn = 1
)
group by all
"""


def main() -> None:
    """Prints seconds, peak memory and the ratio to raw DuckDB."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        _make_people(home)
        rows = [("cmn run, first, empty day", *_run(home, EMPTY_DAY, EMPTY_DAY))]
        rows.append(("cmn run, empty day", *_run(home, EMPTY_DAY, EMPTY_DAY)))
        empty_seconds = rows[-1][1]
        _make_sessions(home)
        raw_seconds = _raw(home)
        rows.append((f"cmn run, {SESSIONS:,} sessions", *_run(home, FIRST_DAY, LAST_DAY)))
        more = rows[-1][1] - empty_seconds
        print(f"{'':<34}{'seconds':>9}{'MiB':>7}")
        for name, seconds, mebibytes in rows:
            print(f"{name:<34}{seconds:>9.1f}{mebibytes:>7.0f}")
        print(f"{'more than an empty day':<34}{more:>9.1f}")
        print(f"{'raw DuckDB on the same files':<34}{raw_seconds:>9.1f}{'':>7}  ratio {more / raw_seconds:.1f}")


def _run(home: Path, first_day: str, last_day: str) -> tuple[float, float]:
    """Seconds and peak memory in MiB of one `cmn run`, the largest single process."""
    command = [
        Path(sys.executable).with_name("cmn"), "run", "--config", home / "cmn.toml",
        "--from", first_day, "--to", last_day, "--as-of", AS_OF, "--json",
    ]  # fmt: skip
    begun = time.monotonic()
    with subprocess.Popen([str(word) for word in command], stdout=subprocess.PIPE) as process:
        output = process.stdout.read() if process.stdout else b""
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"cmn run ended with {process.returncode}")
    summary = json.loads(output)
    print(f"  {first_day}: {summary['gate']['app']} {summary['seconds']}", file=sys.stderr)
    return time.monotonic() - begun, usage.ru_maxrss * resource.getpagesize() / 4096 / 1024


def _raw(home: Path) -> float:
    con = duckdb.connect(config={"threads": 2})
    begun = time.monotonic()
    con.execute(RAW.format(app=home / "landing/app")).fetchall()
    return time.monotonic() - begun


def _make_people(home: Path) -> None:
    (home / "landing/app/sessions").mkdir(parents=True)
    (home / "cmn.toml").write_text(CONFIG)
    writer = MMDBWriter(6, "Places-City", ipv4_compatible=True)
    for number, subdivision in enumerate(("DR", "FL", "FR", "GE", "GR", "LI", "NB", "NH", "OV", "UT", "ZE", "ZH")):
        place = {"country": {"iso_code": "NL"}, "subdivisions": [{"iso_code": subdivision}]}
        writer.insert_network(IPSet([f"10.{number}.0.0/16"]), place)
    writer.to_db_file(str(home / "landing/city.mmdb"))
    duckdb.execute(
        f"""
        copy (
            select
                'user-' || i as user_id, 'NL' as country,
                strftime(date '1950-01-01' + cast(hash(i) % 20000 as integer), '%Y-%m-%d') as birth_date,
                timestamptz '2025-01-01 00:00:00+00' as registered_at, null::timestamptz as closed_at
            from range({PERSONS}) as numbers (i)
        ) to '{home}/landing/app/users.parquet';
        copy (
            select
                'user-' || i as user_id, 'analytics' as purpose, hash(i, 1) % 4 > 0 as granted,
                '2024-02-19' as policy_version, timestamptz '2026-01-01 00:00:00+00' as recorded_at
            from range({PERSONS}) as numbers (i)
        ) to '{home}/landing/app/consents.parquet'
        """
    )


def _make_sessions(home: Path) -> None:
    duckdb.execute(
        f"""
        copy (
            select
                'session-' || i as session_id, 'user-' || hash(i, 2) % {PERSONS} as user_id,
                timestamptz '{FIRST_DAY} 00:00:00+00' + to_seconds(hash(i, 3) % 600000) as started_at,
                started_at + to_seconds(hash(i, 4) % 3000) as ended_at,
                format('10.{{}}.{{}}.{{}}', hash(user_id) % 12, hash(i, 5) % 256, hash(i, 6) % 256) as ip_address,
                'android' as platform
            from range({SESSIONS}) as numbers (i)
        ) to '{home}/landing/app/sessions/1.parquet'
        """
    )


if __name__ == "__main__":
    main()
