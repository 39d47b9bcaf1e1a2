"""`cmn.toml`, typed and frozen."""
