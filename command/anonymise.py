"""`cmn anonymise`: the recoding engine on any table (contract section 7)."""

import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from anonymisation import measures
from anonymisation.class_rules import ClassRules, distances
from anonymisation.histogram import Histogram
from anonymisation.recoded_table import RecodedTable
from anonymisation.table_recoding import check_k, recode_table
from anonymisation.value_hierarchy import ValueHierarchy
from command.anonymise_spec import Spec, load_spec, read_hierarchies
from command.table_file import (
    TableFile,
    amounts,
    check_no_nulls,
    csv_bytes,
    labelled,
    numbered,
    sorted_by_content,
)
from policy.errors import InputRefused, UsageError


def anonymise_command(table: Path, spec: Path, out: Path, k: int | None, keep_order: bool) -> int:
    """Writes `data.csv`, `labels.csv` and `report.json` into `out` and returns 0.

    Args:
        table: CSV (also .gz) or Parquet.
        spec: the TOML of contract section 7; its hierarchies' paths are relative to it.
        out: a folder, made if it is not there; files of these names in it are replaced.
        k: stands in for the spec's k.
        keep_order: rows stay in the input's order, which can tell leaves: the report then says not for release.

    Raises:
        UsageError: a setting, the spec or a hierarchy is wrong, or does not fit the table's columns.
        InputRefused: the table is not what its name says, is empty, has nulls, or a value outside its hierarchy.
        PublicationRefused: the last check found a class that breaks a rule.
    """
    started = time.monotonic()
    settings = load_spec(spec, k)
    hierarchies = read_hierarchies(settings, spec.parent)
    if out.exists() and not out.is_dir():
        raise UsageError(f"--out {out} is a file: name a folder")
    file = TableFile(table, settings.names)
    settings.check_columns(file.columns, table)
    _progress(f"reading {table.name}")
    dropped = {name for name in settings.privacy.drop if name != settings.privacy.measure}
    rows = file.read([name for name in file.columns if name not in dropped])
    rules, histogram = _counted(rows, settings, hierarchies, table)
    _progress(f"recoding {rows.num_rows} records, {len(histogram.records)} distinct combinations")
    recoded = recode_table(
        histogram,
        hierarchies,
        rules,
        recoding=settings.privacy.recoding,
        objective=settings.privacy.objective,
        may_drop=int(settings.privacy.suppression_limit * rows.num_rows),
    )
    data = _published(rows, settings, histogram, recoded)
    report = _report(settings, histogram, hierarchies, recoded, keep_order)
    files = {
        "data.csv": csv_bytes(data if keep_order else sorted_by_content(data)),
        "labels.csv": csv_bytes(_labels(settings, hierarchies, recoded)),
    }
    report["seconds"] = round(time.monotonic() - started, 3)
    files["report.json"] = (json.dumps(report, indent=2, ensure_ascii=False) + "\n").encode("utf-8")
    _write(out, files)
    print(
        f"{out}: {report['classes']} classes of at least {report['k']} records,"
        f" GCP {report['gcp']:.4f}, {report['suppressed']} records dropped"
    )
    return 0


def _counted(
    rows: pa.Table, settings: Spec, hierarchies: Sequence[ValueHierarchy], file: Path
) -> tuple[ClassRules, Histogram]:
    """The rules, and the table's distinct combinations of leaves."""
    privacy = settings.privacy
    if rows.num_rows == 0:
        raise InputRefused(f"{file.name} has no rows: there is nothing to anonymise")
    check_k(ClassRules(privacy.k), rows.num_rows)
    columns = [_leaf_numbers(rows, hierarchy, file) for hierarchy in hierarchies]
    sensitive = measure = shares = None
    if privacy.sensitive is not None:
        check_no_nulls(rows, privacy.sensitive, file)
        sensitive = numbered(rows, privacy.sensitive)[0]
        shares = np.bincount(sensitive) / rows.num_rows
    if privacy.measure is not None:
        check_no_nulls(rows, privacy.measure, file)
        measure = amounts(rows, privacy.measure, file)
    rules = ClassRules(privacy.k, privacy.dominance_p, privacy.l, privacy.t, shares)
    leaf_counts = [len(hierarchy.leaves) for hierarchy in hierarchies]
    return rules, Histogram.of_records(columns, leaf_counts, sensitive, measure)


