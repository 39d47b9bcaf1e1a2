"""How `cmn audit` is called."""

import argparse
from collections.abc import Callable

from command.given_paths import path_given


def add_audit(add_parser: Callable[..., argparse.ArgumentParser]) -> None:
    """Adds the subcommand."""
    audit = add_parser("audit", help="audit marts, releases or files of their form with nothing but themselves")
    audit.add_argument(
        "paths",
        nargs="+",
        type=path_given,
        metavar="PATH",
        help="a DuckDB file, a release's folder, Parquet, CSV, a folder",
    )
    audit.add_argument(
        "--k", type=_number(2), metavar="N", help="persons that a set has at least; default: the policy's"
    )
    audit.add_argument("--dominance-p", type=_number(0), metavar="N", help="percent; default: the policy's")
    audit.add_argument("--step", type=_number(1), metavar="N", help="in which counts are told; default: the policy's")
    audit.add_argument("--minutes", type=_number(0), default=10, metavar="N", help="when to end; default: 10")
    audit.add_argument(
        "--form", type=path_given, metavar="FILE", help="describes tables; default: those of this project"
    )
    audit.add_argument("--json", dest="as_json", action="store_true", help="print exactly one JSON object")
    audit.add_argument("--debug", action="store_true", default=argparse.SUPPRESS, help=argparse.SUPPRESS)


def _number(least: int) -> Callable[[str], int]:
    def number(text: str) -> int:
        if not text.isdecimal() or int(text) < least:
            raise argparse.ArgumentTypeError(f"must be a whole number of {least} or more")
        return int(text)

    return number
