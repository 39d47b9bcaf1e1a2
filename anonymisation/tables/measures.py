"""How much a recoding loses, by the field's definitions: functions of published values and the table's counts."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from anonymisation.hierarchies.value_hierarchy import ValueHierarchy
from anonymisation.tables.classes.class_facts import ClassFacts
from anonymisation.tables.classes.histogram import Histogram
from anonymisation.tables.recoded_table import RecodedTable

Numbers = NDArray[np.int64]


def class_facts(table: RecodedTable, histogram: Histogram) -> ClassFacts:
    """Records, persons, sensitive values and amounts of every published class."""
    kept = np.flatnonzero(table.class_of >= 0)
    return histogram.facts.unions(kept, table.class_of[kept], len(table.class_values))


def class_sizes(table: RecodedTable, histogram: Histogram) -> Numbers:
    """Records of every published class. The k reached is the least number of persons: `class_facts(…).persons`."""
    kept = np.flatnonzero(table.class_of >= 0)
    return np.bincount(table.class_of[kept], histogram.records[kept], len(table.class_values)).astype(np.int64)


def suppressed(table: RecodedTable, histogram: Histogram) -> int:
    """Records that are dropped."""
    return int(histogram.records[table.class_of < 0].sum())


def gcp(table: RecodedTable, histogram: Histogram, hierarchies: Sequence[ValueHierarchy]) -> float:
    """Global Certainty Penalty (Ghinita, Karras, Kalnis and Mamoulis 2007): 0 nothing lost, 1 all.

    The mean over records and quasi-identifiers of (leaves covered by the value - 1) / (leaves of the hierarchy - 1); a
    dropped record counts 1.
    """
    sizes = class_sizes(table, histogram)
    lost = float(suppressed(table, histogram) * len(hierarchies))
    for dimension, hierarchy in enumerate(hierarchies):
        covered = np.array([len(value.leaves) for value in table.values[dimension]])
        lost += float((sizes * (covered[table.class_values[:, dimension]] - 1)).sum()) / (len(hierarchy.leaves) - 1)
    return lost / (int(histogram.records.sum()) * len(hierarchies))


def discernibility(table: RecodedTable, histogram: Histogram) -> int:
    """The discernibility metric (Bayardo and Agrawal 2005).

    The sum over records of how many share their class, a dropped one being like the whole table.
    """
    sizes = class_sizes(table, histogram)
    return int((sizes**2).sum()) + suppressed(table, histogram) * int(histogram.records.sum())


def average_class_size(table: RecodedTable, histogram: Histogram) -> float:
    """Published records a class (LeFevre, DeWitt and Ramakrishnan 2006, whose C_AVG divides this by k)."""
    sizes = class_sizes(table, histogram)
    return int(sizes.sum()) / len(sizes)


def non_uniform_entropy(table: RecodedTable, histogram: Histogram, hierarchies: Sequence[ValueHierarchy]) -> float:
    """Non-uniform entropy (de Waal and Willenborg 1999; Gionis and Tassa 2009), scaled: 0 nothing lost, 1 all.

    The bits lost, log2 of (records whose value is covered / records with the record's own value), summed over records
    and quasi-identifiers, as a share of what the loss would be with every value generalised to `*`; a dropped record
    loses all its bits.
    """
    lost = possible = 0.0
    total = int(histogram.records.sum())
    kept = table.class_of >= 0
    for dimension, hierarchy in enumerate(hierarchies):
        by_leaf = histogram.records_by_leaf(dimension, len(hierarchy.leaves))
        own = by_leaf[histogram.leaves[:, dimension]]
        by_value = np.array([by_leaf[value.leaves].sum() for value in table.values[dimension]])
        covered = np.full(len(own), total)
        covered[kept] = by_value[table.class_values[table.class_of[kept], dimension]]
        lost += float((histogram.records * np.log2(covered / own)).sum())
        possible += float((histogram.records * np.log2(total / own)).sum())
    return lost / possible if possible else 0.0
