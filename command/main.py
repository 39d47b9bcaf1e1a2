"""The `cmn` command: parses the call, runs one subcommand, turns refusals into exit codes."""

import argparse
import errno
import importlib
import json
import logging
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

from catalogue.catalogue import FROZEN_SOURCES
from command.audit.audit_arguments import add_audit
from command.given_paths import check_can_be_looked_at, path_given
from command.rights.rights_arguments import add_rights
from command.stopping import stopped_by_signals
from command.terminal import ShowSql, give_up, say
from home.code_places import type_and_places
from home.disk import is_of_full_disk, place_of
from refusals.errors import DiskFull, Refusal, Stopped

UNEXPECTED = 1
DISK_ERRORS = (errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one subcommand and returns its exit code.

    0 done; 2 wrong usage or config; 3 input refused; 4 a release was refused; 5 another run holds the lock; 128 and the
    signal's number: stopped by SIGINT (130), SIGTERM (143) or SIGHUP (129); 1 anything else, a full disk among it.
    An error is a line or two on stderr; `--debug` adds the traceback.
    """
    options = _parser().parse_args(arguments)
    # What a run writes is its owner's alone, unless the place that writes it says otherwise.
    os.umask(0o077)
    # A library's log that a full disk has no room for ends in silence: what is said of it is one line, below.
    logging.raiseExceptions = False
    try:
        with stopped_by_signals() as stopping:
            check_can_be_looked_at(options)
            exit_code = int(_subcommand(options)(options))
            sys.stdout.flush()
            return exit_code
    except BrokenPipeError:
        give_up(sys.stdout)
        return UNEXPECTED
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 - whatever it is, it is told in words that quote nothing
        message, exit_code = _in_words(stopping.stopped or error, options)
        if options.debug:
            traceback.print_exc()
        say(f"cmn: {message}", sys.stderr)
        say(
            json.dumps({"error": message, "exit_code": exit_code}) if getattr(options, "as_json", False) else "",
            sys.stdout,
        )
        return exit_code


def _in_words(error: BaseException, options: argparse.Namespace) -> tuple[str, int]:
    """What went wrong, and the exit code: the text of an unexpected error may quote what it was working on."""
    if isinstance(error, Stopped):
        return f"{error}; run it again, nothing is half done", error.exit_code
    if is_of_full_disk(error) and not isinstance(error, DiskFull):
        error = DiskFull(place_of(error) or _place_written(options))
    if isinstance(error, Refusal):
        return str(error), error.exit_code
    if isinstance(error, OSError) and error.errno in DISK_ERRORS:
        return f"{error.filename or 'the disk'}: {os.strerror(error.errno)}: mend it, and run again", UNEXPECTED
    return f"unexpected {type_and_places(error, __file__)}; --debug shows all of it", UNEXPECTED


def _place_written(options: argparse.Namespace) -> str:
    """Where the command writes, for an error that does not say."""
    for name, words in (("out", "{}"), ("home", "{}"), ("config", "the home that {} names")):
        if name in options:
            return words.format(getattr(options, name))
    return "a temporary folder"


_AddParser = Callable[..., argparse.ArgumentParser]

#: Where the function behind a subcommand is; imported when chosen, since Airflow and dbt are slow to import.
_FUNCTIONS = {
    "run": "command.run:run_command",
    "demo": "command.demo:demo_command",
    "status": "command.status:status_command",
    "doctor": "command.doctor.doctor:doctor_command",
    "airflow": "command.airflow.server:airflow_command",
    "audit": "command.audit.audit_command:audit_command",
    "partition": "command.partition:partition_command",
    "register": "command.register:register_command",
    "deliveries": "command.deliveries:deliveries_command",
    "releases": "command.releases:releases_command",
    "rights": "command.rights.officer:rights_command",
    "weeks": "command.weeks:weeks_command",
}


def _subcommand(options: argparse.Namespace) -> Callable[[argparse.Namespace], int]:
    if options.subcommand == "anonymise":
        from command.anonymise.anonymise import anonymise_command

        return lambda called: anonymise_command(
            called.table,
            called.spec,
            called.out,
            called.k,
            called.keep_order,
            encoding=called.encoding,
            show_values=called.show_values,
        )
    module, name = _FUNCTIONS[options.subcommand].split(":")
    function: Callable[[argparse.Namespace], int] = getattr(importlib.import_module(module), name)
    return function


class _OneLine(argparse.ArgumentParser):
    """Says what is wrong with a call in one line, as everything else does; `--help` has the usage."""

    def error(self, message: str) -> NoReturn:
        """Exits with 2."""
        self.exit(2, f"{self.prog}: {' '.join(message.split())}; see {self.prog} --help\n")


def _parser() -> argparse.ArgumentParser:
    parser = _OneLine(prog="cmn", description="Usage analytics with consent checked and people anonymous.")
    parser.add_argument("--debug", action="store_true", help="show the traceback of an error")
    subcommands = parser.add_subparsers(dest="subcommand", required=True, metavar="COMMAND")

    run = subcommands.add_parser("run", help="run the DAGs over all days from --from to --to, in this process")
    run.add_argument("--show-sql", action=ShowSql, nargs=0, help="print every packaged SQL statement; runs nothing")
    _add_config(run)
    run.add_argument("--from", dest="first_day", required=True, metavar="DATE", help="first day, YYYY-MM-DD")
    run.add_argument("--to", dest="last_day", required=True, metavar="DATE", help="last day, included")
    run.add_argument("--as-of", metavar="TIMESTAMP", help="stands in for now; default: the clock")
    run.add_argument("--rebuild", action="store_true", help="build marts and portal anew, whatever has not changed")
    _add_json(run)

    demo = subcommands.add_parser("demo", help="make demonstration sources and run over them")
    demo.add_argument(
        "--home", type=path_given, default=Path("var"), metavar="DIR", help="where to put them; default: var"
    )

    status = subcommands.add_parser("status", help="last runs, gate outcomes, quarantine, weeks")
    _add_config(status)
    _add_json(status)

    doctor = subcommands.add_parser("doctor", help="check config, paths, permissions, sources, keys, versions")
    doctor.add_argument("--deep", action="store_true", help="read every byte of what the home holds")
    _add_config(doctor)

    add_audit(subcommands.add_parser)

    _add_weeks(subcommands.add_parser)

    register = subcommands.add_parser("register", help="rebuild a register that is lost")
    register_actions = register.add_subparsers(dest="action", required=True, metavar="ACTION")
    rebuild = register_actions.add_parser("rebuild", help="from what is on the disk, where there is no backup")
    rebuild.add_argument("--why", required=True, help="the reason, kept in the register")
    _add_config(rebuild)

    _add_deliveries(subcommands.add_parser)
    _add_releases(subcommands.add_parser)
    add_rights(subcommands.add_parser)

    airflow = subcommands.add_parser(
        "airflow", help="Airflow's scheduler and pages on this machine, until it is stopped"
    )
    _add_config(airflow)
    airflow.add_argument("--port", type=int, default=8080, metavar="N", help="of the pages; default: 8080")

    anonymise = subcommands.add_parser("anonymise", help="anonymise any table: CSV or Parquet, by a spec")
    anonymise.add_argument("--table", type=path_given, required=True, metavar="FILE", help="CSV or Parquet")
    anonymise.add_argument(
        "--spec", type=path_given, required=True, metavar="FILE", help="TOML: rules and quasi-identifiers"
    )
    anonymise.add_argument(
        "--out", type=path_given, required=True, metavar="DIR", help="where data, labels, report are written"
    )
    anonymise.add_argument("--k", type=int, metavar="N", help="instead of the spec's k")
    anonymise.add_argument("--keep-order", action="store_true", help="keep the rows' order; not for release then")
    anonymise.add_argument("--encoding", metavar="NAME", help="of text that is not UTF-8: latin-1, cp1252, utf-16-le")
    anonymise.add_argument(
        "--show-values", action="store_true", help="show three refused values a column, on the terminal alone"
    )
    anonymise.add_argument("--debug", action="store_true", default=argparse.SUPPRESS, help=argparse.SUPPRESS)

    partition = subcommands.add_parser("partition", help="the cells that weeks keep, to be compared over time")
    partition_actions = partition.add_subparsers(dest="action", required=True, metavar="ACTION")
    propose = partition_actions.add_parser("propose", help="propose a reference partition from frozen weeks, as TOML")
    _add_config(propose)
    return parser


def _add_deliveries(add_parser: _AddParser) -> None:
    deliveries = add_parser("deliveries", help="take a refused delivery all the same; list those taken")
    actions = deliveries.add_subparsers(dest="action", required=True, metavar="ACTION")
    accept = actions.add_parser("accept", help="take a delivery of which too much is bad: this content, no other")
    accept.add_argument("name", metavar="NAME", help="as the refusal names it, such as sessions/day.csv")
    accept.add_argument("--why", required=True, help="the reason, kept with it")
    _add_source(accept)
    listing = actions.add_parser("list", help="every delivery that was accepted, and why")
    _add_json(listing)
    for action in (accept, listing):
        action.add_argument(
            "--config", type=path_given, metavar="FILE", help="default: $CMN_CONFIG, else cmn.toml here"
        )
        action.add_argument("--debug", action="store_true", default=argparse.SUPPRESS, help=argparse.SUPPRESS)


def _add_weeks(add_parser: _AddParser) -> None:
    weeks = add_parser("weeks", help="frozen and open weeks; accept an empty day; retract or give up a week")
    actions = weeks.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="what became of each week")
    _add_config(listing)
    _add_json(listing)
    accept = actions.add_parser("accept-empty", help="accept days for which a source rightly delivered nothing")
    accept.add_argument("days", nargs="+", metavar="DATE")
    _add_config(accept)
    _add_source(accept)
    retract = actions.add_parser("retract", help="take a wrong week out of the marts for good")
    retract.add_argument("monday", metavar="MONDAY")
    retract.add_argument("--why", required=True, help="the reason, kept with the tombstone")
    _add_config(retract)
    _add_source(retract)

    give_up = actions.add_parser("give-up", help="give up a week whose key or records are lost, for good")
    give_up.add_argument("monday", metavar="MONDAY")
    give_up.add_argument("--why", required=True, help="the reason, kept with the week")
    _add_config(give_up)
    _add_source(give_up)


def _add_releases(add_parser: _AddParser) -> None:
    releases = add_parser("releases", help="what researchers receive: list, check, withdraw")
    actions = releases.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="every release, its state, and why")
    _add_config(listing)
    _add_json(listing)
    verify = actions.add_parser("verify", help="check a release's folder, with nothing but itself and the public key")
    verify.add_argument("path", type=path_given, metavar="PATH", help="the release's folder")
    verify.add_argument("--public-key", type=path_given, metavar="FILE", help="default: the one beside the releases")
    verify.add_argument(
        "--ledger", type=path_given, metavar="FILE", help="ledger.jsonl: check that the release stands in it"
    )
    verify.add_argument("--debug", action="store_true", default=argparse.SUPPRESS, help=argparse.SUPPRESS)
    withdraw = actions.add_parser("withdraw", help="take a release back; a tombstone says why")
    withdraw.add_argument("release", metavar="RELEASE", help="such as usage_by_region_age/2026-W39-v1")
    withdraw.add_argument("--why", required=True, help="the reason, for everyone to read")
    _add_config(withdraw)
    publish = actions.add_parser("publish", help="publish what is due, or the periods named")
    publish.add_argument("what", nargs="*", metavar="DATASET/PERIOD", help="such as usage_by_region_age/2026-Q3")
    publish.add_argument("--correction", metavar="TEXT", help="a new version of one release: what it changes")
    publish.add_argument("--as-of", metavar="TIMESTAMP", help="stands in for now; default: the clock")
    _add_config(publish)
    _add_json(publish)
    rotate = actions.add_parser("rotate-key", help="sign with a new key from now on: the old one is lost or known")
    _add_config(rotate)


def _add_config(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--config", type=path_given, required=True, metavar="FILE", help="cmn.toml")
    parser.add_argument("--debug", action="store_true", default=argparse.SUPPRESS, help=argparse.SUPPRESS)


def _add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", dest="as_json", action="store_true", help="print exactly one JSON object")


def _add_source(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--source", choices=FROZEN_SOURCES, help="only this source; default: every configured one")


if __name__ == "__main__":
    sys.exit(main())
