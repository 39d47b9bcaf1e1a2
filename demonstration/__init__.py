"""Demonstration sources: invented people, their consents and sessions, the website's export, and a city database."""

from demonstration.sources import PERSONS, SEED, make_sources, write_config
from demonstration.week_span import AS_OF, FIRST_DAY, LAST_DAY, WEEKS, WeekSpan

__all__ = ["AS_OF", "FIRST_DAY", "LAST_DAY", "PERSONS", "SEED", "WEEKS", "WeekSpan", "make_sources", "write_config"]
