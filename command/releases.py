"""`cmn releases`: what was published; check a release; publish or withdraw one; replace the key that signs them."""

import argparse
import json
from datetime import UTC, datetime

from command.public_reason import public_reason
from command.publish import publish_command, run_now, show_readers
from home.lock import held
from home.settings.settings import Settings, load_settings
from releases.ledger.listed_release import ListedRelease
from releases.ledger.release_id import ReleaseId
from releases.publishing.listing import published_releases
from releases.publishing.verification import VerifiedRelease, verify


def releases_command(options: argparse.Namespace) -> int:
    """Runs one of list, verify, publish, withdraw, rotate-key."""
    if options.action == "verify":
        return _verify(options)
    if options.action == "publish":
        return publish_command(options)
    settings = load_settings(options.config)
    if options.action == "list":
        return _list(settings, as_json=options.as_json)
    settings.home.make()
    match options.action:
        case "withdraw":
            return _withdraw(settings, options.release, options.why)
        case _:
            return _rotate_key(settings)


def _list(settings: Settings, *, as_json: bool) -> int:
    releases = published_releases(settings.home)
    if as_json:
        print(json.dumps({"releases": [_told(release) for release in releases]}))
        return 0
    width = max((len(str(release.id)) for release in releases), default=0)
    for release in releases:
        day = (release.withdrawn_at or release.published_at).astimezone(UTC).date()
        by = f"by {release.superseded_by.folder}  " if release.superseded_by else ""
        line = f"{release.id!s:<{width}}  {release.state:<10}  {day}  {release.sha256[:12]}  {by}{release.why}"
        print(line.rstrip())
    return 0


def _told(release: ListedRelease) -> dict[str, str | None]:
    return {
        "id": str(release.id),
        "state": release.state,
        "published_at": release.published_at.isoformat(),
        "withdrawn_at": release.withdrawn_at.isoformat() if release.withdrawn_at else None,
        "why": release.why,
        "superseded_by": str(release.superseded_by) if release.superseded_by else None,
        "sha256": release.sha256,
    }


def _verify(options: argparse.Namespace) -> int:
    verified = verify(options.path, options.public_key, options.ledger)
    print(f"{verified.id}: whole, unchanged and signed ({verified.files} files, {verified.size} bytes)")
    print(f"key: {verified.fingerprint}")
    print(_told_of_key(verified))
    if verified.ledger_entries is not None:
        print(f"ledger: entry {verified.entry.sequence} of {verified.ledger_entries}, not withdrawn")
    if verified.superseded_by is not None:
        print(f"superseded by {verified.superseded_by}")
    return 0


def _told_of_key(verified: VerifiedRelease) -> str:
    """What the key proves, by where it came from."""
    match verified.key_from:
        case "given":
            return "The key is the one you gave, so the release comes from whoever gave it to you."
        case "beside":
            where = "lies beside the releases"
        case "folder":
            where = "lies in the folder itself"
    return f"The key {where}: that nobody replaced both rests on comparing it with the fingerprint on the portal."


def _withdraw(settings: Settings, name: str, why: str) -> int:
    """Says in the ledger that the release is withdrawn, leaves a tombstone, and shows readers the new state."""
    from releases.publishing.publisher import withdraw

    release, why = ReleaseId.parse(name), public_reason(why, "--why")
    with held(settings.home):
        entry = withdraw(settings.home, release, why=why, at=datetime.now(UTC).replace(microsecond=0))
        print(
            f"withdrawn: {release}, entry {entry.sequence} of the ledger; a tombstone with the reason takes its place"
        )
        show_readers(run_now(settings))
    return 0


def _rotate_key(settings: Settings) -> int:
    """Makes a new key, signs the ledger's head with it, and retires the old one."""
    from releases.publishing.key_rotation import rotate_key

    with held(settings.home):
        key = rotate_key(settings.home, datetime.now(UTC).replace(microsecond=0))
        print(f"key: {key.fingerprint}; publish this fingerprint wherever the old one stands")
        show_readers(run_now(settings))
    return 0
