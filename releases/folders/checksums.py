"""CHECKSUMS.sha256: what every file of a release must hash to, as `sha256sum -c` reads it."""

import hashlib
import re
from collections.abc import Mapping

from refusals.errors import VerificationFailed

CHECKSUMS = "CHECKSUMS.sha256"

#: A file's name within a release: nothing that a shell or a file system could take for something else.
FILE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_LINE = re.compile(rf"([0-9a-f]{{64}})  ({FILE_NAME.pattern})")


def checksums_of(files: Mapping[str, bytes]) -> bytes:
    """The file: one line a file, sorted by name."""
    return "".join(f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n" for name in sorted(files)).encode("ascii")


def parse_checksums(content: bytes) -> dict[str, str]:
    """The digest (hex) of every file, by name.

    Raises:
        VerificationFailed: it is not written as checksums_of writes it; the line is named.
    """
    found: dict[str, str] = {}
    lines = content.decode("ascii", errors="replace").split("\n")
    if lines.pop() or not lines:
        raise VerificationFailed(f"{CHECKSUMS} is cut off: fetch the release anew")
    for number, line in enumerate(lines, 1):
        parts = _LINE.fullmatch(line)
        if parts is None:
            raise VerificationFailed(f"{CHECKSUMS}, line {number}: is no digest and file name: fetch the release anew")
        if found and parts[2] <= max(found):
            raise VerificationFailed(f"{CHECKSUMS}, line {number}: is not sorted by name: fetch the release anew")
        found[parts[2]] = parts[1]
    return found
