"""Invented people: ages, homes, habits, and the names and e-mail addresses that no store may ever hold."""

import math
from dataclasses import dataclass
from datetime import date

import duckdb
import numpy as np
import pyarrow as pa

from demonstration.places import PLACES, draw_places
from demonstration.week_span import DAY_US, SECOND_US, WeekSpan, generator
from home.sql import sql_file

#: First and last year of age, and the share of people, roughly that of an app's users.
AGE_SHARES = (
    (12, 15, 0.05), (16, 17, 0.06), (18, 24, 0.19), (25, 34, 0.24), (35, 44, 0.18),
    (45, 54, 0.13), (55, 64, 0.09), (65, 93, 0.06),
)  # fmt: skip
#: Profile country by weight; `UK` and `XK` are codes that ISO 3166-1 does not list, the empty one is missing.
COUNTRY_SHARES = (
    ("NL", 0.83), ("BE", 0.055), ("DE", 0.035), ("SR", 0.025), ("TR", 0.02), ("MA", 0.008), ("CW", 0.004),
    ("GB", 0.004), ("PL", 0.003), ("UK", 0.003), ("XK", 0.001), ("", 0.012),
)  # fmt: skip
#: No such days, and days that no living person was born on.
IMPOSSIBLE_BIRTH_DATES = ("2003-02-29", "1990-13-01", "31-12-1984", "1879-05-05", "2031-01-01", "unknown")
#: The app opened on the day of its first privacy statement.
OPENED = date(2024, 2, 19)

FIRST_SYLLABLES = ("Zwel", "Quir", "Brax", "Fjol", "Mzun", "Thyr", "Xand", "Wlod", "Grij", "Pfel")
MIDDLE_SYLLABLES = ("avo", "emi", "iku", "ora", "uba", "yso", "ent", "oxi")
LAST_SYLLABLES = ("dijn", "lotte", "meric", "zabeth", "quinta", "vaar", "thilde", "rigo")


@dataclass(frozen=True, slots=True)
class Population:
    """Persons as columns: position i of each is person i."""

    user_id: pa.Array
    country: pa.Array
    birth_date: pa.Array  # text, as delivered; null or impossible for some
    birth_day: np.ndarray  # datetime64[D], what the ages were drawn from
    registered_us: np.ndarray
    closed_us: np.ndarray  # 0: open
    first_name: pa.Array
    last_name: pa.Array
    email: pa.Array
    home_place: np.ndarray
    sessions_a_week: np.ndarray

    def __len__(self) -> int:
        return len(self.user_id)


def make_population(persons: int, span: WeekSpan, seed: int) -> Population:
    """`persons` people, the same for the same arguments."""
    random = generator(seed, "population")
    number = np.arange(persons)
    born = _draw_birth_days(random, persons, span)
    written = born.astype(str).astype(object)
    odd = random.random(persons)
    written[odd < 0.012] = None
    impossible = np.flatnonzero((odd >= 0.012) & (odd < 0.02))
    written[impossible] = np.array(IMPOSSIBLE_BIRTH_DATES, dtype=object)[number[: len(impossible)] % 6]
    codes, shares = zip(*COUNTRY_SHARES, strict=True)
    country = np.array(codes, dtype=object)[random.choice(len(codes), persons, p=np.array(shares) / math.fsum(shares))]
    is_nowhere = country == ""
    country[is_nowhere] = None
    registered = _draw_registrations(random, persons, span)
    home_place = draw_places(random, persons)
    # Some of whom nothing tells a country: neither their profile nor their address.
    home_place[is_nowhere & (number % 2 == 0)] = len(PLACES)
    texts = _draw_texts(random, persons)
    return Population(
        user_id=texts["user_id"].combine_chunks(),
        country=pa.array(country, pa.string()),
        birth_date=pa.array(written, pa.string()),
        birth_day=born,
        registered_us=registered,
        closed_us=_draw_closings(random, persons, span),
        first_name=texts["first_name"].combine_chunks(),
        last_name=texts["last_name"].combine_chunks(),
        email=texts["email"].combine_chunks(),
        home_place=home_place,
        # A long tail: most open the app now and then, a few live in it (so that dominance matters in small cells).
        sessions_a_week=np.minimum(random.lognormal(np.log(1.35), 1.1, persons), 70.0),
    )


