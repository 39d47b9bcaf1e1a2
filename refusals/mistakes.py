"""A validation's mistakes, in words that name the setting and the mend; never the library's own."""

from pydantic import ValidationError

_WORDS = {
    "extra_forbidden": "is unknown",
    "missing": "is missing",
    "model_type": "must be a section of settings",
    "dict_type": "must be a section of settings",
    "path_type": "must be a path, as text",
    "string_type": "must be text",
    "int_type": "must be a whole number",
    "date_type": "must be a date, such as 2024-02-19 without quotes",
    "list_type": "must be a list",
    "tuple_type": "must be a list",
    "too_short": "must not be empty",
    "literal_error": "is none of the words it may be",
    "greater_than_equal": "is too small",
    "greater_than": "is too small",
    "less_than_equal": "is too large",
}


def first_mistake(error: ValidationError, below: int = 0) -> str:
    """`setting 'a.b' is unknown`, and so on; `below` is how many names to leave out at the beginning."""
    return _mistakes(error, below)[0]


def all_mistakes(error: ValidationError) -> str:
    """Every mistake, in one line."""
    return "; ".join(_mistakes(error, 0))


def _mistakes(error: ValidationError, below: int) -> list[str]:
    told = []
    for each in error.errors(include_input=False, include_url=False):
        names = [str(part) for part in each["loc"][below:]]
        words = _WORDS.get(each["type"], each["msg"].removeprefix("Value error, "))
        told.append(f"setting '{'.'.join(names)}' {words}" if names else words)
    return told
