"""How much detail survives on UCI Adult, beside what ARX 3.9 keeps of the same table: `python -m benchmarks.adult`.

The data is not in this repository: it is looked for in the folder that CMN_SHARED_DATA names, else in ../shared/data.
ARX's figures were measured by its own means on the same table with the same hierarchies and no record dropped (but for
14 at nine quasi-identifiers and k = 25, and 214 at three and k = 50); its seconds are warm, on two cores.
Ours may publish groups of siblings and, for age, intervals of neighbours, which ARX's local recoding does not.
"At least" is the proven lower bound of `benchmarks.loss_bound` for any recoding of that family; for full-domain it
is ARX's proven optimum.
"""

import csv
import gzip
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from anonymisation.hierarchies.value_hierarchy import ValueHierarchy
from anonymisation.tables import measures
from anonymisation.tables.classes.class_rules import ClassRules
from anonymisation.tables.classes.histogram import Histogram
from anonymisation.tables.recoding_problem import RecodingProblem
from anonymisation.tables.table_recoding import RecodingName, recode_table
from benchmarks.loss_bound import least_loss

NINE = [
    "sex",
    "age",
    "race",
    "marital-status",
    "education",
    "native-country",
    "workclass",
    "occupation",
    "salary-class",
]
THREE = ["age", "native-country", "sex"]
ORDINAL = {"age"}

Figures = dict[int, tuple[float, float]]  # by k: ARX's GCP and seconds
ARX_NINE: Figures = {5: (0.0591, 4.3), 10: (0.0830, 8.3), 25: (0.1197, 10.9), 50: (0.1549, 16.9), 100: (0.1970, 18.9)}
ARX_THREE: Figures = {
    5: (0.0041, 0.03),
    10: (0.0076, 0.03),
    25: (0.0142, 0.03),
    50: (0.0189, 0.05),
    100: (0.0255, 0.04),
}
FULL_DOMAIN: Figures = {5: (0.6355, 1), 10: (0.6355, 1), 25: (0.6355, 1), 50: (0.6355, 1), 100: (0.6985, 1)}


def data_folder() -> Path | None:
    """Where Adult is, if it is here."""
    named = os.environ.get("CMN_SHARED_DATA")
    root = Path(named) if named else Path(__file__).parents[2] / "shared" / "data"
    return root / "adult" if (root / "adult" / "adult.csv.gz").is_file() else None


def load(folder: Path, names: list[str]) -> tuple[list[ValueHierarchy], list[NDArray[np.int64]]]:
    """Hierarchies and columns of leaf numbers."""
    with gzip.open(folder / "adult.csv.gz", "rt", encoding="utf-8", newline="") as file:
        header, *rows = csv.reader(file, delimiter=";")
    hierarchies, columns = [], []
    for name in names:
        text = (folder / f"adult_hierarchy_{name}.csv").read_text(encoding="utf-8")
        levels = [row for row in csv.reader(text.splitlines(), delimiter=";") if row]
        hierarchies.append(ValueHierarchy.from_rows(name, levels, name in ORDINAL))
        number = {leaf: index for index, leaf in enumerate(hierarchies[-1].leaves)}
        position = header.index(name)
        columns.append(np.array([number[row[position]] for row in rows], dtype=np.int64))
    return hierarchies, columns


def compare(folder: Path, title: str, names: list[str], theirs: Figures, recoding: RecodingName) -> None:
    """Prints one line a k."""
    hierarchies, columns = load(folder, names)
    for k, (gcp, seconds) in theirs.items():
        started, used = time.monotonic(), time.process_time()
        histogram = Histogram.of_records(columns, [len(hierarchy.leaves) for hierarchy in hierarchies])
        table = recode_table(histogram, hierarchies, ClassRules(k), recoding=recoding)
        took, cpu = time.monotonic() - started, time.process_time() - used
        ours = measures.gcp(table, histogram, hierarchies)
        dropped = measures.suppressed(table, histogram)
        bound = least_loss(RecodingProblem(histogram, hierarchies), k) if recoding == "local" else gcp
        figures = f"{ours:>9.4f}{gcp:>9.4f}{ours / gcp:>8.3f}{bound:>10.4f}{took:>9.2f}{cpu:>8.2f}{seconds:>8.2f}"
        print(f"{title:<20}{k:>5}{figures}{dropped:>9}", flush=True)


def main(say: Callable[[str], None] = print) -> int:
    """Prints the table; says so where the data is not here."""
    folder = data_folder()
    if folder is None:
        say("Adult is not here (CMN_SHARED_DATA or ../shared/data): skipped")
        return 0
    figures = f"{'GCP':>9}{'ARX':>9}{'ratio':>8}{'at least':>10}{'seconds':>9}{'CPU s':>8}{'ARX s':>8}"
    say(f"{'UCI Adult':<20}{'k':>5}{figures}{'dropped':>9}")
    compare(folder, "local, nine", NINE, ARX_NINE, "local")
    compare(folder, "local, three", THREE, ARX_THREE, "local")
    compare(folder, "full-domain, nine", NINE, FULL_DOMAIN, "full_domain")
    return 0


if __name__ == "__main__":
    sys.exit(main())
