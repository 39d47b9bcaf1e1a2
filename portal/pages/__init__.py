"""The pages, in both languages."""
