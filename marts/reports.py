"""Pages and summaries for the data team: counts and schemas, never a row; for their owner's eyes alone."""

import hashlib
import json
import shutil

import duckdb

from dbt_project.dbt_command import PROJECT, DbtPlace, invoke
from home.atomic_file import write_private
from home.disk import is_of_full_disk
from home.duck import open_marts
from home.layout import PRIVATE_DIRECTORY, Home
from home.lock import held
from home.register.register import Register, recorded_step
from home.run import Run
from marts.marts import mart_variables
from refusals.errors import DiskFull, Refusal

#: The page may run its own script and style, and fetch nothing: no tracker, no font, no picture from elsewhere.
CONTENT_POLICY = (
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; script-src 'unsafe-inline'"
    " 'unsafe-eval'; style-src 'unsafe-inline'; img-src data:; font-src data:; connect-src 'none'\">"
)


def write_reports(run: Run) -> None:
    """Writes the run's summary, and dbt's docs where the models or the marts' schema changed. Safe to repeat.

    Raises:
        Refusal: dbt could not write its docs.
        AnotherRunHoldsTheLock: see home.lock.
    """
    with held(run.home):
        with recorded_step(run, "write_reports"):
            _write_dbt_docs(run)
        _write_summary(run)


def _write_summary(run: Run) -> None:
    """`reports/runs/<run_id>.json`: the register's row of this run."""
    with Register(run.home) as register:
        summary = register.run(run.run_id)
    folder = run.home.reports / "runs"
    folder.mkdir(mode=PRIVATE_DIRECTORY, exist_ok=True)
    write_private(folder / f"{run.run_id}.json", json.dumps(summary, indent=1, sort_keys=True).encode() + b"\n")


def _write_dbt_docs(run: Run) -> None:
    """`reports/dbt/index.html`: models, columns, tests and lineage in one page that needs no server."""
    home = run.home
    folder = home.reports / "dbt"
    page, stamp = folder / "index.html", folder / "made_from"
    state = _state_of_docs(home)
    if page.is_file() and stamp.is_file() and stamp.read_bytes() == _stamp(state, page.read_bytes()):
        return
    folder.mkdir(mode=PRIVATE_DIRECTORY, exist_ok=True)
    content = _dbt_docs_page(run)
    write_private(page, content)
    write_private(stamp, _stamp(state, content))


def _stamp(state: str, page: bytes) -> bytes:
    """Of what the page was made, and which page that is: one that was damaged is made again."""
    return f"{state} {hashlib.sha256(page).hexdigest()}".encode()


def _dbt_docs_page(run: Run) -> bytes:
    """dbt opens the database for writing, so it is given a copy: analysts may have the marts open."""
    copies = run.home.work / "docs"
    copies.mkdir(mode=PRIVATE_DIRECTORY, exist_ok=True)
    try:
        copy = copies / run.home.marts.name
        shutil.copyfile(run.home.marts, copy)
        place = DbtPlace(run.home, copies / run.home.warehouse.name, copy)
        variables = json.dumps(mart_variables(run))
        result = invoke(
            place, "marts", ["docs", "generate", "--static", "--select", "tag:marts", "--vars", variables], True
        )
        static = place.folder / "static_index.html"
        if result.exception is not None and is_of_full_disk(result.exception):
            raise DiskFull(str(run.home.root), "dbt docs")
        if not result.success or not static.exists():
            raise Refusal("dbt docs: the page could not be made; the marts are published all the same")
        page = static.read_text(encoding="utf-8")
        for written in ("static_index.html", "index.html", "catalog.json", "manifest.json", "run_results.json"):
            (place.folder / written).unlink(missing_ok=True)
    finally:
        shutil.rmtree(copies, ignore_errors=True)
    return page.replace("<head>", f"<head>{CONTENT_POLICY}", 1).encode()


def _state_of_docs(home: Home) -> str:
    """A digest of all that the docs tell: the project's files and the marts' columns."""
    digest = hashlib.sha256()
    for path in sorted(PROJECT.rglob("*")):
        if path.suffix in (".sql", ".yml", ".md"):
            digest.update(path.name.encode() + b"\0" + path.read_bytes())
    with open_marts(home) as con:
        digest.update(repr(_schema(con)).encode())
    return digest.hexdigest()


def _schema(con: duckdb.DuckDBPyConnection) -> list[tuple[str, ...]]:
    return con.execute(
        "select table_name, column_name, data_type from duckdb_columns() where not internal order by all"
    ).fetchall()
