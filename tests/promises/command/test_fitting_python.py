"""Setting up: a fitting Python is found wherever one is, and otherwise one line says what is missing."""

import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conventions.tracked import ROOT

TOOLS = ("sh", "tr", "sed", "sort", "env")
BASE = Path(sys._base_executable)  # type: ignore[attr-defined]
HERE = platform.python_version()
NAME = f"python{HERE.rpartition('.')[0]}"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A PATH with the tools of a shell and no Python."""
    place = tmp_path / "on the path"
    place.mkdir()
    for tool in TOOLS:
        (place / tool).symlink_to(str(shutil.which(tool)))
    return place


def script(path: Path, text: str) -> None:
    path.write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    path.chmod(0o755)


def says(path: Path, version: str, lacks: str = "-") -> None:
    """Stands for a Python of another version, which this machine may not have: it answers as that one would."""
    script(path, f"echo '{version} {lacks} {path}'")


def asked(place: Path, *arguments: str) -> tuple[int, str, str]:
    done = subprocess.run(
        [str(ROOT / ".ci" / "fitting-python"), *arguments],
        check=False,
        capture_output=True,
        text=True,
        env={"PATH": str(place), "ELSEWHERE": ""},
    )
    return done.returncode, done.stdout.strip(), done.stderr.strip()


def refused(place: Path, *arguments: str) -> str:
    code, out, error = asked(place, *arguments)
    assert (code, out) == (2, "")
    assert "\n" not in error
    assert error.startswith("setup: no fitting Python: ")
    assert "install Python 3.11, 3.12 or 3.13 and its venv" in error
    return error


@pytest.mark.clause("make-setup")
def test_a_python_that_fits_is_found_and_told_by_its_own_path(place: Path) -> None:
    (place / NAME).symlink_to(BASE)
    code, out, _ = asked(place)
    assert code == 0
    assert subprocess.run([out, "-V"], check=True, capture_output=True, text=True).stdout == f"Python {HERE}\n"


def test_an_environments_python_leads_to_the_one_it_was_made_of(place: Path) -> None:
    (place / "python3").symlink_to(sys.executable)
    _, found, _ = asked(place)
    assert not Path(found).is_relative_to(sys.prefix) or sys.prefix == sys.base_prefix


def test_no_python_at_all(place: Path) -> None:
    assert "no python3 of the PATH runs" in refused(place)


@pytest.mark.parametrize(("name", "version"), [("python3", "3.10.13"), ("python3.11", "3.9.2"), ("python", "3.14.0")])
def test_a_python_of_another_version(place: Path, name: str, version: str) -> None:
    says(place / name, version)
    assert f"{place / name} is Python {version}" in refused(place)
    assert f"{place / name} is Python {version}" in refused(place, str(place / name))


def test_a_name_on_the_path_that_only_says_an_error(place: Path) -> None:
    """So do pyenv's, for versions that are installed and not chosen."""
    script(place / "python3.11", "echo 'pyenv: python3.11: command not found' >&2; exit 127")
    assert "runs" in refused(place)
    assert "python3.11 does not run" in refused(place, "python3.11")
    says(place / "python3.12", "3.12.1")
    assert asked(place)[1] == str(place / "python3.12")


def test_one_further_on_the_path_is_found_behind_such_a_name(place: Path, tmp_path: Path) -> None:
    script(place / "python3.11", "exit 127")
    (tmp_path / "behind").mkdir()
    says(tmp_path / "behind" / "python3.11", "3.11.2")
    code, out, _ = asked(Path(f"{place}:{tmp_path / 'behind'}"))
    assert (code, out) == (0, str(tmp_path / "behind" / "python3.11"))


def test_pyenv_is_asked_for_what_its_names_do_not_run(place: Path, tmp_path: Path) -> None:
    script(place / "pyenv", f"echo '{tmp_path}'")
    for version in ("3.13.0", "3.10.13", "3.11.7"):
        (tmp_path / "versions" / version / "bin").mkdir(parents=True)
        says(tmp_path / "versions" / version / "bin" / "python3", version)
    assert asked(place)[1] == str(tmp_path / "versions" / "3.11.7" / "bin" / "python3")


def test_a_real_python_without_ensurepip(place: Path, tmp_path: Path) -> None:
    """As Debian's is without python3-venv: the same files, that one folder left out."""
    library = Path(os.__file__).parent
    bare = tmp_path / "bare" / "lib" / library.name
    bare.mkdir(parents=True)
    for entry in library.iterdir():
        if entry.name != "ensurepip":
            (bare / entry.name).symlink_to(entry)
    (tmp_path / "bare" / "bin").mkdir()
    copy = tmp_path / "bare" / "bin" / NAME
    shutil.copy(BASE.resolve(), copy)
    (place / NAME).symlink_to(copy)
    assert f"(Python {HERE}) lacks ensurepip: Debian and Ubuntu have it in {NAME}-venv" in refused(place)
    says(place / "python3", "3.13.1")
    assert asked(place)[1] == str(place / "python3")


def test_a_named_one_is_taken_or_refused_and_never_replaced(place: Path) -> None:
    says(place / "python3.11", "3.11.9")
    says(place / "python3.13", "3.13.0")
    assert asked(place, "python3.13")[1] == str(place / "python3.13")
    assert "python3.12 does not run" in refused(place, "python3.12")


def test_all_of_the_machine_each_version_once_and_the_oldest_first(place: Path, tmp_path: Path) -> None:
    for name, version in {"python3.11": "3.11.10", "python3.12": "3.12.1", "python3": "3.11.2"}.items():
        says(place / name, version)
    says(place / "python3.13", "3.13.0", lacks="ensurepip")
    (tmp_path / "more").mkdir()
    says(tmp_path / "more" / "python3", "3.12.1")
    code, out, _ = asked(Path(f"{place}:{tmp_path / 'more'}"), "--all")
    assert code == 0
    assert [line.split(" ")[0] for line in out.splitlines()] == ["3.11.2", "3.11.10", "3.12.1"]


@pytest.mark.clause("make-setup")
def test_make_says_it_in_the_same_line(place: Path, tmp_path: Path) -> None:
    """A copy of what `make setup` reads, so that nothing is installed here."""
    copy = tmp_path / "clone"
    for name in ("Makefile", ".ci/fitting-python", "requirements.lock", "pyproject.toml"):
        (copy / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, copy / name)
    says(place / "python3", "3.10.13")
    made = subprocess.run(
        [str(shutil.which("make")), "setup"],
        cwd=copy,
        check=False,
        capture_output=True,
        text=True,
        env={"PATH": str(place), "ELSEWHERE": ""},
    )
    assert made.returncode == 2
    assert f"{place / 'python3'} is Python 3.10.13" in made.stderr.splitlines()[0]
    assert not (copy / ".venv").exists()
