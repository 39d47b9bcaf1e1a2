"""What people consented to, when, and how they changed their minds: every story that the gate must tell apart."""

import numpy as np
import pyarrow as pa

from demonstration.app_sessions import Sessions
from demonstration.population import Population
from demonstration.week_span import DAY_US, HOUR_US, SECOND_US, WeekSpan, generator

CURRENT = "2024-02-19"
#: A statement from before the app opened, tried with a pilot group: not accepted by the current one.
OUTDATED = "2023-05-01"
MAX_AGE_US = 395 * DAY_US

#: Share of the people who live each story; the rest consented when they registered, and left it at that.
STORY_SHARES = {
    "never_asked": 0.06,  # no analytics entry at all
    "refused": 0.06,
    "withdrew": 0.03,  # within the span
    "withdrew_and_came_back": 0.02,
    "withdrew_during_a_session": 0.012,
    "withdrew_at_a_session_start": 0.004,  # the same microsecond: the denial counts
    "withdrew_at_a_session_end": 0.004,
    "withdrew_just_after_a_session": 0.004,
    "consented_late": 0.03,  # first entry within the span
    "consented_at_a_session_start": 0.004,
    "outdated": 0.02,
    "outdated_then_renewed": 0.01,
    "expires": 0.03,  # the grant turns 395 days old within the span
    "expires_at_a_session_start": 0.004,
    "expired_then_renewed": 0.015,
    "yes_and_no_at_once": 0.006,
    "two_versions_at_once": 0.006,
    "same_yes_twice": 0.006,
    "withdraws_later": 0.004,  # after `as_of`: not yet
    "withdraws_at_as_of": 0.002,
}


class _Ledger:
    """Entries by column; positions are persons."""

    def __init__(self) -> None:
        self._columns: list[tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]] = []

    def add(self, person: np.ndarray, purpose: str, granted: bool, when_us: np.ndarray, version: str = CURRENT) -> None:
        size = len(person)
        self._columns.append(
            (person, np.full(size, purpose), np.full(size, granted), np.full(size, version), when_us.astype(np.int64))
        )

    def table(self) -> pa.Table:
        names = ("person", "purpose", "granted", "policy_version", "recorded_us")
        columns = [np.concatenate(column) for column in zip(*self._columns, strict=True)]
        order = np.lexsort((columns[0], columns[4]))
        return pa.table(dict(zip(names, (column[order] for column in columns), strict=True)))


def make_consents(population: Population, sessions: Sessions, span: WeekSpan, seed: int) -> pa.Table:
    """The ledger, by time: `person` (position), `purpose`, `granted`, `policy_version`, `recorded_us`."""
    random = generator(seed, "consents")
    ledger = _Ledger()
    everyone = np.arange(len(population))
    registered = population.registered_us
    ledger.add(everyone, "functional", True, registered)
    told = everyone[random.random(len(everyone)) < 0.3]
    ledger.add(told, "advertising", False, registered[told] + SECOND_US)
    _add_parents(ledger, random, population, span)
    _add_analytics(ledger, random, population, sessions, span)
    return ledger.table()


def _add_parents(ledger: _Ledger, random: np.random.Generator, population: Population, span: WeekSpan) -> None:
    """Most children's parents granted, some never answered, some took it back within the span."""
    begin, registered = _begin_us(span), population.registered_us
    age_days = (np.datetime64(span.first_day, "D") - population.birth_day).astype(int)
    children = np.flatnonzero(age_days < 17 * 365)
    answer = random.random(len(children))
    granted = children[answer < 0.75]
    ledger.add(granted, "parental", True, registered[granted] + HOUR_US)
    revoked = children[answer < 0.12]
    ledger.add(revoked, "parental", False, begin + (random.random(len(revoked)) * span.days * DAY_US))
    refused = children[answer > 0.93]
    ledger.add(refused, "parental", False, registered[refused] + HOUR_US)


