"""Private doors of libraries: closed, or gathered in modules that are named here, and held to the versions they fit."""

import ast
from collections.abc import Iterator
from importlib.metadata import version

import pytest

from command.airflow import shortcuts
from tests.conventions.tracked import modules

#: Module → what it uses of a library that is not for everyone.
DOORS = {"command/airflow/shortcuts.py": {"_bound_version_bundle"}}
#: Leads to what is no library's: named tuples have it, and nothing else, under an underscore.
OPEN = {"_replace"}


def foreign_and_private(tree: ast.Module) -> Iterator[str]:
    """Names that begin with one underscore, are used, and were not made in this module; those of modules too."""
    own = {
        name
        for node in ast.walk(tree)
        if not isinstance(node, ast.alias)
        for name in (getattr(node, "name", None), getattr(node, "id", None), _kept_by(node))
        if name is not None
    }
    typed = {inner for node in ast.walk(tree) if _is_for_types(node) for inner in ast.walk(node)}
    for node in ast.walk(tree):
        names: list[str] = []
        if isinstance(node, ast.Attribute):
            names = [node.attr]
        elif isinstance(node, ast.ImportFrom) and node not in typed:
            names = [*(node.module or "").split("."), *(alias.name for alias in node.names)]
        elif isinstance(node, ast.Import):
            names = [part for alias in node.names for part in alias.name.split(".")]
        yield from (name for name in names if name.startswith("_") and not name.startswith("__") and name not in own)


def _kept_by(node: ast.AST) -> str | None:
    """An attribute that an object of this module gives itself."""
    kept = isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store) and ast.unparse(node.value) == "self"
    return node.attr if kept and isinstance(node, ast.Attribute) else None


def _is_for_types(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"


def test_no_private_door_is_used_but_those_that_are_gathered() -> None:
    found = {name: names for name, tree in modules() if (names := set(foreign_and_private(tree)) - OPEN)}
    assert found == DOORS


@pytest.mark.parametrize(
    "planted",
    [
        "library._thing()",
        "a.b._ENV = None",
        "from library import _thing",
        "import library._inner",
        "from l._inner import x",
    ],
)
def test_a_planted_door_is_found(planted: str) -> None:
    assert len(list(foreign_and_private(ast.parse(planted)))) == 1


def test_airflow_is_of_the_versions_that_its_shortcuts_fit() -> None:
    installed = {name: version(name) for name in shortcuts.FITTING}
    assert installed == shortcuts.FITTING, "try command/airflow/shortcuts.py with the new version, then name it there"


def test_what_the_shortcuts_use_of_airflow_is_there() -> None:
    import airflow.api_fastapi.execution_api.versions as dialects
    from airflow.dag_processing.bundles.manager import DagBundlesManager

    told = "Airflow or cadwyn changed: look at command/airflow/shortcuts.py"
    assert callable(DagBundlesManager.get_all_dag_bundles), told
    assert len(dialects.bundle.versions) >= 3, told
    newest, older, oldest = dialects.bundle.versions[:3]
    assert str(oldest.value), told
    assert all(hasattr(change, "_bound_version_bundle") for one in (newest, older) for change in one.changes), told
