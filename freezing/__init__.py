"""Counts become cells, and cells become a commit: what a week is, for good."""