def _add_analytics(
    ledger: _Ledger, random: np.random.Generator, population: Population, sessions: Sessions, span: WeekSpan
) -> None:
    begin, registered, size = _begin_us(span), population.registered_us, len(population)
    # A grant that is still fresh at the span's end, unless the story says otherwise.
    fresh = np.maximum(registered, begin - (random.random(size) * 300 * DAY_US).astype(np.int64))
    within = begin + (random.random(size) * span.days * DAY_US).astype(np.int64) // SECOND_US * SECOND_US
    start, end = _one_session_each(population, sessions, fallback_us=within)
    of = _cast(random, size)

    left = of["rest"]
    ledger.add(left, "analytics", True, fresh[left])
    for story in ("withdrew", "withdrew_and_came_back", "withdraws_later", "withdraws_at_as_of"):
        ledger.add(of[story], "analytics", True, np.minimum(fresh, within - DAY_US)[of[story]])
    for story in ("withdrew", "withdrew_and_came_back"):
        ledger.add(of[story], "analytics", False, within[of[story]])
    back = of["withdrew_and_came_back"]
    ledger.add(back, "analytics", True, within[back] + random.integers(1, 9, len(back)) * DAY_US)
    ledger.add(of["withdraws_later"], "analytics", False, np.full(len(of["withdraws_later"]), span.as_of_us + 1))
    ledger.add(of["withdraws_at_as_of"], "analytics", False, np.full(len(of["withdraws_at_as_of"]), span.as_of_us))
    ledger.add(of["refused"], "analytics", False, registered[of["refused"]])

    halfway = start + (end - start) // 2
    for story, moment in (
        ("withdrew_during_a_session", np.maximum(halfway, start + 1)),
        ("withdrew_at_a_session_start", start),
        ("withdrew_at_a_session_end", end),
        ("withdrew_just_after_a_session", end + 1),
    ):
        ledger.add(of[story], "analytics", True, np.minimum(fresh, start - DAY_US)[of[story]])
        ledger.add(of[story], "analytics", False, moment[of[story]])
        # Most think better of it; the rest stays withdrawn.
        ledger.add(of[story][1::3], "analytics", True, moment[of[story][1::3]] + HOUR_US)
        ledger.add(of[story][2::3], "analytics", True, moment[of[story][2::3]] + DAY_US)

    ledger.add(of["consented_late"], "analytics", True, within[of["consented_late"]])
    ledger.add(of["consented_at_a_session_start"], "analytics", True, start[of["consented_at_a_session_start"]])
    for story in ("outdated", "outdated_then_renewed"):
        ledger.add(of[story], "analytics", True, np.minimum(fresh, within - DAY_US)[of[story]], OUTDATED)
    renewed = of["outdated_then_renewed"]
    ledger.add(renewed, "analytics", True, within[renewed])
    for story in ("expires", "expired_then_renewed"):
        ledger.add(of[story], "analytics", True, within[of[story]] - MAX_AGE_US)
    at_start = of["expires_at_a_session_start"]  # exactly 395 days old: not older, so it still counts
    ledger.add(at_start, "analytics", True, start[at_start] - MAX_AGE_US)
    renewed = of["expired_then_renewed"]
    ledger.add(renewed, "analytics", True, within[renewed] + random.integers(1, 12, len(renewed)) * DAY_US)

    for story in ("yes_and_no_at_once", "two_versions_at_once", "same_yes_twice"):
        ledger.add(of[story], "analytics", True, fresh[of[story]])
    ledger.add(of["yes_and_no_at_once"], "analytics", False, fresh[of["yes_and_no_at_once"]])
    ledger.add(of["two_versions_at_once"], "analytics", True, fresh[of["two_versions_at_once"]], OUTDATED)
    ledger.add(of["same_yes_twice"], "analytics", True, fresh[of["same_yes_twice"]])


def _cast(random: np.random.Generator, size: int) -> dict[str, np.ndarray]:
    """Who lives which story, persons ascending; `rest` lives none. In a large population every story is lived."""
    shares = np.array(list(STORY_SHARES.values()))
    bounds = np.cumsum(shares)
    drawn = np.searchsorted(bounds, random.random(size), side="right")
    stories = {story: np.flatnonzero(drawn == number) for number, story in enumerate(STORY_SHARES)}
    return {**stories, "rest": np.flatnonzero(drawn == len(shares))}


def _one_session_each(
    population: Population, sessions: Sessions, fallback_us: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Start and end of each person's middle session; of a moment instead for who has none."""
    size = len(population)
    counts = np.bincount(sessions.person, minlength=size)
    firsts = np.concatenate(([0], np.cumsum(counts)[:-1]))
    middle = np.minimum(firsts + counts // 2, max(len(sessions) - 1, 0))
    has = counts > 0
    start = np.where(has, sessions.start_us[middle], fallback_us)
    return start, np.where(has, sessions.end_us[middle], fallback_us + HOUR_US)


def _begin_us(span: WeekSpan) -> int:
    return int(span.midnights_us()[0])
