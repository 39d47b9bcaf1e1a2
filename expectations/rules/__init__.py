"""Rules that tables share."""
