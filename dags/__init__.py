"""The DAGs: when things run."""
