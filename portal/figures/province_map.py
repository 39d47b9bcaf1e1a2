"""The map by province: what each choice (an age, a device) tells of the twelve provinces; groups stay groups."""

from collections.abc import Iterable, Sequence
from datetime import date
from string import ascii_uppercase

from policy.oldest_age import OLDEST_AGE
from portal.figures.figure import AgeSpan, Figure, Value, Word
from portal.figures.mart_rows import CoreCell
from portal.figures.region_labels import TILES, RegionLabel, label_of_union
from portal.figures.whole_unions import whole_unions

ALL_AGES = AgeSpan(0, None)


def map_by_age(cells: Sequence[CoreCell], week: date) -> Figure:
    """All ages together, and each group of ages that no cell crosses."""
    ages = age_unions(cells)
    choices: list[tuple[Value, Sequence[CoreCell]]] = [(ALL_AGES, cells)]
    choices += [(span, union) for span, union in ages if span != ALL_AGES]
    return _map("age_group", choices, week)


def map_by_device(cells: Sequence[CoreCell], week: date) -> Figure:
    """Each kind of device as the cells tell it, the most used first; merged devices are a choice of their own."""
    by_device: dict[str, list[CoreCell]] = {}
    for cell in cells:
        by_device.setdefault(cell.device, []).append(cell)
    ordered = sorted(by_device.items(), key=lambda pair: (-sum(cell.users for cell in pair[1]), pair[0]))
    return _map("device_category", [(Word("device_category", device), union) for device, union in ordered], week)


def age_unions(cells: Sequence[CoreCell]) -> list[tuple[AgeSpan, list[CoreCell]]]:
    """The finest spans of ages that no cell crosses, youngest first, with their cells."""
    unions = []
    for union in whole_unions(cells, _years):
        spans = [cell.ages for cell in union if cell.ages is not None]
        open_ended = any(span.last is None for span in spans)
        last = None if open_ended else max(span.last for span in spans if span.last is not None)
        unions.append((AgeSpan(min(span.first for span in spans), last), union))
    return sorted(unions, key=lambda pair: pair[0].first)


def _years(cell: CoreCell) -> Iterable[int]:
    """Every year of age that the cell covers."""
    span = cell.ages or ALL_AGES
    return range(span.first, (OLDEST_AGE if span.last is None else span.last) + 1)


def _map(field: str, choices: Sequence[tuple[Value, Sequence[CoreCell]]], week: date) -> Figure:
    rows: list[tuple[Value, ...]] = []
    marks: list[dict[str, Value]] = []
    alone_of: list[int] = []
    for choice, cells in choices:
        told = _unions(cells)
        rows += [(choice, label, *_sums(union)) for label, union, _ in told]
        tiles = _tiles(told)
        alone_of.append(sum(tile["state"] == "alone" for tile in tiles))
        marks += [{"choice": choice, **tile} for tile in tiles]
    return Figure(
        "map",
        (field, "region", "users", "sessions", "minutes"),
        tuple(rows),
        ("users",),
        facts={"week": week, "choice": choices[0][0], "alone": alone_of[0], "provinces": len(TILES)},
        choices=tuple(choice for choice, _ in choices),
        marks=tuple(marks),
    )


def _unions(cells: Sequence[CoreCell]) -> list[tuple[RegionLabel, list[CoreCell], tuple[str, ...]]]:
    """Regions that no cell crosses: provinces first, in the tiles' order, then the rest by their users."""
    found = []
    for union in whole_unions(cells, lambda cell: cell.leaves):
        leaves = frozenset().union(*(cell.leaves for cell in union))
        provinces = tuple(code for code in TILES if code in leaves)
        label = label_of_union((cell.code, cell.name, cell.leaves) for cell in union)
        found.append((label, union, provinces))
    places = list(TILES)
    return sorted(
        found,
        key=lambda told: (
            places.index(told[2][0]) if told[2] else len(places),
            -sum(cell.users for cell in told[1]),
            told[0].codes,
        ),
    )


def _tiles(told: Sequence[tuple[RegionLabel, list[CoreCell], tuple[str, ...]]]) -> list[dict[str, Value]]:
    """One a province: `alone` with its figures, `group` with the group's letter and figures, `none` without a cell."""
    tiles: dict[str, dict[str, Value]] = {
        code: {"code": code, "state": "none", "letter": "", "label": None, "users": None, "sessions": None}
        for code in TILES
    }
    letters = iter(ascii_uppercase)
    for label, union, provinces in told:
        if not provinces:
            continue
        alone = union[0].leaves == {provinces[0]} and len({cell.leaves for cell in union}) == 1
        letter = "" if alone else next(letters)
        users, sessions, _ = _sums(union)
        for code in provinces:
            tiles[code] |= {
                "state": "alone" if alone else "group",
                "letter": letter, "label": label, "users": users, "sessions": sessions,
            }  # fmt: skip
    return list(tiles.values())


def _sums(union: Sequence[CoreCell]) -> tuple[int, int, int]:
    return (
        sum(cell.users for cell in union),
        sum(cell.sessions for cell in union),
        sum(cell.minutes for cell in union),
    )
