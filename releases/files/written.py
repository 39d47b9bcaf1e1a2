"""How facts of a release are written in its files: times, addresses, JSON."""

import json
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from policy.release_policy import ReleasePolicy
from releases.ledger.release import Release
from releases.ledger.release_id import ReleaseId


def json_bytes(content: object) -> bytes:
    """Readable JSON in the order given; the same content gives the same bytes."""
    return (json.dumps(content, ensure_ascii=False, indent=1) + "\n").encode()


def instant(at: datetime) -> str:
    """ISO 8601 in UTC, such as `2026-10-01T04:30:00Z`."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def day_of_issue(release: Release) -> date:
    """The local day on which the release was issued."""
    return release.issued.astimezone(ZoneInfo(release.timezone)).date()


def address_of(policy: ReleasePolicy, release: ReleaseId) -> str | None:
    """Where a release's folder is served, with a slash at the end; None where the policy names no address."""
    return f"{policy.base_url}/releases/{release}/" if policy.base_url else None


def list_of(words: list[str]) -> str:
    """Words as a sentence has them: `a, b and c`."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def without_none(content: dict[str, Any]) -> dict[str, Any]:
    """What is not told is left out."""
    return {name: value for name, value in content.items() if value is not None}
