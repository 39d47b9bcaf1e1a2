"""The house of docs/architecture.md: small modules, the field's names, imports that point down."""

import re
import subprocess
import sys
import tomllib
from collections import Counter
from pathlib import Path

from tests.conftest import BEGIN_FIRST
from tests.conventions.tracked import PACKAGES, ROOT, files

LONGEST_MODULE = 300
#: Modules of one folder.
MOST = 16
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
    found = settings["tool"]["setuptools"]["packages"]["find"]
    assert set(found["include"]) == {f"{package}*" for package in PACKAGES if package != "benchmarks"}
    holders = {str(Path(name).parent) for name in files() if name.endswith(".py") and name.split("/")[0] in PACKAGES}
    holders.remove("policy/regions")  # tables, and the script that rebuilt them
    assert [folder for folder in holders if not (ROOT / folder / "__init__.py").exists()] == []


def test_every_package_is_under_the_import_contracts() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert set(settings["tool"]["importlinter"]["root_packages"]) == set(PACKAGES) - {"benchmarks"}


def test_every_package_is_typed_and_every_package_with_sql_linted() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert settings["tool"]["mypy"]["strict"] is True
    assert set(settings["tool"]["mypy"]["packages"]) == set(PACKAGES)
    linted = re.findall(r"sqlfluff lint (?:--\w+ \w+ )*([\w ]+)", (ROOT / "Makefile").read_text(encoding="utf-8"))
    with_sql = {name.split("/")[0] for name in files() if name.endswith(".sql")}
    assert {package for packages in linted for package in packages.split()} == with_sql


def test_every_package_with_parts_says_which_of_them_sees_which() -> None:
    """A room with two parts or more has a contract of layers of its own, which names each part."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    layers = {one["containers"][0]: " ".join(one["layers"]) for one in contracts if "containers" in one}
    parts: dict[str, set[str]] = {}
    for name in files():
        *above, part, _ = (".", *name.split("/"))[1:] if name.endswith("/__init__.py") else ("", "", "")
        if above and above[0] in PACKAGES and above[0] != "benchmarks":
            parts.setdefault(".".join(above), set()).add(part)
    missing = {
        f"{room}.{part}"
        for room, its in parts.items()
        if len(its) > 1
        for part in its
        if not re.search(rf"\b{part}\b", layers.get(room, ""))
    }
    assert missing == set()


def test_no_room_is_a_hall() -> None:
    modules = Counter(str(Path(name).parent) for name in files() if name.endswith(".py") and "__init__" not in name)
    assert {room: count for room, count in modules.items() if room.split("/")[0] in PACKAGES and count > MOST} == {}


def borrowed_from_tests(name: str, text: str) -> list[str]:
    """Test modules from which a module of the tests imports: what several need lies in `worlds/` or `readers/`."""
    found = re.findall(r"^\s*(?:from|import) (tests\.(?:\w+\.)*test_\w+)", text, re.MULTILINE)
    return [f"{name}: {module}" for module in found]


def test_no_test_imports_from_another() -> None:
    assert [
        line
        for name in files()
        if name.startswith("tests/") and name.endswith(".py")
        for line in borrowed_from_tests(name, (ROOT / name).read_text(encoding="utf-8"))
    ] == []


def test_a_planted_import_from_a_test_is_found() -> None:
    planted = "import re\nfrom tests.unit.test_hours import hours\nfrom tests.worlds.hours import night\n"
    assert borrowed_from_tests("one", planted) == ["one: tests.unit.test_hours"]


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
