"""Reports of GA4's Data API: counts that Google makes, asked for week by week over gRPC."""
