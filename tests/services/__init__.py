"""Real servers and programs that tests start and stop."""
