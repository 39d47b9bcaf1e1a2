"""The checks at both doors, as Great Expectations suites."""
