"""Reported counts: which rows of a foreign service's reports may be told beside one another."""
