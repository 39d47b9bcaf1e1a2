"""Whom the demonstration's reports count: the visitors of the website's export, by region and age, week by week."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import Protocol

import duckdb
import numpy as np
import pyarrow as pa

from demonstration.ga4_events import draw_events
from demonstration.places import PLACES
from demonstration.population import Population, make_population
from demonstration.week_span import ZONE, WeekSpan, generator, microseconds

#: GA4's brackets by their first year; whoever is younger has no age there.
BRACKETS = ((18, "18-24"), (25, "25-34"), (35, "35-44"), (45, "45-54"), (55, "55-64"), (65, "65+"))
#: Google knows the age of those who let it; the others are in `unknown`, with the minors.
AGE_KNOWN = 0.7
NOT_SET = "(not set)"

#: One row of a report: its dimensions, and users, sessions, engaged sessions, views, seconds of engagement.
AudienceRow = tuple[tuple[str, ...], tuple[int, ...]]


class Audience(Protocol):
    """What a property's reports are made of."""

    def rows(self, dimensions: Sequence[str], first_day: date, last_day: date) -> list[AudienceRow]:
        """One row for each combination of the dimensions that was seen in these days, both included, in no order."""


class DemonstrationAudience:
    """Visitors who consented, of the same draws as the export's events; the same for the same arguments."""

    def __init__(self, persons: int, span: WeekSpan, seed: int) -> None:
        self._drawn_by = (persons, span, seed)

    @cached_property
    def _con(self) -> duckdb.DuckDBPyConnection:
        """Made when somebody first asks."""
        persons, span, seed = self._drawn_by
        people = make_population(persons, span, seed)
        con = duckdb.connect(config={"threads": 1})
        con.register("drawn", draw_events(people, span, seed))
        con.register("places", _places())
        con.register("ages", pa.table({"owner": range(len(people)), "bracket": _brackets(people, span, seed)}))
        con.execute(_VISITS)
        return con

    def rows(self, dimensions: Sequence[str], first_day: date, last_day: date) -> list[AudienceRow]:
        """As Google counts: each visitor once a row, in every row in which it was seen."""
        named = {"countryId": "country_id", "region": "region", "userAgeBracket": "bracket"}
        columns = [named[dimension] for dimension in dimensions]
        begin, end = (
            microseconds(datetime.combine(day, time(), ZONE)) for day in (first_day, last_day + timedelta(days=1))
        )
        with self._con.cursor() as con:
            found = con.execute(
                f"""
                select {"".join(f"{column}, " for column in columns)}
                    count(distinct browser), count(distinct session),
                    count(distinct session) filter (events > 3), count(*) filter (is_view),
                    coalesce(sum(engagement_ms) // 1000, 0)::bigint
                from visit where event_us >= {begin} and event_us < {end}
                group by all
                """
            ).fetchall()
        cut = len(columns)
        return [(tuple(row[:cut]), tuple(map(int, row[cut:]))) for row in found if row[cut]]


def _places() -> pa.Table:
    written = [(place.country or NOT_SET, place.ga4_region or NOT_SET) for place in PLACES] + [(NOT_SET, NOT_SET)]
    countries, regions = zip(*written, strict=True)
    return pa.table({"place": range(len(written)), "country_id": countries, "region": regions})


def _brackets(people: Population, span: WeekSpan, seed: int) -> pa.Array:
    age = (np.datetime64(span.first_day, "D") - people.birth_day).astype(int) / 365.2425
    firsts, names = zip(*BRACKETS, strict=True)
    which = np.searchsorted(np.array(firsts), age, side="right")
    is_known = generator(seed, "known ages").random(len(age)) < AGE_KNOWN
    words = np.array(["unknown", *names], dtype=object)
    return pa.array(words[np.where(is_known, which, 0)], pa.string())


#: Consent 0 is `Yes`. Which events are views is as in the export (`ga4_events.NAMED_EVENTS`).
_VISITS = """
    create table visit as
    select event_us, browser, session, events, country_id, region, bracket,
        position = 1 or (position > 1 and (session * 31 + position * 7) % 6 in (1, 4)) as is_view,
        case when position > 1 then engagement_ms end as engagement_ms
    from drawn join places using (place) join ages using (owner)
    where consent = 0
"""
