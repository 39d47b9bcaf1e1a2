"""What freezing one week costs: 190,000 persons in 40 and in 400 regions, beside one statement that counts them.

Made-up records, set-based and repeatable, as the store holds them: regions fall off as a square, half of the persons
come once. Counted by dbt as in a run; then leaf cells to cubes, without writing them. CPU seconds, in this process.
"""

import tempfile
import time
from collections.abc import Callable
from datetime import date
from functools import partial
from pathlib import Path
from typing import TypeVar

import duckdb

from dbt_project.dbt_command import DbtPlace, build
from freezing.app_week import APP
from freezing.freezing import audit_cells, choose_cells
from freezing.leaf_tables import leaf_cells
from freezing.source_week import CountedWeek
from home.duck import open_duckdb
from home.layout import Home
from policy.policy import load_policy
from policy.region_table import regions

WEEK, PERSONS = date(2026, 11, 2), 190_000
_T = TypeVar("_T")
REGIONS, GOALS = (40, 400), {40: 2.0, 400: 8.0}


def main(say: Callable[[str], None] = print, persons: int = PERSONS) -> None:
    """Prints CPU seconds of each part, their sum beside the goal, and the ratio to the raw statement."""
    say(f"{'':<12}{'counting':>9}{'recoding':>9}{'audit':>7}{'cubes':>7}{'freezing':>9}{'goal':>6}{'raw':>7}")
    for number in REGIONS:
        with tempfile.TemporaryDirectory() as folder:
            home = Home(Path(folder))
            home.make()
            file = _make_records(home, persons, number)
            counting = _cpu(partial(_count, home, file))[0]
            raw = _cpu(partial(_raw, file))[0]
            recoding, audit, cubes = _freeze(home)
        total = recoding + audit + cubes
        say(
            f"{number:>4} regions{counting:>9.2f}{recoding:>9.2f}{audit:>7.2f}{cubes:>7.2f}{total:>9.2f}"
            f"{GOALS[number]:>6.1f}{raw:>7.2f}"
        )


def _make_records(home: Home, persons: int, number: int) -> Path:
    codes = sorted(code for code, region in regions().items() if region.level == "subdivision")[:number]
    bands = load_policy().ages.labels()
    file = home.records / "app" / f"{WEEK}.parquet"
    file.parent.mkdir(parents=True)
    duckdb.execute(
        f"""
        copy (
            with persons as (
                select i, md5(i::varchar)::uuid as person,
                    {codes!r}[1 + floor(pow((hash(i, 1) % 1000000) / 1e6, 2) * {number})::integer] as region_code,
                    {bands!r}[1 + (hash(i, 2) % {len(bands)})::integer] as age_band,
                    1 + floor(-ln((1 + hash(i, 3) % 999999) / 1e6) * 0.72)::integer as sessions
                from range({persons}) as numbers (i)
            )
            select person, md5(i || '-' || n)::uuid as session,
                timestamptz '{WEEK} 00:00:00+01' + to_seconds((hash(i, n, 4) % 600000)::bigint) as started_at,
                started_at + to_seconds(floor(-ln((1 + hash(i, n, 5) % 999999) / 1e6) * 600)::bigint) as ended_at,
                region_code, age_band, ['android', 'ios', 'web'][1 + (hash(i, 6) % 3)::integer] as platform
            from persons, lateral (select unnest(range(sessions)) as n)
            order by person, started_at
        ) to '{file}' (format parquet, compression zstd)
        """
    )
    return file


def _count(home: Home, file: Path) -> None:
    policy = load_policy()
    variables = {
        "timezone": policy.consent.timezone,
        "axes": policy.axes.model_dump(mode="json"),
        "files": {"records": {"app": [str(file)], "ga4_export": []}},
    }
    build(DbtPlace(home, home.warehouse, home.work / home.marts.name), "warehouse", variables)


def _raw(file: Path) -> None:
    with duckdb.connect(config={"threads": 2}) as con:
        con.execute(
            f"select region_code, age_band, hour(started_at), count(distinct person), count(*),"
            f" sum(epoch_us(ended_at) - epoch_us(started_at)) from '{file}' group by all"
        ).fetchall()


def _freeze(home: Home) -> tuple[float, float, float]:
    with open_duckdb(home, home.warehouse, read_only=True) as con:
        reading, leaves = _cpu(partial(leaf_cells, con, APP.leaf_cells, WEEK))
        counted = CountedWeek(con, WEEK, leaves, load_policy())
        choosing, tried = _cpu(partial(choose_cells, APP, counted))
        if tried is None:
            raise SystemExit("the made-up week is withheld")
        audit, _ = _cpu(partial(audit_cells, APP, counted, tried.cells))
        cubes, _ = _cpu(partial(APP.cubes, counted, tried.cells))
    return reading + choosing, audit, cubes


def _cpu(work: Callable[[], _T]) -> tuple[float, _T]:
    begun = time.process_time()
    found = work()
    return time.process_time() - begun, found
