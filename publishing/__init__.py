"""The only door out: frozen cells, marts, pages."""
