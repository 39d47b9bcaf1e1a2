"""What analysts open: commented, typed, checked, and swapped in by one rename that disturbs no one."""

import hashlib
import json
import re
import shutil
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from dbt_project import dbt_command
from freezing.cell_files import committed_files
from freezing.counting import count_leaf_cells
from freezing.freezing import freeze_weeks
from home.built_from import forget_what_was_built
from home.run import Run
from home.state import replacing
from marts.marts import build_marts, check_marts, mart_variables, marts_aside, publish_marts
from marts.reports import write_reports
from policy.region_table import regions
from refusals.errors import MartsRefused, StateDamaged
from releases.due.frozen_cells import FrozenCells
from tests.worlds.audience_world import reported_rows, store_report_week, stored_week
from tests.worlds.record_files import (
    AUTUMN,
    NEXT,
    browsing,
    ingest,
    make_run,
    population,
    store_events,
    store_sessions,
)

MARTS = {
    "usage_by_region_age_week", "usage_by_hour_week", "session_length_by_age_week", "ga4_engagement_week",
    "usage_by_frequency_week", "usage_by_platform_week", "ga4_engaged_sessions_week",
    "ga4_audience_week", "ga4_reconciliation_week", "usage_week", "coverage_week",
    "anonymisation_quality_week", "dim_region",
    "dim_age_group", "dim_week",
}  # fmt: skip


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """One frozen week of all sources, a second of the app and of reports withheld; published."""
    run = make_run(tmp_path_factory.mktemp("published"))
    store_sessions(run, [*population(7, [AUTUMN], 80), *population(8, [NEXT], 5)])
    store_events(run, browsing(9, [AUTUMN], 60))
    ingest(run, "app", [AUTUMN, NEXT])
    ingest(run, "ga4_export", [AUTUMN])
    store_report_week(run, stored_week(AUTUMN, reported_rows(1, 700)))
    store_report_week(run, stored_week(NEXT, reported_rows(2, 8)))
    for step in (count_leaf_cells, freeze_weeks, build_marts, check_marts, publish_marts, write_reports):
        step(run)
    return run


@pytest.fixture
def again(published: Run, tmp_path: Path) -> Run:
    """A copy of the home whose next run builds everything anew."""
    shutil.copytree(published.settings.file.parent, tmp_path, dirs_exist_ok=True)
    run = make_run(tmp_path)
    forget_what_was_built(run.home)
    return run


def query(run: Run, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(run.home.marts), read_only=True) as con:
        return con.execute(sql).fetchall()


def test_there_are_the_marts_and_nothing_else(published: Run) -> None:
    assert {name for (name,) in query(published, "select table_name from duckdb_tables()")} == MARTS
    assert query(published, "select count(*) from duckdb_views() where not internal") == [(0,)]
    assert sorted(path.name for path in published.home.marts.parent.iterdir()) == ["marts.duckdb"]
    assert published.home.marts.stat().st_mode & 0o777 == 0o644


@pytest.mark.clause("mart-comments")
def test_every_table_and_column_carries_a_comment_with_its_unit(published: Run) -> None:
    tables = query(published, "select table_name, comment from duckdb_tables()")
    columns = query(published, "select table_name, column_name, comment from duckdb_columns() where not internal")
    assert len(columns) > 50
    for *name, comment in [*tables, *columns]:
        assert comment is not None and "Unit, " in comment, name


@pytest.mark.clause("mart-usage-by-region-age", "week-stays")
def test_marts_are_the_frozen_cells_row_by_row(published: Run) -> None:
    for cube, paths in committed_files(published.home).items():
        frozen = sorted(map(repr, (row for path in paths for row in pq.read_table(path).to_pylist())))
        with duckdb.connect(str(published.home.marts), read_only=True) as con:
            assert sorted(map(repr, con.sql(f"from {cube}").to_arrow_table().to_pylist())) == frozen, cube
        assert frozen


