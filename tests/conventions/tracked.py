"""What the repository holds: the files that git tracks or would track, or, where there is no git, those on disk."""

import ast
import shutil
import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
#: What is installed, and the benchmarks.
PACKAGES = tuple(sorted(path.parent.name for path in ROOT.glob("*/__init__.py") if path.parent.name != "tests"))
_MADE = {".git", ".venv", "var", "build", "target", "logs", "dbt_packages", "__pycache__"}


@cache
def files() -> tuple[str, ...]:
    """Paths from the root, in order."""
    if shutil.which("git") and (ROOT / ".git").exists():
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT,
            check=True,
            capture_output=True,
            text=True,
        ).stdout.split("\0")
        return tuple(sorted(name for name in listed if name and (ROOT / name).is_file()))
    found = (path.relative_to(ROOT) for path in ROOT.rglob("*") if path.is_file())
    return tuple(
        sorted(
            str(path)
            for path in found
            if not _MADE & set(path.parts) and not any(part.endswith((".egg-info", "_cache")) for part in path.parts)
        )
    )


def text_of(name: str) -> str | None:
    """A file's text; null where it is none."""
    try:
        return (ROOT / name).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None


def modules() -> Iterator[tuple[str, ast.Module]]:
    """The packages' modules, parsed; tests are not among them."""
    for name in files():
        if name.endswith(".py") and name.split("/")[0] in PACKAGES:
            yield name, ast.parse((ROOT / name).read_text(encoding="utf-8"), name)


def calls(tree: ast.AST) -> Iterator[ast.Call]:
    """All calls in a syntax tree."""
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))
