"""Texts that an operator gives and that everyone will read for good: reasons, corrections."""

import unicodedata

from policy.identities import looks_like_somebody
from refusals.errors import UsageError

LONGEST_CHARACTERS = 500


def public_reason(text: str, option: str) -> str:
    """The text on one line, as it will stand in the ledger, in READMEs, in the catalogue and on the portal.

    Raises:
        UsageError: it says nothing, is too long, holds a control character, or what looks like an address or an id.
    """
    line = " ".join(text.split())
    if not line:
        raise UsageError(f"{option} must say the reason: it is what everyone will read")
    if len(line) > LONGEST_CHARACTERS:
        raise UsageError(f"{option} is longer than {LONGEST_CHARACTERS} characters: say it shorter")
    if any(unicodedata.category(sign) in ("Cc", "Cf", "Cs", "Co", "Cn") for sign in line):
        raise UsageError(f"{option} holds a sign that cannot be shown: type it anew")
    if looks_like_somebody(line):
        raise UsageError(
            f"{option} is published for good, and holds what looks like an e-mail address, an IP address or an id:"
            " leave it out"
        )
    return line
