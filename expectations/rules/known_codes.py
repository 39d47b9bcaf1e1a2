"""The policy's lists as tables, for rules to look codes up in."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import duckdb
import pyarrow as pa

from policy.policy import Policy
from policy.region_table import regions

#: `region_code`: every leaf of the region table.
KNOWN_LEAVES = "known_leaves"
#: `age_band`, `first_age`, `last_age` (null: open): the policy's bands.
KNOWN_AGE_BANDS = "known_age_bands"
#: `region_code`, `region_level`, `leaf_codes` (sorted): which leaves each region covers; a leaf covers itself.
KNOWN_REGIONS = "known_regions"
#: `axis`, `bound` (where a band begins; null: of words), `word`: the policy's stretches, and those of earlier weeks.
KNOWN_STRETCHES = "known_stretches"

_LEAF_LEVEL = "subdivision"


def make_known_codes(con: duckdb.DuckDBPyConnection, policy: Policy) -> None:
    """Makes the four tables of known codes."""
    covered = _leaves_covered()
    leaves = [code for code in covered if regions()[code].level == _LEAF_LEVEL]
    _make(con, KNOWN_LEAVES, {"region_code": leaves})
    _make(
        con,
        KNOWN_REGIONS,
        {
            "region_code": list(covered),
            "region_level": [regions()[code].level for code in covered],
            "leaf_codes": list(covered.values()),
        },
    )
    first_years = policy.ages.bands
    _make(
        con,
        KNOWN_AGE_BANDS,
        {
            "age_band": policy.ages.labels(),
            "first_age": first_years,
            "last_age": [*(following - 1 for following in first_years[1:]), None],
        },
    )
    stretches = [
        (name, *((one, None) if isinstance(one, int) else (None, one)))
        for name, axis in policy.axes.root.items()
        for one in (*axis.bounds, *axis.words, *axis.earlier)
    ]
    names, bounds, words = zip(*stretches, strict=True)
    kinds = {"axis": pa.array(names, pa.string()), "bound": pa.array(bounds, pa.int32())}
    _make(con, KNOWN_STRETCHES, {**kinds, "word": pa.array(words, pa.string())})


@cache
def _leaves_covered() -> dict[str, list[str]]:
    covered: dict[str, list[str]] = {code: [] for code in regions()}
    for leaf in sorted(code for code, region in regions().items() if region.level == _LEAF_LEVEL):
        for region in _with_ancestors(leaf):
            covered[region].append(leaf)
    return covered


def _with_ancestors(code: str) -> list[str]:
    chain = [code]
    while (parent := regions()[chain[-1]].parent) is not None:
        chain.append(parent)
    return chain


def _make(con: duckdb.DuckDBPyConnection, table: str, columns: Mapping[str, Sequence[Any]]) -> None:
    con.register("known_codes_given", pa.table(columns))
    con.execute(f"create table {table} as select * from known_codes_given")
    con.unregister("known_codes_given")
