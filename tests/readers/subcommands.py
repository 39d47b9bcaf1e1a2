"""The command's subcommands, as its parser has them."""

import argparse
from collections.abc import Iterator


def subcommands(parser: argparse.ArgumentParser, name: str = "cmn") -> Iterator[str]:
    """The command's subcommands, and theirs, as they are called."""
    inner = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    if not inner:
        yield name
    for action in inner:
        for word, subparser in action.choices.items():
            yield from subcommands(subparser, f"{name} {word}")
