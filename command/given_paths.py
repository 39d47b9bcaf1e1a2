"""The paths of a call, looked at before anything else is: what can be no file or folder at all ends in a sentence."""

import argparse
import os
from pathlib import Path

from refusals.errors import UsageError

_LONGEST_SHOWN = 300


def path_given(text: str) -> Path:
    """The type of every option and argument that is a path.

    Raises:
        argparse.ArgumentTypeError: it is empty, which Python would take for the folder one is in, or holds what no
            path can.
    """
    if not text:
        raise argparse.ArgumentTypeError("is empty: name a path")
    if "\0" in text:
        raise argparse.ArgumentTypeError("holds a NUL character, which no path can")
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise argparse.ArgumentTypeError("is not UTF-8: name a path that is") from None
    return Path(text)


def check_can_be_looked_at(options: argparse.Namespace) -> None:
    """Every path of the call is one that the system can look up, whether or not anything is there.

    Raises:
        UsageError: one is too long, leads through a file or a loop of links, or into a folder that is closed to us.
    """
    given = [(name, path) for name, value in vars(options).items() for path in _each(value)]
    for name, path in given:
        if isinstance(path, Path):
            option = "PATH" if name in {"path", "paths"} else f"--{name.replace('_', '-')}"
            try:
                path.stat()
            except FileNotFoundError:
                continue
            except OSError as error:
                raise UsageError(f"{option} {shown(path)}: {os.strerror(error.errno or 0)}: name another") from None


def _each(value: object) -> list[object]:
    return value if isinstance(value, list) else [value]


def shown(path: Path) -> str:
    """A path as a message shows it: of one too long, its beginning."""
    text = str(path)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"
