"""Great Expectations judges suites; counts come back, values cannot."""
