"""`cmn partition`: proposes the cells that weeks are to keep, so that they can be compared over time."""

import argparse
import json
from datetime import date

import pyarrow.parquet as pq

from anonymisation.cells.reference_proposal import ProposedCell, propose
from anonymisation.hierarchies.hierarchy import region_hierarchy
from anonymisation.hierarchies.leaf_box import LeafSets
from freezing.cell_files import committed_files
from freezing.reference_cells import app_hierarchies
from home.settings.settings import Settings, load_settings
from policy.policy import Policy
from refusals.errors import UsageError

CUBE = "usage_by_region_age_week"
COLUMNS = ["region_members", "age_from", "age_to"]


def partition_command(options: argparse.Namespace) -> int:
    """Prints a reference partition as TOML, for people to judge and to put into their policy directory."""
    settings = load_settings(options.config)
    weeks = _frozen_weeks(settings)
    if not weeks:
        raise UsageError(
            "partition: no frozen week of the app fits today's ages.toml; `cmn weeks list` shows what froze"
        )
    proposed = propose(list(weeks.values()), app_hierarchies(settings.policy))
    print(_as_toml(proposed, list(weeks), settings.policy), end="")
    return 0


def _frozen_weeks(settings: Settings) -> dict[date, list[LeafSets]]:
    """What the published cells of each frozen week cover; weeks that froze under other ages or regions are left out."""
    found = {}
    for path in committed_files(settings.home)[CUBE]:
        cells = pq.read_table(path, columns=COLUMNS).to_pylist()
        described: list[LeafSets] = [(tuple(cell["region_members"]), _bands(cell, settings.policy)) for cell in cells]
        leaves = set(region_hierarchy().leaves)
        if all(bands and leaves.issuperset(regions) for regions, bands in described):
            found[date.fromisoformat(path.stem)] = described
    return found


def _bands(cell: dict[str, int | None], policy: Policy) -> tuple[str, ...]:
    """The bands that the cell's ages are, exactly; empty where they are cut elsewhere."""
    first_years, last = policy.ages.bands, cell["age_to"]
    if cell["age_from"] not in first_years or (last is not None and last + 1 not in first_years):
        return ()
    labelled = zip(policy.ages.labels(), first_years, strict=True)
    return tuple(
        label for label, year in labelled if year >= (cell["age_from"] or 0) and (last is None or year <= last)
    )


def _as_toml(proposed: list[ProposedCell], weeks: list[date], policy: Policy) -> str:
    first_year = dict(zip(policy.ages.labels(), policy.ages.bands, strict=True))
    following = dict(zip(policy.ages.labels(), policy.ages.bands[1:], strict=False))
    span = f"{len(weeks)} frozen weeks from {weeks[0]} to {weeks[-1]}"
    lines = [
        f"# A reference partition proposed from {span}, by their published cells alone.",
        "# Read it, change it, say why, and put it into the policy directory as reference_partition.toml.",
        f"version = {json.dumps(str(weeks[-1]))}",
        f"why = {json.dumps(f'Proposed from {span}: the cells that at least half of them hold.')}",
    ]
    for cell in proposed:
        regions, ages = cell.leaf_sets
        codes = sorted(region_hierarchy().fewest_nodes(frozenset(regions)))
        lines += [
            "",
            f"# held in {cell.weeks_held} of {len(weeks)} weeks",
            "[[cell]]",
            f"regions = {json.dumps(codes)}",
            f"age_from = {first_year[ages[0]]}",
            *([f"age_to = {following[ages[-1]] - 1}"] if ages[-1] in following else []),
        ]
    return "\n".join(lines) + "\n"
