"""What looks like somebody: patterns that no published text may match."""

import re
from collections.abc import Mapping

#: The grammar of IP addresses (RFC 4291, 2.2), from which every pattern of one is made; letters in lower case.
OCTET = r"(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
IPV4 = rf"{OCTET}(?:\.{OCTET}){{3}}"
GROUP = "[0-9a-f]{1,4}"

_GROUPS = rf"{GROUP}(:{GROUP})"

#: Patterns of RE2 and of Python; each may be part of a longer text. A version such as `Chrome/120.0.0.0` is no address.
IDENTITY_PATTERNS: Mapping[str, str] = {
    "e_mail_address": r"[^\s@]+@[^\s@]+\.[^\s@]+",
    "ip_address": (
        rf"(?i)(^|//|[^0-9a-z./]){IPV4}($|[^0-9a-z.]|\.$)"
        rf"|(^|[^0-9a-z:]){_GROUPS}{{7}}($|[^0-9a-z:])"
        rf"|(^|[^0-9a-z:])({_GROUPS}{{0,6}})?::({_GROUPS}{{0,6}})?($|[^0-9a-z:])"
    ),
    "uuid": r"(?i)[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}",
}


def looks_like_somebody(text: str) -> bool:
    """Whether a text holds an e-mail address, an IP address or an id."""
    return any(re.search(pattern, text) for pattern in IDENTITY_PATTERNS.values())
