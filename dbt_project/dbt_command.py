"""dbt, run in this process: quiet, measured, and silent about rows.

dbt's own messages can quote values (a cast that fails names what it could not cast), so none of them is passed on,
printed or written: a failure is told by the names of the models and tests, the kind of error and a count of rows.
"""

import json
import logging
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import dbt_project
from home.disk import is_of_full_disk, says_full
from home.duck import MEMORY_LIMIT
from home.layout import Home
from refusals.errors import DiskFull, MartsRefused, Refusal

Target = Literal["warehouse", "marts"]

PROJECT = Path(dbt_project.__file__).parent
SELECTED = {"warehouse": "tag:counting", "marts": "tag:marts"}
NAMED_FAILURES = 3

log = logging.getLogger(__name__)

#: The project as this process parsed it, by its folder and the state of its files.
_manifests: dict[tuple[str, tuple[tuple[str, int, int], ...]], Any] = {}


@dataclass(frozen=True, slots=True)
class DbtPlace:
    """Where one dbt command works: the two databases, and a private folder for all that dbt itself writes."""

    home: Home
    warehouse: Path
    marts: Path
    project: Path = PROJECT

    @property
    def folder(self) -> Path:
        """What dbt writes: compiled SQL and the parsed project."""
        return self.home.work / "dbt"


def build(place: DbtPlace, target: Target, variables: dict[str, Any]) -> None:
    """Builds and tests one target's models in its database, and lets go of the file.

    dbt's unit tests are of the code, not of what a run counts: tests/unit/test_dbt_unit_tests.py runs them.

    Raises:
        MartsRefused: a model or test of the marts failed.
        Refusal: a model or test of the counting failed, or dbt could not start.
        DiskFull: the disk is what failed.
    """
    selected = ["--select", SELECTED[target], "--exclude-resource-type", "unit_test"]
    result = invoke(place, target, ["build", *selected, "--vars", json.dumps(variables)])
    nodes = _executed(result)
    for node in nodes:
        log.info("dbt %s: %s %s in %.2f s", target, node.node.name, node.status, node.execution_time)
    failed = [node for node in nodes if node.status in ("error", "fail", "runtime error")]
    kind = MartsRefused if target == "marts" else Refusal
    if any(says_full(node.message or "") for node in failed) or _is_of_full_disk(result.exception):
        raise DiskFull(str(place.home.root), f"dbt, target {target}")
    if failed:
        told = "; ".join(_told(node) for node in failed[:NAMED_FAILURES])
        more = f"; and {len(failed) - NAMED_FAILURES} more" if len(failed) > NAMED_FAILURES else ""
        raise kind(f"dbt, target {target}: {told}{more}. Nothing was published; see dbt_project/models")
    if not result.success or not nodes:
        raise kind(f"dbt, target {target}: {_kind_of_exception(result.exception)}; check dbt_project/ and the disk")


def invoke(place: DbtPlace, target: Target, arguments: Sequence[str], write_json: bool = False) -> Any:
    """One dbt command over the project as it is parsed already; its result, which may hold dbt's own messages.

    Raises:
        Refusal: the project does not parse.
    """
    from dbt.cli.main import dbtRunner

    place.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _environment(place):
        manifest = _parsed(place)
        options = [*_options(place, target), "--write-json" if write_json else "--no-write-json"]
        try:
            # A command marks what it compiled, so each works on a copy.
            result = dbtRunner(manifest=manifest.deepcopy()).invoke([*arguments, *options])
        finally:
            _let_go()
    if result.exception is not None and not isinstance(result.exception, Exception):
        raise result.exception from None  # an interrupt or a task's time limit, which dbt keeps to itself
    return result


def _parsed(place: DbtPlace) -> Any:
    """The parsed project: the same for both targets, since variables and paths are filled in when a model runs."""
    from dbt.cli.main import dbtRunner

    project = (str(place.project), _fingerprint(place.project))
    if project not in _manifests:
        result = dbtRunner().invoke(["parse", "--no-write-json", *_options(place, "marts")])
        if result.exception is not None and not isinstance(result.exception, Exception):
            raise result.exception from None
        if _is_of_full_disk(result.exception):
            raise DiskFull(str(place.home.root), "dbt, the project")
        if not result.success:
            raise Refusal(
                f"dbt project {place.project} does not parse ({_kind_of_exception(result.exception)}): mend it"
            )
        _manifests.clear()
        _manifests[project] = result.result
    return _manifests[project]


def _options(place: DbtPlace, target: Target) -> list[str]:
    return [
        *("--project-dir", str(place.project), "--profiles-dir", str(place.project), "--target", target),
        *("--target-path", str(place.folder), "--log-path", str(place.folder)),
        *("--log-level", "none", "--log-level-file", "none", "--no-print", "--quiet", "--no-use-colors"),
        *("--no-send-anonymous-usage-stats", "--no-version-check"),
    ]


def _fingerprint(project: Path) -> tuple[tuple[str, int, int], ...]:
    """Names, sizes and times of the project's files: when they change, it is parsed again."""
    files = (path for path in sorted(project.rglob("*")) if path.suffix in (".sql", ".yml", ".md"))
    return tuple((str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in files)


@contextmanager
def _environment(place: DbtPlace) -> Iterator[None]:
    """The variables that profiles.yml reads; whatever dbt writes meanwhile is for its owner alone."""
    settings = {
        "CMN_WAREHOUSE": str(place.warehouse),
        "CMN_MARTS": str(place.marts),
        "CMN_SPILL": str(place.home.spill),
        "CMN_DUCKDB_MEMORY": MEMORY_LIMIT,
        "DO_NOT_TRACK": "1",
    }
    before = {name: os.environ.get(name) for name in settings}
    umask = os.umask(0o077)
    os.environ.update(settings)
    try:
        yield
    finally:
        os.umask(umask)
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _let_go() -> None:
    """Closes the database file: the adapter keeps it open for as long as the process lives."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.adapters.factory import cleanup_connections, reset_adapters

    cleanup_connections()
    reset_adapters()
    try:
        environment = DuckDBConnectionManager.env()
    except Exception:  # noqa: BLE001 - how it says that nothing was opened
        return
    environment.close()
    DuckDBConnectionManager.close_all_connections()


def _executed(result: Any) -> list[Any]:
    return list(getattr(result.result, "results", None) or [])


def _told(node: Any) -> str:
    """A failed node in words of our own: its name, and a count or the kind of error."""
    if node.node.resource_type == "test" and node.status == "fail":
        return f"test {node.node.name} failed for {node.failures} rows"
    message = node.message or ""
    if "enforced contract" in message:
        return f"model {node.node.name} breaks its contract (columns or types differ from its yml)"
    kind = re.search(r"\b(?:[A-Z][a-zA-Z]+ ){1,3}Error\b", re.sub(r"^\w+ Error in \w+.*", "", message))
    return f"{node.node.resource_type} {node.node.name} failed ({kind.group() if kind else 'error'})"


def _is_of_full_disk(exception: BaseException | None) -> bool:
    return exception is not None and is_of_full_disk(exception)


def _kind_of_exception(exception: BaseException | None) -> str:
    return type(exception).__name__ if exception is not None else "nothing ran"
