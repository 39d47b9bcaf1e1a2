"""What `cmn rights` takes: one subcommand a thing that a privacy officer does."""

import argparse
from collections.abc import Callable

from command.given_paths import path_given

#: Subcommand → the kind of request that it opens and carries out, and what `--help` says of it.
ASKED = {
    "access": ("access", "what is held of a person: opens the request, and answers it once the identity was checked"),
    "rectify": ("rectification", "derive anew, from a source that was corrected, what is not frozen"),
    "erase": ("erasure", "take out everything that is held of a person, for good, with a receipt"),
    "object": ("objection", "the same for a person who objects: nothing of theirs is processed any more"),
    "complain": ("complaint", "note a complaint; its answer is `answer`"),
}


def add_rights(add_parser: Callable[..., argparse.ArgumentParser]) -> None:
    """Adds `rights` and its subcommands."""
    rights = add_parser("rights", help="requests of those whom data are about: access, erasure, objection, complaints")
    actions = rights.add_subparsers(dest="action", required=True, metavar="ACTION")
    for word, (_, told) in ASKED.items():
        asked = _with_config(actions.add_parser(word, help=told))
        asked.add_argument("user_id", metavar="USER_ID", help="as the source spells it; '-': read from stdin")
        asked.add_argument("--received", metavar="DATE", help="day on which the request came; default: today")
        asked.add_argument("--channel", default="mail", metavar="WORD", help="how it came; default: mail")
        asked.add_argument("--request", metavar="ID", help="its id, where it has one; default: one is made")
        asked.add_argument("--note", metavar="TEXT", help="kept until the request is closed")
        asked.add_argument("--identified", metavar="HOW", help="how the identity was checked, where it was")
    identify = _on_request(actions.add_parser("identify", help="note how the person's identity was checked"))
    identify.add_argument("--how", required=True, metavar="TEXT", help="such as: wrote from the account's address")
    _on_request(actions.add_parser("acknowledge", help="note that the receipt of a complaint was confirmed"))
    for word, told in (
        ("refuse", "refuse a request, with the reason and the way to complain"),
        ("extend", "answer later, by the law's further months, once"),
        ("answer", "note that a complaint was answered"),
    ):
        _on_request(actions.add_parser(word, help=told)).add_argument(
            "--why", required=True, metavar="TEXT", help="told to the person, and kept: no names, no ids"
        )
    hand_over = _on_request(actions.add_parser("hand-over", help="copy what was made for the answer out of the home"))
    hand_over.add_argument(
        "--out", type=path_given, required=True, metavar="DIR", help="a folder that is not there yet"
    )
    listing = _with_config(actions.add_parser("list", help="every request, the first that is due first"))
    show = _with_config(actions.add_parser("show", help="what is known of a request, or of all of one person"))
    show.add_argument("request", nargs="?", metavar="REQUEST")
    show.add_argument("--user", metavar="USER_ID", help="every request of this person, answered ones too")
    show.add_argument("--receipt", type=path_given, metavar="FILE", help="check that it is the one that was given")
    verify = _with_config(actions.add_parser("verify", help="search the home for a person, byte by byte"))
    verify.add_argument("user_id", metavar="USER_ID", help="'-': read from stdin")
    for action in (listing, show):
        action.add_argument("--json", dest="as_json", action="store_true", help="print exactly one JSON object")


def _on_request(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    parser.add_argument("request", metavar="REQUEST", help="its id, as `cmn rights list` shows it")
    return _with_config(parser)


def _with_config(parser: argparse.ArgumentParser) -> argparse.ArgumentParser:
    parser.add_argument("--config", type=path_given, required=True, metavar="FILE", help="cmn.toml")
    parser.add_argument("--debug", action="store_true", default=argparse.SUPPRESS, help=argparse.SUPPRESS)
    parser.add_argument("--by", metavar="NAME", help="who does this; default: the user of this machine")
    parser.add_argument("--as-of", metavar="TIMESTAMP", help="stands in for now; default: the clock")
    return parser
