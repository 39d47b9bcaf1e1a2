"""Worlds that tests are played in: homes, deliveries, marts and releases of known content."""
