"""Charts: figures as Vega-Lite specifications, made by Altair, that bring their data and fetch nothing.

Colours are names such as `$accent`, which the page's script replaces by the style sheet's, so that a chart follows the
reader's light or dark theme. Sequential scales run along one hue by lightness, which every kind of colour vision reads.
"""

from collections.abc import Callable
from datetime import date, timedelta
from textwrap import fill
from typing import Any

from portal.charts.chart_parts import RAMP, number_of, tip
from portal.charts.province_chart import province_chart
from portal.figures.figure import Figure, HourSpan, Value, ValueSpan
from portal.texts.texts import Texts

WEEK = timedelta(days=7)
#: Weeks up to which each is marked by a point; more would run into each other on a phone.
POINTS_UP_TO = 60
BAR_STEP = 34
#: Room at the end of a bar for each sign of its number, as a share of the longest bar, on a phone's width.
ROOM_A_SIGN = 0.06
#: Signs after which a bar's label goes on in a second line.
LABEL_WIDTH = 18

ChartSpec = dict[str, Any]


def charts_of(figure: Figure, texts: Texts) -> list[ChartSpec]:
    """The charts of a figure, in the order of its measures."""
    if not figure.rows:
        return []
    from altair.utils.schemapi import debug_mode

    draw = _DRAWN_AS.get(figure.name, _shares)  # an axis of the catalogue
    # Altair would judge each part by Vega-Lite's schema: most of a chart's time. The tests judge every kind of chart.
    with debug_mode(False):
        return [_finished(draw(figure, measure, texts)) for measure in figure.measures]


def _finished(chart: Any) -> ChartSpec:
    spec: ChartSpec = chart.to_dict(validate=False)
    del spec["$schema"]  # an address outside; the page says that it is Vega-Lite
    del spec["config"]  # sizes of views that say theirs
    return spec


def _weeks(figure: Figure, measure: str, texts: Texts) -> Any:
    """A line over weeks, left open where a week has no figures."""
    import altair as alt

    values = dict(zip(figure.column("week_start"), figure.column(measure), strict=True))
    weeks = _every_week([week for week in values if isinstance(week, date)])
    rows = [
        {
            "week": week.isoformat(),
            "value": values.get(week),
            "label": texts.week(week),
            "written": texts.measured(values.get(week), measure),
        }
        for week in weeks
    ]
    few = len(weeks) <= POINTS_UP_TO
    x = alt.X(
        "week:T",
        scale=alt.Scale(type="utc", nice=False),
        axis=alt.Axis(title=None, format="%-d %b" if few else "%b %Y", tickCount=5, labelOverlap=True, grid=False),
    )
    percent = measure.endswith("percent")
    scale = alt.Scale(domain=[0, 100]) if percent else alt.Scale(zero=True, nice=True)
    y = alt.Y("value:Q", scale=scale, axis=alt.Axis(title=None, tickCount=3, format=",~r" if not percent else "d"))
    tips = [tip("label", texts("column.week_start")), tip("written", texts(f"column.{measure}"))]
    base = alt.Chart(alt.InlineData(values=rows), width="container", height=150).encode(x=x, y=y)
    return alt.layer(
        base.mark_area(color="$accent", opacity=0.1),
        base.mark_line(color="$accent", strokeWidth=2),
        base.mark_point(color="$accent", filled=True, size=28, opacity=1 if few else 0).encode(tooltip=tips),
    )


