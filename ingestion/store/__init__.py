"""The restricted store: consented records without identity, and how they end."""
