"""Leaf regions: of an address by the city database, of a name by the table of English names."""

import csv
import unicodedata
from functools import cache, cached_property
from ipaddress import ip_address
from pathlib import Path

import maxminddb

REGIONS = Path(__file__).parents[2] / "policy" / "regions"


class Regions:
    """What ISO lists, and which leaves lie under each code."""

    def __init__(self) -> None:
        with (REGIONS / "regions.csv").open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        self.level = {row["region_code"]: row["region_level"] for row in rows}
        self.parent = {row["region_code"]: row["parent_code"] or None for row in rows}

    @cached_property
    def leaves(self) -> dict[str, frozenset[str]]:
        """Every code → the leaves under it (a leaf: itself)."""
        under: dict[str, set[str]] = {}
        for code, level in self.level.items():
            if level == "subdivision":
                above: str | None = code
                while above:
                    under.setdefault(above, set()).add(code)
                    above = self.parent[above]
        return {code: frozenset(leaves) for code, leaves in under.items()}

    def country(self, code: str | None) -> str | None:
        return code if code is not None and self.level.get(code) == "country" else None

    def leaf(self, country: str | None, subdivision: str | None) -> str | None:
        """Codes as a database gives them → leaf; null where even the country is unknown."""
        if self.country(country) is None:
            return None
        code = f"{country}-{subdivision}"
        return code if subdivision and self.level.get(code) == "subdivision" else f"{country}-?"


#: Letters that Unicode does not take apart, and forms of the apostrophe.
LETTERS = {"\u0142": "l", "\u00f8": "o", "\u0111": "d", "\u0131": "i", "\u02bc": "'", "\u2018": "'", "\u2019": "'"}


def plain(name: str | None) -> str:
    """Small letters, no accents."""
    letters = "".join(LETTERS.get(char, char) for char in (name or "").casefold())
    return "".join(char for char in unicodedata.normalize("NFKD", letters) if unicodedata.category(char) != "Mn")


class Names:
    """English names → leaf."""

    def __init__(self, regions: Regions) -> None:
        self._regions = regions
        with (REGIONS / "region_names.csv").open(newline="", encoding="utf-8") as file:
            self._codes = {
                (row["country_code"], plain(row["english_name"])): row["region_code"] for row in csv.DictReader(file)
            }

    def leaf(self, country_name: str | None, region_name: str | None) -> str:
        country = self._codes.get(("", plain(country_name)))
        if country is None:
            return "??"
        return self._codes.get((country, plain(region_name)), f"{country}-?")


class Addresses:
    """Leaf of an address; null where the database knows nothing of it."""

    def __init__(self, database: Path, regions: Regions) -> None:
        self._reader = maxminddb.open_database(str(database))
        self._regions = regions
        self.leaf = cache(self._leaf)

    def _leaf(self, text: str) -> str | None:
        record = self._reader.get(ip_address(text)) or {}
        country = record.get("country", {}).get("iso_code")
        subdivisions = record.get("subdivisions") or [{}]
        return self._regions.leaf(country, subdivisions[0].get("iso_code"))
