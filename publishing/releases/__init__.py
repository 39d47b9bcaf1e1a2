"""Releases on disk: their names and states, signatures, the ledger that publishes them, and how they are checked."""
