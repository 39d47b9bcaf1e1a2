"""Releases: what is due, what it says, whether it may leave, and the proof that it is what was signed."""
