"""Recoding of OULAD's people by region, age band, gender and deprivation band, beside a proven lower bound.

The data (Kuzilek et al. 2017, CC BY 4.0) is looked for in the folder that CMN_SHARED_DATA names, else in
../shared/data. A person is taken once, at their first registration. Run with `python -m benchmarks.oulad`.
"""

import csv
import gzip
import os
import sys
import time
from pathlib import Path

import numpy as np

from anonymisation.hierarchies.value_hierarchy import ValueHierarchy
from anonymisation.tables import measures
from anonymisation.tables.classes.class_rules import ClassRules
from anonymisation.tables.classes.histogram import Histogram
from anonymisation.tables.recoding_problem import RecodingProblem
from anonymisation.tables.table_recoding import recode_table
from benchmarks.loss_bound import least_loss
from benchmarks.whole_class_bound import least_loss_of_whole_classes

ORDINAL = {"age_band", "imd_band"}
NAMES = ["region", "age_band", "gender", "imd_band"]
NATIONS = {"Scotland": "Scotland", "Wales": "Wales", "Ireland": "Ireland"}  # every other region is in England
UNKNOWN = "unknown"


def data_file() -> Path | None:
    """Where OULAD is, if it is here."""
    named = os.environ.get("CMN_SHARED_DATA")
    root = Path(named) if named else Path(__file__).parents[2] / "shared" / "data"
    file = root / "oulad" / "student_info.csv.gz"
    return file if file.is_file() else None


def people(file: Path) -> list[list[str]]:
    """One row a person: the quasi-identifiers at the first registration."""
    with gzip.open(file, "rt", encoding="utf-8", newline="") as text:
        rows = sorted(csv.DictReader(text), key=lambda row: (row["code_presentation"], row["code_module"]))
    first: dict[str, list[str]] = {}
    for row in rows:
        first.setdefault(row["id_student"], [row[name] or UNKNOWN for name in NAMES])
    return list(first.values())


def hierarchy(name: str, leaves: list[str]) -> ValueHierarchy:
    """Regions by nation; bands in their order, the unknown ones first; two genders."""
    if name == "region":
        return ValueHierarchy.from_rows(name, [[leaf, NATIONS.get(leaf, "England"), "*"] for leaf in leaves], False)
    return ValueHierarchy.from_rows(name, [[leaf, "*"] for leaf in leaves], name in ORDINAL)


def main() -> int:
    """Prints one line a k; says so where the data is not here."""
    file = data_file()
    if file is None:
        print("OULAD is not here (CMN_SHARED_DATA or ../shared/data): skipped")
        return 0
    rows = people(file)
    hierarchies, columns = [], []
    for position, name in enumerate(NAMES):
        found = {row[position] for row in rows}
        leaves = sorted(found, key=lambda leaf: (leaf != UNKNOWN, leaf == "55<=", leaf))
        hierarchies.append(hierarchy(name, leaves))
        number = {leaf: index for index, leaf in enumerate(hierarchies[-1].leaves)}
        columns.append(np.array([number[row[position]] for row in rows], dtype=np.int64))
    histogram = Histogram.of_records(columns, [len(each.leaves) for each in hierarchies])
    problem = RecodingProblem(histogram, hierarchies)
    print(f"OULAD: {len(rows)} people, {len(histogram.records)} combinations of {', '.join(NAMES)}")
    print(f"{'k':>5}{'GCP':>10}{'at least':>10}{'gap':>10}{'classes':>9}{'seconds':>9}")
    for k in (5, 10, 25, 50, 100):
        started = time.monotonic()
        table = recode_table(histogram, hierarchies, ClassRules(k))
        took = time.monotonic() - started
        ours = measures.gcp(table, histogram, hierarchies)
        bound = max(least_loss(problem, k), least_loss_of_whole_classes(problem, k))
        print(f"{k:>5}{ours:>10.5f}{bound:>10.5f}{ours - bound:>10.5f}{len(table.class_values):>9}{took:>9.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
