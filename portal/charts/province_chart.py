"""The map by province as twelve tiles."""

from typing import Any

from portal.charts.chart_parts import number_of, tip
from portal.figures.figure import Figure, Value
from portal.figures.region_labels import TILES
from portal.texts.texts import Texts

#: Tiles stay light (dark, in the dark theme), so that the ink on them can always be read.
TILE_SHADES = [f"$tile-{step}" for step in range(1, 4)]
#: Height of a tile.
TILE = 78


def province_chart(figure: Figure, measure: str, texts: Texts) -> Any:
    """Twelve tiles. A group's tiles carry its letter and no number: what is told together is told nowhere apart."""
    import altair as alt

    most: dict[Value, float] = {}
    for mark in figure.marks:
        if mark["state"] == "alone":
            most[mark["choice"]] = max(most.get(mark["choice"], 0.0), number_of(mark[measure]))
    rows = []
    for mark in figure.marks:
        alone = mark["state"] == "alone"
        share = number_of(mark[measure]) / most[mark["choice"]] if alone else None
        column, row = TILES[str(mark["code"])]
        label = texts.written(mark["label"]) if mark["label"] else texts("figure.map.none")
        written = texts.written(mark[measure]) if mark["label"] else ""
        rows.append(
            {
                "choice": figure.choices.index(mark["choice"]),
                "column": column,
                "row": row,
                "state": mark["state"],
                "name": _in_lines(texts.province(str(mark["code"]))),
                "big": written if alone else mark["letter"] or "\N{EN DASH}",
                "share": share,
                "label": label,
                "written": written,
            }
        )
    base = (
        alt.Chart(alt.InlineData(values=rows), width="container", height=4 * TILE)
        .encode(
            x=alt.X("column:O", axis=None, scale=alt.Scale(paddingInner=0.06, paddingOuter=0)),
            y=alt.Y("row:O", axis=None, scale=alt.Scale(paddingInner=0.08, paddingOuter=0)),
            tooltip=[tip("label", texts("column.region")), tip("written", texts(f"column.{measure}"))],
        )
        .transform_filter("datum.choice === choice")
    )
    shade = alt.Color("share:Q", scale=alt.Scale(domain=[0, 1], range=TILE_SHADES), legend=None)
    return alt.layer(
        base.transform_filter("datum.state === 'alone'").mark_rect(cornerRadius=3).encode(color=shade),
        base.transform_filter("datum.state !== 'alone'").mark_rect(
            cornerRadius=3, fill="$raised", stroke="$muted", strokeDash=[4, 3]
        ),
        base.mark_text(dy=-26, fontSize=11.5, baseline="top", color="$ink", lineBreak="\n", lineHeight=13).encode(
            text="name:N"
        ),
        base.mark_text(dy=17, fontSize=17, fontWeight=600, color="$ink").encode(text="big:N"),
    ).add_params(alt.param(name="choice", value=0))


def _in_lines(name: str) -> str:
    """A province's name in two lines where it has two words, so that it fits a tile on a phone."""
    return name.replace("-", "-\n").replace(" ", "\n")
