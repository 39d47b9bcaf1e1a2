"""What is known of deliveries: how many records each held, by what it is known again, and whether it is accepted."""