def _draw_birth_days(random: np.random.Generator, persons: int, span: WeekSpan) -> np.ndarray:
    """Days of birth; some within the span's days of turning 16 or 18, some on 29 February."""
    firsts, lasts, shares = (np.array(column, dtype=float) for column in zip(*AGE_SHARES, strict=True))
    band = random.choice(len(shares), persons, p=shares / shares.sum())
    age = firsts[band] + random.random(persons) * (lasts[band] - firsts[band] + 1)
    begin = np.datetime64(span.first_day, "D")
    born: np.ndarray = begin - (age * 365.2425).astype(int)
    turning = np.flatnonzero(random.random(persons) < 0.01)
    years = np.array([16, 18, 25, 35, 65])[np.arange(len(turning)) % 5]
    day_of_turning = begin + random.integers(0, span.days, len(turning))
    born[turning] = [_same_day(day, int(year)) for day, year in zip(day_of_turning, years, strict=True)]
    leap = np.flatnonzero(random.random(persons) < 0.004)
    leap_days = np.array(["2008-02-29", "1996-02-29", "1960-02-29", "2012-02-29"], dtype="datetime64[D]")
    born[leap] = leap_days[np.arange(len(leap)) % 4]
    return born


def _same_day(day: np.datetime64, years_before: int) -> np.datetime64:
    then = day.astype(object)
    day_of_month = 28 if (then.month, then.day) == (2, 29) else then.day
    return np.datetime64(date(then.year - years_before, then.month, day_of_month), "D")


def _draw_registrations(random: np.random.Generator, persons: int, span: WeekSpan) -> np.ndarray:
    """Instants between the app's opening and the middle of the span; most before it."""
    opened = np.datetime64(OPENED, "us").astype(np.int64)
    begin = np.datetime64(span.first_day, "us").astype(np.int64)
    early = opened + (random.random(persons) * (begin - opened)).astype(np.int64)
    during = begin + (random.random(persons) * span.days * DAY_US * 0.5).astype(np.int64)
    return np.where(random.random(persons) < 0.94, early, during) // SECOND_US * SECOND_US


def _draw_closings(random: np.random.Generator, persons: int, span: WeekSpan) -> np.ndarray:
    """Some accounts closed before or during the span, one at `as_of` itself, a few that will close after it."""
    begin = np.datetime64(span.first_day, "us").astype(np.int64)
    draw = random.random(persons)
    closed = np.zeros(persons, dtype=np.int64)
    during = draw < 0.025
    closed[during] = begin + (random.random(int(during.sum())) * span.days * DAY_US).astype(np.int64)
    before = (draw >= 0.025) & (draw < 0.03)
    closed[before] = begin - random.integers(1, 60, int(before.sum())) * DAY_US
    after = np.flatnonzero((draw >= 0.03) & (draw < 0.034))
    closed[after] = span.as_of_us + random.integers(1, 60, len(after)) * DAY_US
    if len(after) > 1:
        closed[after[0]] = span.as_of_us
        closed[after[1]] = span.as_of_us + 1
    return closed


def _draw_texts(random: np.random.Generator, persons: int) -> pa.Table:
    """Identifiers (a third of them digits with leading zeros), and names and e-mail addresses found nowhere else."""
    table = pa.table(
        {
            "number": np.arange(persons),
            "a": random.integers(0, 1 << 31, persons),
            "b": random.integers(0, 1 << 31, persons),
        }
    )
    with duckdb.connect() as con:
        con.register("drawn", table)
        return con.execute(
            sql_file("demonstration", "drawn_texts"),
            {"first": FIRST_SYLLABLES, "middle": MIDDLE_SYLLABLES, "last": LAST_SYLLABLES},
        ).to_arrow_table()
