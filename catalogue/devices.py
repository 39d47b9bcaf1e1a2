"""Kinds of device as GA4 names them, and what they are told as where a kind by itself would be too few persons."""

from collections.abc import Iterable
from typing import Final

#: GA4's words, and ours for none. The list is whole, whether a word was seen or not.
DEVICE_CATEGORIES: Final = ("desktop", "mobile", "tablet", "smart tv", "unknown")

ALL_DEVICES: Final = "all"
MOBILE_AND_OTHER: Final = "mobile and other devices"
OTHER_DEVICES: Final = "other devices"

MERGED_WORDS: Final = (ALL_DEVICES, MOBILE_AND_OTHER, OTHER_DEVICES)
BY_THEMSELVES: Final = ("desktop", "mobile")


def device_nodes(seen: Iterable[str]) -> list[tuple[str, str, str | None]]:
    """Code, level and parent of each node, parents first; a word that GA4 did not have is one of the other devices.

    All devices are the desktop, and mobile and other devices; these are mobile devices, and the others; the others are
    each kind by itself. So a kind that hardly anybody uses is told among the others, and costs nobody else's detail.
    """
    words = sorted({*DEVICE_CATEGORIES, *seen})
    return [
        (ALL_DEVICES, "all", None),
        ("desktop", "category", ALL_DEVICES),
        (MOBILE_AND_OTHER, "group", ALL_DEVICES),
        ("mobile", "category", MOBILE_AND_OTHER),
        (OTHER_DEVICES, "group", MOBILE_AND_OTHER),
        *((word, "category", OTHER_DEVICES) for word in words if word not in BY_THEMSELVES),
    ]


def leaves_of_words() -> dict[str, int]:
    """How many kinds of device each word for several covers."""
    others = len(DEVICE_CATEGORIES) - len(BY_THEMSELVES)
    return {ALL_DEVICES: len(DEVICE_CATEGORIES), MOBILE_AND_OTHER: 1 + others, OTHER_DEVICES: others}
