"""Delivered Avro: its blocks looked at, then vetted and read as Parquet is."""
