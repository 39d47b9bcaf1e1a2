"""From addresses to leaf regions."""
