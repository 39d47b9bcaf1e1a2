"""The register of runs: its file, its tables, and what it knows of deliveries."""
