"""Generalisation hierarchies, and the boxes of leaves that cells cover."""
