"""Region codes by their English names, as the table of names in `regions/` holds them, whatever their case and accents.

Google Analytics writes `Ile-de-France` and `Lodz Voivodeship`.
"""

import csv
import unicodedata
from functools import cache
from typing import Final

from policy.region_table import REGION_NAMES_FILE, UNKNOWN

COUNTRY: Final = ""
# What Unicode does not take apart: l and o with a stroke, d with one, dotless i, …; and the forms of the apostrophe.
_LETTERS: Final = str.maketrans(
    {
        "\u0142": "l", "\u00f8": "o", "\u0111": "d", "\u0131": "i", "\u00e6": "ae", "\u0153": "oe",
        "\u00df": "ss", "\u00f0": "d", "\u00fe": "th", "\u0259": "a",
    }
    | dict.fromkeys("\u2018\u2019\u02bc\u02bb`", "'")
)  # fmt: skip


def folded(name: str) -> str:
    """The name in small letters without accents: names that differ in these alone are one name."""
    if name.isascii():
        return name.lower().replace("`", "'")
    apart = unicodedata.normalize("NFD", name.lower().translate(_LETTERS))
    return "".join(char for char in apart if not unicodedata.combining(char))


@cache
def codes_of_names() -> dict[tuple[str, str], str]:
    """The code by (country code, folded name); the country code of a country's own name is empty."""
    with REGION_NAMES_FILE.open(newline="", encoding="utf-8") as file:
        return {
            (row["country_code"] or COUNTRY, folded(row["english_name"])): row["region_code"]
            for row in csv.DictReader(file)
        }


def country_of_name(name: str | None) -> str | None:
    """The country's code, or null where the table has no such name."""
    return codes_of_names().get((COUNTRY, folded(name))) if name else None


def subdivision_of_name(country: str, name: str | None) -> str | None:
    """The leaf code of a subdivision of the country, or null where the table has no such name."""
    return codes_of_names().get((country, folded(name))) if name else None


def leaf_of_names(country: str | None, subdivision: str | None) -> str:
    """The leaf code: of the subdivision, `<CC>-?` where it is not known, `??` where the country is not."""
    code = country_of_name(country)
    return (subdivision_of_name(code, subdivision) or f"{code}-?") if code else UNKNOWN
