"""Demonstration sources: invented people, their consents and sessions, the website's export, and a city database."""

from demonstration.sources import PERSONS, SEED, make_sources, write_config
from demonstration.span import AS_OF, FIRST_DAY, LAST_DAY, WEEKS, Span

__all__ = ["AS_OF", "FIRST_DAY", "LAST_DAY", "PERSONS", "SEED", "WEEKS", "Span", "make_sources", "write_config"]
