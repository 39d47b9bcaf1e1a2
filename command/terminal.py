"""Words on a terminal, or into a pipe that may end before they do; `--show-sql`, which is nothing but words."""

import argparse
import os
import sys
from contextlib import suppress
from typing import TextIO

from home.sql import sql_texts

#: In the order of the data's way; a test holds this to where `.sql` files are.
PACKAGES_WITH_SQL = ("ingestion", "consent", "dbt_project", "home", "demonstration")


def say(text: str, stream: TextIO) -> None:
    """One line, and whatever the stream still holds; nothing where it cannot be written: the exit code tells."""
    try:
        stream.write(f"{text}\n" if text else "")
        stream.flush()
    except OSError:
        give_up(stream)


def give_up(stream: TextIO) -> None:
    """Sends what a stream that cannot be written still holds nowhere, so that the interpreter's end does not fail."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


class ShowSql(argparse.Action):
    """Prints each statement as its file has it, under that file's name; asks for nothing that a run needs."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        """Exits with 0."""
        try:
            for file, text in sql_texts(PACKAGES_WITH_SQL):
                print(f"-- {file}\n{text}")
            sys.stdout.flush()
        except BrokenPipeError:
            give_up(sys.stdout)
        parser.exit()
