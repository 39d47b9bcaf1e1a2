"""A process of its own for parsers of foreign binary formats."""
