"""The `cmn` command."""


def main() -> int:
    """Runs one subcommand and returns its exit code."""
    return 2
