"""What people decide: numbers and lists, typed and frozen, each with its unit, reason and source."""
