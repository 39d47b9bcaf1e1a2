"""What publishing costs: every week of a quarter and the quarter, beside raw DuckDB that writes the same figures.

A whole `cmn run` over made-up sources; its own step times are read from its summary. The raw figure is one DuckDB
`copy` a release to Parquet and one to CSV: no audit, no door, no documents, no signature, no portal.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import duckdb

from demonstration.sources import make_sources, write_config

PERSONS, FIRST_DAY, WEEKS = 8_000, date(2026, 6, 29), 13
STEPS = ("publish_weeks", "publish_quarters", "build_portal")


def main(say: Callable[[str], None] = print) -> None:
    """Prints seconds a step, releases, and the ratio to raw DuckDB."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        span = make_sources(home / "landing", persons=PERSONS, weeks=WEEKS, first_day=FIRST_DAY)
        config = write_config(home)
        command = [
            str(Path(sys.executable).with_name("cmn")), "run", "--config", str(config), "--from", f"{span.first_day}",
            "--to", f"{span.last_day}", "--as-of", span.as_of.isoformat(), "--json",
        ]  # fmt: skip
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "DBT_"))}
        done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        summary = json.loads(done.stdout)
        raw, releases = _raw(home), len(summary["releases"])
        seconds = {step: summary["seconds"][step] for step in STEPS}
        for step in STEPS:
            say(f"{step:<34}{seconds[step]:>9.1f}")
        told = seconds["publish_weeks"] + seconds["publish_quarters"]
        say(f"{f'a release, of {releases}':<34}{told / releases:>9.2f}")
        say(f"{'raw DuckDB, the same figures':<34}{raw:>9.2f}  ratio {told / raw:.0f}")
        say(f"{'peak of the whole run, MiB':<34}{peak:>9.0f}")


def _raw(home: Path) -> float:
    started = time.monotonic()
    with duckdb.connect() as con:
        for number, file in enumerate(sorted(home.glob("releases/*/*/*.parquet"))):
            for kind in ("parquet", "csv"):
                con.execute(f"copy (from '{file}') to '{home}/raw-{number}.{kind}' (format {kind})")
    return time.monotonic() - started
