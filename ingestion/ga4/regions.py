"""From the English names by which GA4 writes countries and regions to leaf region codes."""

import duckdb
import pyarrow as pa

from home.sql import Sql, identifier
from policy.region_table import UNKNOWN
from policy.region_words import codes_of_names


def make_region_names(con: duckdb.DuckDBPyConnection) -> None:
    """Makes `ga4_country_names` (`country_name`, `country_code`) and `ga4_region_names` (`country_code`, `region_name`,
    `region_code`), names in lower case; a name that case alone tells apart stands for two places, so for none.
    """
    one = [(country, name, code) for (country, name), code in codes_of_names().items()]
    tables = {
        "ga4_country_names": {
            "country_name": [name for country, name, _ in one if not country],
            "country_code": [code for country, _, code in one if not country],
        },
        "ga4_region_names": {
            "country_code": [country for country, _, _ in one if country],
            "region_name": [name for country, name, _ in one if country],
            "region_code": [code for country, _, code in one if country],
        },
    }
    for table, columns in tables.items():
        con.register("region_names_read", pa.table(columns))
        con.execute(f"create or replace temp table {identifier(table)} as select * from region_names_read")
        con.unregister("region_names_read")


def region_code() -> Sql:
    """SQL: the leaf code, given the two tables left joined by name: subdivision, `<CC>-?`, or `??`."""
    return Sql(f"coalesce(ga4_region_names.region_code, ga4_country_names.country_code || '-?', '{UNKNOWN}')")
