"""A year of weekly recoding: 10 million person-weeks in 100,000 leaf cells, region x age over 52 weeks.

Made up, repeatable: half of each week's leaf cells are Dutch or neighbouring subdivisions, the rest anywhere in the
world; sizes fall off as 1 / rank ** 1.6, so a few cells hold most persons and five of six hold under ten. Recoding and
the finest unions by region and by age are timed, one week at a time as weeks freeze, in a process of its own; side
divisions are not. Run with `python -m benchmarks.year`.
"""

import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator

import numpy as np

from anonymisation.cells.disclosure import Rules
from anonymisation.cells.leaf_cell import LeafCell
from anonymisation.cells.quality import gcp
from anonymisation.cells.recoding import recode
from anonymisation.cells.unions import finest_unions
from anonymisation.hierarchies.hierarchy import Hierarchy, ordered_bands, region_hierarchy
from policy.policy import load_policy

WEEKS = 52
LEAF_CELLS = 100_000
PERSONS = 10_000_000
HOME = ("NL-", "BE-", "DE-", "FR-", "GB-")
GOAL_SECONDS, GOAL_MEBIBYTES = 60, 2048


def main() -> int:
    """Prints seconds and peak memory beside the goal."""
    print(f"{PERSONS:,} person-weeks, {LEAF_CELLS:,} leaf cells, {WEEKS} weeks")
    print(f"{'':<22}{'seconds':>9}{'MiB':>7}{'cells':>8}{'GCP':>8}")
    for name, kind in (("along a grid", "aligned"), ("least loss alone", "free")):
        command = [sys.executable, "-m", "benchmarks.year", kind]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            output = process.stdout.read() if process.stdout else ""
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise SystemExit(f"recoding ended with {process.returncode}")
        seconds, cells, loss = output.split()
        mebibytes = usage.ru_maxrss * resource.getpagesize() / 4096 / 1024
        print(f"{name:<22}{float(seconds):>9.1f}{mebibytes:>7.0f}{int(cells):>8}{float(loss):>8.4f}")
    print(f"{'goal, at most':<22}{GOAL_SECONDS:>9.1f}{GOAL_MEBIBYTES:>7.0f}")
    return 0


def recode_year(aligned: bool) -> tuple[float, int, float]:
    """Seconds, number of cells, and the mean GCP of the weeks."""
    policy = load_policy()
    hierarchies = (region_hierarchy(), ordered_bands(policy.ages.labels(), policy.ages.bands))
    rules = Rules(policy.anonymity.k, policy.anonymity.dominance_p)
    seconds, count, loss = 0.0, 0, 0.0
    for leaf_cells in weeks(hierarchies):
        begun = time.monotonic()
        cells = recode(leaf_cells, hierarchies, rules, aligned=aligned) or []
        for dimension in (0, 1):
            finest_unions(cells, dimension)
        seconds += time.monotonic() - begun
        count += len(cells)
        loss += gcp(cells, hierarchies) / WEEKS
    return seconds, count, loss


def weeks(hierarchies: tuple[Hierarchy, Hierarchy]) -> Iterator[list[LeafCell]]:
    """The leaf cells of each week; together exactly LEAF_CELLS with PERSONS."""
    chance = np.random.default_rng(52)
    regions, ages = (hierarchy.leaves for hierarchy in hierarchies)
    near = [number for number, region in enumerate(regions) if region.startswith(HOME)]
    sizes = np.diff(np.linspace(0, LEAF_CELLS, WEEKS + 1).astype(int))
    persons = np.diff(np.linspace(0, PERSONS, WEEKS + 1).astype(int))
    for size, total in zip(sizes, persons, strict=True):
        likely = np.full(len(regions), 1.0)
        likely[near] = len(regions) / len(near)
        pairs = np.repeat(likely, len(ages)) / (likely.sum() * len(ages))
        chosen = chance.choice(len(pairs), size=size, replace=False, p=pairs)
        shares = np.arange(1, size + 1) ** -1.6
        counts = 1 + chance.multinomial(total - size, shares / shares.sum())
        yield [
            _leaf_cell((regions[pair // len(ages)], ages[pair % len(ages)]), int(count), chance)
            for pair, count in zip(chosen.tolist(), counts.tolist(), strict=True)
        ]


def _leaf_cell(codes: tuple[str, str], persons: int, chance: np.random.Generator) -> LeafCell:
    """Persons with minutes that fall off exponentially."""
    measures = np.sort((chance.exponential(1800, persons) * 1e6).astype(np.int64))[::-1]
    second = int(measures[1]) if persons > 1 else 0
    return LeafCell(
        codes, persons, int(measures.sum()), int(measures[0]), second, (2 * persons,), ((2, 2 if persons > 1 else 0),)
    )


if __name__ == "__main__":
    if len(sys.argv) > 1:
        print(*recode_year(sys.argv[1] == "aligned"))
    else:
        sys.exit(main())
