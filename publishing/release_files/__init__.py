"""A release as files that tools and people read: figures, and all that explains, finds, loads and cites them."""
