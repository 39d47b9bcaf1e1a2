"""The columns of a table as numbers that recoding works on, and every mistake in their values, by column and line.

A mistake is told without a value of the table. Those few that may be shown on a terminal stand beside it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from anonymisation.hierarchies.value_hierarchy import ValueHierarchy
from command.anonymise.delimited_text import MOST_NAMED
from command.anonymise.spec import Spec
from command.anonymise.table_file import TableFile, numbered, persons

Numbers = NDArray[np.int64]
Amounts = NDArray[np.float64]
BOOLEANS = (  # pairs, as they are spelled in any case
    ("true", "false"),
    ("t", "f"),
    ("yes", "no"),
    ("y", "n"),
    ("1", "0"),
    ("on", "off"),
    ("ja", "nee"),
    ("j", "n"),
    ("waar", "onwaar"),
)
_TRUTH = {spelled: is_true for pair in BOOLEANS for spelled, is_true in zip(pair, (True, False), strict=True)}


@dataclass(frozen=True)
class Mistake:
    """What is wrong with a column, in words without values; `values` are for the terminal alone, a few at most."""

    column: str
    words: str
    values: tuple[str, ...] = ()


@dataclass(frozen=True)
class Columns:
    """One entry a record: leaf numbers of each quasi-identifier, and numbers of the other columns that rules need."""

    leaves: list[Numbers]
    person: Numbers | None
    sensitive: Numbers | None
    measure: Amounts | None


def numbered_columns(
    table: TableFile, rows: pa.Table, spec: Spec, hierarchies: Sequence[ValueHierarchy]
) -> tuple[Columns, list[Mistake]]:
    """The columns, and all that is wrong with them (then the columns are of no use)."""
    privacy = spec.privacy
    mistakes: list[Mistake] = []
    leaves = []
    for identifier, hierarchy in zip(spec.quasi_identifier, hierarchies, strict=True):
        found, wrong = _leaves(table, rows, hierarchy, identifier.missing)
        leaves.append(found)
        mistakes += wrong
    for name in dict.fromkeys(filter(None, [privacy.person, privacy.sensitive, privacy.measure])):
        mistakes += _empty(table, rows, name)
    if mistakes:
        return Columns(leaves, None, None, None), mistakes
    measure = None
    if privacy.measure is not None:
        measure, mistakes = _amounts(table, rows, privacy.measure)
    person = None if privacy.person is None else persons(rows, privacy.person)
    sensitive = None if privacy.sensitive is None else numbered(rows, privacy.sensitive)[0]
    return Columns(leaves, person, sensitive, measure), mistakes


def _leaves(
    table: TableFile, rows: pa.Table, hierarchy: ValueHierarchy, missing: str | None
) -> tuple[Numbers, list[Mistake]]:
    """Each record's leaf of one quasi-identifier."""
    codes, values = numbered(rows, hierarchy.name)
    known = {leaf: number for number, leaf in enumerate(hierarchy.leaves)}
    alike = _boolean_leaves(known, missing)
    leaf_of = [_leaf(value, known, alike, missing) for value in values]
    mistakes = []
    if missing is None:
        mistakes += _empty(table, rows, hierarchy.name, " or name the leaf that stands for none, `missing`")
    unknown = [n for n, (value, leaf) in enumerate(zip(values, leaf_of, strict=True)) if leaf < 0 and value is not None]
    if unknown:
        outside = [str(values[number]) for number in unknown]
        where = table.places(np.flatnonzero(np.isin(codes, unknown)).tolist())
        words = f"has {len(outside)} distinct values outside its hierarchy ({where}): add them to it as leaves"
        nearly = {_squeezed(leaf) for leaf in known}
        close = sum(_squeezed(value) in nearly for value in outside)
        if close:
            words += f", or mend the {close} that differ from a leaf by spaces or case alone"
        mistakes.append(Mistake(hierarchy.name, words, tuple(outside[:MOST_NAMED])))
    return np.array(leaf_of, dtype=np.int64)[codes], mistakes


def _leaf(value: str | None, known: dict[str, int], alike: dict[bool, int], missing: str | None) -> int:
    """The leaf's number; -1 where there is none."""
    if value is None:
        return -1 if missing is None else known.get(missing, -1)
    if value in known or not alike:
        return known.get(value, -1)
    is_true = _TRUTH.get(value.strip().casefold())
    return -1 if is_true is None else alike[is_true]


def _boolean_leaves(known: dict[str, int], missing: str | None) -> dict[bool, int]:
    """The leaves for true and for false, where the hierarchy has a pair of them and nothing else but `missing`."""
    spelled = {leaf.strip().casefold(): number for leaf, number in known.items() if leaf != missing}
    for true, false in BOOLEANS:
        if len(known) - (missing in known) == len(spelled) and spelled.keys() == {true, false}:
            return {True: spelled[true], False: spelled[false]}
    return {}


def _squeezed(value: str) -> str:
    return "".join(value.split()).casefold()


def _empty(table: TableFile, rows: pa.Table, name: str, or_else: str = "") -> list[Mistake]:
    nulls = rows.column(name).null_count
    if not nulls:
        return []
    where = table.places(np.flatnonzero(rows.column(name).is_null().to_numpy()).tolist())
    return [Mistake(name, f"is empty in {nulls} rows ({where}): give every row a value{or_else}")]


def _amounts(table: TableFile, rows: pa.Table, name: str) -> tuple[Amounts, list[Mistake]]:
    """A column of amounts without nulls."""
    codes, values = numbered(rows, name)
    amounts = np.array([_amount(str(value)) for value in values])
    with np.errstate(over="ignore"):
        total = amounts[codes].sum()  # a sum that overflows would pass for any share of it
    wrong = np.flatnonzero(~np.isfinite(amounts) | (amounts < 0))
    if len(wrong):
        where = table.places(np.flatnonzero(np.isin(codes, wrong)).tolist())
        words = f"is the `measure`, and holds what is no number, or negative or infinite ({where}): give finite amounts"
        return amounts[codes], [Mistake(name, words, tuple(str(values[number]) for number in wrong[:MOST_NAMED]))]
    if not np.isfinite(total):
        return amounts[codes], [Mistake(name, "is the `measure`, and its amounts are too large to add up")]
    return amounts[codes], []


def _amount(value: str) -> float:
    """The number that a text is; NaN where it is none."""
    try:
        return float(value) if "_" not in value else float("nan")
    except ValueError:
        return float("nan")
