"""The only door in: sources are read, judged, gated and stored without identity."""