def _leaf_numbers(rows: pa.Table, hierarchy: ValueHierarchy, file: Path) -> NDArray[np.int64]:
    """Each record's leaf of one quasi-identifier."""
    check_no_nulls(rows, hierarchy.name, file)
    numbers, values = numbered(rows, hierarchy.name)
    known = {leaf: number for number, leaf in enumerate(hierarchy.leaves)}
    unknown = sum(value not in known for value in values)
    if unknown:
        raise InputRefused(
            f"{file.name}: column {hierarchy.name!r} has {unknown} distinct values outside its hierarchy:"
            " add them to it as leaves"
        )
    return np.array([known[value] for value in values], dtype=np.int64)[numbers]


def _published(rows: pa.Table, settings: Spec, histogram: Histogram, recoded: RecodedTable) -> pa.Table:
    """The rows as they are published, in the input's order, the dropped ones left out."""
    class_of = recoded.class_of[histogram.combination_of]
    kept = np.flatnonzero(class_of >= 0)
    columns = {}
    for name in rows.column_names:
        if name in settings.names:
            dimension = settings.names.index(name)
            labels = [value.label for value in recoded.values[dimension]]
            columns[name] = labelled(recoded.class_values[class_of[kept], dimension], labels)
        elif name not in settings.privacy.drop:
            columns[name] = rows.column(name).take(pa.array(kept))
    return pa.table(columns)


def _labels(settings: Spec, hierarchies: Sequence[ValueHierarchy], recoded: RecodedTable) -> pa.Table:
    """Which leaves each published value covers, one row a leaf."""
    lines: list[tuple[str, str, str]] = []
    for dimension, (name, hierarchy) in enumerate(zip(settings.names, hierarchies, strict=True)):
        for number in np.unique(recoded.class_values[:, dimension]):
            value = recoded.values[dimension][number]
            lines += [(name, value.label, hierarchy.leaves[leaf]) for leaf in value.leaves]
    names = ("quasi_identifier", "label", "leaf")
    return sorted_by_content(
        pa.table({name: pa.array([line[i] for line in lines], pa.string()) for i, name in enumerate(names)})
    )


def _report(
    settings: Spec,
    histogram: Histogram,
    hierarchies: Sequence[ValueHierarchy],
    recoded: RecodedTable,
    keep_order: bool,
) -> dict[str, Any]:
    facts = measures.class_facts(recoded, histogram)
    report: dict[str, Any] = {
        "k": int(facts.records.min()),
        "classes": len(facts.records),
        "suppressed": measures.suppressed(recoded, histogram),
        "gcp": measures.gcp(recoded, histogram, hierarchies),
        "discernibility": measures.discernibility(recoded, histogram),
        "average_class_size": measures.average_class_size(recoded, histogram),
        "non_uniform_entropy": measures.non_uniform_entropy(recoded, histogram, hierarchies),
        "records": int(histogram.records.sum()),
        "recoding": settings.privacy.recoding,
        "objective": settings.privacy.objective,
        "for_release": not keep_order,
    }
    if keep_order:
        report["not_for_release_because"] = "rows are in the order of the input, which can tell the leaf"
    if facts.sensitive is not None:
        report["l"] = int((facts.sensitive > 0).sum(axis=1).min())
        report["t"] = float(distances(facts, histogram.facts.sensitive_shares).max())
    asked = settings.privacy.model_dump(exclude_none=True, exclude={"keep", "drop", "recoding", "objective"})
    return report | {"asked": asked}


def _write(out: Path, files: dict[str, bytes]) -> None:
    """Each file whole or not at all; the report last, so that a folder with a report is complete."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        (out / "report.json").unlink(missing_ok=True)
        for name, content in files.items():
            aside = out / f".{name}.part"
            aside.write_bytes(content)
            aside.replace(out / name)
    except OSError as error:
        raise UsageError(f"--out {out}: cannot be written ({error.strerror})") from None


def _progress(step: str) -> None:
    if sys.stderr.isatty():
        print(step, file=sys.stderr)
