"""Where the records of CSV text begin and end, by RFC 4180, and which of them are well formed.

Whether a place is inside quotes is the parity of the quotes between it and the beginning of its record. A record that
is not well formed costs its first line, and the next one begins a line on, perhaps with the other parity. So each line
is looked at as a possible beginning, all lines at once in arrays; only records of several lines are followed one by
one. No pattern is involved: versions of one interpreter have differed in what a pattern matches.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Characters = npt.NDArray[np.uint8]
Places = npt.NDArray[np.int32]
Marks = npt.NDArray[np.bool_]

_QUOTE, _COMMA, _RETURN, _FEED = b'",\r\n'


@dataclass(frozen=True, slots=True)
class Records:
    """Records one after the other from a text's first byte, and blank lines among them; `end`: one past the last.

    `lengths`: in bytes, with the line's end. `fields`: how many a well-formed record has. Several blank lines in a row
    may stand as one.
    """

    lengths: Places
    fields: Places
    is_well_formed: Marks
    is_blank: Marks
    end: int


def records_in(text: Characters, is_last: bool, longest: int) -> Records:
    """Every record of a text of whole lines that begins where a record does.

    A well-formed record is fields that are free of quotes, or wholly quoted with their own quotes doubled; commas
    between them and a line end behind; not over `longest` bytes if it is of several lines. Of all else one line is a
    record that is not well formed. A record that more text may yet complete is left for later, unless this text
    `is_last`.
    """
    quotes = _places(text == _QUOTE)
    bounds = np.concatenate([np.zeros(1, dtype=np.int32), _line_ends(text) + np.int32(1)])
    quotes_before = np.searchsorted(quotes, bounds)
    parity = (quotes_before & 1).astype(np.int8)
    faults = _faults_before(text, quotes, bounds, quotes_before)

    lines = np.arange(len(bounds) - 1, dtype=np.int32)
    following, left_open = _following(parity)
    is_well_formed = faults[parity[:-1], following] == faults[parity[:-1], lines]
    is_well_formed &= (following == lines + 1) | (bounds[following] - bounds[:-1] <= longest)
    waits = left_open is not None and not is_last and bool(is_well_formed[left_open])
    if left_open is not None:
        is_well_formed[left_open] = waits
    following = np.where(is_well_formed, following, lines + np.int32(1))

    is_beginning = _beginnings(following)
    if waits and is_beginning[left_open]:
        is_beginning[left_open:] = False
    first = np.flatnonzero(is_beginning)
    last = following[first]
    lengths = bounds[last] - bounds[first]
    commas = _commas_before(text, quotes, bounds)
    return Records(
        lengths,
        commas[parity[first], last] - commas[parity[first], first] + np.int32(1),
        is_well_formed[first],
        (text[bounds[first]] == _FEED) | ((text[bounds[first]] == _RETURN) & (lengths == 2)),
        int(bounds[last[-1]]) if len(last) else 0,
    )


def _places(marks: Marks) -> Places:
    return np.flatnonzero(marks).astype(np.int32)


def _line_ends(text: Characters) -> Places:
    """The line feeds; of a run of blank lines those within are left out, so that it costs no more than one line."""
    feeds = text == _FEED
    is_end = feeds.copy()
    is_end[1:-1] &= ~(feeds[:-2] & feeds[2:])
    return _places(is_end)


def _faults_before(
    text: Characters, quotes: Places, bounds: Places, quotes_before: npt.NDArray[np.intp]
) -> npt.NDArray[np.int32]:
    """For records that begin after an even [0] or odd [1] number of quotes: how many faults are before each bound.

    A fault is an opening quote that is not first in its field, a closing one that is not last, or a carriage return
    outside quotes that begins no line end. Each quote either opens or closes; of a doubled one, one half does each.
    """
    before, after = text[quotes - 1], text[quotes + 1]  # the text ends in a line feed: before its first byte stands one
    opens_wrongly = (before != _COMMA) & (before != _FEED) & (before != _QUOTE)
    closes_wrongly = (after != _COMMA) & (after != _FEED) & (after != _QUOTE) & (after != _RETURN)
    is_odd = (np.arange(len(quotes)) & 1).astype(bool)

    returns = _places(text == _RETURN)
    bare = returns[text[returns + 1] != _FEED]
    bare_parity = np.searchsorted(quotes, bare) & 1

    faults = np.empty((2, len(bounds)), dtype=np.int32)
    for parity in (0, 1):
        opens = is_odd if parity else ~is_odd
        of_quotes = np.concatenate([[0], np.cumsum(np.where(opens, opens_wrongly, closes_wrongly))])
        faults[parity] = of_quotes[quotes_before] + np.searchsorted(bare[bare_parity == parity], bounds)
    return faults


def _commas_before(text: Characters, quotes: Places, bounds: Places) -> npt.NDArray[np.int32]:
    """For records that begin after an even [0] or odd [1] number of quotes: how many commas between fields are before
    each bound. Without quotes there is only the first.
    """
    commas = _places(text == _COMMA)
    if not len(quotes):
        return np.searchsorted(commas, bounds).astype(np.int32)[np.newaxis]
    parity = np.searchsorted(quotes, commas) & 1
    return np.stack([np.searchsorted(commas[parity == each], bounds).astype(np.int32) for each in (0, 1)])


def _following(parity: npt.NDArray[np.int8]) -> tuple[Places, int | None]:
    """For each line, if a record begins there: the line after it; and the one line whose quote never closes."""
    following = np.arange(1, len(parity), dtype=np.int32)
    turns = _places(parity[1:] != parity[:-1])
    if not len(turns):
        return following, None
    following[turns[:-1]] = turns[1:] + 1
    following[turns[-1]] = len(parity) - 1
    return following, int(turns[-1])


def _beginnings(following: Places) -> Marks:
    """The lines where records begin, given where the record of each line would end."""
    is_beginning = np.ones(len(following), dtype=bool)
    long = np.flatnonzero(following > np.arange(1, len(following) + 1, dtype=np.int32))
    at = 0
    for line, end in zip(long.tolist(), following[long].tolist(), strict=True):
        if line >= at:
            is_beginning[line + 1 : end] = False
            at = end
    return is_beginning
