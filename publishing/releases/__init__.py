"""Releases: frozen cells as folders that researchers can find, load, cite and check."""
