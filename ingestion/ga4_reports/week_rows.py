"""From Google's rows to those that are stored: the project's region codes, GA4's age brackets, unknown leaves."""

from collections.abc import Mapping

import duckdb
import pandas as pd
import pyarrow as pa

from home.sql import sql_file
from home.weeks.report_weeks import ALL_AGES, BREAKDOWNS, ROWS, UNKNOWN_AGE, WORLD
from ingestion.ga4.regions import make_region_names
from policy.region_table import UNKNOWN, regions
from refusals.errors import InputRefused

COUNTRY, REGION, AGE = "countryId", "region", "userAgeBracket"
#: GA4's words for ages; `unknown` holds people whose age Google does not know, minors among them.
BRACKETS = ("18-24", "25-34", "35-44", "45-54", "55-64", "65+", UNKNOWN_AGE)
#: What Google writes where it knows nothing, or put rows together.
NOTHING_KNOWN = ("(not set)", "(other)", "")


def week_rows(con: duckdb.DuckDBPyConnection, reports: Mapping[str, pd.DataFrame]) -> pa.Table:
    """The rows of all reports of a week, as `home.weeks.report_weeks.ROWS` says.

    A region is placed by its country's code and its English name, as GA4's export is; what finds no code is a leaf of
    its country that is unknown, or `??`.

    Raises:
        InputRefused: an age bracket that this project does not know.
    """
    make_region_names(con)
    con.register("countries_read", pa.table({"country_code": _countries()}))
    told = [_coded(con, breakdown, frame) for breakdown, frame in reports.items()]
    con.unregister("countries_read")
    return pa.concat_tables(told)


def _coded(con: duckdb.DuckDBPyConnection, breakdown: str, frame: pd.DataFrame) -> pa.Table:
    dimensions = BREAKDOWNS[breakdown]
    read = frame.assign(
        report=breakdown,
        country=frame[COUNTRY] if COUNTRY in dimensions else None,
        region_name=frame[REGION] if REGION in dimensions else None,
        age_bracket=_brackets(frame[AGE]) if AGE in dimensions else ALL_AGES,
    )
    con.register("report_read", pa.Table.from_pandas(read, preserve_index=False))
    kinds = {"has_country": COUNTRY in dimensions, "has_region": REGION in dimensions}
    constants = {"world": WORLD, "unknown": UNKNOWN}
    coded = con.execute(sql_file("ingestion.ga4_reports", "coded_rows"), {**kinds, **constants}).to_arrow_table()
    con.unregister("report_read")
    return coded.cast(ROWS)


def _brackets(told: "pd.Series[str]") -> "pd.Series[str]":
    known = told.where(~told.isin(NOTHING_KNOWN), UNKNOWN_AGE)
    if not known.isin(BRACKETS).all():
        raise InputRefused(
            f"a report by {AGE} has brackets that this version does not know (it knows {', '.join(BRACKETS)}): nothing"
            " of it is kept"
        )
    return known


def _countries() -> list[str]:
    return [region.code for region in regions().values() if region.level == "country"]
