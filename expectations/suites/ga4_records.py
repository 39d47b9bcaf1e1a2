"""Suite: rows of the GA4 export that are about to become the record store (docs/architecture.md, section 3)."""

from catalogue.devices import MERGED_WORDS
from expectations.rules.column_rules import no_row_where, not_negative, not_null
from expectations.rules.record_rules import no_address, one_week_a_file, record_columns_are, region_is_a_leaf
from expectations.rules.rule import Suite

TABLE = "ga4_records"
COLUMNS = {
    "browser": "UUID",
    "person": "UUID",
    "gate_persons": "UUID[]",
    "session": "UUID",
    "event_at": "TIMESTAMP WITH TIME ZONE",
    "file_date": "DATE",
    "region_code": "VARCHAR",
    "device_category": "VARCHAR",
    "is_engaged": "BOOLEAN",
    "is_view": "BOOLEAN",
    "engagement_us": "BIGINT",
}


def ga4_records(timezone: str) -> Suite:
    """The rules of stored GA4 rows; weeks are those of `timezone`."""
    return Suite(
        TABLE,
        TABLE,
        "rows of the GA4 export that passed the gate, about to be stored",
        (
            *record_columns_are(TABLE, COLUMNS),
            *not_null(
                TABLE,
                ["browser", "person", "gate_persons", "event_at", "file_date", "region_code", "device_category"],
                "Every stored row has a person, the accounts whose consent it needs, a time and a place.",
            ),
            no_row_where(
                TABLE,
                "gate_persons",
                "has_no_null_within",
                "list_count(gate_persons) < len(gate_persons)",
                "An account that cannot be looked up cannot be asked for its consent again.",
            ),
            *not_null(TABLE, ["is_engaged", "is_view"], "Engaged sessions and views are counted from yes or no."),
            *not_negative(TABLE, ["engagement_us"], "Engagement time adds up; nobody takes minutes away."),
            one_week_a_file(TABLE, "event_at", timezone),
            region_is_a_leaf(TABLE),
            no_row_where(
                TABLE,
                "device_category",
                "is_a_plain_word",
                "not regexp_full_match(device_category, '[a-z][a-z0-9 _-]{0,31}')"
                f" or device_category in {MERGED_WORDS}",
                "Devices are GA4's few words or `unknown`; `all` and the like are a merged cell's, never a row's.",
            ),
            *no_address(TABLE, ["region_code", "device_category"]),
        ),
    )
