"""Weeks are comparable over time: proposed from frozen weeks, kept where the rules allow, and the share is told."""

import tomllib
from fractions import Fraction
from pathlib import Path
from typing import Any

import duckdb
import pytest

from command.main import main
from freezing.cell_files import committed_files
from freezing.counting import count_leaf_cells
from freezing.freezing import freeze_weeks
from home.run import Run
from marts.marts import build_marts, check_marts, publish_marts
from policy.policy import load_policy
from policy.region_table import regions
from refusals.errors import UsageError
from tests.worlds.record_files import AUTUMN, NEXT, ingest, make_run, population, store_sessions

Described = tuple[frozenset[str], int, int | None]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[Run, str]:
    """A week frozen without a reference, one proposed from it, and a week frozen with that; published."""
    folder = tmp_path_factory.mktemp("reference")
    run = make_run(folder)
    store_sessions(run, [*population(11, [AUTUMN], 400), *population(12, [NEXT], 400)])
    ingest(run, "app", [AUTUMN])
    count_leaf_cells(run)
    freeze_weeks(run)
    proposal = proposed(run)
    (folder / "policy" / "reference_partition.toml").write_text(proposal, encoding="utf-8")
    run = make_run(folder, "run-2")
    ingest(run, "app", [NEXT])
    for step in (count_leaf_cells, freeze_weeks, build_marts, check_marts, publish_marts):
        step(run)
    return run, proposal


def proposed(run: Run) -> str:
    with pytest.MonkeyPatch.context() as patch:
        lines: list[str] = []
        patch.setattr("builtins.print", lambda text="", **_: lines.append(text))
        assert main(["partition", "propose", "--config", str(run.settings.file)]) == 0
    return "".join(lines)


def leaves_of(codes: list[str]) -> frozenset[str]:
    """Down the region table, one parent at a time."""
    children: dict[str | None, list[str]] = {}
    for region in regions().values():
        children.setdefault(region.parent, []).append(region.code)
    found, pending = set(), list(codes)
    while pending:
        code = pending.pop()
        pending += children.get(code, [])
        if code not in children:
            found.add(code)
    return frozenset(found)


def cells_of(proposal: str) -> set[Described]:
    return {
        (leaves_of(cell["regions"]), cell["age_from"], cell.get("age_to")) for cell in tomllib.loads(proposal)["cell"]
    }


def rows(run: Run, week: Any) -> dict[Described, int]:
    with duckdb.connect(str(run.home.marts), read_only=True) as con:
        found = con.execute(
            "select region_members, age_from, age_to, users from usage_by_region_age_week where week_start = ?", [week]
        ).fetchall()
    return {(frozenset(members), first, last): users for members, first, last, users in found}


@pytest.mark.clause("command-partition")
def test_the_proposal_covers_the_cells_of_the_frozen_week(world: tuple[Run, str]) -> None:
    run, proposal = world
    reference = cells_of(proposal)
    assert len(reference) == len(rows(run, AUTUMN)) == proposal.count("# held in 1 of 1 weeks\n")
    for members, first, last in rows(run, AUTUMN):
        over = [
            cell
            for cell in reference
            if members == cell[0] and cell[1] <= first and (cell[2] is None or (last is not None and last <= cell[2]))
        ]
        assert len(over) == 1


@pytest.mark.clause("command-partition", "mart-quality")
def test_the_next_week_keeps_most_of_it_and_the_mart_says_how_much(world: tuple[Run, str]) -> None:
    run, proposal = world
    reference = cells_of(proposal)
    with duckdb.connect(str(run.home.marts), read_only=True) as con:
        told = con.execute(
            "select week_start, reference_version, reference_cells_share, reference_users_share"
            " from anonymisation_quality_week order by week_start"
        ).fetchall()
    expected = []
    for week in (AUTUMN, NEXT):
        cells = rows(run, week)
        same = {cell: users for cell, users in cells.items() if cell in reference}
        shares = Fraction(len(same), len(cells)), Fraction(sum(same.values()), sum(cells.values()))
        expected.append((week, str(AUTUMN), float(shares[0]), float(shares[1])))
        assert same
    assert told == expected
    assert told[1][2] > 0.5


def test_without_a_reference_the_week_would_have_been_another(world: tuple[Run, str], tmp_path: Path) -> None:
    """What the reference does is seen in the same week without it."""
    run, proposal = world
    alone = make_run(tmp_path)
    store_sessions(alone, population(12, [NEXT], 400))
    ingest(alone, "app", [NEXT])
    count_leaf_cells(alone)
    freeze_weeks(alone)
    (path,) = committed_files(alone.home)["usage_by_region_age_week"]
    found = duckdb.execute(f"select region_members, age_from, age_to from '{path}'").fetchall()
    reference = cells_of(proposal)
    kept_alone = sum((frozenset(members), first, last) in reference for members, first, last in found)
    assert kept_alone < sum(cell in reference for cell in rows(run, NEXT))


def test_nothing_frozen_nothing_proposed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = make_run(tmp_path)
    assert main(["partition", "propose", "--config", str(run.settings.file)]) == 2
    assert "no frozen week" in capsys.readouterr().err


GOOD = 'version = "1"\nwhy = "to compare provinces"\n[[cell]]\nregions = ["NL-NH"]\nage_from = 18\nage_to = 34\n'


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (GOOD.replace("NL-NH", "NL-XX"), r"setting 'cell.0.regions'.*not in the region table"),
        (GOOD.replace("34", "30"), r"setting 'cell.0': its ages must begin and end where the bands"),
        (GOOD + '[[cell]]\nregions = ["NL"]\nage_from = 25\n', r"setting 'cell'.*two cells overlap"),
        (GOOD.replace('"to compare provinces"', '""'), r"reference_partition.toml.*says why"),
        (GOOD + "users = 3\n", r"setting 'cell.0.users'"),
    ],
)
def test_a_reference_that_cannot_be_is_refused_by_name(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "reference_partition.toml").write_text(text)
    with pytest.raises(UsageError, match=told):
        load_policy(tmp_path)


def test_a_good_one_is_loaded(tmp_path: Path) -> None:
    (tmp_path / "reference_partition.toml").write_text(GOOD)
    (cell,) = load_policy(tmp_path).reference_partition.cell
    assert (cell.leaf_regions(), cell.age_from, cell.age_to) == (("NL-NH",), 18, 34)
