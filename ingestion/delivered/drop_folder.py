"""A drop folder: which of its files are deliveries, which are passed over (and told), which names are refused."""

import os
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from itertools import islice
from pathlib import Path

from ingestion.delivered.delivered_file import DeliveredFile, is_inside, not_read, shown_name
from refusals.errors import InputRefused

FORMAT_OF_SUFFIX = {
    ".csv": "csv",
    ".parquet": "parquet",
    ".json": "json lines",
    ".jsonl": "json lines",
    ".ndjson": "json lines",
    ".avro": "avro",
}
COMPRESSED_SUFFIX = ".gz"
KNOWN_FORMATS = ".parquet, .csv, .json, .jsonl, .ndjson, also .gz"

# `_SUCCESS`, `_temporary/`, `.part-00000.csv.crc`: what Spark, Hive and their kin write beside their data, and what a
# copy that is under way or a desktop leaves. The rule is Hadoop's: FileInputFormat, hiddenFileFilter.
MARKER_STARTS = ("_", ".")
_PARTITION = re.compile(r"[^=/]+=[^/]*")
NAMES_TOLD = 20


@dataclass(frozen=True, slots=True)
class Delivery:
    """The files to read, in order of name, and the names that were passed over, with why."""

    files: tuple[DeliveredFile, ...]
    passed_over: tuple[tuple[str, str], ...]


def snapshot_file(folder: Path, stem: str, ignore: tuple[str, ...]) -> Delivery:
    """The one file `<stem>.<format>[.gz]` of the folder.

    Raises:
        InputRefused: there is none, or more than one, or its name says no known format.
    """
    found = _delivery(folder, "", ignore, re.compile(re.escape(stem) + r"\..*", re.DOTALL), beside=None)
    if not found.files:
        raise InputRefused(
            f"{folder}: there is no {stem} file: deliver {stem}.parquet, {stem}.csv or {stem}.jsonl (each also as .gz)"
            + _name_meant(folder, stem)
        )
    if len(found.files) > 1:
        names = ", ".join(file.shown for file in found.files[:3])
        raise InputRefused(f"{folder}: more than one {stem} file ({names}): leave one, or name the others in 'ignore'")
    return found


def folder_files(
    folder: Path, subfolder: str, ignore: tuple[str, ...], beside: re.Pattern[str] | None = None
) -> Delivery:
    """Every file of `<folder>/<subfolder>/`, those in its Hive partitions (`dt=2026-10-01/`) included.

    `beside`: names of other tables, whose files lie there by the source's own custom; they are passed over.

    Raises:
        InputRefused: the folder is missing or a link out, a name in it says no known format, or a folder in it is no
            partition.
    """
    return _delivery(folder, subfolder, ignore, which=None, beside=beside)


def is_ignored(relative: str, patterns: tuple[str, ...]) -> bool:
    """Whether a name is one of, or fits one of, the patterns (`*`, `?`, `[a-z]`, and `**` for any folders).

    A pattern with a slash is held against the whole path within the drop folder, one without against the last name.
    """
    name = relative.rsplit("/", 1)[-1]
    return any(
        pattern in (name, relative)
        or (_fits(relative.split("/"), pattern.split("/")) if "/" in pattern else fnmatchcase(name, pattern))
        for pattern in patterns
    )


def _fits(names: list[str], patterns: list[str]) -> bool:
    if not patterns:
        return not names
    if patterns[0] == "**":
        return any(_fits(names[start:], patterns[1:]) for start in range(len(names) + 1))
    return bool(names) and fnmatchcase(names[0], patterns[0]) and _fits(names[1:], patterns[1:])


def _delivery(
    folder: Path,
    subfolder: str,
    ignore: tuple[str, ...],
    which: re.Pattern[str] | None,
    beside: re.Pattern[str] | None,
) -> Delivery:
    _check_folder(folder, folder / subfolder)
    files: list[DeliveredFile] = []
    passed_over: list[tuple[str, str]] = []
    pending = [subfolder]
    while pending:
        place = pending.pop()
        for name, is_folder in _entries(folder / place):
            if which is not None and not which.fullmatch(name):
                continue
            relative = f"{place}/{name}" if place else name
            if is_ignored(relative, ignore):
                passed_over.append((relative, "passed over: named in 'ignore'"))
            elif name.startswith("."):
                passed_over.append((relative, "passed over: hidden file"))
            elif name.startswith(MARKER_STARTS):
                passed_over.append((relative, "passed over: a marker, no delivery"))
            elif beside is not None and beside.fullmatch(name):
                passed_over.append((relative, "passed over: another table of the same export"))
            elif is_folder and which is None:
                _check_is_partition(folder, relative)
                pending.append(relative)
            else:
                files.append(_described(folder, relative))
    files.sort(key=lambda file: file.name)
    return Delivery(tuple(files), tuple(_told(sorted(passed_over))))


def _told(passed_over: list[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """The first names of each kind, then how many more: a marker lies beside each part of a large delivery."""
    for why, number in sorted(Counter(why for _, why in passed_over).items()):
        yield from islice(((shown_name(name), told) for name, told in passed_over if told == why), NAMES_TOLD)
        if number > NAMES_TOLD:
            yield f"{number - NAMES_TOLD} more", why


def _check_folder(folder: Path, place: Path) -> None:
    try:
        if not folder.is_dir():
            raise InputRefused(
                f"{folder}: the drop folder is missing: make it, or mend 'files' in the source's settings"
            )
        if not place.is_dir():
            raise InputRefused(f"{place}: the folder is missing: make it (it may be empty)")
    except OSError as error:
        raise not_read(str(place), "listed", error) from None
    if not is_inside(place, folder):
        raise InputRefused(f"{place}: is a link out of the drop folder: deliver the folder itself")


def _entries(place: Path) -> list[tuple[str, bool]]:
    """Names and whether each is a folder, links followed; a link that leads nowhere is left to whoever opens it."""
    try:
        with os.scandir(place) as entries:
            return [(entry.name, _is_folder(entry)) for entry in entries]
    except OSError as error:
        raise not_read(str(place), "listed", error) from None


def _is_folder(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _check_is_partition(folder: Path, relative: str) -> None:
    shown = shown_name(relative)
    if not _PARTITION.fullmatch(relative.rsplit("/", 1)[-1]):
        raise InputRefused(
            f"{folder}/{shown}: is no regular file but a folder, and only those named column=value are read: take it"
            " out, or name it in 'ignore'"
        )
    if (folder / relative).is_symlink():
        # One within the folder would be read twice, one to a folder above it without end.
        raise InputRefused(f"{folder}/{shown}: is a link to a folder: deliver the folder itself")


def _described(folder: Path, name: str) -> DeliveredFile:
    plain = name.lower()
    is_compressed = plain.endswith(COMPRESSED_SUFFIX)
    form = FORMAT_OF_SUFFIX.get(Path(plain.removesuffix(COMPRESSED_SUFFIX)).suffix)
    if form is None:
        raise InputRefused(
            f"{folder}/{shown_name(name)}: its name says no known format ({KNOWN_FORMATS}): take it out, or name it in"
            " 'ignore'"
        )
    return DeliveredFile(folder, name, form, is_compressed)


def _name_meant(folder: Path, stem: str) -> str:
    """The file that was meant, where only its case is wrong."""
    near = sorted(name for name, _ in _entries(folder) if name.lower().startswith(f"{stem}."))
    return f"; {shown_name(near[0])} is there: its name begins in lower case" if near else ""
