"""A made-up table of persons, in blocks: it fits what a division tells, and nobody or at least k are alike in it."""

import math
from collections.abc import Iterator, Sequence


def blocks_fit(parts: Sequence[int], total: int, k: int, *, is_whole: bool) -> bool:
    """Whether such a table was found: persons of one block are in the same parts, and every block is of k or more.

    `parts`: persons of parts that do not overlap each other; `is_whole`: everybody is in one of them at least.
    Nothing is said where none is found: the search is greedy.
    """
    largest_first = sorted(parts, reverse=True)
    return any(_fill(order, total, k, is_whole) for order in _orders(largest_first))


def _orders(parts: Sequence[int]) -> Iterator[list[int]]:
    """Some hundred orders, always the same."""
    yield list(parts)
    yield list(reversed(parts))
    for step in (n for n in range(1, 24) if math.gcd(n, len(parts)) == 1):
        for first in range(0, len(parts), 2):
            yield [parts[(first + n * step) % len(parts)] for n in range(len(parts))]


def _fill(parts: Sequence[int], total: int, k: int, is_whole: bool) -> bool:
    blocks: list[int] = []
    left = total
    for persons in parts:
        for new in _new(persons, left, k):
            grown = _cover(blocks, persons - new, k)
            if grown is not None:
                blocks, left = grown + ([new] if new else []), left - new
                break
        else:
            return False
    return left == 0 or (not is_whole and left >= k)


def _new(persons: int, left: int, k: int) -> list[int]:
    """How many of a part may be persons who are in no part before it: as many as can be first."""
    most = min(persons, left)
    found = [most, *range(most - 1, max(most - 4 * k, -1), -1), 0]
    return [n for n in dict.fromkeys(found) if n == 0 or (n >= k and (left == n or left - n >= k))]


def _cover(blocks: Sequence[int], persons: int, k: int) -> list[int] | None:
    """The blocks, one of them cut in two at most, so that whole ones add up to so many persons."""
    if persons == 0:
        return list(blocks)
    sums = _sums(blocks)
    if sums >> persons & 1:
        return list(blocks)
    for place in sorted(range(len(blocks)), key=lambda n: -blocks[n]):
        size = blocks[place]
        if size < 2 * k:
            return None
        others = _sums([*blocks[:place], *blocks[place + 1 :]])
        for cut in range(k, min(size - k, persons) + 1):
            if others >> (persons - cut) & 1:
                return [*blocks[:place], cut, size - cut, *blocks[place + 1 :]]
    return None


def _sums(blocks: Sequence[int]) -> int:
    """Which sums some of the blocks have, as bits."""
    sums = 1
    for size in blocks:
        sums |= sums << size
    return sums
