"""What pip-audit found, told so that a service that could not be asked never passes for a good answer."""

import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

PASSED, VULNERABLE, UNKNOWN = 0, 1, 3


@dataclass(frozen=True)
class Verdict:
    """An exit code, and the lines to be told."""

    code: int
    lines: tuple[str, ...]


def audit(pip_audit: Path, requirements: Path, service: str) -> Verdict:
    """Asks the service of every version in a lock with hashes."""
    call = [str(pip_audit), "--requirement", str(requirements), "--require-hashes", "--disable-pip"]
    call += ["--vulnerability-service", service, "--format", "json", "--progress-spinner", "off"]
    done = subprocess.run(call, capture_output=True, text=True, check=False)
    return verdict(done.stdout, done.stderr, service)


def verdict(report: str, errors: str, service: str) -> Verdict:
    """From pip-audit's JSON report: it exits with 0 also where it could look up nothing at all."""
    try:
        dependencies = json.loads(report)["dependencies"]
    except (ValueError, KeyError, TypeError):
        last = (errors.strip().splitlines() or ["no answer"])[-1][:200]
        told = f"audit: the advisory service '{service}' could not be asked: nothing is known ({last})"
        return Verdict(UNKNOWN, (told,))
    asked = [one for one in dependencies if "skip_reason" not in one]
    found = [f"{one['name']} {one['version']}: {_told(one['vulns'])}" for one in asked if one["vulns"]]
    skipped = [one["name"] for one in dependencies if "skip_reason" in one]
    told = f"{len(asked)} of {len(dependencies)} versions were looked up by '{service}', {len(found)} are vulnerable"
    lines = [f"audit: {told}", *found]
    if skipped or not dependencies:
        named = ", ".join(skipped[:5])
        lines.append(f"audit: of {len(skipped)} versions nothing is known, such as {named}: ask where it answers")
    return Verdict(VULNERABLE if found else UNKNOWN if skipped or not dependencies else PASSED, tuple(lines))


def _told(vulnerabilities: Sequence[dict[str, list[str]]]) -> str:
    mended = {one["id"]: ", ".join(one.get("fix_versions", [])) or "no version yet" for one in vulnerabilities}
    return "; ".join(f"{name} (mended in {versions})" for name, versions in mended.items())
