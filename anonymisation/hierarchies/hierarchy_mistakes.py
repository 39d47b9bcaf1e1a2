"""What keeps rows from being a hierarchy, each mistake with its lines: a hierarchy's own labels may be quoted."""

from collections.abc import Hashable, Iterable, Sequence
from itertools import pairwise

MOST_NAMED = 3  # of one kind of mistake
_Rows = Sequence[Sequence[str]]


def mistakes_in(rows: _Rows, lines: Sequence[int]) -> list[str]:
    """In words that follow the hierarchy's name; none where it is one. `lines`: where each row stands in its file."""
    if not rows:
        return ["is empty: give one row a leaf"]
    mistakes = [*_ragged(rows, lines), *_empty(rows, lines), *_leaves_twice(rows, lines)]
    if not mistakes:
        mistakes = _two_parents(rows, lines)
    if not mistakes and len({row[0] for row in rows}) == 1:
        mistakes = ["has one leaf only: put the column into `keep` or `drop`, or add leaves"]
    return mistakes


def _ragged(rows: _Rows, lines: Sequence[int]) -> list[str]:
    widths = [len(row) for row in rows]
    usual = max(sorted(set(widths), reverse=True), key=widths.count)
    odd = [f"line {line} has {width}" for width, line in zip(widths, lines, strict=True) if width != usual]
    if not odd:
        return []
    return [f"is ragged: every row needs the same number of levels, most have {usual}, {_some(odd)}"]


def _empty(rows: _Rows, lines: Sequence[int]) -> list[str]:
    empty = [
        f"level {level} in line {line}"
        for row, line in zip(rows, lines, strict=True)
        for level, label in enumerate(row)
        if not label.strip()
    ]
    return [f"has an empty label: name every node ({_some(empty)})"] if empty else []


def _leaves_twice(rows: _Rows, lines: Sequence[int]) -> list[str]:
    """Leaves of which two rows say different things; rows that are the same are one."""
    found = _contradictions((row[0], tuple(row[1:]), line) for row, line in zip(rows, lines, strict=True))
    twice = [f"{leaf!r} in lines {one} and {other}" for leaf, (one, _), (other, _) in found]
    return [f"names a leaf twice, with different levels: every leaf needs one row ({_some(twice)})"] if twice else []


def _two_parents(rows: _Rows, lines: Sequence[int]) -> list[str]:
    mistakes = []
    for level, (below, above) in enumerate(pairwise(range(len(rows[0])))):
        found = _contradictions((row[below], row[above], line) for row, line in zip(rows, lines, strict=True))
        if found:
            two = [
                f"{label!r} is under {parent!r} in line {one} and under {another!r} in line {other}"
                for label, (one, parent), (other, another) in found
            ]
            mistakes.append(f"is no tree: a label of level {level} has two parents at level {level + 1} ({_some(two)})")
    return mistakes


def _contradictions(
    told: Iterable[tuple[str, Hashable, int]],
) -> list[tuple[str, tuple[int, Hashable], tuple[int, Hashable]]]:
    """Labels of which two things are told: the line and the thing, of the first and of the first other one."""
    first: dict[str, tuple[int, Hashable]] = {}
    other: dict[str, tuple[int, Hashable]] = {}
    for label, thing, line in told:
        if first.setdefault(label, (line, thing))[1] != thing:
            other.setdefault(label, (line, thing))
    return [(label, first[label], found) for label, found in other.items()]


def _some(mistakes: Sequence[str]) -> str:
    more = len(mistakes) - MOST_NAMED
    return ", ".join(mistakes[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
