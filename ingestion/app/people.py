"""The app's users and consents, read for the gate of any source."""

import duckdb

from consent.tombstones import stop_persons
from home.register.register import Register
from home.run import Run
from ingestion.app.deliveries import app_deliveries
from ingestion.app.source import check_not_shrunk, read_app_people
from ingestion.deliveries.delivery_guard import check_deliveries

_EMPTY_PEOPLE = """
create or replace temp table app_users (
    user_id varchar, country varchar, birth_date date, registered_at timestamptz, closed_at timestamptz
);
create or replace temp table app_consents (
    user_id varchar, purpose varchar, granted boolean, policy_version varchar, recorded_at timestamptz
);
"""


def read_people(con: duckdb.DuckDBPyConnection, run: Run) -> dict[str, int]:
    """Makes `app_users` and `app_consents`; both empty without an app source, so that every account is unknown.

    With them `stopped_persons`: who of them objected or was erased.

    Returns how many records each snapshot held, to be kept once the batch is stored.

    Raises:
        InputRefused: a file cannot be read, more of it is bad or it shrank by more than the policy allows.
    """
    if run.settings.app is None:
        con.execute(_EMPTY_PEOPLE)
        stop_persons(con, run.home)
        return {}
    delivered_rows = read_app_people(con, run.settings)
    check_deliveries(con, run, app_deliveries(con, run.settings), ("app_users", "app_consents"))
    stop_persons(con, run.home)
    with Register(run.home) as register:
        for name, rows in delivered_rows.items():
            check_not_shrunk(name, rows, register.snapshot_rows(name), run.policy.retention.snapshot_shrink_percent)
    return delivered_rows
