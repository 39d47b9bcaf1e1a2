"""From Google's rows to those that are stored: the project's region codes, GA4's age brackets, unknown leaves."""

from collections.abc import Mapping
from functools import cache

import pandas as pd
import pyarrow as pa

from home.weeks.report_weeks import ALL_AGES, BREAKDOWNS, ROWS, UNKNOWN_AGE, WORLD
from policy.region_table import UNKNOWN, regions
from policy.region_words import subdivision_of_name
from refusals.errors import InputRefused

COUNTRY, REGION, AGE = "countryId", "region", "userAgeBracket"
#: GA4's words for ages; `unknown` holds people whose age Google does not know, minors among them.
BRACKETS = ("18-24", "25-34", "35-44", "45-54", "55-64", "65+", UNKNOWN_AGE)
#: What Google writes where it knows nothing, or put rows together.
NOTHING_KNOWN = ("(not set)", "(other)", "")


def week_rows(reports: Mapping[str, pd.DataFrame]) -> pa.Table:
    """The rows of all reports of a week, as `home.weeks.report_weeks.ROWS` says.

    A region is placed by its country's code and its English name, as GA4's export is; what finds no code is a leaf of
    its country that is unknown, or `??`.

    Raises:
        InputRefused: an age bracket that this project does not know.
    """
    return pa.concat_tables([_coded(breakdown, frame) for breakdown, frame in reports.items()])


def _coded(breakdown: str, frame: pd.DataFrame) -> pa.Table:
    dimensions = BREAKDOWNS[breakdown]
    named = [frame[name] for name in (COUNTRY, REGION) if name in dimensions]
    places = list(zip(*named, strict=True)) if named else [()] * len(frame)
    codes = {place: _region_code(*place) for place in set(places)}
    coded = frame.assign(
        report=breakdown,
        region_code=[codes[place] for place in places],
        age_bracket=_brackets(frame[AGE]) if AGE in dimensions else ALL_AGES,
    )
    return pa.Table.from_pandas(coded[ROWS.names], schema=ROWS, preserve_index=False).replace_schema_metadata(None)


def _region_code(country: str | None = None, *name: str) -> str:
    """Of nothing the world, of a country its code, of a region of it a leaf."""
    if country is None:
        return WORLD
    if country not in _countries():
        return UNKNOWN
    return country if not name else subdivision_of_name(country, *name) or f"{country}-?"


def _brackets(told: "pd.Series[str]") -> "pd.Series[str]":
    known = told.where(~told.isin(NOTHING_KNOWN), UNKNOWN_AGE)
    if not known.isin(BRACKETS).all():
        raise InputRefused(
            f"a report by {AGE} has brackets that this version does not know (it knows {', '.join(BRACKETS)}): nothing"
            " of it is kept"
        )
    return known


@cache
def _countries() -> frozenset[str]:
    return frozenset(region.code for region in regions().values() if region.level == "country")
