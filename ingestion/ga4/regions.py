"""From the English names by which GA4 writes countries and regions to leaf region codes."""

import duckdb
import pyarrow as pa

from policy.region_words import leaf_of_names


def make_places(con: duckdb.DuckDBPyConnection) -> None:
    """Makes `ga4_places` (`country`, `region`, `region_code`): the leaf of each pair of names in `ga4_rows`."""
    pairs = con.execute("select distinct country, region from ga4_rows").fetchall()
    columns = {
        "country": pa.array((country for country, _ in pairs), pa.string()),
        "region": pa.array((region for _, region in pairs), pa.string()),
        "region_code": pa.array((leaf_of_names(*pair) for pair in pairs), pa.string()),
    }
    con.register("places_read", pa.table(columns))
    con.execute("create or replace temp table ga4_places as select * from places_read")
    con.unregister("places_read")
