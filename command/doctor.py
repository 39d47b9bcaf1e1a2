"""`cmn doctor`: is everything there that a run needs, and if not, what to mend."""

import argparse
import importlib.metadata
import os
import shutil
import stat
import sys
from collections.abc import Callable, Iterator
from functools import partial

from home.duck import open_duckdb
from home.keys import KEY_BYTES
from home.layout import PRIVATE_DIRECTORY, PRIVATE_FILE
from home.lock import held
from home.settings import Settings, load_settings
from policy.errors import AnotherRunHoldsTheLock, Refusal, UsageError

FREE_BYTES_WANTED = 2 * 1024**3
#: Distribution → the version's beginning that this project was built and tried with, and why another is trouble.
VERSIONS = {
    "duckdb": ("1.5.", "analysts' clients could not open the marts"),
    "dbt-core": ("1.11.", "later ones need a download at installation"),
    "dbt-duckdb": ("1.11.", "the marts' contracts were tried with it"),
    "apache-airflow": ("3.3.", "the DAGs were tried with it"),
    "great-expectations": ("1.24.", "the doors' suites were tried with it"),
}

Finding = tuple[str, str | None]


def doctor_command(options: argparse.Namespace) -> int:
    """Prints a line a check; exit 2 when something is to be mended."""
    settings = load_settings(options.config)
    checks: tuple[Callable[[Settings], Iterator[Finding]], ...] = (
        _versions, _folders, _private_files, _keys, _releases, _lock, _sources, _geolocation, _destinations,
    )  # fmt: skip
    findings = [("config", None)] + [finding for check in checks for finding in check(settings)]
    for name, mend in findings:
        print(f"ok    {name}" if mend is None else f"mend  {name}: {mend}")
    to_mend = sum(mend is not None for _, mend in findings)
    if to_mend:
        raise UsageError(f"{to_mend} of {len(findings)} checks found something to mend")
    return 0


def _versions(_: Settings) -> Iterator[Finding]:
    python = sys.version_info[:2]
    yield "Python", None if python == (3, 11) else "is not 3.11: run `make setup` with PYTHON=python3.11"
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
    own = (settings.home.records, settings.home.keys, settings.home.quarantine)
    files = [file for folder in own for file in folder.rglob("*") if file.is_file()]
    files += [settings.home.register] if settings.home.register.exists() else []
    readable = [file for file in files if stat.S_IMODE(file.stat().st_mode) & ~PRIVATE_FILE]
    mend = f"{len(readable)} files may be read by others, such as {readable[0]}: chmod 600" if readable else None
    yield f"permissions of {len(files)} restricted files", mend


def _keys(settings: Settings) -> Iterator[Finding]:
    keys = list(settings.home.keys.glob("*.key")) if settings.home.keys.exists() else []
    broken = [key.name for key in keys if key.stat().st_size != KEY_BYTES]
    yield f"key store ({len(keys)} keys)", f"{broken[0]} is no key: restore it from a backup" if broken else None


def _releases(settings: Settings) -> Iterator[Finding]:
    """Once something is signed: the key, the ledger, and whether readers may read."""
    from publishing.releases.inspection import check_readers_may_read, check_release_key, check_release_ledger
    from publishing.releases.on_disk import is_anything_signed

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


def _sources(settings: Settings) -> Iterator[Finding]:
    from datetime import UTC, datetime

    from ingestion.app_source import check_app_source, read_app_people
    from ingestion.ga4_files import choose_day_files

    app, export = settings.app, settings.ga4_export
    if app is not None:
        yield _tried("app source: users, consents, sessions are there", lambda: check_app_source(settings))
        # Read as a run reads them, in memory: the only way to know that they can be read.
        with open_duckdb(settings.home) as con:
            yield _tried("app users and consents", lambda: read_app_people(con, settings, datetime.now(UTC)))
    if export is not None:
        yield _tried(f"GA4 day files in {export.files}", lambda: choose_day_files(export))


def _geolocation(settings: Settings) -> Iterator[Finding]:
    from ingestion.city_database import open_city_database

    if settings.geo is not None:
        yield _tried(f"city database {settings.geo.mmdb}", lambda: open_city_database(settings.geo.mmdb).__enter__())


def _destinations(settings: Settings) -> Iterator[Finding]:
    """Whether each could be written to now; an empty object that is made and removed tells."""
    from publishing.destinations.destination import check_destination

    for destination in settings.destinations:
        yield _tried(f"destination {destination.name}", partial(check_destination, destination))


def _tried(name: str, check: Callable[[], object]) -> Finding:
    try:
        check()
    except Refusal as refusal:
        return name, str(refusal)
    return name, None
