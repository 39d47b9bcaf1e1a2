"""`cmn doctor`: is everything there that a run needs, and if not, what to mend."""

import argparse
import importlib.metadata
import os
import shutil
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from functools import partial

from catalogue.person_rows import unknown_files
from command.doctor.state_checks import state_checks
from home.atomic_file import PRIVATE_FILE
from home.duck import open_duckdb
from home.layout import PRIVATE_DIRECTORY
from home.lock import held
from home.settings.settings import Settings, load_settings
from home.weeks.older_rules import counted_in_words, weeks_of_older_rules
from home.weeks.overdue import overdue_weeks
from home.weeks.week_states import RULES_EDITION
from refusals.errors import AnotherRunHoldsTheLock, Refusal, StateDamaged, UsageError

OLDEST_PYTHON, NEWEST_PYTHON = (3, 11), (3, 13)
FREE_BYTES_WANTED = 2 * 1024**3
#: Distribution → the version's beginning that this project was built and tried with, and why another is trouble.
VERSIONS = {
    "duckdb": ("1.5.", "analysts' clients could not open the marts"),
    "dbt-core": ("1.11.", "later ones need a download at installation"),
    "dbt-duckdb": ("1.11.", "the marts' contracts were tried with it"),
    "apache-airflow": ("3.3.", "the DAGs were tried with it"),
    "great-expectations": ("1.24.", "the doors' suites were tried with it"),
    "google-analytics-data": ("0.23.", "the reports were tried with its messages"),
}

Finding = tuple[str, str | None]


def doctor_command(options: argparse.Namespace) -> int:
    """Prints a line a check; exit 2 when something is to be mended."""
    settings = load_settings(options.config)
    checks: tuple[Callable[[Settings], Iterator[Finding]], ...] = (
        _versions, _folders, _private_files, _lock, partial(_state, deep=options.deep), _releases, _weeks, _older_rules,
        _sources, _reports, _geolocation, _destinations,
    )  # fmt: skip
    findings = [("config", None)] + [finding for check in checks for finding in check(settings)]
    for name, mend in findings:
        print(f"ok    {name}" if mend is None else f"mend  {name}: {mend}")
    to_mend = sum(mend is not None for _, mend in findings)
    if to_mend:
        raise UsageError(f"{to_mend} of {len(findings)} checks found something to mend")
    return 0


def _versions(_: Settings) -> Iterator[Finding]:
    fits = OLDEST_PYTHON <= sys.version_info[:2] <= NEWEST_PYTHON
    yield "Python", None if fits else "is not one of 3.11 to 3.13: run `make setup` with PYTHON=python3.11"
    for name, (wanted, why) in VERSIONS.items():
        found = importlib.metadata.version(name)
        yield f"{name} {found}", None if found.startswith(wanted) else f"is not {wanted}x ({why}): run `make setup`"


def _folders(settings: Settings) -> Iterator[Finding]:
    home = settings.home
    there = home.root if home.root.exists() else home.root.parent
    if not there.exists():
        yield f"home {home.root}", f"{there} does not exist: make it, or mend 'home' in {settings.file}"
        return
    writable = os.access(there, os.W_OK | os.X_OK)
    yield f"home {home.root}", None if writable else "cannot be written to: mend its owner or permissions"
    free = shutil.disk_usage(there).free
    yield "disk", None if free >= FREE_BYTES_WANTED else f"only {free // 1024**2} MiB are free: 2 GiB are wanted"
    for folder in (home.restricted, home.reports):
        if folder.exists():
            right = stat.S_IMODE(folder.stat().st_mode) == PRIVATE_DIRECTORY
            yield str(folder), None if right else f"others may enter: chmod 700 {folder}"


def _private_files(settings: Settings) -> Iterator[Finding]:
    """Files under restricted/ that others may read. Airflow's own home is left to the mode of its folder."""
    restricted = settings.home.restricted
    if not restricted.exists():
        return
    own = (settings.home.records, settings.home.ga4_reports, settings.home.keys, settings.home.quarantine)
    files = [file for folder in own for file in folder.rglob("*") if file.is_file()]
    files += [settings.home.register] if settings.home.register.exists() else []
    readable = [file for file in files if stat.S_IMODE(file.stat().st_mode) & ~PRIVATE_FILE]
    mend = f"{len(readable)} files may be read by others, such as {readable[0]}: chmod 600" if readable else None
    yield f"permissions of {len(files)} restricted files", mend
    strays = unknown_files(restricted)
    mend = f"{len(strays)} are of none, such as {strays[0]}, so nothing removes it: move it away" if strays else None
    yield "restricted files are those of a run", mend


