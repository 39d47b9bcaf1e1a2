"""Weeks: the calendar, what became of each, and which of them wait."""
