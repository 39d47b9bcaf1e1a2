"""SQL by its type: what is executed is made of constants and of what stands here, so no value of a row is part of it.

`Sql(…)` says of a text that it is SQL; `tests/conventions/test_sql_by_type.py` holds each to its parts, mypy the rest.
Values are bound as parameters (`$name`); in a `.sql` file `${name}` stands for SQL that is put in before.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Literal, NewType

Sql = NewType("Sql", str)

_PLACEHOLDER = re.compile(r"\$\{(\w+)\}")
_PLAIN_NAME = re.compile(r"[a-z_][a-z0-9_]*")


def identifier(name: str) -> Sql:
    """The name of a table or column: small letters, digits, underscores.

    Raises:
        ValueError: it is none such.
    """
    if not _PLAIN_NAME.fullmatch(name):
        raise ValueError("what was to be the name of a table or column is no plain name")
    return Sql(name)


def one_of(word: str, allowed: Collection[str]) -> Sql:
    """A word of a closed list.

    Raises:
        ValueError: it is not in the list.
    """
    if word not in allowed:
        raise ValueError(f"what was to be one of {sorted(allowed)} is none of them")
    return Sql(word)


def quoted(name: str, mark: Literal['"', "`"] = '"') -> Sql:
    """A name that others gave, whatever is in it; MySQL's mark is the backtick."""
    return Sql(mark + name.replace(mark, 2 * mark) + mark)


def literal(text: str) -> Sql:
    """A text as a literal, for where no parameter can stand."""
    return Sql("'" + text.replace("'", "''") + "'")


def joined(parts: Iterable[Sql], between: str = ", ") -> Sql:
    """Pieces of SQL with the same thing between them."""
    return Sql(between.join(parts))


def sql_file(package: str, name: str, **parts: Sql) -> Sql:
    """The statement in `<name>.sql` of a package, its placeholders filled.

    Raises:
        ValueError: a placeholder is not given, or one that is given is not in it.
    """
    text = _text_of(package, name)
    if set(parts) != set(_PLACEHOLDER.findall(text)):
        raise ValueError(f"{package}/{name}.sql has other placeholders than those given: {sorted(parts)}")
    return Sql(_PLACEHOLDER.sub(lambda found: parts[found[1]], text))


def sql_texts(packages: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Every statement in these packages as it stands, with its file's path from the folder that holds the packages."""
    for package in packages:
        room = Path(str(files(package)))
        for file in sorted(room.rglob("*.sql")):
            yield str(file.relative_to(room.parent)), file.read_text(encoding="utf-8")


@cache
def _text_of(package: str, name: str) -> str:
    return (files(package) / f"{name}.sql").read_text(encoding="utf-8")
