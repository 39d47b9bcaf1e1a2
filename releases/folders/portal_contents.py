"""contents.json: what the portal holds, for which datasets it was built, and which dataset asked for each file.

The portal writes it last; a delivery reads it first. A file that it does not name, or names otherwise, is not sent;
nor is a portal that was built for a dataset that is not approved any more.
"""

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass

CONTENTS = "contents.json"


@dataclass(frozen=True, slots=True)
class PortalContents:
    """`datasets`: those that were approved. `files`: path to SHA-256. `asked_by`: path to datasets, or to none."""

    datasets: frozenset[str]
    files: Mapping[str, str]
    asked_by: Mapping[str, frozenset[str]]

    def may_leave(self, approved: Collection[str]) -> bool:
        """Whether everything in it was asked for by what is approved now."""
        return self.datasets.union(*self.asked_by.values()) <= set(approved)


def contents_file(
    datasets: Collection[str], files: Mapping[str, bytes], asked_by: Mapping[str, Collection[str]]
) -> bytes:
    """The file over these files of the portal."""
    told = {
        path: {"datasets": sorted(asked_by[path]), "sha256": hashlib.sha256(files[path]).hexdigest()}
        for path in sorted(files)
    }
    return (json.dumps({"datasets": sorted(datasets), "files": told}, indent=1) + "\n").encode()


def parse_contents(content: bytes | None) -> PortalContents | None:
    """What a file says; None: it is missing, or is none, so that nothing is known of the portal beside it."""
    try:
        told = json.loads(content or b"")
        return PortalContents(
            frozenset(map(str, told["datasets"])),
            {str(path): str(one["sha256"]) for path, one in told["files"].items()},
            {str(path): frozenset(map(str, one["datasets"])) for path, one in told["files"].items()},
        )
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        return None
