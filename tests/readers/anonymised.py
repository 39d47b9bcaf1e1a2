"""Small tables for the recoding engine, and plain Python that judges what it publishes."""

from collections import Counter, defaultdict

import numpy as np

from anonymisation.hierarchies.value_hierarchy import ValueHierarchy
from anonymisation.tables.classes.histogram import Histogram
from anonymisation.tables.recoded_table import RecodedTable

AGE_ROWS = [[str(20 + i), f"{20 + i // 3 * 3} and on", "*"] for i in range(12)]
REGION_ROWS = [[f"r{i}", f"country {i // 3}", f"continent {i // 6}", "*"] for i in range(10)]
DEVICE_ROWS = [[device, "*"] for device in ("phone", "tablet", "desktop", "watch")]
AGE = ValueHierarchy.from_rows("age", AGE_ROWS, is_ordinal=True)
REGION = ValueHierarchy.from_rows("region", REGION_ROWS, is_ordinal=False)
DEVICE = ValueHierarchy.from_rows("device", DEVICE_ROWS, is_ordinal=False)
HIERARCHIES = [AGE, REGION, DEVICE]

Record = tuple[int, ...]


def counted(
    records: list[Record],
    sensitive: list[int] | None = None,
    measure: list[float] | None = None,
    person: list[int] | None = None,
) -> Histogram:
    columns = [np.array([record[d] for record in records], dtype=np.int64) for d in range(len(HIERARCHIES))]
    return Histogram.of_records(
        columns,
        [len(hierarchy.leaves) for hierarchy in HIERARCHIES],
        None if sensitive is None else np.array(sensitive),
        None if measure is None else np.array(measure, dtype=np.float64),
        None if person is None else np.array(person, dtype=np.int64),
    )


def published_rows(table: RecodedTable, histogram: Histogram) -> list[tuple[str, ...] | None]:
    """Each record as it is published; None where it is dropped."""
    rows: list[tuple[str, ...] | None] = []
    for combination in histogram.combination_of.tolist():
        number = int(table.class_of[combination])
        values = table.class_values[number].tolist()
        rows.append(None if number < 0 else tuple(table.values[d][value].label for d, value in enumerate(values)))
    return rows


def label_leaves(table: RecodedTable) -> list[dict[str, set[int]]]:
    """What each label covers, by quasi-identifier; fails where a label is used for two sets of leaves."""
    meanings: list[dict[str, set[int]]] = []
    for values in table.values:
        meaning = {value.label: set(value.leaves.tolist()) for value in values}
        assert len(meaning) == len(values)
        meanings.append(meaning)
    return meanings


def classes_of(rows: list[tuple[str, ...] | None]) -> dict[tuple[str, ...], list[int]]:
    """The records of each equivalence class."""
    found: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for number, row in enumerate(rows):
        if row is not None:
            found[row].append(number)
    return found


def farthest(sensitive: list[int], classes: dict[tuple[str, ...], list[int]]) -> float:
    """The t of t-closeness, equal distance, by its definition."""
    whole = Counter(sensitive)
    worst = 0.0
    for members in classes.values():
        here = Counter(sensitive[member] for member in members)
        apart = sum(abs(here[v] / len(members) - whole[v] / len(sensitive)) for v in whole) / 2
        worst = max(worst, apart)
    return worst
