"""The marts, one a file."""
