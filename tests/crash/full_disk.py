"""A disk that fills in each step of a whole run: one line says so, and with room again all is as it would have been."""

import time
from collections.abc import Iterable
from pathlib import Path

from tests.crash.watched_run import Aim, WatchedRun
from tests.crash.whole_home import differences
from tests.crash.worlds import World, begin
from tests.services.small_disk import fill, make_room

MEBIBYTES = 256
SECONDS_TO_END = 300


def fill_and_compare(world: World, folder: Path, disk: Path, steps: Iterable[str]) -> list[str]:
    """Runs a home on a small disk that is full from each step on, and then to its end; what is not as it must be.

    Whatever a run gives back meanwhile is taken too, so each of them ends in an error, or has written all before.
    """
    world.make(folder)
    undisturbed = world.undisturbed(folder)
    place = begin(folder, disk / "place")
    arguments, temporary, found = world.arguments(place), disk / "tmp", []
    for step in steps:
        with WatchedRun(arguments, place / "home", temporary) as run:
            came = run.wait_for(Aim(0, step))
            end = time.monotonic() + SECONDS_TO_END
            while not run.is_over() and time.monotonic() < end:
                fill(disk)
                run.look(0.02)
            is_over = run.is_over()
            make_room(disk)
            if not is_over:
                found.append(f"full in {step}: still running after {SECONDS_TO_END} s")
                continue
            code, errors = run.ended(), run.errors
        print(f"full in {step}: exit {code}, {errors}", flush=True)
        if came and code == 0 and not errors:
            # The step had nothing to write any more: then all is there already.
            found += [
                f"full in {step}: exit 0, and {what}" for what in differences(place, undisturbed, ask_doctor=False)
            ]
        elif not came:
            found.append(f"full in {step}: exit {code} before that step: {errors}")
        elif code != 1 or errors.count("\n") or "the disk is full" not in errors or str(disk) not in errors:
            found.append(f"full in {step}: exit {code}: {errors}")
    with WatchedRun(arguments, place / "home", temporary) as run:
        code = run.ended()
    if code != 0:
        return [*found, f"with room again: exit {code}: {run.errors}"]
    return found + differences(place, undisturbed, ask_doctor=False)
