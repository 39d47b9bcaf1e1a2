"""How the command ends: a code for each kind of end, at most two lines that name what is wrong, and never a row.

A small home with sources of its own; the codes of a run that is stopped, and of a release that is refused, are shown
where such a run and such a home are made (tests/end_to_end/test_crash.py, tests/promises/releases).
"""

import fcntl
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import pytest

from command.main import main
from tests.worlds.store_world import World

MONDAY, SUNDAY, NOW = "2026-11-09", "2026-11-15", "2026-11-19T06:00:00Z"
#: Stands in every row that is delivered, and must be told nowhere.
CANARY = "canary-7c1f"
SPEC = '[privacy]\nk = 2\n[[quasi_identifier]]\nname = "age"\nkind = "ordinal"\nhierarchy = "age.csv"\n'


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A home that ran once, and beside it a table to anonymise."""
    made = World(tmp_path / "home")
    made.sessions((CANARY, "anna", "2026-11-10T10:00:00Z", "2026-11-10T10:30:00Z"))
    made.run(MONDAY, SUNDAY, NOW)
    (made.root / "age.csv").write_text("30;*\n40;*\n")
    (made.root / "spec.toml").write_text(SPEC)
    (made.root / "good.csv").write_text("age\n" + "30\n40\n" * 4)
    (made.root / "bad.csv").write_text(f"age\n{CANARY}\n30\n")
    return made


@contextmanager
def another_run(world: World) -> Iterator[None]:
    """Holds the lock as another process does."""
    descriptor = os.open(world.last.home.lock, os.O_RDWR | os.O_CREAT)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    yield
    os.close(descriptor)


def nothing(_: World) -> nullcontext[None]:
    return nullcontext()


def damaged(name: str) -> Callable[[World], nullcontext[None]]:
    def damage(world: World) -> nullcontext[None]:
        (world.root / name).write_bytes(CANARY.encode())
        return nullcontext()

    return damage


def wrong_setting(world: World) -> nullcontext[None]:
    config = world.root / "cmn.toml"
    config.write_text('colour = "blue"\n' + config.read_text())
    return nullcontext()


TABLE = "anonymise --spec {home}/spec.toml --out {home}/out --table {home}/"
# ruff: noqa: E501 — a table that can be read across
CASES = [
    # what is the case                      what is done before           the call                                                             code  what the error names
    ("what is asked for is done",           nothing,                      "weeks list",                                                         0, None),
    ("what is asked for is done, as JSON",  nothing,                      "status --json",                                                      0, None),
    ("a table is anonymised",               nothing,                      TABLE + "good.csv",                                                   0, None),
    ("an unknown setting",                  wrong_setting,                "status",                                                             2, "colour"),
    ("an unknown setting, as JSON",         wrong_setting,                "weeks list --json",                                                  2, "colour"),
    ("a date that is none",                 nothing,                      "weeks accept-empty 2026-02-30",                                      2, "DATE"),
    ("a Monday that is none",               nothing,                      "weeks retract 2026-11-10 --why late --source app",                   2, "2026-11-10"),
    ("a release that nobody published",     nothing,                      "releases withdraw usage_by_hour/2026-W46-v1 --why late",             2, "usage_by_hour/2026-W46-v1"),
    ("an interval from later to earlier",   nothing,                      f"run --from {SUNDAY} --to {MONDAY} --json",                          2, "swap 'from' and 'to'"),
    ("a table that is not there",           nothing,                      TABLE + "gone.csv",                                                   2, "gone.csv"),
    ("a table with a value of no leaf",     nothing,                      TABLE + "bad.csv",                                                    3, "column 'age'"),
    ("another run holds the lock",          another_run,                  "weeks accept-empty 2026-11-11",                                      5, "another run is writing"),
    ("another run holds it, as JSON",       another_run,                  f"run --from {MONDAY} --to {SUNDAY} --json",                          5, "another run is writing"),
    ("a register that is damaged",          damaged("restricted/register.sqlite"), "status --json",                                             1, "restricted/register.sqlite"),
    ("a ledger of releases without its key",   damaged("releases/ledger.jsonl"), "releases list --json",                                           1, "releases/public-key.pem"),
]  # fmt: skip


@pytest.mark.clause("exit-codes", "errors-in-words", "output-json")
@pytest.mark.parametrize(("before", "call", "code", "names"), [case[1:] for case in CASES], ids=[c[0] for c in CASES])
def test_how_it_ends(
    world: World,
    capfd: pytest.CaptureFixture[str],
    *,
    before: Callable[[World], Any],
    call: str,
    code: int,
    names: str | None,
) -> None:
    (world.root / "releases").mkdir(exist_ok=True)
    arguments = [word.format(home=world.root) for word in call.split()]
    arguments += [] if call.startswith("anonymise") else ["--config", str(world.root / "cmn.toml")]
    with before(world):
        assert main(arguments) == code
    told = capfd.readouterr()
    assert CANARY not in told.out + told.err
    if names is None:
        assert told.err == ""
    else:
        assert names in told.err and told.err.startswith("cmn: ")
        assert 1 <= told.err.count("\n") <= 2 and "Traceback" not in told.err
    if "--json" in arguments:
        printed = json.loads(told.out)
        assert isinstance(printed, dict)
        assert names is None or printed == {"error": told.err.removeprefix("cmn: ").rstrip("\n"), "exit_code": code}


# What is called, and what the line names
WRONG_CALLS = [
    ("no command", "", "COMMAND"),
    ("an unknown command", "walk", "walk"),
    ("an option that there is not", "status --config x --fast", "--fast"),
    ("a missing option", "run --config x --from 2026-11-09", "--to"),
    ("a missing reason", "weeks retract 2026-11-09 --config x", "--why"),
]


@pytest.mark.clause("exit-codes", "errors-in-words")
@pytest.mark.parametrize(("call", "names"), [case[1:] for case in WRONG_CALLS], ids=[case[0] for case in WRONG_CALLS])
def test_a_wrong_call_is_one_line_and_two(capsys: pytest.CaptureFixture[str], call: str, names: str) -> None:
    with pytest.raises(SystemExit) as ended:
        main(call.split())
    told = capsys.readouterr()
    assert ended.value.code == 2
    assert names in told.err and told.err.count("\n") == 1 and told.out == ""
