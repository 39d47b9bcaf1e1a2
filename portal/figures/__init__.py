"""The numbers that pages show, in no language yet."""
