"""The `cmn` command."""