def _every_week(weeks: list[date]) -> list[date]:
    first, last = min(weeks), max(weeks)
    return [first + number * WEEK for number in range((last - first) // WEEK + 1)]


def _bars(figure: Figure, measure: str, texts: Texts) -> Any:
    """One bar a row, its number at its end."""
    import altair as alt

    name = figure.fields[0]
    rows = [
        {"label": fill(texts.written(label), LABEL_WIDTH), "value": value, "written": texts.measured(value, measure)}
        for label, value in zip(figure.column(name), figure.column(measure), strict=True)
    ]
    order = [str(row["label"]) for row in rows]
    if name == "age_group":
        order.reverse()  # a pyramid stands on its youngest
    most = max(number_of(value) for value in figure.column(measure))
    room = 1 + ROOM_A_SIGN * max(len(str(row["written"])) for row in rows)
    scale = alt.Scale(domain=[0, most * room], nice=False)
    tips = [tip("label", texts(f"column.{name}")), tip("written", texts(f"column.{measure}"))]
    base = alt.Chart(alt.InlineData(values=rows), width="container", height=BAR_STEP * len(order)).encode(
        y=alt.Y(
            "label:N",
            sort=order,
            axis=alt.Axis(title=None, grid=False, labelLimit=150, labelExpr=r"split(datum.label, '\n')"),
        ),
        x=alt.X("value:Q", scale=scale, axis=None),
        tooltip=tips,
    )
    return alt.layer(
        base.mark_bar(color="$accent", height=alt.RelativeBandSize(band=0.7), cornerRadiusEnd=2),
        base.mark_text(align="left", dx=6, color="$ink", fontSize=13).encode(text="written:N"),
    )


def _hours(figure: Figure, measure: str, texts: Texts) -> Any:
    """Each span of hours one block, as wide as it is; its colour is its average, since inside it nothing is known."""
    import altair as alt

    rows = []
    for row in figure.rows:
        value = dict(zip(figure.fields, row, strict=True))
        span = value["hours"]
        if not isinstance(span, HourSpan):
            continue
        rows.append(
            {
                "choice": figure.choices.index(value["region"]),
                "day": texts.written(value["day_type"]),
                "from": span.first,
                "to": span.first + span.hours,
                "hours": texts.written(span),
                "value": round(number_of(value[measure]), 4),
                "sessions": texts.written(value["sessions"]),
                "users": texts.written(value["users"]),
                "written": texts.measured(value[measure], measure),
            }
        )
    days = [texts(f"day_type.{kind}") for kind in ("weekday", "weekend", "all")]
    order = [day for day in days if any(row["day"] == day for row in rows)]
    marks = [0, 6, 12, 18, 24]
    return (
        alt.Chart(alt.InlineData(values=rows), width="container", height=72 * len(order))
        .mark_rect(stroke="$paper", strokeWidth=1.5)
        .encode(
            x=alt.X(
                "from:Q",
                scale=alt.Scale(domain=[0, 24], nice=False),
                axis=alt.Axis(title=None, values=marks, format="02d", grid=False),
            ),
            x2="to:Q",
            y=alt.Y("day:N", sort=order, scale=alt.Scale(padding=0.06), axis=alt.Axis(title=None, grid=False)),
            color=alt.Color(
                "value:Q",
                scale=alt.Scale(domainMin=0, range=RAMP),
                legend=alt.Legend(
                    title=texts("column.sessions_per_hour"), orient="bottom", gradientLength=160, titleLimit=300,
                    tickCount=4,
                ),
            ),
            tooltip=[
                tip("day", texts("column.day_type")), tip("hours", texts("column.hours")),
                tip("sessions", texts("column.sessions")), tip("users", texts("column.users")),
                tip("written", texts("column.sessions_per_hour")),
            ],
        )
        .transform_filter("datum.choice === choice")
        .add_params(alt.param(name="choice", value=0))
    )  # fmt: skip


def _shares(figure: Figure, measure: str, texts: Texts) -> Any:
    """One bar a union, cut into its parts by their share; each cut is a row of the table."""
    import altair as alt

    unit, part = figure.fields[:2]
    count = "sessions" if "sessions" in figure.fields else "users"
    rows, reached = [], dict[Value, float]()
    for row in figure.rows:
        value = dict(zip(figure.fields, row, strict=True))
        start = reached.get(value[unit], 0.0)
        reached[value[unit]] = start + number_of(value[measure])
        rows.append(
            {
                "unit": texts.written(value[unit]),
                "part": texts.written(value[part]),
                "from": round(start, 4),
                "to": round(reached[value[unit]], 4),
                "written": texts.measured(value[measure], measure),
                "count": texts.written(value[count]),
            }
        )
    spans = {span for span in figure.column(part) if isinstance(span, ValueSpan)}
    parts = [texts.written(one) for one in (sorted(spans, key=_by_length) or dict.fromkeys(figure.column(part)))]
    units = list(dict.fromkeys(str(row["unit"]) for row in rows))
    order = units[::-1] if unit == "age_group" else units  # a pyramid stands on its youngest
    shades = RAMP[1:]  # the lightest is hardly told from the paper
    steps = [shades[round(place * (len(shades) - 1) / max(1, len(parts) - 1))] for place in range(len(parts))]
    return (
        alt.Chart(alt.InlineData(values=rows), width="container", height=BAR_STEP * len(units))
        .mark_bar(stroke="$paper", strokeWidth=1.5, height=alt.RelativeBandSize(band=0.74))
        .encode(
            x=alt.X(
                "from:Q",
                scale=alt.Scale(domain=[0, 100], nice=False),
                axis=alt.Axis(title=None, values=[0, 25, 50, 75, 100], labelExpr="datum.value + ' %'", grid=False),
            ),
            x2="to:Q",
            y=alt.Y("unit:N", sort=order, axis=alt.Axis(title=None, grid=False)),
            color=alt.Color(
                "part:N",
                scale=alt.Scale(domain=parts, range=steps),
                legend=alt.Legend(title=None, orient="bottom", columns=2, symbolType="square", labelLimit=160),
            ),
            tooltip=[
                tip("unit", texts(f"column.{unit}")), tip("part", texts(f"column.{part}")),
                tip("written", texts(f"column.{measure}")), tip("count", texts(f"column.{count}")),
            ],
        )
    )  # fmt: skip


def _by_length(span: ValueSpan) -> tuple[int, float]:
    return (span.first, float("inf") if span.last is None else span.last)


_DRAWN_AS: dict[str, Callable[[Figure, str, Texts], Any]] = {
    "weeks": _weeks,
    "map": province_chart,
    "ages": _bars,
    "hours": _hours,
    "lengths": _bars,
    "lengths_by_age": _shares,
    "devices": _bars,
    "engaged": _bars,
    "coverage": _weeks,
    "quality": _weeks,
}
