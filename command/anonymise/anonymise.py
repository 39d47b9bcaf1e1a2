"""`cmn anonymise`: the recoding engine on any table (contract section 7)."""

import errno
import json
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from anonymisation.hierarchies.value_hierarchy import ValueHierarchy
from anonymisation.tables import measures
from anonymisation.tables.classes.class_rules import ClassRules, distances
from anonymisation.tables.classes.histogram import Histogram
from anonymisation.tables.recoded_table import RecodedTable
from anonymisation.tables.table_recoding import recode_table
from command.anonymise.column_values import Mistake, numbered_columns
from command.anonymise.delimited_text import check_encoding
from command.anonymise.hierarchy_file import read_hierarchies
from command.anonymise.spec import Spec, load_spec
from command.anonymise.table_file import TableFile, csv_bytes, labelled, sorted_by_content
from home.atomic_file import write_private
from refusals.errors import InputRefused, StateDamaged, UsageError

LONGEST_SHOWN = 60  # characters of a value on the terminal
EACH_RECORD_ONE_PERSON = (
    "each record is one person: no `person` column is named, so records are counted, and several records of one person"
    " pass for several persons"
)


def anonymise_command(
    table: Path,
    spec: Path,
    out: Path,
    k: int | None,
    keep_order: bool,
    *,
    encoding: str | None = None,
    show_values: bool = False,
) -> int:
    """Writes `data.csv`, `labels.csv` and `report.json` into `out` and returns 0.

    Args:
        table: CSV (also .gz) or Parquet.
        spec: the TOML of contract section 7; its hierarchies' paths are relative to it.
        out: a folder, made if it is not there; files of these names in it are replaced.
        k: stands in for the spec's k.
        keep_order: rows stay in the input's order, which can tell leaves: the report then says not for release.
        encoding: what a CSV, or a hierarchy, is in that is not UTF-8 and has no byte order mark.
        show_values: where values of the table are refused, three a column are shown, if standard error is a terminal.

    Raises:
        UsageError: a setting, the spec or a hierarchy is wrong, or does not fit the table's columns.
        InputRefused: the table is not what its name says, is empty, has nulls, or values outside their hierarchies:
            all mistakes, by column and line.
        PublicationRefused: the last check found a class that breaks a rule.
    """
    started = time.monotonic()
    check_encoding(encoding)
    settings = load_spec(spec, k)
    if out.exists() and not out.is_dir():
        raise UsageError(f"--out {out} is a file: name a folder")
    file = TableFile(table, settings.names, encoding)
    hierarchies = _hierarchies(settings, file, spec.parent, encoding)
    _progress(f"reading {table.name}")
    dropped = {name for name in settings.privacy.drop if name != settings.privacy.measure}
    rows = file.read([name for name in file.columns if name not in dropped])
    rules, histogram = _counted(file, rows, settings, hierarchies, show_values)
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
        f"{out}: {report['classes']} classes of at least {report['k']} {report['k_counts']},"
        f" GCP {report['gcp']:.4f}, {report['suppressed']} records dropped"
    )
    if settings.privacy.person is None:
        print(f"this rests on: {EACH_RECORD_ONE_PERSON}")
    return 0


def _hierarchies(settings: Spec, file: TableFile, directory: Path, encoding: str | None) -> list[ValueHierarchy]:
    """The hierarchies, once the spec fits them and the table's columns; else all that does not fit."""
    hierarchies: list[ValueHierarchy] = []
    mistakes = []
    try:
        settings.check_columns(file.columns, file.path)
    except UsageError as mistake:
        mistakes.append(str(mistake))
    try:
        hierarchies = read_hierarchies(settings.quasi_identifier, directory, encoding)
    except UsageError as mistake:
        mistakes.append(str(mistake))
    if mistakes:
        raise UsageError("; ".join(mistakes))
    return hierarchies


def _counted(
    table: TableFile, rows: pa.Table, settings: Spec, hierarchies: Sequence[ValueHierarchy], show_values: bool
) -> tuple[ClassRules, Histogram]:
    """The rules, and the table's distinct combinations of leaves."""
    privacy = settings.privacy
    if rows.num_rows == 0:
        raise InputRefused(f"{table.path.name} has no rows: there is nothing to anonymise")
    columns, mistakes = numbered_columns(table, rows, settings, hierarchies)
    if mistakes:
        if show_values:
            _show_on_terminal(mistakes)
        told = "; ".join(f"column {each.column!r} {each.words}" for each in mistakes)
        raise InputRefused(f"{table.path.name}: {told}")
    leaf_counts = [len(hierarchy.leaves) for hierarchy in hierarchies]
    histogram = Histogram.of_records(columns.leaves, leaf_counts, columns.sensitive, columns.measure, columns.person)
    shares = histogram.facts.sensitive_shares
    return ClassRules(privacy.k, privacy.dominance_p, privacy.l, privacy.t, shares), histogram


def _show_on_terminal(mistakes: Sequence[Mistake]) -> None:
    """A few of the table's values, to who sits before the terminal, and to nothing that is kept."""
    if not sys.stderr.isatty():
        print("--show-values: standard error is no terminal, so no value is shown", file=sys.stderr)
        return
    for mistake in mistakes:
        if mistake.values:
            shown = ", ".join(ascii(value[:LONGEST_SHOWN]) for value in mistake.values)
            print(f"column {mistake.column!r}, shown on this terminal alone: {shown}", file=sys.stderr)


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
        elif name not in (*settings.privacy.drop, settings.privacy.person):
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
        "k": int(facts.persons.min()),
        "k_counts": "records" if settings.privacy.person is None else "persons",
        "classes": len(facts.records),
        "suppressed": measures.suppressed(recoded, histogram),
        "gcp": measures.gcp(recoded, histogram, hierarchies),
        "discernibility": measures.discernibility(recoded, histogram),
        "average_class_size": measures.average_class_size(recoded, histogram),
        "non_uniform_entropy": measures.non_uniform_entropy(recoded, histogram, hierarchies),
        "records": int(histogram.records.sum()),
        "persons": histogram.persons if settings.privacy.person is not None else None,
        "recoding": settings.privacy.recoding,
        "objective": settings.privacy.objective,
        "for_release": not keep_order,
    }
    if settings.privacy.person is None:
        report["rests_on"] = EACH_RECORD_ONE_PERSON
    if keep_order:
        report["not_for_release_because"] = "rows are in the order of the input, which can tell the leaf"
    if facts.sensitive is not None and facts.diversity is not None:
        report["l"] = int(facts.diversity.min())
        report["t"] = float(distances(facts, histogram.facts.sensitive_shares).max())
    asked = settings.privacy.model_dump(exclude_none=True, exclude={"keep", "drop", "recoding", "objective"})
    return report | {"asked": asked}


def _write(out: Path, files: dict[str, bytes]) -> None:
    """Each file whole or not at all; the report last, so that a folder with a report is complete."""
    try:
        out.mkdir(parents=True, exist_ok=True)
        (out / "report.json").unlink(missing_ok=True)
        for name, content in files.items():
            write_private(out / name, content)
    except (OSError, StateDamaged) as error:
        why = error.strerror if isinstance(error, OSError) else os.strerror(errno.EISDIR)
        raise UsageError(f"--out {out}: cannot be written ({why})") from None


def _progress(step: str) -> None:
    if sys.stderr.isatty():
        print(step, file=sys.stderr)
