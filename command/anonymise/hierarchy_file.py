"""The hierarchies of a spec, from their files: one row a leaf, `leaf; level 1; …; *`."""

from collections.abc import Sequence
from pathlib import Path

from anonymisation.hierarchies.value_hierarchy import ValueHierarchy
from command.anonymise.delimited_text import SEPARATORS, DelimitedText, NotDelimited, Record
from command.anonymise.spec import QuasiIdentifier
from refusals.errors import UsageError


def read_hierarchies(
    identifiers: Sequence[QuasiIdentifier], directory: Path, encoding: str | None
) -> list[ValueHierarchy]:
    """The hierarchies of the quasi-identifiers, in their order; their paths are relative to `directory`.

    Raises:
        UsageError: files are missing, no text, or no hierarchies: the mistakes of all of them.
    """
    found, mistakes = [], []
    for each in identifiers:
        try:
            found.append(_read(each, directory, encoding))
        except UsageError as mistake:
            mistakes.append(str(mistake))
    if mistakes:
        raise UsageError("; ".join(mistakes))
    return found


def _read(identifier: QuasiIdentifier, directory: Path, encoding: str | None) -> ValueHierarchy:
    path = directory / identifier.hierarchy
    where = f"the hierarchy of quasi-identifier {identifier.name!r}, {path.name}"
    try:
        records = _records(path.read_bytes(), encoding)
    except OSError as error:
        raise UsageError(f"{where}: cannot be read ({error.strerror})") from None
    except NotDelimited as reason:
        raise UsageError(f"{where}: {reason}") from None
    rows, lines = [record.fields for record in records], [record.line for record in records]
    if rows and identifier.missing is not None and all(row[0] != identifier.missing for row in rows):
        above = [identifier.missing if any(row[-1] != rows[0][-1] for row in rows) else rows[0][-1]]
        rows.append([identifier.missing] * (len(rows[0]) - 1) + above if len(rows[0]) > 1 else [identifier.missing])
        lines.append(lines[-1])
    return ValueHierarchy.from_rows(identifier.name, rows, identifier.kind == "ordinal", lines)


def _records(content: bytes, encoding: str | None) -> list[Record]:
    """The rows, by the separator that cuts all of them alike; lines without text are passed over.

    A hierarchy that is UTF-8 is read as that, whatever encoding the table has.
    """
    try:
        told = DelimitedText.of(content, None)
    except NotDelimited:
        told = DelimitedText.of(content, encoding)
    best: list[Record] = []
    reason: NotDelimited | None = None
    for separator in (told.separator,) if told.separator else SEPARATORS:
        try:
            records = [record for record in told.records(separator) if record.fields]
        except NotDelimited as open_quote:
            reason = reason or open_quote
            continue
        best = max(best, records, key=_fit)  # of two as good, the first
    if reason is not None and not (best and _fit(best)[0]):
        raise reason
    return best


def _fit(records: list[Record]) -> tuple[bool, bool, bool]:
    """Whether a separator cuts the rows into several fields, into as many each, and to one top over all."""
    widths = {len(record.fields) for record in records}
    return any(width > 1 for width in widths), len(widths) == 1, len({record.fields[-1] for record in records}) == 1