@pytest.mark.clause("promise-4", "week-withheld")
def test_a_withheld_week_has_no_row_anywhere(published: Run) -> None:
    for mart in MARTS - {"dim_region", "dim_age_group"}:
        assert {week for (week,) in query(published, f"select week_start from {mart}")} == {AUTUMN}, mart


@pytest.mark.clause("promise-4", "mart-quality")
def test_quality_is_recomputed_from_published_cells(published: Run) -> None:
    """GCP by Ghinita et al. 2007, in whole numbers and fractions, from the marts' own rows."""
    most_regions = sum(not any(r.parent == code for r in regions().values()) for code in regions()) - 1
    first_years = [0, 16, 18, 25, 35, 45, 55, 65]
    expected = []
    cells = query(published, "select len(region_members), age_from, age_to, users from usage_by_region_age_week")
    lost = Fraction(0)
    for members, age_from, age_to, users in cells:
        bands = sum(age_from <= year and (age_to is None or year <= age_to) for year in first_years)
        lost += users * (Fraction(members - 1, most_regions) + Fraction(bands - 1, 7)) / 2
    persons = [users for *_, users in cells]
    expected.append((AUTUMN, "app", sum(persons), len(cells), min(persons), float(lost / sum(persons))))
    cells = query(published, "select len(region_members), device_category, users from ga4_engagement_week")
    of_five = {"all": 5, "mobile and other devices": 4, "other devices": 3}
    lost = sum(
        users * (Fraction(members - 1, most_regions) + Fraction(of_five.get(device, 1) - 1, 4)) / 2
        for members, device, users in cells
    )
    persons = [users for *_, users in cells]
    expected.append((AUTUMN, "ga4_export", sum(persons), len(cells), min(persons), float(lost / sum(persons))))
    told = query(
        published,
        "select week_start, source, users, cells, k_reached, gcp from anonymisation_quality_week order by source",
    )
    assert [row[:-1] for row in told] == [row[:-1] for row in expected]
    assert [row[-1] for row in told] == pytest.approx([row[-1] for row in expected], rel=1e-12)
    assert all(0 < row[-1] < 1 for row in told)


@pytest.mark.clause("mart-quality")
def test_dimensions(published: Run) -> None:
    assert {code for (code,) in query(published, "select region_code from dim_region")} == set(regions())
    assert query(published, "select * from dim_week") == [(AUTUMN, AUTUMN.replace(day=25), 2026, 43, 4)]
    leaves = query(
        published, "select age_group, age_from, age_to from dim_age_group where is_leaf_band order by age_from"
    )
    assert leaves == [
        ("0-15", 0, 15), ("16-17", 16, 17), ("18-24", 18, 24), ("25-34", 25, 34), ("35-44", 35, 44),
        ("45-54", 45, 54), ("55-64", 55, 64), ("65+", 65, None),
    ]  # fmt: skip


