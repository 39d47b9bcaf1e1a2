"""Suite: `ga4_engagement_week`, the GA4 export's core mart."""

from catalogue.catalogue import MART
from catalogue.devices import ALL_DEVICES, BY_THEMSELVES, MOBILE_AND_OTHER, OTHER_DEVICES
from expectations.rules.column_rules import not_negative, not_null, unique
from expectations.rules.mart_rules import (
    cell_size,
    columns_of,
    described_columns,
    region_rules,
    told_in_steps,
    week_rules,
)
from expectations.rules.rule import Rule, Suite

TABLE = "ga4_engagement_week"
SOURCE = MART[TABLE].source


def ga4_mart(k: int) -> Suite:
    """The rules of the GA4 mart. Sessions may be fewer than users: rows without a session id count none."""
    return Suite(
        TABLE,
        TABLE,
        "engagement as GA4 measured it, by region and device: every person-week in exactly one row",
        (
            *described_columns(TABLE, columns_of(TABLE)),
            *week_rules(TABLE, f"'{SOURCE}'"),
            unique(TABLE, MART[TABLE].key, "One row a week and cell."),
            *region_rules(TABLE),
            *not_null(TABLE, ["device_category"], "Every cell says on which device, or that it is all."),
            cell_size(TABLE, SOURCE, k),
            *not_negative(TABLE, ["sessions", "views", "minutes"], "Counts are not negative."),
            *(told_in_steps(TABLE, name, SOURCE) for name in ("sessions", "views")),
            _no_overlap(),
        ),
    )


def _no_overlap() -> Rule:
    def overlaps(merged: str, *apart: str) -> str:
        beside = ", ".join(f"'{word}'" for word in (merged, *apart))
        return f"(bool_or(device = '{merged}') and bool_or(device not in ({beside})))"

    leaves = f"select week_start, unnest(region_members) as leaf, device_category as device from {TABLE}"
    return Rule(
        "has_disjoint_cells",
        "table",
        f"select 1 from ({leaves}) group by week_start, leaf"
        f" having count(*) > count(distinct device) or (count(*) > 1 and bool_or(device = '{ALL_DEVICES}'))"
        f" or {overlaps(MOBILE_AND_OTHER, 'desktop')} or {overlaps(OTHER_DEVICES, *BY_THEMSELVES)}",
        "Every person-week is in exactly one core cell (promise 3): no two cells of a week overlap.",
    )
