"""What is expected of each table."""
