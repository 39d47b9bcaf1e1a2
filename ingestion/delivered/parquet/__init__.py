"""Delivered Parquet: vetted in a confined process, then read."""
