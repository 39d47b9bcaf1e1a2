"""Many needles in one pass over bytes: a table of first two bytes, then eight bytes, then the whole needle.

So the time does not grow with the number of needles, of which a person has hundreds: thirteen weeks of pseudonyms, each
in some fifteen spellings.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from rights.verification.encodings import LEAST_BYTES, Needle

_DIGITS = frozenset(b"0123456789")


class Needles:
    """What is sought, ready to be looked for."""

    def __init__(self, needles: Iterable[Needle]) -> None:
        self._by_head: dict[int, list[Needle]] = defaultdict(list)
        self._begins = np.zeros(1 << 16, dtype=bool)
        self.longest = LEAST_BYTES
        for needle in needles:
            self._by_head[int.from_bytes(needle.content[:8], "little")].append(needle)
            self._begins[int.from_bytes(needle.content[:2], "little")] = True
            self.longest = max(self.longest, len(needle.content))
        self._heads = np.array(sorted(self._by_head), dtype="<u8")

    def __bool__(self) -> bool:
        return bool(self._by_head)

    def find(self, content: bytes, ends: NDArray[np.int64] | None = None) -> Iterator[Needle]:
        """The needles in it. `ends`: where each value within it ends; then a needle must lie within one value."""
        size = len(content)
        if size < LEAST_BYTES or not self._by_head:
            return
        heads: NDArray[np.uint64] = np.ndarray((size - 7,), dtype="<u8", buffer=content, strides=(1,))
        pairs: NDArray[np.uint16] = np.ndarray((size - 7,), dtype="<u2", buffer=content, strides=(1,))
        places = np.flatnonzero(self._begins[pairs])
        for place in places[np.isin(heads[places], self._heads)].tolist():
            for needle in self._by_head[int(heads[place])]:
                after = place + len(needle.content)
                if content[place:after] == needle.content and _is_whole(content, place, after, needle, ends):
                    yield needle


def _is_whole(content: bytes, place: int, after: int, needle: Needle, ends: NDArray[np.int64] | None) -> bool:
    first, last = 0, len(content)
    if ends is not None:
        value = int(np.searchsorted(ends, place, side="right"))
        first, last = int(ends[value - 1]) if value else 0, int(ends[value])
    if after > last:
        return False
    if not needle.is_text:
        return True
    is_longer_before = needle.content[0] in _DIGITS and place > first and content[place - 1] in _DIGITS
    is_longer_after = needle.content[-1] in _DIGITS and after < last and content[after] in _DIGITS
    return not (is_longer_before or is_longer_after)
