"""Durations as whole minutes: the one rounding that is published, and that the audit takes published minutes to be."""

from typing import Final

MINUTE_US: Final = 60_000_000


def whole_minutes(duration_us: int) -> int:
    """Rounded half up; never applied to what is summed again."""
    return (duration_us + MINUTE_US // 2) // MINUTE_US
