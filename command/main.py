"""The `cmn` command: parses the call, runs one subcommand, turns refusals into exit codes."""

import argparse
import errno
import json
import os
import sys
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path

from policy.errors import Refusal

UNEXPECTED = 1
DISK_ERRORS = (errno.ENOSPC, errno.EROFS, errno.EACCES, errno.EPERM, errno.EDQUOT)


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one subcommand and returns its exit code.

    0 done; 2 wrong usage or config; 3 input refused; 4 a release was refused; 5 another run holds the lock;
    1 anything else. An error is a line or two on stderr; `--debug` adds the traceback.
    """
    options = _parser().parse_args(arguments)
    # What a run writes is its owner's alone, unless the place that writes it says otherwise.
    os.umask(0o077)
    try:
        return int(_subcommand(options)(options))
    except KeyboardInterrupt:
        print("cmn: stopped; run it again, nothing is half done", file=sys.stderr)
        return UNEXPECTED
    except BrokenPipeError:
        return UNEXPECTED
    except Exception as error:  # noqa: BLE001 - whatever it is, it is told in words that quote nothing
        message, exit_code = _in_words(error)
        if options.debug:
            traceback.print_exc()
        print(f"cmn: {message}", file=sys.stderr)
        if getattr(options, "as_json", False):
            print(json.dumps({"error": message, "exit_code": exit_code}))
        return exit_code


def _in_words(error: Exception) -> tuple[str, int]:
    """What went wrong, and the exit code: the text of an unexpected error may quote what it was working on."""
    if isinstance(error, Refusal):
        return str(error), error.exit_code
    if isinstance(error, OSError) and error.errno in DISK_ERRORS:
        return f"{error.filename or 'the disk'}: {os.strerror(error.errno)}: mend it, and run again", UNEXPECTED
    return f"unexpected {type(error).__name__}; --debug shows where", UNEXPECTED


def _subcommand(options: argparse.Namespace) -> Callable[[argparse.Namespace], int]:
    """The function behind a subcommand; imported when chosen, since Airflow and dbt are slow to import."""
    match options.subcommand:
        case "run":
            from command.run import run_command as chosen
        case "demo":
            from command.demo import demo_command as chosen
        case "status":
            from command.status import status_command as chosen
        case "doctor":
            from command.doctor import doctor_command as chosen
        case "anonymise":
            from command.anonymise import anonymise_command

            def chosen(called: argparse.Namespace) -> int:
                return anonymise_command(called.table, called.spec, called.out, called.k, called.keep_order)
        case "partition":
            from command.partition import partition_command as chosen
        case "releases":
            from command.releases import releases_command as chosen
        case _:
            from command.weeks import weeks_command as chosen
    return chosen


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="cmn", description="Usage analytics with consent checked and people anonymous."
    )
    parser.add_argument("--debug", action="store_true", help="show the traceback of an error")
    subcommands = parser.add_subparsers(dest="subcommand", required=True, metavar="COMMAND")

    run = subcommands.add_parser("run", help="run the DAGs over all days from --from to --to, in this process")
    _add_config(run)
    run.add_argument("--from", dest="first_day", required=True, metavar="DATE", help="first day, YYYY-MM-DD")
    run.add_argument("--to", dest="last_day", required=True, metavar="DATE", help="last day, included")
    run.add_argument("--as-of", metavar="TIMESTAMP", help="stands in for now; default: the clock")
    _add_json(run)

    demo = subcommands.add_parser("demo", help="make demonstration sources and run over them")
    demo.add_argument("--home", type=Path, default=Path("var"), metavar="DIR", help="where to put them; default: var")

    status = subcommands.add_parser("status", help="last runs, gate outcomes, quarantine, weeks")
    _add_config(status)
    _add_json(status)

    doctor = subcommands.add_parser("doctor", help="check config, paths, permissions, sources, keys, versions")
    _add_config(doctor)

    weeks = subcommands.add_parser("weeks", help="frozen and open weeks; accept an empty day; retract a week")
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

    _add_releases(subcommands)

    anonymise = subcommands.add_parser("anonymise", help="anonymise any table: CSV or Parquet, by a spec")
    anonymise.add_argument("--table", type=Path, required=True, metavar="FILE", help="CSV or Parquet")
    anonymise.add_argument("--spec", type=Path, required=True, metavar="FILE", help="TOML: rules and quasi-identifiers")
    anonymise.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="where data, labels, report are written"
    )
    anonymise.add_argument("--k", type=int, metavar="N", help="instead of the spec's k")
    anonymise.add_argument("--keep-order", action="store_true", help="keep the rows' order; not for release then")
    anonymise.add_argument("--debug", action="store_true", default=argparse.SUPPRESS, help=argparse.SUPPRESS)

    partition = subcommands.add_parser("partition", help="the cells that weeks keep, to be compared over time")
    partition_actions = partition.add_subparsers(dest="action", required=True, metavar="ACTION")
    propose = partition_actions.add_parser("propose", help="propose a reference partition from frozen weeks, as TOML")
    _add_config(propose)
    return parser


def _add_releases(subcommands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    releases = subcommands.add_parser("releases", help="what researchers receive: list, check, withdraw")
    actions = releases.add_subparsers(dest="action", required=True, metavar="ACTION")
    listing = actions.add_parser("list", help="every release, its state, and why")
    _add_config(listing)
    _add_json(listing)
    verify = actions.add_parser("verify", help="check a release's folder, with nothing but itself and the public key")
    verify.add_argument("path", type=Path, metavar="PATH", help="the release's folder")
    verify.add_argument("--public-key", type=Path, metavar="FILE", help="default: the one beside the releases")
    verify.add_argument("--ledger", type=Path, metavar="FILE", help="ledger.jsonl: check that the release stands in it")
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
    parser.add_argument("--config", type=Path, required=True, metavar="FILE", help="cmn.toml")
    parser.add_argument("--debug", action="store_true", default=argparse.SUPPRESS, help=argparse.SUPPRESS)


def _add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", dest="as_json", action="store_true", help="print exactly one JSON object")


def _add_source(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--source", choices=("app", "ga4_export"), help="only this source; default: every configured one"
    )


if __name__ == "__main__":
    sys.exit(main())
