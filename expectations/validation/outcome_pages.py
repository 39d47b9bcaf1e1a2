"""Pages of counts for the data team: what was expected at each door, and how many rows offended.

Drawn here from the outcomes, not by Great Expectations: its own pages show the statements instead of the promises and
load scripts and styles from seven hosts. A page holds counts alone and, by its content policy, loads nothing.
"""

import hashlib
import json
import os
from collections.abc import Sequence
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Any

from expectations.validation.outcome import SuiteOutcome
from home.atomic_file import write_private
from home.layout import PRIVATE_DIRECTORY

FOLDER = "data-quality"
MARTS_DOOR = "door-out-marts"
#: runs a door's page looks back on. Why: a month of daily runs shows a trend, and the files stay small.
RUNS_KEPT = 30

_HEAD = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{title}</title>
<style>
body {{ font: 16px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; color: #1a1a1a; }}
table {{ border-collapse: collapse; width: 100%; margin: 1rem 0 2rem; }}
caption {{ text-align: left; padding: .3rem 0; }}
th, td {{ text-align: left; vertical-align: top; padding: .3rem .6rem; border-bottom: 1px solid #ccc; }}
td.number, th.number {{ text-align: right; font-variant-numeric: tabular-nums; }}
tr.broken td, tr.broken th {{ background: #fde8e6; }}
code {{ overflow-wrap: anywhere; }}
</style>
</head>
<body>
<h1>{title}</h1>
"""


def write_pages(reports: Path, door: str, title: str, outcomes: list[SuiteOutcome], run_id: str) -> Path:
    """Writes the door's page and the index, for their owner alone, and says where the door's page is.

    The page shows this run in full and the last `RUNS_KEPT` runs as a line each.
    """
    folder = reports / FOLDER
    folder.mkdir(mode=PRIVATE_DIRECTORY, parents=True, exist_ok=True)
    folder.chmod(PRIVATE_DIRECTORY)
    latest = _as_counts(outcomes, title, run_id)
    runs = [latest, *(run for run in _runs(folder / f"{door}.json") if run["run_id"] != run_id)][:RUNS_KEPT]
    kept = {"runs": runs, "sha256": _digest(runs)}
    write_private(folder / f"{door}.json", json.dumps(kept, indent=1).encode())
    page = folder / f"{door}.html"
    write_private(page, _door_page(title, runs).encode())
    doors = {path.stem: found[0] for path in sorted(folder.glob("door-*.json")) if (found := _runs(path))}
    write_private(folder / "index.html", _index_page(doors).encode())
    return page


def door_files(reports: Path, door: str) -> list[Path]:
    """The files of one door's page."""
    return [reports / FOLDER / f"{door}.json", reports / FOLDER / f"{door}.html"]


def _as_counts(outcomes: list[SuiteOutcome], title: str, run_id: str) -> dict[str, Any]:
    return {
        "run_id": run_id,
        "title": title,
        "checked_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "suites": [
            {
                "name": outcome.suite.name,
                "about": outcome.suite.about,
                "rows": outcome.rows,
                "rules": [
                    {"title": judged.rule.title, "promise": judged.rule.promise, "offenders": judged.offenders}
                    for judged in outcome.rules
                ],
            }
            for outcome in outcomes
        ],
    }


def _runs(file: Path) -> list[dict[str, Any]]:
    """The runs of a door's file; one that was damaged is set aside, and the list of runs begins anew."""
    if not os.path.lexists(file):
        return []
    try:
        content = json.loads(file.read_bytes())
        if isinstance(content, list):
            return content  # of a version before there was a digest
        runs: list[dict[str, Any]] = content["runs"]
        if content["sha256"] == _digest(runs):
            return runs
    except (OSError, ValueError, KeyError, TypeError):
        pass
    file.replace(file.with_name(f"{file.name}.damaged-{datetime.now(UTC):%Y%m%dT%H%M%S%f}"))
    return []


def _digest(runs: list[dict[str, Any]]) -> str:
    return hashlib.sha256(json.dumps(runs, sort_keys=True).encode()).hexdigest()


def _broken(run: dict[str, Any]) -> int:
    return sum(rule["offenders"] != 0 for suite in run["suites"] for rule in suite["rules"])


def _door_page(title: str, runs: list[dict[str, Any]]) -> str:
    latest = runs[0]
    parts = [_HEAD.format(title=escape(title)), '<p><a href="index.html">All doors</a></p>', _summary(latest)]
    parts += [_suite_table(suite) for suite in latest["suites"]]
    parts.append(_runs_table("Last runs", [(run["run_id"], None, run) for run in runs]))
    return "\n".join([*parts, "</body></html>\n"])


def _index_page(doors: dict[str, dict[str, Any]]) -> str:
    rows = [(run["title"], f"{door}.html", run) for door, run in doors.items()]
    parts = [_HEAD.format(title="Data quality"), _runs_table("Each door, as its latest run found it", rows)]
    return "\n".join([*parts, "</body></html>\n"])


def _summary(run: dict[str, Any]) -> str:
    broken = _broken(run)
    verdict = "Every expectation holds." if not broken else f"{broken} expectations are broken: the run was stopped."
    return f"<p><strong>{verdict}</strong> Run <code>{escape(run['run_id'])}</code>, {escape(run['checked_at'])}.</p>"


def _suite_table(suite: dict[str, Any]) -> str:
    judged = "could not be read" if suite["rows"] is None else f"{suite['rows']} rows"
    lines = [
        f"<table><caption><strong>{escape(suite['name'])}</strong>: {escape(suite['about'])}; {judged}</caption>",
        '<thead><tr><th scope="col">Expectation</th><th scope="col">Promise</th>',
        '<th scope="col" class="number">Offenders</th><th scope="col">Verdict</th></tr></thead><tbody>',
    ]
    for rule in sorted(suite["rules"], key=lambda rule: rule["offenders"] == 0):
        offenders = rule["offenders"]
        kept = offenders == 0
        title = escape(rule["title"]).replace(".", ".<wbr>")
        lines.append(
            f'<tr class="{"kept" if kept else "broken"}"><th scope="row"><code>{title}</code></th>'
            f"<td>{escape(rule['promise'])}</td>"
            f'<td class="number">{"not evaluated" if offenders is None else offenders}</td>'
            f"<td>{'holds' if kept else 'broken'}</td></tr>"
        )
    return "\n".join([*lines, "</tbody></table>"])


def _runs_table(caption: str, rows: Sequence[tuple[str, str | None, dict[str, Any]]]) -> str:
    lines = [
        f'<table><caption>{escape(caption)}</caption><thead><tr><th scope="col">What</th>',
        '<th scope="col">Checked at</th><th scope="col" class="number">Rows</th>',
        '<th scope="col" class="number">Expectations</th><th scope="col" class="number">Broken</th></tr></thead>',
        "<tbody>",
    ]
    for name, link, run in rows:
        label = f'<a href="{escape(link)}">{escape(name)}</a>' if link else f"<code>{escape(name)}</code>"
        judged = sum(suite["rows"] or 0 for suite in run["suites"])
        expectations = sum(len(suite["rules"]) for suite in run["suites"])
        broken = _broken(run)
        lines.append(
            f'<tr class="{"broken" if broken else "kept"}"><th scope="row">{label}</th>'
            f"<td>{escape(run['checked_at'])}</td>"
            f'<td class="number">{judged}</td><td class="number">{expectations}</td>'
            f'<td class="number">{broken}</td></tr>'
        )
    return "\n".join([*lines, "</tbody></table>"])
