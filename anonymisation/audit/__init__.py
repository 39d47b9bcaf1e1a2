"""What can be worked out from everything that was published, taken together."""
