"""The region hierarchy and the English names of regions, as the tables in `regions/` hold them."""

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

REGIONS_FILE = Path(__file__).parent / "regions" / "regions.csv"
REGION_NAMES_FILE = Path(__file__).parent / "regions" / "region_names.csv"

UNKNOWN = "??"


@dataclass(frozen=True, slots=True)
class Region:
    """A node of the hierarchy: world → sub-region → country → subdivision (the leaves)."""

    code: str
    name: str
    level: str
    parent: str | None


@cache
def regions() -> dict[str, Region]:
    """Every node by its code, in the table's order: parents before their children."""
    with REGIONS_FILE.open(newline="", encoding="utf-8") as file:
        return {
            row["region_code"]: Region(
                row["region_code"], row["region_name"], row["region_level"], row["parent_code"] or None
            )
            for row in csv.DictReader(file)
        }
