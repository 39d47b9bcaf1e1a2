"""Short identifiers, such as `1` or `anna`: looked for as whole values of fields and as whole words of texts.

A plain number is a count of something almost everywhere, and a short word may be a region or a platform. So a number,
and any short identifier in what everyone may read, counts only where a name beside it says that it is a person's.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from rights.verification.encodings import forms_of_short

#: A word for a person, alone or as an id (`user`, `user_id`, `user_pseudo_id`); `users` and `persons` are counts.
_PERSON = (
    r"(?<![A-Za-z])(?:user|person|account|subject|browser|client|customer|klant|gebruiker|pseudo)"
    r"(?:_?pseudo)?(?:_?(?:id|key|number|nr))?(?![A-Za-z])"
)
_NAMES_A_PERSON = re.compile(_PERSON, re.IGNORECASE)
_SAYS = rf"(?:{_PERSON}\\?[\"']?\s*[:=]\s*\\?[\"']?|\b(?:user|account|gebruiker)\s+)"
#: Columns of the record store that hold a word of a list.
_OF_A_LIST = frozenset({"region_code", "age_band", "platform", "device_category"})
_BEFORE, _AFTER = r"(?<![A-Za-z0-9_-])", r"(?![A-Za-z0-9_-])"


@dataclass(frozen=True, slots=True)
class ShortForm:
    """A short identifier in one of its forms."""

    form: str
    encoding: str
    must_be_named: bool


class ShortIds:
    """The short identifiers that are sought."""

    def __init__(self, identifiers: Iterable[str]) -> None:
        self._words = [
            ShortForm(form, encoding, form.isascii() and form.isdigit() and str(int(form)) == form)
            for identifier in identifiers
            for form, encoding in forms_of_short(identifier).items()
        ]

    def __bool__(self) -> bool:
        return bool(self._words)

    def in_field(self, name: str, values: pa.Array, *, is_public: bool) -> Iterator[str]:
        """The encodings in which a value of the field is one of them."""
        is_named = _NAMES_A_PERSON.search(name) is not None
        for word in self._words:
            if (word.must_be_named or is_public) and not is_named:
                continue
            if name in _OF_A_LIST:
                continue
            if pc.any(pc.equal(values, pa.scalar(word.form, values.type))).as_py():
                yield word.encoding

    def in_text(self, text: str, *, is_public: bool) -> Iterator[str]:
        """The encodings in which one of them stands in a text as a word of its own."""
        for word in self._words:
            whole = f"{_BEFORE}{re.escape(word.form)}{_AFTER}"
            named = _SAYS + whole
            flags = re.IGNORECASE if word.must_be_named else re.NOFLAG
            pattern = named if word.must_be_named or is_public else whole
            if word.form in text and re.search(pattern, text, flags):
                yield word.encoding
