"""Taking a person out of a home: stored rows rewritten, and what else may hold an id cleared."""