def _state(settings: Settings, *, deep: bool) -> Iterator[Finding]:
    """Every file that a run rests on. A home that a run of an older version wrote is known from now on."""
    for name, check in state_checks(settings, deep=deep):
        yield _tried(name, check)


def _releases(settings: Settings) -> Iterator[Finding]:
    """Once something is signed: the key, the ledger, and whether readers may read."""
    from releases.folders.on_disk import is_anything_signed
    from releases.publishing.inspection import check_readers_may_read, check_release_key, check_release_ledger

    home = settings.home
    if is_anything_signed(home):
        yield _tried("key of releases", partial(check_release_key, home))
        yield _tried("ledger and folders of releases", partial(check_release_ledger, home))
        yield _tried("releases may be read by everyone", partial(check_readers_may_read, home))


def _lock(settings: Settings) -> Iterator[Finding]:
    if not settings.home.restricted.exists():
        return
    try:
        with held(settings.home):
            yield "lock", None
    except AnotherRunHoldsTheLock:
        yield "lock", "a run is under way: wait until it has ended"
    except StateDamaged as refusal:
        yield "lock", str(refusal)


def _weeks(settings: Settings) -> Iterator[Finding]:
    """A line for each week that is overdue, or one that none is."""
    try:
        overdue = overdue_weeks(settings, datetime.now(UTC))
    except Refusal as refusal:  # what became of the weeks is what is damaged
        yield "overdue weeks", str(refusal)
        return
    more = f" (and {len(overdue) - 1} weeks more: `cmn status --json` has all)" if len(overdue) > 1 else ""
    yield ("overdue weeks", f"{overdue[0]}{more}") if overdue else ("no week is overdue", None)


def _older_rules(settings: Settings) -> Iterator[Finding]:
    """Weeks that froze under an older edition of the rules: to be brought to today's by the next run, or brought."""
    for source in settings.sources:
        try:
            weeks = weeks_of_older_rules(settings.home, source)
        except Refusal:  # told above: the commits are what is damaged
            continue
        if weeks:
            is_behind = any(week.told_edition < RULES_EDITION for week in weeks)
            words = counted_in_words(weeks)
            yield (f"rules of weeks, {source}", words) if is_behind else (f"weeks, {source}: {words}", None)


def _sources(settings: Settings) -> Iterator[Finding]:
    from ingestion.app.source import check_app_source, read_app_people
    from ingestion.ga4.day_files import choose_day_files

    app, export = settings.app, settings.ga4_export
    if app is not None:
        yield _tried("app source: users, consents, sessions are there", lambda: check_app_source(settings))
        if app.database is not None:
            limits = f"connect {app.connect_timeout_seconds}, lock {app.lock_timeout_seconds}"
            yield f"app database timeouts in seconds: {limits}, statement {app.statement_timeout_seconds}", None
        # Read as a run reads them, in memory: the only way to know that they can be read.
        with open_duckdb(settings.home) as con:
            yield _tried("app users and consents", lambda: read_app_people(con, settings))
    if export is not None:
        yield _tried(f"GA4 day files in {export.files}", lambda: choose_day_files(export))


def _reports(settings: Settings) -> Iterator[Finding]:
    """Whether the property answers. An emulator, such as the demonstration's, may be gone when it has been asked."""
    from ingestion.ga4_reports.compatibility import check_reports_source

    reports = settings.ga4_reports
    if reports is not None:
        name = f"GA4 property {reports.property_id}"
        said = _tried(name, lambda: check_reports_source(settings))[1]
        is_gone = reports.endpoint is not None and said is not None and "did not answer" in said
        yield (f"{name}: its emulator at {reports.endpoint} does not run", None) if is_gone else (name, said)


def _geolocation(settings: Settings) -> Iterator[Finding]:
    from ingestion.places.city_database import open_city_database

    geo = settings.geo
    if geo is not None:
        yield _tried(f"city database {geo.mmdb}", lambda: _opened(open_city_database(geo.mmdb, settings.policy.limits)))


def _destinations(settings: Settings) -> Iterator[Finding]:
    """Whether each could be written to now; an empty object that is made and removed tells."""
    from releases.destinations.destination import check_destination

    for destination in settings.destinations:
        yield _tried(f"destination {destination.name}", partial(check_destination, destination))


def _opened(context: AbstractContextManager[object]) -> None:
    with context:
        pass


def _tried(name: str, check: Callable[[], object]) -> Finding:
    try:
        check()
    except Refusal as refusal:
        return name, str(refusal)
    return name, None
