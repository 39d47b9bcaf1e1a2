"""`python -m tests.crash`: kills whole runs, for so long or so often as asked; prints a table, exit 1 with findings.

What was done is kept beside the homes, so that the same call goes on until there are enough kills: it may be stopped at
any time.
"""

import argparse
import random
import sys
import time
from pathlib import Path

import pytest

from tests.crash.full_disk import MEBIBYTES, fill_and_compare
from tests.crash.kills import (
    Tally,
    aims_of_a_home,
    kill_and_compare,
    planted_fault_is_found,
    seconds_of_steps,
    table,
)
from tests.crash.worlds import FIRST_RUN, WORLDS
from tests.services.small_disk import small_disk


def tour_of_a_full_disk(folder: Path) -> list[str]:
    """A disk that is full in each step in turn; nothing where none can be mounted."""
    FIRST_RUN.make(folder)
    steps = seconds_of_steps(FIRST_RUN.undisturbed(folder)[0])
    try:
        with small_disk(folder / "disk", MEBIBYTES) as disk:
            return fill_and_compare(FIRST_RUN, folder, disk, steps)
    except pytest.skip.Exception as skipped:
        print(f"the tour of a full disk was left out: {skipped}", flush=True)
        return []


def main() -> int:
    parser = argparse.ArgumentParser(prog="make crash-test")
    parser.add_argument("--kills", type=int, default=500, help="how many kills in all")
    parser.add_argument("--seed", type=int, default=1, help="another seed, other moments; the same goes on")
    parser.add_argument("--minutes", type=float, default=60, help="begin no home after this time")
    parser.add_argument("--folder", type=Path, default=Path("var/crash"), help="where the homes are")
    options = parser.parse_args()
    folder = options.folder.resolve() / str(options.seed)
    folder.mkdir(parents=True, exist_ok=True)
    tally = Tally.of(folder / "tally.json")
    end = time.monotonic() + 60 * options.minutes
    if not tally.homes:
        blind = not planted_fault_is_found(FIRST_RUN, folder / FIRST_RUN.name)
        tally.findings += ["the harness does not find a write that was torn on purpose"] if blind else []
        print("a write that was torn on purpose: " + ("not found" if blind else "found"), flush=True)
        tally.findings += tour_of_a_full_disk(folder / FIRST_RUN.name)
    steps: dict[str, float] = {}
    while tally.kills.total() < options.kills and time.monotonic() < end:
        world = WORLDS[tally.homes % len(WORLDS)]
        place = folder / world.name
        world.make(place)
        steps = seconds_of_steps(world.undisturbed(place)[0])
        chance = random.Random(f"{options.seed}/{tally.homes}")  # noqa: S311 - when to pull the plug
        aims = aims_of_a_home(steps, tally, chance)
        tally.findings += kill_and_compare(world, place, f"killed-{tally.homes}", aims, tally, until=end)
        tally.homes += 1
        tally.keep()
        print(f"{tally.kills.total()} kills, {tally.homes} homes, {len(tally.findings)} findings", flush=True)
    print(table(tally, list(steps) or sorted(tally.kills)))
    return 1 if tally.findings else 0


if __name__ == "__main__":
    sys.exit(main())
