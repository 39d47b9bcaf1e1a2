"""From a city database's record to a leaf region code: by ISO codes, and by English names where codes are missing."""

from bisect import bisect_right
from collections.abc import Callable
from typing import Any

from policy.region_table import regions
from policy.region_words import country_of_name, subdivision_of_name


def leaf_region(record: Any) -> str | None:
    """The leaf code of a city record: country and first subdivision, as far as ISO lists them.

    The `country` record says where the address is; `registered_country` only where the network's owner is. Of either
    the ISO code counts; where it has none that ISO lists, its English name, through the region table.
    """
    country = country_code(record)
    if country is None:
        return None
    return subdivision_code(country, record) or f"{country}-?"


def country_code(record: Any) -> str | None:
    """The record's country, or null where it has none that ISO lists."""
    part = record.get("country") if isinstance(record, dict) else None
    code = _text(part, "iso_code")
    listed = regions()
    if code is not None and code in listed and listed[code].level == "country":
        return code
    # A code that is there and not listed is another's (Kosovo's XK): a name beside it says no more.
    return country_of_name(_english_name(part)) if code is None else None


def subdivision_code(country: str, record: dict[str, Any]) -> str | None:
    """The code of the record's first subdivision, or null where it has none that ISO lists."""
    parts = record.get("subdivisions")
    first = parts[0] if isinstance(parts, list) and parts else None
    code = f"{country}-{_text(first, 'iso_code')}"
    if code in regions():
        return code
    return subdivision_of_name(country, _english_name(first))


def located(
    addresses: list[str], region_of_network: Callable[[str], tuple[str | None, str]]
) -> tuple[list[str | None], list[int]]:
    """Codes of runs of addresses, and how many addresses each run has: one look-up a network met.

    `addresses` are hexadecimal numbers of one width, ascending; `region_of_network` gives the code of the network that
    holds one, and the network's last address.
    """
    codes: list[str | None] = []
    counts: list[int] = []
    at = 0
    while at < len(addresses):
        code, last = region_of_network(addresses[at])
        following = bisect_right(addresses, last, at)
        codes.append(code)
        counts.append(following - at)
        at = following
    return codes, counts


def _text(part: Any, name: str) -> str | None:
    value = part.get(name) if isinstance(part, dict) else None
    return value if isinstance(value, str) and value else None


def _english_name(part: Any) -> str | None:
    return _text(part.get("names"), "en") if isinstance(part, dict) else None
