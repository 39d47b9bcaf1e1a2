"""What a release is called, which states it passes through, and the signed ledger that holds it."""
