"""The one folder that holds all state: its layout, config, keys, lock and register of runs."""
