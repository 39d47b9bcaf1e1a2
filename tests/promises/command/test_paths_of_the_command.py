"""Every path that the command is given, at every place where it cannot be: a sentence and exit 2, never a surprise."""

import argparse
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from command.main import _parser, main
from tests.readers.releases_on_disk import AT, FIRST, files_of, home_in
from tests.readers.subcommands import subcommands
from tests.worlds.one_release import publish

NOBODY = 65534
#: What a good call of each command looks like; the place of each path by its name in braces.
CALLS = {
    "run --config": ["run", "--config", "{config}", "--from", "2026-03-02", "--to", "2026-03-08"],
    "status --config": ["status", "--config", "{config}"],
    "doctor --config": ["doctor", "--config", "{config}"],
    "weeks list --config": ["weeks", "list", "--config", "{config}"],
    "weeks retract --config": ["weeks", "retract", "2026-03-02", "--why", "wrong", "--config", "{config}"],
    "releases list --config": ["releases", "list", "--config", "{config}"],
    "releases publish --config": ["releases", "publish", "--config", "{config}"],
    "partition propose --config": ["partition", "propose", "--config", "{config}"],
    "deliveries list --config": ["deliveries", "list", "--config", "{config}"],
    "airflow --config": ["airflow", "--config", "{config}"],
    "demo --home": ["demo", "--home", "{folder}"],
    "anonymise --table": ["anonymise", "--table", "{table}", "--spec", "good/spec.toml", "--out", "out"],
    "anonymise --spec": ["anonymise", "--table", "good/t.csv", "--spec", "{spec}", "--out", "out"],
    "anonymise --out": ["anonymise", "--table", "good/t.csv", "--spec", "good/spec.toml", "--out", "{folder}"],
    "rights hand-over --out": ["rights", "hand-over", "r1", "--config", "good/cmn.toml", "--out", "{folder}"],
    "rights show --receipt": ["rights", "show", "r1", "--config", "good/cmn.toml", "--receipt", "{receipt}"],
    "audit PATH": ["audit", "{audited}"],
    "audit --form": ["audit", "good/release", "--form", "{form}"],
    "releases verify PATH": ["releases", "verify", "{release}"],
    "releases verify --public-key": ["releases", "verify", "good/release", "--public-key", "{key}"],
    "releases verify --ledger": ["releases", "verify", "good/release", "--ledger", "{ledger}"],
}
WANTS_FOLDER = ("{folder}", "{release}")
#: May be made, with all above it, where it is not there.
IS_MADE = ("{folder}",)
EVERYWHERE = ("empty", "NUL", "not UTF-8", "name too long", "path too long", "below a file", "loop of links", "proc")


def given(call: list[str]) -> str:
    """The one path of a call that is at stake."""
    return next(word for word in call if word.startswith("{"))


def cases() -> Iterator[tuple[str, str]]:
    """Every path argument with every place where it cannot be."""
    for name, call in CALLS.items():
        places = [*EVERYWHERE, "closed folder"]
        places += ["a file"] if given(call) in WANTS_FOLDER else ["a folder", "unreadable file", "a pipe"]
        places += ["read-only disk"] if given(call) in IS_MADE else ["missing", "missing folder"]
        yield from ((name, place) for place in places)


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    """A folder that everyone may enter, unlike pytest's, with good inputs and impossible places."""
    folder = Path(tempfile.mkdtemp(dir="/tmp"))
    folder.chmod(0o755)
    (folder / "a file").write_text("x")
    (folder / "a folder").mkdir()
    (folder / "unreadable file").write_text("x")
    (folder / "unreadable file").chmod(0)
    (folder / "closed").mkdir(mode=0)
    os.mkfifo(folder / "a pipe")
    (folder / "loop").symlink_to("loop")
    good = folder / "good"
    good.mkdir()
    (good / "t.csv").write_text("age\n" + "30\n40\n" * 20)
    (good / "age.csv").write_text("30;*\n40;*\n")
    (good / "spec.toml").write_text(
        '[privacy]\nk = 2\n[[quasi_identifier]]\nname = "age"\nkind = "ordinal"\nhierarchy = "age.csv"\n'
    )
    home = home_in(folder / "home")
    publish(home, FIRST, files_of(FIRST), at=AT)
    shutil.copytree(home.releases / str(FIRST), good / "release")
    (good / "cmn.toml").write_text('home = "../asked"\n[ga4.export]\nfiles = "."\nconsent_basis = "basic"\n')
    for call in (["complain", "somebody", "--request", "r1"], ["answer", "r1", "--why", "explained"]):
        main(["rights", *call, "--config", str(good / "cmn.toml")])
    (folder / "asked" / "restricted" / "answers" / "r1").mkdir()
    for path in (good, *good.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    yield folder
    shutil.rmtree(folder)


def impossible(place: Path, kind: str) -> str:
    known = {
        "empty": "",
        "NUL": f"{place}/a\0b",
        "not UTF-8": f"{place}/a\udcff",
        "name too long": f"{place}/{'a' * 300}",
        "path too long": f"{place}{'/abc' * 1100}",
        "below a file": f"{place}/a file/below",
        "loop of links": f"{place}/loop",
        "closed folder": f"{place}/closed/below",
        "missing": f"{place}/missing",
        "missing folder": f"{place}/missing/missing",
        "proc": "/proc/nothing/of/this",
        "read-only disk": f"{place}/read-only/below",
    }
    return known.get(kind, f"{place}/{kind}")


@contextmanager
def as_nobody(is_so: bool) -> Iterator[None]:
    """Root may read and write everything, so what is closed is tried as somebody else."""
    if not is_so or os.geteuid() != 0:
        yield
        return
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    folder.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "ro", "tmpfs", str(folder)], capture_output=True, check=False)
    if made.returncode != 0:
        folder.rmdir()
        pytest.skip("no file system can be mounted here")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
        folder.rmdir()


