"""Each file of a finished home, each damage, each command: a line that names it, or the result as ever; nothing lost.

`make damage-test` tries all of it; here, each file in two of the five ways under the quick commands, and chosen ones
under the commands that build. How many cases were tried is printed.
"""

import os
import re
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from tests.worlds.damaged_home import (
    COMMANDS,
    DAMAGES,
    HEAVY,
    Outcome,
    content_of,
    copy_of,
    make_finished_home,
    state_files,
)
from tests.worlds.damaged_home import tried as done

EVERYTHING = os.environ.get("CMN_EVERY_DAMAGE") == "1"
#: Commands that leave the home as it is, so that they can be tried one after the other on one damaged copy.
QUICK = tuple(command for command in COMMANDS if command not in HEAVY)
GONE = object()
FROZEN, OPEN = "2026-03-02", "2026-03-09"

#: What a command rests on: with one of these damaged (by the beginning of its path) it must not end as ever.
RESTS_ON = {
    "run": ("restricted/keys/2026", "restricted/records/", "restricted/register", "cells/", "releases/ledger"),
    "status": ("restricted/register", "cells/weeks/", "marts/", "releases/ledger"),
    "weeks list": ("restricted/register", "cells/weeks/"),
    "accept-empty": ("restricted/register",),
    "deliveries list": ("restricted/register",),
    "releases list": ("releases/ledger", "releases/public-key"),
    "releases verify": ("releases/usage", "releases/ledger", "releases/public-key"),
    "partition propose": ("cells/",),
    "doctor": ("restricted/keys/", "restricted/register", "cells/weeks/", "releases/ledger", "releases/public-key"),
    "doctor --deep": ("restricted/keys/", "restricted/records/", "restricted/quarantine/", "restricted/register",
                      "cells/", "marts/", "releases/usage", "releases/ledger", "releases/public-key"),
    "releases publish": ("restricted/register", "cells/", "marts/", "releases/ledger", "releases/usage"),
    "releases withdraw": ("restricted/register", "releases/ledger"),
    "retract": ("restricted/register",),
}  # fmt: skip
#: What a builder must be tried on in any case: one of each kind that it rests on, and what it makes anew.
CHOSEN = [
    ("run", f"restricted/keys/{OPEN}.key", "deleted"),
    ("run", f"restricted/keys/{FROZEN}.key", "one bit flipped"),
    ("run", f"restricted/records/app/{OPEN}.parquet", "one bit flipped"),
    ("run", f"restricted/records/app/{FROZEN}.parquet", "emptied"),
    ("run", f"cells/weeks/app/{FROZEN}.json", "cut by half"),
    ("run", f"cells/usage_by_hour_week/{FROZEN}.parquet", "one bit flipped"),
    ("run", "restricted/register.sqlite", "deleted"),
    ("run", "restricted/run.lock", "replaced by a folder"),
    ("run", "marts/marts.duckdb", "one bit flipped"),
    ("retract", f"cells/weeks/app/{FROZEN}.json", "one bit flipped"),
    ("releases publish", "marts/marts.duckdb", "one bit flipped"),
    ("releases withdraw", "releases/ledger.jsonl", "cut by half"),
]


class Trials:
    """The finished home, what each command does to it undamaged, and what became of the cases."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.finished = make_finished_home(folder / "whole")
        self.outcomes: list[str] = []
        self._as_ever: dict[str, Outcome] = {}

    @property
    def files(self) -> list[str]:
        return state_files(self.finished.parent / "home")

    def as_ever(self, command: str) -> Outcome:
        if command not in self._as_ever:
            copy = copy_of(self.finished, self.folder / command.replace(" ", "-"))
            self._as_ever[command] = plain(done(copy, command), copy)
            assert self._as_ever[command].code == 0, self._as_ever[command].errors
        return self._as_ever[command]

    def damaged(self, name: str, damage: str) -> Path:
        config = copy_of(self.finished, self.folder / "damaged")
        DAMAGES[damage](config.parent / "home" / name)
        return config

    def over(self, commands: Iterable[str], name: str, damage: str) -> list[str]:
        """The commands on one damaged copy, in order; what went wrong."""
        config = self.damaged(name, damage)
        failures = []
        for command in commands:
            before = content_of(config.parent / "home")
            found = plain(done(config, command), config)
            try:
                self.outcomes.append(judged(command, name, before, self.as_ever(command), found))
            except AssertionError as failure:
                failures.append(f"{damage}: {str(failure).splitlines()[0]}")
        shutil.rmtree(config.parent)
        return failures


@pytest.fixture(scope="module")
def trials(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Trials]:
    made = Trials(tmp_path_factory.mktemp("damaged-home"))
    yield made
    told = ", ".join(f"{made.outcomes.count(kind)} {kind}" for kind in sorted(set(made.outcomes)))
    reporter = request.config.pluginmanager.getplugin("terminalreporter")
    if reporter is not None:
        reporter.write_line(f"\ndamaged state: {len(made.outcomes)} cases tried: {told}")


def plain(outcome: Outcome, config: Path) -> Outcome:
    """Without the place of the copy and the moments of today."""
    output = re.sub(r"20\d\d-\d\d-\d\dT[\d:.+]+", "…", outcome.output.replace(str(config.parent), "…"))
    return Outcome(outcome.code, output, outcome.errors, outcome.content)


def is_kept(
    found: dict[str, object], before: dict[str, object], ever: dict[str, object], *, is_through: bool = False
) -> bool:
    """Whether each thing is as the undamaged home's would be or, where the command was refused, as it was."""
    for path in {*found, *before, *ever}:
        if path not in before and path.startswith("restricted/quarantine/"):
            continue  # a run's own file, which its id names
        if path.startswith("releases/") and path in found and path in ever and ever[path] != before.get(path, GONE):
            continue  # what the command publishes or withdraws, which tells the moment
        if found.get(path, GONE) not in (ever.get(path, GONE), *(() if is_through else (before.get(path, GONE),))):
            return False
    return True


