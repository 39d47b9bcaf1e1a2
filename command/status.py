"""`cmn status`: what the last runs did, and what became of the weeks."""

import argparse
import json
from collections import Counter
from datetime import UTC, datetime

from command.deliveries import accepted_deliveries
from command.summary import open_deadlines, readable, run_summary
from home.register.register import Register
from home.register.register_file import is_register_there
from home.settings.settings import Settings, load_settings
from home.weeks.overdue import overdue_weeks
from marts.divided_units import divided_units
from refusals.errors import UsageError
from releases.publishing.listing import published_releases

RUNS_SHOWN = 5
OVERDUE_SHOWN = 5


def status_command(options: argparse.Namespace) -> int:
    """Prints the last runs and the last one's counts."""
    settings = load_settings(options.config)
    if not is_register_there(settings.home):
        raise UsageError(f"{settings.home.root} has seen no run yet: start with `cmn run`")
    with Register(settings.home) as register:
        runs = register.last_runs(RUNS_SHOWN)
        accepted = accepted_deliveries(register)
    divided = divided_units(settings.home)
    # A retraction builds marts but reads no source: the counts shown are those of the last run that did.
    summary = run_summary(
        settings, next((run for run in runs if {"removed", "reports"} & set(run["counts"])), runs[0] if runs else None)
    )
    if options.as_json:
        summary["accepted_deliveries"] = accepted
        summary["divided"] = {one.mart: [one.divided, one.units] for one in divided}
        summary["runs"] = [{key: value for key, value in run.items() if key != "counts"} for run in runs]
        print(json.dumps(summary))
        return 0
    for run in runs:
        outcome = {None: "running, or killed", 0: "done"}.get(run["exit_code"], f"exit {run['exit_code']}")
        told = f"{run['started_at']}  {run['first_day']} to {run['last_day']}  {outcome}"
        print(f"{told}  {run['message'] or ''}".rstrip())
    print(readable(summary))
    for mart in divided:
        weeks = f"in its last {mart.weeks} weeks" if mart.weeks else "no week is frozen"
        print(f"divided, {mart.mart}: {mart.divided} of {mart.units} {mart.divides} groups, {weeks}")
    for one in accepted:
        print(f"accepted delivery, {one['source']}: {one['name']}: {one['why']}")
    overdue = overdue_weeks(settings, datetime.now(UTC))
    for week in overdue[:OVERDUE_SHOWN]:
        print(f"overdue: {week}")
    if len(overdue) > OVERDUE_SHOWN:
        print(f"overdue: and {len(overdue) - OVERDUE_SHOWN} weeks more: --json has all")
    for deadline in open_deadlines(settings):
        print(deadline)
    print(_releases(settings))
    return 0


def _releases(settings: Settings) -> str:
    """All that was ever released, in a line."""
    releases = published_releases(settings.home)
    if not releases:
        return "releases: none yet"
    states = Counter(str(release.state) for release in releases)
    newest = max(releases, key=lambda one: (one.published_at, one.id.period.last_monday, one.id.version))
    told = ", ".join(f"{number} {state}" for state, number in sorted(states.items()))
    return f"releases in all: {told}; the newest {newest.id}"
