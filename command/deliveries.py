"""`cmn deliveries`: take a delivery that was refused as bad all the same, and list what was taken so."""

import argparse
import json
import os
from datetime import UTC, datetime
from pathlib import Path

from command.public_reason import public_reason
from home.duck import open_duckdb
from home.lock import held
from home.register.register import Register
from home.settings.settings import Settings, load_settings
from refusals.errors import UsageError

DEFAULT_CONFIG = "cmn.toml"


def deliveries_command(options: argparse.Namespace) -> int:
    """Runs one of list, accept."""
    settings = load_settings(options.config or Path(os.environ.get("CMN_CONFIG") or DEFAULT_CONFIG))
    settings.home.make()
    if options.action == "list":
        return _list(settings, as_json=options.as_json)
    return _accept(settings, options.name, public_reason(options.why, "--why"), options.source)


def accepted_deliveries(register: Register) -> list[dict[str, str]]:
    """What was accepted, as `cmn status --json` and `cmn deliveries list --json` print it."""
    return [
        {"source": one.source, "name": one.name, "sha256": one.digest, "why": one.why, "accepted_at": one.accepted_at}
        for one in register.accepted_deliveries()
    ]


def _list(settings: Settings, *, as_json: bool) -> int:
    with Register(settings.home) as register:
        accepted = accepted_deliveries(register)
    if as_json:
        print(json.dumps({"accepted": accepted}))
        return 0
    for one in accepted:
        print(f"{one['accepted_at']}  {one['source']:<10}  {one['name']}  sha256 {one['sha256'][:12]}…  {one['why']}")
    if not accepted:
        print("no delivery was accepted")
    return 0


def _accept(settings: Settings, name: str, why: str, source: str | None) -> int:
    """Keeps the digest of what lies there now: whoever delivers something else under the name is not accepted."""
    from ingestion.app.deliveries import app_deliveries
    from ingestion.ga4.deliveries import ga4_deliveries

    sources = (source,) if source else settings.sources
    if source and source not in settings.sources:
        raise UsageError(f"source {source} is not configured in {settings.file}")
    with held(settings.home), open_duckdb(settings.home) as con:
        if "app" in sources and settings.app is not None and settings.app.database is not None:
            from ingestion.app.source import read_app_people, read_app_sessions

            now = datetime.now(UTC)
            read_app_people(con, settings)
            read_app_sessions(con, settings, now, known_within=(now, now))
        delivered = (app_deliveries(con, settings), ga4_deliveries(settings))
        found = {one.source: one.digest_of(name) for one in delivered if one.source in sources}
        known = {one: digest for one, digest in found.items() if digest is not None}
        if not known:
            raise UsageError(f"{name}: no delivery of {', '.join(sources)} has that name: give it as the refusal does")
        if len(known) > 1:
            raise UsageError(f"{name}: both {' and '.join(known)} have it: say which with --source")
        [(owner, digest)] = known.items()
        with Register(settings.home) as register:
            register.accept_delivery(owner, name, digest, why)
    print(f"accepted: {name} ({owner}, sha256 {digest[:12]}…); the next run takes it, and this content alone")
    return 0