def check_sentence(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """Calls, and looks at what came: exit 2, one line, in words, nothing on stdout."""
    try:
        code = main(arguments)
    except SystemExit as end:  # of the parser
        code = int(str(end.code))
    told = capsys.readouterr()
    assert code == 2, told.err
    assert told.err.count("\n") == 1 and told.err.startswith("cmn"), told.err
    assert "unexpected" not in told.err and "Errno" not in told.err and len(told.err) < 700
    assert told.out == ""
    return told.err


@pytest.mark.clause("errors-in-words", "exit-codes")
@pytest.mark.parametrize(("name", "kind"), list(cases()))
def test_an_impossible_path_is_a_sentence(
    name: str, kind: str, place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(place)
    path = impossible(place, kind)
    arguments = [path if word.startswith("{") else word for word in CALLS[name]]
    if kind == "read-only disk":
        with read_only(place / "read-only"):
            check_sentence(arguments, capsys)
        return
    with as_nobody(kind in ("closed folder", "unreadable file")):
        said = check_sentence(arguments, capsys)
    option = name.rsplit(maxsplit=1)[-1]
    assert option in said or path[:100] in said


def test_every_path_of_the_command_is_tried() -> None:
    """A command, or an option that is a path, which comes new needs its line above."""

    def paths(parser: argparse.ArgumentParser, words: str = "") -> Iterator[str]:
        for action in parser._actions:
            if isinstance(action, argparse._SubParsersAction):
                for word, inner in action.choices.items():
                    yield from paths(inner, f"{words} {word}".strip())
            elif action.type is not None and action.type.__name__ == "path_given":
                yield f"{words} {action.option_strings[-1] if action.option_strings else action.metavar}"
            elif action.metavar in ("FILE", "DIR", "PATH"):
                raise AssertionError(f"{words} {action.dest} is a path without path_given")

    tried = set(CALLS)
    configs = {path for path in paths(_parser()) if path.endswith("--config")}
    others = set(paths(_parser())) - configs
    assert len(configs) >= 10 and len(list(subcommands(_parser()))) >= 12
    assert others <= tried, "each of its own"
    assert len(tried & configs) >= 5, "all read by one function"


SETTINGS = {
    "home": 'home = {}\n[ga4.export]\nfiles = "x"\nconsent_basis = "basic"\n',
    "app.files": 'home = "h"\n[app]\nfiles = {}\n[geo]\nmmdb = "x"\n',
    "ga4.export.files": 'home = "h"\n[ga4.export]\nfiles = {}\nconsent_basis = "basic"\n',
    "geo.mmdb": 'home = "h"\n[app]\nfiles = "x"\n[geo]\nmmdb = {}\n',
    "policy": 'home = "h"\n[ga4.export]\nfiles = "x"\nconsent_basis = "basic"\n[policy]\ndirectory = {}\n',
    "destination.0.folder": 'home = "h"\n[ga4.export]\nfiles = "x"\nconsent_basis = "basic"\n[[destination]]\n'
    'name = "site"\nfolder = {}\n',
}


@pytest.mark.parametrize("setting", SETTINGS)
@pytest.mark.parametrize("kind", ["empty", "NUL", "name too long", "path too long", "below a file", "loop of links"])
def test_an_impossible_path_in_the_config_is_told_by_its_setting(
    setting: str, kind: str, place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = impossible(place, kind).replace("\0", "\\u0000")
    config = tmp_path / "cmn.toml"
    config.write_text(SETTINGS[setting].format(f'"{path}"'))
    for call in ("run --config", "status --config"):
        assert setting in check_sentence([word.format(config=config) for word in CALLS[call]], capsys)


@pytest.mark.parametrize("kind", ["a file", "closed folder", "proc"])
def test_a_home_that_cannot_be_made_is_told_by_the_run(
    kind: str, place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = place / "a folder" / "cmn.toml"
    config.write_text(SETTINGS["home"].format(f'"{impossible(place, kind)}"'))
    config.chmod(0o644)
    with as_nobody(kind == "closed folder"):
        said = check_sentence(["run", "--config", str(config), "--from", "2026-03-02", "--to", "2026-03-08"], capsys)
    assert "home" in said


def test_the_good_calls_are_good(
    place: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """So what is refused above is refused for its path."""
    monkeypatch.chdir(place)
    assert main([word.replace("{table}", "good/t.csv") for word in CALLS["anonymise --table"]]) == 0
    assert main(["releases", "verify", "good/release", "--public-key", "good/release/public-key.pem"]) == 0
