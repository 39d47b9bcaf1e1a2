"""Reports of GA4's Data API, from a real service over a real channel."""
