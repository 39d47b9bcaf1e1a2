"""What was built of what, so that nothing is built again of the same, and no output is trusted that was touched since.

The register keeps, by a name, the digest of what an output was built from and what its files were when they were
written. A register that was made anew knows nothing, and all is built once more.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict
from functools import cache
from importlib.metadata import version
from pathlib import Path

from catalogue.catalogue import FROZEN_SOURCES
from home.atomic_file import sha256_of
from home.code_places import PROJECT
from home.known_files import name_in
from home.layout import Home
from home.register.register_file import register_open
from home.weeks.week_states import settled_weeks
from policy.policy import Policy

#: Whose files decide what is made of frozen cells, and whose versions.
ROOMS = (
    "anonymisation", "catalogue", "dbt_project", "expectations", "freezing", "home", "marts", "policy", "portal",
    "refusals", "releases",
)  # fmt: skip
ENGINES = ("dbt-core", "dbt-duckdb", "duckdb", "great-expectations", "jinja2", "numpy", "pyarrow", "vl-convert-python")
_PREFIX = "built: "


def digest_of_inputs(home: Home, policy: Policy, *more: object) -> str:
    """One digest of what an output is built from: commits, which name every file of cells, policy, code, and `more`
    (anything JSON can write).

    Raises:
        StateDamaged: a commit is missing, or was changed since its week froze.
    """
    commits = {source: [asdict(commit) for commit in settled_weeks(home, source).values()] for source in FROZEN_SOURCES}
    told = [commits, policy.model_dump(mode="json"), code_digest(), more]
    return hashlib.sha256(json.dumps(told, sort_keys=True, default=str).encode()).hexdigest()


@cache
def code_digest() -> str:
    """A digest of this project's files, and of the versions of what they call."""
    digest = hashlib.sha256()
    for room in ROOMS:
        for path in sorted((PROJECT / room).rglob("*")):
            if path.is_file() and path.suffix != ".pyc":
                digest.update(f"{path.relative_to(PROJECT)} {path.stat().st_size}\n".encode() + path.read_bytes())
    digest.update(json.dumps({name: version(name) for name in ENGINES}).encode())
    return digest.hexdigest()


def is_built_from(home: Home, output: str, inputs: str, files: Iterable[Path]) -> bool:
    """Whether an output was built from just these inputs, and consists of just these files, as they were written.

    Raises:
        StateDamaged: see home.register_file.
    """
    with register_open(home, writing=False) as db:
        row = db.execute("select fact from home_facts where name = ?", (_PREFIX + output,)).fetchone()
    if row is None:
        return False
    kept = json.loads(row[0])
    return bool(kept == {"inputs": inputs, "files": _digests(home, files)})


def keep_built_from(home: Home, output: str, inputs: str, files: Iterable[Path]) -> None:
    """Keeps from which inputs an output was built, and of which files it consists. The home's lock must be held."""
    fact = json.dumps({"inputs": inputs, "files": _digests(home, files)}, sort_keys=True)
    with register_open(home, writing=True) as db:
        db.execute(
            "insert into home_facts values (?, ?) on conflict do update set fact = excluded.fact",
            (_PREFIX + output, fact),
        )


def forget_what_was_built(home: Home) -> None:
    """All is built anew by the next run. The home's lock must be held."""
    with register_open(home, writing=True) as db:
        db.execute("delete from home_facts where substr(name, 1, ?) = ?", (len(_PREFIX), _PREFIX))


def _digests(home: Home, files: Iterable[Path]) -> dict[str, str]:
    """Mode and content of each file that is there; what is no file is told by that."""
    return {
        name_in(home, path): "a link" if path.is_symlink() else f"{path.stat().st_mode & 0o777:o} {sha256_of(path)}"
        for path in files
        if path.is_symlink() or path.is_file()
    }
