"""What several charts share: the sequential scale, a line of a tooltip."""

from typing import Any

from portal.figures.figure import Value

#: From little to much, along one hue by lightness: names of the style sheet's colours.
RAMP = [f"$ramp-{step}" for step in range(1, 8)]


def tip(field: str, title: str) -> Any:
    """A line of a tooltip: a text of the chart's data under its title."""
    import altair as alt

    return alt.Tooltip(f"{field}:N", title=title)


def number_of(value: Value) -> float:
    """A value that is a number; what is none counts as nothing."""
    return value if isinstance(value, int | float) else 0.0
