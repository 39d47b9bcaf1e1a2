"""From frozen cells to releases: what is due, what it says, and whether it may leave."""
