"""Whether a delivery has the columns it must have; a name that is one of them but for its spelling is told."""

from collections.abc import Collection, Iterable, Mapping

from refusals.errors import InputRefused


def check_has_columns(where: str, names: Collection[str], columns: Mapping[str, object]) -> None:
    """`names` are those delivered, `columns` those that each delivery of this kind has.

    Raises:
        InputRefused: one is missing.
    """
    for column in columns:
        if column not in names:
            raise InputRefused(
                f"{where}: lacks the column {column}{name_meant(column, names)}: deliver it with {', '.join(columns)}"
            )


def name_meant(wanted: str, names: Iterable[str]) -> str:
    """`; User-ID is there`, where a name among `names` is `wanted` but for case, spaces and marks; else nothing.

    Such a name cannot be a value that stands where a header should, so it may be told.
    """
    near = near_name(wanted, names)
    return f"; {near!r} is there, and its spelling is another" if near is not None else ""


def near_name(wanted: str, names: Iterable[str]) -> str | None:
    """The first name in order that is `wanted` but for case, spaces and marks, and is not `wanted` itself."""
    plain = _plain(wanted)
    return min((name for name in names if name != wanted and len(name) <= 64 and _plain(name) == plain), default=None)


def _plain(name: str) -> str:
    return "".join(char for char in name.casefold() if char.isalnum())
