"""Recoding and division of counted cells, as pure functions."""
