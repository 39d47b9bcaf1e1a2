"""The house of docs/architecture.md: small modules, the field's names, imports that point down."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

from tests.conftest import BEGIN_FIRST
from tests.conventions.tracked import PACKAGES, ROOT, files

LONGEST_MODULE = 300
NAMES_THAT_SAY_NOTHING = {"utils", "util", "common", "helpers", "helper", "core", "config", "misc", "base", "shared"}


def test_no_module_is_longer_than_300_lines() -> None:
    long = {
        name: lines
        for name in files()
        if name.endswith((".py", ".sql")) and name.split("/")[0] in PACKAGES
        if (lines := (ROOT / name).read_text(encoding="utf-8").count("\n")) > LONGEST_MODULE
    }
    assert long == {}


def test_names_say_what_is_in_them() -> None:
    empty = [
        name for name in files() if {part.removesuffix(".py") for part in Path(name).parts} & NAMES_THAT_SAY_NOTHING
    ]
    assert empty == []


def test_every_package_is_installed() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    installed = set(settings["tool"]["setuptools"]["packages"])
    there = {name.removesuffix("/__init__.py").replace("/", ".") for name in files() if name.endswith("__init__.py")}
    assert installed == {name for name in there if name.split(".")[0] not in {"tests", "benchmarks"}}
    assert {name.split(".")[0] for name in installed} <= set(PACKAGES)


def test_every_package_is_under_the_import_contracts() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    held = set(settings["tool"]["importlinter"]["root_packages"])
    assert held == {name.split(".")[0] for name in settings["tool"]["setuptools"]["packages"]} - {"dbt_project"}


def test_imports_point_down() -> None:
    checked = subprocess.run(
        [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )
    assert checked.returncode == 0, checked.stdout[-2000:]


def test_what_runs_on_every_python_is_there() -> None:
    """The list of `make test-python` names files by their paths; one that moved would be missed in silence."""
    text = (ROOT / "Makefile").read_text(encoding="utf-8").replace("\\\n", " ")
    listed = re.search(r"^ON_EVERY_PYTHON := (.*)$", text, re.MULTILINE)
    assert listed is not None
    paths = listed.group(1).split()
    assert len(paths) > 10
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_what_is_to_begin_first_is_there() -> None:
    assert [name for name in BEGIN_FIRST if not (ROOT / "tests" / name).exists()] == []
