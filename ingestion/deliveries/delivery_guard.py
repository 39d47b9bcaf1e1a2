"""A delivery of which too much is bad is refused as a whole, unless an operator has accepted this very content.

Records are judged one by one, and a bad one costs only itself. Where a file is bad as a whole (a new format of times,
ids in another form), that would cost its week: nothing is stored, the days count as read, and the week freezes without.
"""

import shlex
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import duckdb

from catalogue.catalogue import SOURCE
from home.register.delivery_notes import AcceptedDelivery
from home.register.register import Register
from home.run import Run
from home.sql import sql_file
from home.weeks.week_states import WEEK, local_midnight, mondays_between
from ingestion.deliveries.delivery_counts import make_delivery_counts
from ingestion.deliveries.delivery_digest import Deliveries
from refusals.errors import InputRefused

NAMES_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Doubt:
    """One delivery that is not taken as it is: `names` what would have to be accepted, `told` what is wrong with it."""

    names: tuple[str, ...]
    told: str
    mend: str


def bounds_of_weeks(run: Run) -> tuple[datetime, datetime]:
    """From when until when the weeks of the run's interval last."""
    mondays, timezone = list(mondays_between(run.first_day, run.last_day)), run.policy.consent.timezone
    return local_midnight(mondays[0], timezone), local_midnight(mondays[-1] + WEEK, timezone)


def check_deliveries(con: duckdb.DuckDBPyConnection, run: Run, deliveries: Deliveries, kinds: Iterable[str]) -> None:
    """Looks at all that was counted of these kinds of record (`app_users`, `app_consents`, `app`, `ga4_export`).

    Raises:
        InputRefused: of a file or table more is bad than the policy allows, and nobody accepted it; it is named.
    """
    make_delivery_counts(con)
    for kind in kinds:
        doubts = _doubts_of_records(con, run, kind)
        if kind in SOURCE and SOURCE[kind].has_accounts:
            doubts += _doubts_of_users(con, run)
        refuse_unless_accepted(con, run, deliveries, kind, doubts)


def refuse_unless_accepted(
    con: duckdb.DuckDBPyConnection, run: Run, deliveries: Deliveries, kind: str, doubts: list[Doubt]
) -> None:
    """Notes the doubts that an operator has set aside; refuses the rest.

    Raises:
        InputRefused: one is left.
    """
    if not doubts:
        return
    with Register(run.home) as register:
        known_again = [one for one in register.accepted_deliveries() if one.source == deliveries.source]
    accepted: dict[tuple[str, str | None], AcceptedDelivery] = {(one.name, one.digest): one for one in known_again}
    left = []
    for doubt in doubts:
        settled: list[AcceptedDelivery] = []
        for name in doubt.names:
            known = {one_name for one_name, _ in accepted}
            one = accepted.get((name, deliveries.digest_of(name))) if name in known else None
            settled += [one] if one else []
        if len(settled) < len(doubt.names):
            left.append(doubt)
            continue
        for one in settled:
            note = f"accepted, though {doubt.told}: {one.why}"
            con.execute("insert into drift_notes values (?, ?, ?)", [kind, one.name, note])
    if left:
        raise InputRefused(_sentence(left))


def _sentence(doubts: list[Doubt]) -> str:
    """All on one line: the first in full, others by name."""
    first = doubts[0]
    names = ", ".join(first.names[:NAMES_SHOWN])
    accept = "; ".join(f"cmn deliveries accept {shlex.quote(name)} --why TEXT" for name in first.names[:NAMES_SHOWN])
    others = [name for doubt in doubts[1:] for name in doubt.names if name not in first.names]
    others = list(dict.fromkeys(others))
    more = f" (and so are {len(others)} more: {', '.join(others[:NAMES_SHOWN])})" if others else ""
    return f"{names}: {first.told}{more}: {first.mend}, or take it all the same: {accept}"


def _doubts_of_records(con: duckdb.DuckDBPyConnection, run: Run, kind: str) -> list[Doubt]:
    """Files of which too many records are bad, in all or of those that start in a week of the run."""
    policy = run.policy.deliveries
    mondays = list(mondays_between(run.first_day, run.last_day))
    rows = con.execute(
        sql_file("ingestion.deliveries", "doubtful_deliveries"),
        {
            "kind": kind,
            "first_day": mondays[0],
            "last_day": mondays[-1] + timedelta(days=6),
            "least": policy.least_records,
            "percent": policy.bad_records_percent,
        },
    ).fetchall()
    found: dict[str, Doubt] = {}
    for file, week, records, bad, reasons in rows:
        which = f"{bad} of its {records} records" if week is None else f"{bad} of its {records} records of week {week}"
        told = f"{which} are bad ({reasons}), over {policy.bad_records_percent} %"
        found.setdefault(file, Doubt((file,), told, "mend it at the source and deliver it again"))
    return list(found.values())


def _doubts_of_users(con: duckdb.DuckDBPyConnection, run: Run) -> list[Doubt]:
    """Files of sessions most of whose users nobody knows: their ids may be of another form than those of `users`."""
    policy = run.policy.deliveries
    rows = con.execute(
        """
        select file, week, users, unknown from unknown_users_of_weeks
        where unknown >= $least and unknown * 100 > $percent * users
        order by file, week
        """,
        {"least": policy.least_records, "percent": policy.unknown_users_percent},
    ).fetchall()
    found: dict[str, Doubt] = {}
    for file, week, users, unknown in rows:
        told = (
            f"{unknown} of the {users} users of its sessions of week {week} are not among the users, over"
            f" {policy.unknown_users_percent} %"
        )
        mend = "deliver users and sessions of one time, with ids of one form"
        found.setdefault(file, Doubt((file,), told, mend))
    return list(found.values())
