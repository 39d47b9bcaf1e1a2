"""A name of a class or a module means one thing in the whole house: nobody has to ask which of two is meant."""

import ast
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

from tests.conventions.tracked import modules

#: Rooms that are alike by design: the same module does the same for each source.
ALIKE = ("ingestion/app/", "ingestion/ga4/")
#: Modules of `command/` bear the name of their subcommand, whatever else in the house is called so.
SUBCOMMANDS = "command/"

#: To publish is to enter a release into the ledger: these do it, and no other module has a name of it.
PUBLISHING = ("releases/publishing/", "command/publish.py", "dags/publish_portal.py")

Parsed = tuple[str, ast.Module]


def product() -> list[Parsed]:
    return [(name, tree) for name, tree in modules() if not name.startswith("benchmarks/")]


def classes_defined_twice(parsed: Iterable[Parsed]) -> Mapping[str, list[str]]:
    """Public classes, and aliases of types, by their names; names that begin with `_` are their module's own.

    An alias that is the same text in several modules (`Integers = NDArray[np.int64]`) is one thing.
    """
    found: dict[str, list[tuple[str, str]]] = {}
    for name, tree in parsed:
        for node in tree.body:
            for one, meaning in _named_by(node):
                if not one.startswith("_"):
                    found.setdefault(one, []).append((name, meaning))
    return {
        one: [place for place, _ in places]
        for one, places in found.items()
        if len(places) > 1 and (len({meaning for _, meaning in places}) > 1 or not places[0][1])
    }


def _named_by(node: ast.stmt) -> list[tuple[str, str]]:
    """A class, or a name that a statement gives to a type (`State = Literal[…]`), with what it means in full."""
    if isinstance(node, ast.ClassDef):
        return [(node.name, "")]
    if not (isinstance(node, ast.Assign) and isinstance(node.value, ast.Subscript | ast.BinOp)):
        return []
    names = [target.id for target in node.targets if isinstance(target, ast.Name)]
    return [(name, ast.unparse(node.value)) for name in names if name[:1].isupper() and not name.isupper()]


def modules_named_twice(names: Iterable[str]) -> Mapping[str, list[str]]:
    """Modules by their names, those apart that may be alike."""
    found: dict[str, list[str]] = {}
    for name in names:
        stem = Path(name).stem
        if stem not in {"__init__", "__main__"} and f"{Path(name).parent}/" != SUBCOMMANDS:
            found.setdefault(stem, []).append(name)
    return {
        stem: places
        for stem, places in found.items()
        if len(places) > 1 and not (len(places) == 2 and all(map(str.startswith, sorted(places), ALIKE)))
    }


def test_no_class_is_defined_twice() -> None:
    assert classes_defined_twice(product()) == {}


def test_no_module_is_named_twice() -> None:
    assert modules_named_twice(name for name, _ in product()) == {}


@pytest.mark.parametrize(
    ("one", "other"),
    [("class Figure: ...", "class Figure(Exception): ..."), ("State = Literal['frozen']", "class State: ..."),
     ("Box = tuple[int, int]", "Box = tuple[frozenset[int], int]"), ("Value = int | str", "Value = str | None")],
)  # fmt: skip
def test_a_planted_second_is_found(one: str, other: str) -> None:
    parsed = [("portal/figures/one.py", ast.parse(one)), ("anonymisation/other.py", ast.parse(other))]
    assert [sorted(places) for places in classes_defined_twice(parsed).values()] == [
        ["anonymisation/other.py", "portal/figures/one.py"]
    ]


def test_one_alias_in_two_modules_is_one_thing() -> None:
    one = ast.parse("Integers = NDArray[np.int64]")
    assert classes_defined_twice([("a.py", one), ("b.py", one)]) == {}


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (("releases/ledger/ledger.py", "consent/ledger.py"), ["ledger"]),
        (("ingestion/app/judge.py", "ingestion/ga4/judge.py"), []),
        (("ingestion/app/judge.py", "ingestion/ga4/judge.py", "consent/judge.py"), ["judge"]),
        (("ingestion/app/judge.py", "consent/judge.py"), ["judge"]),
        (("command/run.py", "home/run.py"), []),
        (("command/airflow/run.py", "home/run.py"), ["run"]),
        (("home/__init__.py", "policy/__init__.py"), []),
    ],
)
def test_a_planted_module_is_found(names: tuple[str, ...], found: list[str]) -> None:
    assert list(modules_named_twice(names)) == found


def test_modules_named_publish_are_those_that_publish() -> None:
    named = [name for name, _ in product() if "publish" in name]
    assert [name for name in named if not name.startswith(PUBLISHING)] == []
    assert len(named) > len(PUBLISHING)
