"""Which leaf codes a region code stands for, by the region table that everyone can read."""

from functools import cache, lru_cache

from policy.region_table import regions
from refusals.errors import InputRefused


@cache
def _leaves() -> dict[str, frozenset[str]]:
    children: dict[str, list[str]] = {}
    for region in regions().values():
        if region.parent:
            children.setdefault(region.parent, []).append(region.code)
    found: dict[str, frozenset[str]] = {}
    for code in reversed(list(regions())):
        below = children.get(code, ())
        found[code] = frozenset().union(*(found[child] for child in below)) if below else frozenset([code])
    return found


@lru_cache(maxsize=4096)
def leaves_below(codes: str, place: str) -> frozenset[str]:
    """The leaves of codes that are separated by spaces.

    Raises:
        InputRefused: a code is not in the region table.
    """
    known = _leaves()
    try:
        return frozenset().union(*(known[code] for code in codes.split()))
    except KeyError as error:
        raise InputRefused(f"{place}: region_covers names a code that is not in the region table") from error
