"""Killing whole runs until there are enough kills in each step; every home is then run to its end and compared."""

import json
import random
import shutil
import signal
import sqlite3
import sys
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from tests.crash.watched_run import BETWEEN, PLAIN_TASKS, START, Aim, WatchedRun
from tests.crash.whole_home import differences
from tests.crash.worlds import World, begin

#: Kills in one home before it is run to its end.
KILLS_A_HOME = 8
#: Of them, those at any moment of the whole run; the others are aimed at the steps that had the fewest so far.
ANYWHERE = 2
WANTED_A_STEP = 10


@dataclass
class Tally:
    """What was done so far, kept in a file, so that a later call goes on where this one ended."""

    file: Path
    homes: int = 0
    kills: Counter[str] = field(default_factory=Counter)
    missed: int = 0
    findings: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, file: Path) -> "Tally":
        if not file.exists():
            return cls(file)
        held = json.loads(file.read_text())
        return cls(file, held["homes"], Counter(held["kills"]), held["missed"], held["findings"])

    def keep(self) -> None:
        held = {"homes": self.homes, "kills": dict(self.kills), "missed": self.missed, "findings": self.findings}
        self.file.write_text(json.dumps(held, indent=1))


def seconds_of_steps(undisturbed: Path) -> dict[str, float]:
    """How long each step of the undisturbed run took, in order."""
    with closing(sqlite3.connect(undisturbed / "home" / "restricted" / "register.sqlite")) as register:
        [(counts,)] = register.execute("select counts from runs order by rowid desc limit 1").fetchall()
    seconds: dict[str, float] = json.loads(counts)["seconds"]
    return {step: took for step, took in seconds.items() if step != "total"}


def aims_of_a_home(steps: dict[str, float], tally: Tally, chance: random.Random) -> list[Aim]:
    """Kills in the order of the steps, so that each finds its step's work undone; some at any moment among them."""
    every = [*steps, *PLAIN_TASKS]
    fewest = sorted(every, key=lambda step: (tally.kills[step], chance.random()))[: KILLS_A_HOME - ANYWHERE]
    order = {step: number for number, step in enumerate(("plan", *steps, "close_run"))}
    aims = [
        Aim(chance.uniform(0, max(steps.get(step, 0.1), 0.005)), step)
        for step in sorted(fewest, key=order.__getitem__)
    ]  # fmt: skip
    for _ in range(ANYWHERE):
        moment = Aim(chance.uniform(0, 8 + sum(steps.values())))
        aims.insert(chance.randint(0, len(aims)), moment)
    return aims


def kill_and_compare(
    world: World, folder: Path, name: str, aims: list[Aim], tally: Tally, *, until: float = float("inf")
) -> list[str]:
    """Runs a home of its own, killed once an aim, then to its end; what differs from undisturbed homes.

    `until`: a moment of the monotonic clock after which the home is killed no more. A home with findings stays, for
    people to look at.
    """
    world.make(folder)
    undisturbed = world.undisturbed(folder)
    place = begin(folder, folder / name)
    arguments, temporary = world.arguments(place), place / "tmp"
    for aim in aims:
        if time.monotonic() > until:
            break
        with WatchedRun(arguments, place / "home", temporary) as run:
            came = run.wait_for(aim)
            run.signal(signal.SIGKILL)
            code = run.ended()
        if not came or code == 0:
            tally.missed += 1
            if code not in (0, -signal.SIGKILL):
                return [f"{name}: after a kill, exit {code}: {run.errors}"]
            continue
        where = run.where()
        tally.kills[where] += 1
        print(f"{name}: killed after {time.monotonic() - run.begun:.1f} s, in {where}", flush=True)
    with WatchedRun(arguments, place / "home", temporary) as run:
        code = run.ended()
    if code != 0:
        return [f"{name}: after the kills, exit {code}: {run.errors}"]
    shutil.rmtree(temporary)
    found = [f"{name}: {line}" for line in differences(place, undisturbed)]
    if not found:
        shutil.rmtree(place)
    return found


def planted_fault_is_found(world: World, folder: Path) -> list[str]:
    """What the harness says of a write that is torn in the middle, before a whole run follows; empty: it is blind."""
    world.make(folder)
    undisturbed = world.undisturbed(folder)
    place = begin(folder, folder / "planted")
    arguments, temporary = world.arguments(place), place / "tmp"
    torn = (sys.executable, "-m", "tests.crash.planted", "*/cells/weeks/*.json")
    with WatchedRun(arguments, place / "home", temporary, torn) as run:
        if run.ended() != -signal.SIGKILL:
            return []
    with WatchedRun(arguments, place / "home", temporary) as run:
        code = run.ended()
    shutil.rmtree(temporary)
    found = [f"exit {code}: {run.errors}"] if code != 0 else differences(place, undisturbed)
    shutil.rmtree(place)
    return found


def table(tally: Tally, steps: list[str]) -> str:
    """What to quote: kills by step, and what they came to."""
    rows = [START, "plan", *steps, "close_run", BETWEEN]
    rows += sorted(set(tally.kills) - set(rows))
    width = max(map(len, rows))
    lines = [f"{row:<{width}}  {tally.kills[row]:>5}" for row in rows]
    few = [row for row in ("plan", *steps, "close_run") if tally.kills[row] < WANTED_A_STEP]
    lines += [
        f"{'all':<{width}}  {tally.kills.total():>5}",
        f"{tally.homes} homes run to their end and compared; {tally.missed} kills came too late to count",
        f"steps with fewer than {WANTED_A_STEP} kills: {', '.join(few) or 'none'}",
        f"lost, doubled, left over or otherwise different: {len(tally.findings)}",
    ]
    return "\n".join([*lines, *tally.findings])