def without(content: dict[str, object], name: str) -> dict[str, object]:
    return {path: held for path, held in content.items() if path != name and not path.startswith(name + "/")}


def judged(command: str, name: str, before: dict[str, object], ever: Outcome, found: Outcome) -> str:
    """`as ever` or `refused`; anything else fails."""
    case = f"{command} with {name}: exit {found.code}: {found.errors}"
    assert "unexpected" not in found.errors and "Traceback" not in found.errors, case
    rest = without(found.content, name)
    if found.code == 0:
        assert not name.startswith(RESTS_ON[command]), f"rests on it, and ended as ever: {case}"
        assert found.output == ever.output, case
        assert is_kept(rest, without(before, name), without(ever.content, name), is_through=True), (
            f"changed what is kept: {case}"
        )
        return "as ever"
    said = found.errors + (found.output if command.startswith("doctor") else "")
    # A path that the caller names and is not there is a wrong call.
    right = {"doctor": (2,), "doctor --deep": (2,), "releases verify": (1, 2)}.get(command, (1,))
    assert found.code in right, case
    assert Path(name).name in said or re.search(r"release \S+: ", said), f"{case} {found.output}"
    assert is_kept(rest, without(before, name), without(ever.content, name)), f"changed what is kept: {case}"
    return "refused"


@pytest.mark.clause("home-damage-is-named")
@pytest.mark.parametrize("damage", DAMAGES)
def test_files_under_the_quick_commands(damage: str, trials: Trials) -> None:
    turn = list(DAMAGES).index(damage)
    files = [name for number, name in enumerate(trials.files) if EVERYTHING or (number + turn) % len(DAMAGES) < 2]
    failures = [failure for name in files for failure in trials.over(QUICK, name, damage)]
    assert not failures, "\n".join(failures)


@pytest.mark.clause("home-damage-is-named")
@pytest.mark.parametrize(("command", "name", "damage"), CHOSEN)
def test_chosen_files_under_the_builders(command: str, name: str, damage: str, trials: Trials) -> None:
    assert trials.over([command], name, damage) == []


@pytest.mark.skipif(not EVERYTHING, reason="takes an hour: make damage-test")
@pytest.mark.parametrize("command", HEAVY)
@pytest.mark.parametrize("damage", DAMAGES)
def test_every_file_under_the_builders(command: str, damage: str, trials: Trials) -> None:
    failures = [failure for name in trials.files for failure in trials.over([command], name, damage)]
    assert not failures, "\n".join(failures)


def test_the_judge_finds_what_is_lost() -> None:
    """Planted: a command that loses a key in silence, one that names nothing, one that fails without words."""
    ever = Outcome(0, "", "", {"k": b"1", "c": b"2"})
    for planted in (
        Outcome(0, "", "", {"c": b"2"}),
        Outcome(1, "", "cmn: something is wrong", {"k": b"1", "c": b"2"}),
        Outcome(1, "", "cmn: marts/figures is missing", {"c": b"2"}),
        Outcome(1, "", "cmn: unexpected KeyError; marts/figures", {"k": b"1", "c": b"2"}),
        Outcome(3, "", "cmn: marts/figures is missing", {"k": b"1", "c": b"2"}),
    ):
        with pytest.raises(AssertionError):
            judged("weeks list", "marts/figures", dict(ever.content), ever, planted)
    with pytest.raises(AssertionError, match="rests on it"):
        judged("weeks list", "cells/weeks/app/2026-03-02.json", dict(ever.content), ever, ever)
