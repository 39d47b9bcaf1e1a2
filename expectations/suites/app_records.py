"""Suite: the app's sessions that are about to become the record store (docs/architecture.md, section 3)."""

from expectations.rules.column_rules import no_row_where, not_null, unique
from expectations.rules.known_codes import KNOWN_AGE_BANDS
from expectations.rules.record_rules import LEAF, no_address, one_week_a_file, record_columns_are, region_is_a_leaf
from expectations.rules.rule import Suite

TABLE = "app_records"
COLUMNS = {
    "person": "UUID",
    "session": "UUID",
    "started_at": "TIMESTAMP WITH TIME ZONE",
    "ended_at": "TIMESTAMP WITH TIME ZONE",
    "region_code": "VARCHAR",
    "age_band": "VARCHAR",
    "platform": "VARCHAR",
}
_DAY_US = 24 * 3600 * 1_000_000


def app_records(timezone: str) -> Suite:
    """The rules of the app's stored sessions; weeks are those of `timezone`."""
    length = "epoch_us(ended_at) - epoch_us(started_at)"
    return Suite(
        TABLE,
        TABLE,
        "sessions of the app that passed the gate, about to be stored",
        (
            *record_columns_are(TABLE, COLUMNS),
            *not_null(
                TABLE,
                ["person", "session", "started_at", "ended_at", "region_code", "age_band"],
                "Every stored session has a person, a time and a place in the hierarchies; open ones are not stored.",
            ),
            unique(TABLE, ["session"], "A session counts once, however often it was delivered (contract, section 3)."),
            no_row_where(
                TABLE,
                "ended_at",
                "is_not_before_the_start",
                f"{length} < 0",
                "A session that ends before it starts is a bad record (contract, section 3).",
            ),
            no_row_where(
                TABLE,
                "ended_at",
                "is_within_a_day_of_the_start",
                f"{length} > {_DAY_US}",
                "A session over 24 hours of elapsed time is a bad record (contract, section 3).",
            ),
            one_week_a_file(TABLE, "started_at", timezone),
            region_is_a_leaf(TABLE),
            no_row_where(
                TABLE, "age_band", "is_a_known_band", f"age_band not in (select age_band from {KNOWN_AGE_BANDS})", LEAF
            ),
            *no_address(TABLE, ["region_code", "age_band", "platform"]),
        ),
    )
