"""Sessions of the app: when, how long, from where; and the deliveries in which they arrive, early, late and twice."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from demonstration.city_networks import draw_addresses
from demonstration.places import draw_places
from demonstration.population import Population
from demonstration.week_span import DAY_US, HOUR_US, SECOND_US, WeekSpan, generator

#: How often a session starts in each hour of a working day, and of a weekend's.
WEEKDAY_HOURS = (2, 1, 1, 1, 1, 2, 6, 14, 16, 12, 11, 12, 17, 14, 11, 11, 14, 17, 19, 24, 27, 24, 15, 6)
WEEKEND_HOURS = (6, 4, 2, 1, 1, 1, 2, 4, 9, 15, 19, 20, 20, 19, 18, 18, 18, 18, 18, 20, 22, 20, 15, 9)
DAY_WEIGHTS = (1.0, 0.95, 0.95, 1.0, 1.05, 1.2, 1.3)
PLATFORMS = ("android", "ios", "web")


@dataclass(frozen=True, slots=True)
class Sessions:
    """Sessions as columns, sorted by person and start; instants are µs UTC."""

    person: np.ndarray
    start_us: np.ndarray
    end_us: np.ndarray
    ip_address: pa.Array
    platform: pa.Array

    def __len__(self) -> int:
        return len(self.person)


@dataclass(frozen=True, slots=True)
class DeliveredRows:
    """Rows as they are delivered: which session, in which delivery, and what the row says of it.

    `end_us` 0 means open. `delivery` 0 … weeks; the last holds what came late.
    """

    session: np.ndarray
    delivery: np.ndarray
    start_us: np.ndarray
    end_us: np.ndarray
    address_of: np.ndarray  # the session whose address the row carries
    platform_of: np.ndarray  # likewise


def make_sessions(population: Population, span: WeekSpan, seed: int) -> Sessions:
    """All sessions of the span as they really were."""
    random = generator(seed, "sessions")
    count = random.poisson(population.sessions_a_week * span.weeks)
    person = np.repeat(np.arange(len(population)), count)
    start = _draw_starts(random, len(person), span)
    order = np.lexsort((start, person))
    start = start[order]  # person is sorted already
    median = np.exp(random.normal(np.log(5 * 60), 0.5, len(population)))[person]
    length = np.minimum(random.lognormal(0, 1.1, len(person)) * median, 20 * 3600) * SECOND_US
    length = length.astype(np.int64)
    odd = random.random(len(person))
    length[odd < 0.003] = 0
    length[(odd >= 0.003) & (odd < 0.0033)] = DAY_US  # 24 hours are not over 24 hours
    whole_minutes = (odd >= 0.0033) & (odd < 0.02)  # the edges of the length bands
    length[whole_minutes] = np.array([1, 5, 15, 30, 60])[np.arange(int(whole_minutes.sum())) % 5] * 60 * SECOND_US
    platform = np.array([*PLATFORMS, None], dtype=object)[random.choice(4, len(person), p=(0.5, 0.33, 0.16, 0.01))]
    return Sessions(person, start, start + length, _addresses(random, population, person), pa.array(platform))


def _draw_starts(random: np.random.Generator, size: int, span: WeekSpan) -> np.ndarray:
    """Starts by the local clock, in days of 23 and 25 hours too; some on the edges of a week."""
    midnights = span.midnights_us()
    weekday = np.arange(span.days) % 7
    weights = np.array(DAY_WEIGHTS)[weekday]
    day = random.choice(span.days, size, p=weights / weights.sum())
    shares = np.array([WEEKDAY_HOURS, WEEKEND_HOURS], dtype=float)
    shares /= shares.sum(axis=1, keepdims=True)
    hours = random.choice(24, size, p=shares[0])
    at_weekend = day % 7 >= 5
    hours[at_weekend] = random.choice(24, int(at_weekend.sum()), p=shares[1])
    begin, lasts = midnights[day], midnights[day + 1] - midnights[day]
    # The clock's hour as elapsed time: on a day of 25 hours the hour that comes twice takes both of its turns.
    elapsed = (hours + random.random(size)) * HOUR_US * (lasts / DAY_US)
    start: np.ndarray = begin + np.minimum(elapsed.astype(np.int64), lasts - 1)
    edge = np.flatnonzero(random.random(size) < 0.002)
    offsets = np.array([0, -1, 1, -60 * SECOND_US, -SECOND_US])[np.arange(len(edge)) % 5]
    mondays = midnights[7 * (np.arange(len(edge)) % (span.weeks - 1) + 1)] if span.weeks > 1 else midnights[0]
    start[edge] = mondays + (offsets if span.weeks > 1 else np.abs(offsets))
    coarse = random.random(size) < 0.3  # clients that tell whole seconds
    start[coarse] = start[coarse] // SECOND_US * SECOND_US
    return start


def _addresses(random: np.random.Generator, population: Population, person: np.ndarray) -> pa.Array:
    """Mostly from home, often by phone in the same region, now and then from elsewhere, seldom none."""
    persons = len(population)
    pools = [
        draw_addresses(random, population.home_place),
        draw_addresses(random, population.home_place),
        draw_addresses(random, draw_places(random, persons)),
    ]
    pool = pa.concat_arrays(pools)
    which = random.choice(3, len(person), p=(0.68, 0.27, 0.05))
    taken = which * persons + person
    return pool.take(pa.array(taken, mask=random.random(len(person)) < 0.008))


def make_deliveries(sessions: Sessions, span: WeekSpan, seed: int) -> DeliveredRows:
    """Each session at least once; some late, repeated, first open, later longer, or told in two ways."""
    random = generator(seed, "deliveries")
    size = len(sessions)
    every = np.arange(size)
    midnights = span.midnights_us()
    week = np.clip(np.searchsorted(midnights[::7], sessions.end_us, side="right") - 1, 0, span.weeks - 1)
    draw = random.random(size)
    never_closed = draw < 0.003
    open_first = (draw >= 0.003) & (draw < 0.03)
    grew = (draw >= 0.03) & (draw < 0.04) & (sessions.end_us > sessions.start_us)
    late = (draw >= 0.04) & (draw < 0.06)
    repeated = (draw >= 0.06) & (draw < 0.11)
    twofold = (draw >= 0.11) & (draw < 0.113)
    final_delivery = np.where(open_first | grew | late, week + 1, week)
    rows = [(every, final_delivery, sessions.start_us, np.where(never_closed, 0, sessions.end_us), every, every)]

    def also(which: np.ndarray, delivery: np.ndarray, start: np.ndarray, end: np.ndarray, address: np.ndarray) -> None:
        at = np.flatnonzero(which)
        rows.append((at, delivery[at], start[at], end[at], address[at], every[at]))

    shorter = sessions.start_us + (sessions.end_us - sessions.start_us) // 2
    elsewhere = random.permutation(size)
    also(open_first, week, sessions.start_us, np.zeros(size, dtype=np.int64), every)
    also(grew, week, sessions.start_us, shorter, elsewhere)
    also(repeated, week + 1, sessions.start_us, sessions.end_us, every)
    # The same end told twice: the smaller row counts, by start, then address.
    moved = np.where(every % 2 == 0, np.maximum(sessions.start_us - 1_500_000, midnights[0]), sessions.start_us)
    has_address = ~np.asarray(sessions.ip_address.is_null())
    also(twofold & has_address & has_address[elsewhere], week + 1, moved, sessions.end_us, elsewhere)
    columns = [np.concatenate(column) for column in zip(*rows, strict=True)]
    order = np.argsort(columns[1] * (1 << 40) + (columns[0] * 2654435761) % (1 << 40), kind="stable")
    return DeliveredRows(*(column[order] for column in columns))
