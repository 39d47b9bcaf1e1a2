"""Equivalence classes: what the privacy rules need to know of them, and the rules."""