def test_a_home_without_frozen_weeks_has_empty_marts(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    for step in (count_leaf_cells, freeze_weeks, build_marts, check_marts, publish_marts):
        step(run)
    assert query(run, "select count(*) from usage_by_region_age_week") == [(0,)]
    assert query(run, "select count(*) > 5000 from dim_region") == [(True,)]


READER = """
import sys, duckdb
con = duckdb.connect(sys.argv[1], read_only=True)
ask = "select count(*), sum(users) from usage_by_region_age_week"
print(con.execute(ask).fetchone(), flush=True)
for line in sys.stdin:
    print(con.execute(ask).fetchone(), flush=True)
"""


@pytest.mark.clause("mart-swap")
def test_an_analyst_who_has_the_marts_open_is_undisturbed(again: Run) -> None:
    reader = subprocess.Popen(
        [sys.executable, "-c", READER, str(again.home.marts)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert reader.stdin is not None and reader.stdout is not None
    before = reader.stdout.readline()
    commits = list(again.home.cells.glob("weeks/*/*.json"))
    with replacing(again.home, dict.fromkeys(commits)):
        shutil.rmtree(again.home.cells / "weeks")  # the next build has no weeks at all
    for step in (build_marts, check_marts):
        step(again)
    assert query(again, "select count(*) > 0 from usage_by_region_age_week") == [(True,)], "not before the swap"
    publish_marts(again)
    reader.stdin.write("\n")
    reader.stdin.flush()
    assert reader.stdout.readline() == before != "(0, None)\n"
    reader.stdin.close()
    assert reader.wait(timeout=30) == 0
    assert query(again, "select count(*) from usage_by_region_age_week") == [(0,)]


@pytest.mark.clause("mart-swap")
def test_what_was_not_checked_is_not_published(again: Run) -> None:
    before = again.home.marts.read_bytes()
    build_marts(again)
    with pytest.raises(MartsRefused, match="not the file that was checked"):
        publish_marts(again)
    check_marts(again)
    with duckdb.connect(str(marts_aside(again.home))) as con:
        con.execute("update usage_by_region_age_week set users = 3")
    with pytest.raises(MartsRefused, match="not the file that was checked"):
        publish_marts(again)
    assert again.home.marts.read_bytes() == before


def test_publishing_can_be_tried_again(again: Run) -> None:
    for step in (build_marts, check_marts, publish_marts):
        step(again)
    published = again.home.marts.read_bytes()
    publish_marts(again)  # as after a kill behind the rename
    assert again.home.marts.read_bytes() == published
    again.home.marts.unlink()
    with pytest.raises(MartsRefused, match="begin again at build_marts"):
        publish_marts(again)


def test_a_cell_file_that_was_changed_is_not_published(again: Run) -> None:
    path = committed_files(again.home)["usage_by_region_age_week"][0]
    path.write_bytes(path.read_bytes()[:-1] + b"!")
    with pytest.raises(StateDamaged, match=r"usage_by_region_age_week.*changed since its week froze"):
        build_marts(again)


def replant(run: Run, cube: str, change: Any) -> None:
    """Changes a frozen file and its commit alike, as a fault of the pipeline would."""
    path = committed_files(run.home)[cube][0]
    pq.write_table(change(pq.read_table(path)), path)
    commit = run.home.cells / "weeks" / ("ga4_export" if cube.startswith("ga4") else "app") / f"{AUTUMN}.json"
    content = json.loads(commit.read_text())
    content["files"][cube] = hashlib.sha256(path.read_bytes()).hexdigest()
    written = json.dumps(content).encode()
    with replacing(run.home, {commit: hashlib.sha256(written).hexdigest()}):
        commit.write_bytes(written)


def with_column(table: pa.Table, name: str, values: list[Any]) -> pa.Table:
    index = table.schema.get_field_index(name)
    return table.set_column(index, table.schema.field(name), pa.array(values, table.schema.field(name).type))


def doubled(table: pa.Table) -> pa.Table:
    return pa.concat_tables([table, table.slice(0, 1)])


def many_more_sessions(table: pa.Table) -> pa.Table:
    """More than the steps of all rows together leave open."""
    sessions = table["sessions"].to_pylist()
    return with_column(table, "sessions", [sessions[0] + 10_000, *sessions[1:]])


def more_users(table: pa.Table) -> pa.Table:
    return with_column(table, "users", [users + 1 for users in table["users"].to_pylist()])


def foreign_member(table: pa.Table) -> pa.Table:
    return with_column(table, "region_members", [["XX-NOWHERE"], *table["region_members"].to_pylist()[1:]])


def hours_to_the_end(table: pa.Table) -> pa.Table:
    return with_column(table, "hour_to", [23] * len(table))


def open_lengths_twice(table: pa.Table) -> pa.Table:
    open_row = with_column(table.slice(0, 1), "minutes_to", [None])
    return pa.concat_tables([open_row, with_column(open_row, "minutes_from", [60]), table.slice(1)])


def moved_week(table: pa.Table) -> pa.Table:
    return with_column(table, "week_start", [NEXT.replace(month=12)] * len(table))


@pytest.mark.parametrize(
    ("cube", "change", "test"),
    [
        ("usage_by_region_age_week", doubled, "unique_together"),
        ("ga4_engagement_week", doubled, "unique_together"),
        ("session_length_by_age_week", moved_week, "relationships_session_length"),
    ],
)
def test_a_planted_fault_stops_the_build(again: Run, cube: str, change: Any, test: str) -> None:
    replant(again, cube, change)
    with pytest.raises(MartsRefused) as refused:
        build_marts(again)
    assert re.search(test, str(refused.value))
    assert "\n" not in str(refused.value)
    assert refused.value.__suppress_context__ or refused.value.__context__ is None


@pytest.mark.parametrize(
    ("cube", "change", "rules"),
    [
        (
            "usage_by_hour_week",
            many_more_sessions,
            ["sessions.add_up_to_the_core", "sessions.hold_the_sessions_of_their_core_cells"],
        ),
        ("session_length_by_age_week", many_more_sessions, ["sessions.add_up_to_the_core"]),
        ("usage_by_hour_week", hours_to_the_end, ["table.has_disjoint_spans"]),
        ("session_length_by_age_week", open_lengths_twice, ["table.has_disjoint_spans"]),
        (
            "usage_by_hour_week",
            foreign_member,
            ["region_members.is_of_known_leaves", "region_code.means_one_thing_a_week"],
        ),
        ("ga4_engaged_sessions_week", more_users, ["users.is_that_of_its_core_cells"]),
        ("ga4_engaged_sessions_week", many_more_sessions, ["sessions.is_that_of_its_core_cells"]),
        (
            "ga4_engaged_sessions_week",
            foreign_member,
            ["region_members.is_of_known_leaves", "region_members.are_of_whole_core_cells"],
        ),
    ],
)
def test_a_planted_fault_is_found_at_the_door_out(again: Run, cube: str, change: Any, rules: list[str]) -> None:
    """What no test of one mart by itself can see is judged where it leaves, one step later."""
    replant(again, cube, change)
    build_marts(again)
    with pytest.raises(MartsRefused) as refused:
        check_marts(again)
    assert [rule for rule in rules if f"{cube}.{rule} (" not in str(refused.value)] == []
    assert "\n" not in str(refused.value)
    assert "XX-NOWHERE" not in str(refused.value)
    assert refused.value.__suppress_context__ or refused.value.__context__ is None


def test_rows_stand_in_the_order_that_their_mart_names_whatever_the_files(again: Run) -> None:
    orders = {
        "usage_by_region_age_week": "week_start, region_code, age_from, age_to nulls last",
        "usage_by_hour_week": "week_start, region_code, day_type, hour_from",
        "session_length_by_age_week": "week_start, age_from, age_to nulls last, minutes_from",
        "ga4_engagement_week": "week_start, region_code, device_category",
        "ga4_engaged_sessions_week": "week_start, region_code",
    }
    for cube in orders:
        replant(again, cube, lambda table: table.take(list(range(len(table)))[::-1]))
    for step in (build_marts, check_marts, publish_marts):
        step(again)
    for cube, order in orders.items():
        assert query(again, f"from {cube}") == query(again, f"from {cube} order by {order}"), cube
    assert query(again, "select count(*) > 10 from usage_by_hour_week") == [(True,)]


@pytest.mark.clause("week-stays")
def test_a_week_from_before_engaged_sessions_had_a_table_has_no_row_in_it(again: Run) -> None:
    """Its cells told them, and nobody reads that; its commit names no file of the table."""
    replant(again, "ga4_engagement_week", lambda table: table.append_column("engaged_sessions", table["sessions"]))
    commit = again.home.cells / "weeks" / "ga4_export" / f"{AUTUMN}.json"
    content = json.loads(commit.read_text())
    del content["files"]["ga4_engaged_sessions_week"]
    written = json.dumps(content).encode()
    with replacing(again.home, {commit: hashlib.sha256(written).hexdigest()}):
        commit.write_bytes(written)
    for step in (build_marts, check_marts, publish_marts):
        step(again)
    assert query(again, "select count(*) from ga4_engaged_sessions_week") == [(0,)]
    assert query(again, "select count(*) > 0 from ga4_engagement_week") == [(True,)]
    frozen = FrozenCells(again.home)
    assert frozen.weeks("ga4_engaged_sessions_week") == []
    assert "engaged_sessions" not in frozen.rows("ga4_engagement_week", AUTUMN).column_names


def altered_project(folder: Path, file: str, old: str, new: str) -> Path:
    project = folder / "dbt_project"
    shutil.copytree(dbt_command.PROJECT, project, ignore=shutil.ignore_patterns("__pycache__"))
    text = (project / file).read_text(encoding="utf-8")
    assert text.count(old) >= 1
    (project / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    return project


def test_a_contract_breaks_on_a_wrong_type(again: Run, tmp_path: Path) -> None:
    project = altered_project(
        tmp_path,
        "models/marts/coverage_week.sql",
        "{{ frozen_cube() }}",
        "select week_start, source, passed_percent / 100 as passed_percent from ({{ frozen_cube() }}) as cells",
    )
    place = dbt_command.DbtPlace(again.home, again.home.warehouse, marts_aside(again.home), project)
    with pytest.raises(MartsRefused, match="model coverage_week breaks its contract"):
        dbt_command.build(place, "marts", mart_variables(again))


def test_a_failed_model_quotes_no_value(again: Run, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """A cast that fails names what it could not cast: neither error, screen, nor any file may hold it."""
    project = altered_project(
        tmp_path,
        "models/marts/coverage_week.sql",
        "{{ frozen_cube() }}",
        "select week_start, source, cast(source || '-canary' as integer) as passed_percent"
        " from ({{ frozen_cube() }}) as cells",
    )
    place = dbt_command.DbtPlace(again.home, again.home.warehouse, marts_aside(again.home), project)
    with pytest.raises(MartsRefused, match=r"model coverage_week failed \(Conversion Error\)") as refused:
        dbt_command.build(place, "marts", mart_variables(again))
    assert "app-canary" not in str(refused.value)
    printed = capfd.readouterr()
    assert printed.out == printed.err == ""
    for path in again.home.work.rglob("*"):
        assert path.is_dir() or b"app-canary" not in path.read_bytes(), path


def test_an_interrupt_is_no_refusal(again: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("dbt.task.build.BuildTask.run", interrupted)
    with pytest.raises(KeyboardInterrupt):
        build_marts(again)


@pytest.mark.clause("home-private")
def test_reports_are_private_and_fetch_nothing(published: Run) -> None:
    page = published.home.reports / "dbt" / "index.html"
    text = page.read_text(encoding="utf-8")
    assert "connect-src 'none'" in text[: text.index("<script")]
    for node in ("source.{}.frozen_cells.usage_week", "model.{}.usage_week", "exposure.{}.portal"):
        assert node.format("connect_me_now") in text, "lineage from source to who reads it"
    assert '"send_anonymous_usage_stats": true' not in text
    summary = json.loads((published.home.reports / "runs" / f"{published.run_id}.json").read_text())
    assert set(summary["counts"]["seconds"]) == {
        "count_leaf_cells", "freeze_weeks", "build_marts", "check_marts", "publish_marts", "write_reports",
    }  # fmt: skip
    for path in (published.home.reports / "dbt", published.home.reports / "runs"):
        assert path.stat().st_mode & 0o777 == 0o700
        assert all(file.stat().st_mode & 0o777 == 0o600 for file in path.iterdir())


def test_the_docs_are_made_again_only_when_the_schema_changed(again: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("marts.reports.invoke", lambda *_: pytest.fail("dbt was started"))
    write_reports(again)


@pytest.mark.clause("home-private")
def test_what_dbt_writes_is_its_owners_alone(published: Run) -> None:
    for path in published.home.work.rglob("*"):
        assert path.stat().st_mode & 0o077 == 0, path
