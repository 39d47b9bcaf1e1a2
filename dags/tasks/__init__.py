"""What tasks of several DAGs do: plan a run, try a step, tell counts, close, watch."""
