"""The privacy promise names no module as its proof that no run comes by."""

import ast
import re

from tests.conventions.tracked import ROOT, modules

PROMISE = (ROOT / "docs" / "privacy-promise.md").read_text(encoding="utf-8")
TREES = dict(modules())


def imported_by(tree: ast.Module) -> set[str]:
    """The project's modules that one imports, anywhere in it, by their paths."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    paths = {name.replace(".", "/") for name in names}
    return {path for name in paths for path in (f"{name}.py", f"{name}/__init__.py") if path in TREES}


def in_runs() -> set[str]:
    """Every module that the DAGs and their steps import."""
    waiting = [name for name in TREES if name.startswith("dags/")]
    reached: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting += imported_by(TREES[name])
    return reached


def named_and_in_no_run(text: str) -> list[str]:
    """Modules that a text names, and that no run imports."""
    named = re.findall(r"`([a-z_]+/[a-z_/]+\.py)`", text)
    return sorted({name for name in named if not name.startswith("tests/")} - in_runs())


def test_every_module_of_the_promise_is_in_a_run() -> None:
    assert {
        "anonymisation/audit/audit.py",
        "anonymisation/cells/unions.py",
        "anonymisation/sides/side_audit.py",
    } <= in_runs()
    assert named_and_in_no_run(PROMISE) == []


def test_one_that_is_promised_and_never_run_is_found() -> None:
    for name in ("benchmarks/audit.py", "anonymisation/gone.py"):
        planted = PROMISE.replace(
            "## What the audit checks", f"Each week is tried by `{name}`.\n\n## What the audit checks"
        )
        assert named_and_in_no_run(planted) == [name]
