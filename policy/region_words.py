"""Region codes by their English names, in any case, as the table of names in `regions/` holds them."""

import csv
from collections import defaultdict
from functools import cache

from policy.region_table import REGION_NAMES_FILE

COUNTRY = ""


@cache
def codes_of_names() -> dict[tuple[str, str], str]:
    """The code by (country code, name in lower case); the country code of a country's own name is empty.

    A name that case alone tells apart stands for two places, so for none.
    """
    codes: dict[tuple[str, str], set[str]] = defaultdict(set)
    with REGION_NAMES_FILE.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            codes[row["country_code"] or COUNTRY, row["english_name"].lower()].add(row["region_code"])
    return {name: found.pop() for name, found in codes.items() if len(found) == 1}


def country_of_name(name: str | None) -> str | None:
    """The country's code, or null where the table has no such name."""
    return codes_of_names().get((COUNTRY, name.lower())) if name else None


def subdivision_of_name(country: str, name: str | None) -> str | None:
    """The leaf code of a subdivision of the country, or null where the table has no such name."""
    return codes_of_names().get((country, name.lower())) if name else None
