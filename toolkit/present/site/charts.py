"""The four charts of the explorer as Vega-Lite specifications. They hold no data: the page hands each the rows of the view.

=========  =====================================================================================================================
tiles      ``tiles``: name, row, column, value, shown, seen, inside, chosen
bars       ``bars``: label, rank, value, shown, chosen; ``reference``: value, label
lines      ``lines``: name, year, value, slot (−1 not compared, −2 the nation); ``ends``: year, value, name; ``marks``: year, kind
dots       ``dots``: label, name, shown, chosen, and its square: low, high, middle, floor, place, half; ``reference``
=========  =====================================================================================================================
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from toolkit.language import Language, Text
from toolkit.present.style import FAINT, INK, MUTED, PALETTE

if TYPE_CHECKING:
    from typing import TypeAlias

    import altair as alt

    Chart: TypeAlias = alt.LayerChart | alt.FacetChart  # what alt.layer says that it gives

COMPARED = PALETTE[:5]  # as many provinces can be told apart; each has a dash pattern, a marker and its name as well
DASHES = ([1, 0], [7, 3], [2, 2], [8, 3, 2, 3], [12, 4])
SHAPES = ("circle", "square", "triangle-up", "diamond", "cross")
PLAIN, CHOSEN = "#7d9bb8", PALETTE[0]
NUMBER = Text("Number of provinces", "省份数")
FONT = '"Site SC", system-ui, -apple-system, "Segoe UI", Helvetica, Arial, sans-serif'
_CONFIG: dict[str, Any] = {
    "font": FONT,
    "view": {"stroke": None},
    "axis": {
        "labelColor": INK,
        "titleColor": INK,
        "titleFontWeight": "normal",
        "labelFontSize": 12,
        "titleFontSize": 12,
        "gridColor": "#e6eaee",
    },
    "legend": {"labelFontSize": 12, "titleFontSize": 12, "labelColor": INK, "titleColor": INK, "titleFontWeight": "normal"},
    "title": {"anchor": "start", "fontSize": 16, "subtitleFontSize": 12, "subtitleColor": MUTED, "color": INK, "offset": 14},
}


def specifications(language: Language) -> dict[str, dict[str, Any]]:
    """Chart -> Vega-Lite specification, with the words of a language.

    Examples
    --------
    >>> sorted(specifications("en"))
    ['bars', 'dots', 'lines', 'tiles']
    """
    charts = {"tiles": _tiles(), "bars": _bars(), "lines": _lines(), "dots": _dots(language)}
    return {name: {**chart.to_dict(), "config": _CONFIG} for name, chart in charts.items()}


def _named(name: str) -> alt.Chart:
    import altair as alt

    return alt.Chart(alt.NamedData(name=name))


def _tip() -> list[alt.Tooltip]:
    import altair as alt

    return [alt.Tooltip("name:N", title=" "), alt.Tooltip("shown:N", title="  ")]


def _tiles() -> Chart:
    import altair as alt

    places = [str(place) for place in range(9)]
    base = _named("tiles").encode(
        x=alt.X("column:O", axis=None, scale=alt.Scale(domain=places, paddingInner=0.06, paddingOuter=0)),
        y=alt.Y("row:O", axis=None, scale=alt.Scale(domain=places, paddingInner=0.06, paddingOuter=0)),
        tooltip=_tip(),
    )
    empty = base.transform_filter("!datum.seen").mark_rect(fill="white", stroke=MUTED, strokeDash=[3, 3], cursor="pointer")
    shades = base.transform_filter("datum.seen").mark_rect(cursor="pointer")
    shades = shades.encode(
        color=alt.Color(
            "value:Q",
            scale=alt.Scale(scheme="yellowgreenblue", zero=False, nice=False),
            legend=alt.Legend(
                orient="bottom", title=None, tickCount=4, gradientLength=alt.ExprRef("min(360, width * 0.8)"), gradientThickness=9
            ),
        ),
        opacity=alt.condition("datum.inside", alt.value(1), alt.value(0.3)),
    )
    outline = base.transform_filter("datum.chosen").mark_rect(fill=None, stroke=INK, strokeWidth=3)
    dark = "datum.seen && datum.inside && luminance(scale('color', datum.value)) < 0.2"  # where white and ink are read equally well
    ink = alt.condition(dark, alt.value("white"), alt.value(INK))
    names = base.mark_text(
        dy=alt.ExprRef("-width / 9 * 0.18"), fontSize=alt.ExprRef("min(13, width / 9 * 0.24, width / 9 * 1.6 / length(datum.name))")
    )
    size = alt.ExprRef("min(13, width / 9 * 0.22, width / 9 * 1.55 / length(datum.shown))")
    numbers = base.mark_text(dy=alt.ExprRef("width / 9 * 0.18"), fontSize=size)
    return alt.layer(empty, shades, outline, names.encode(text="name:N", color=ink), numbers.encode(text="shown:N", color=ink)).properties(
        width="container", height="container", padding=2
    )


def _bars() -> Chart:
    import altair as alt

    y = alt.Y(
        "label:N",
        sort=alt.EncodingSortField("rank", op="min"),  # the order of the data would outlive a change of the data
        title=None,
        axis=alt.Axis(ticks=False, domain=False, labelPadding=6, labelLimit=130, labelOverlap=False),
    )
    x = alt.X("value:Q", title=None, axis=alt.Axis(tickCount=5, grid=True, domain=False))
    base = _named("bars").encode(x=x, y=y, tooltip=_tip())
    bars = base.mark_bar(cursor="pointer", height=alt.RelativeBandSize(0.78)).encode(
        color=alt.condition("datum.chosen", alt.value(CHOSEN), alt.value(PLAIN)),
    )
    halo = base.mark_text(align="left", dx=4, fontSize=11, stroke="white", strokeWidth=4).encode(text="shown:N")
    texts = base.mark_text(align="left", dx=4, fontSize=11, color=INK).encode(text="shown:N")
    return alt.layer(bars, *_reference(), halo, texts).properties(width="container", height=alt.Step(18))


def _reference() -> list[alt.Chart]:
    """A dashed line at the nation (or the mean of the provinces), with its name."""
    import altair as alt

    base = _named("reference")
    at = {"x": alt.X("value:Q")}
    rule = base.mark_rule(color=INK, strokeDash=[5, 3], strokeWidth=1.5).encode(**at)
    name = base.mark_text(align="left", baseline="bottom", dx=3, dy=-2, fontSize=11, color=INK).encode(**at, y=alt.value(0), text="label:N")
    return [rule, name]


def _lines() -> Chart:
    import altair as alt

    x = alt.X(
        "year:Q",
        title=None,
        axis=alt.Axis(format="d", tickMinStep=1, tickCount=alt.ExprRef("ceil(width / 70)"), grid=False),
        scale=alt.Scale(nice=False, zero=False),
    )
    y = alt.Y("value:Q", title=None, axis=alt.Axis(domain=False, tickCount=6), scale=alt.Scale(zero=False))
    base = _named("lines").encode(x=x, y=y, detail="name:N")
    others = base.transform_filter("datum.slot == -1").mark_line(color=FAINT, strokeWidth=1, cursor="pointer").encode(tooltip=["name:N"])
    nation = base.transform_filter("datum.slot == -2").mark_line(color="black", strokeWidth=2.5, strokeDash=[6, 3])
    slots = list(range(len(COMPARED)))
    compared = base.transform_filter("datum.slot >= 0").encode(
        color=alt.Color("slot:N", scale=alt.Scale(domain=slots, range=list(COMPARED)), legend=None),
        strokeDash=alt.StrokeDash("slot:N", scale=alt.Scale(domain=slots, range=list(DASHES)), legend=None),
    )
    points = base.transform_filter("datum.slot >= 0").encode(
        color=alt.Color("slot:N", scale=alt.Scale(domain=slots, range=list(COMPARED)), legend=None),
        shape=alt.Shape("slot:N", scale=alt.Scale(domain=slots, range=list(SHAPES)), legend=None),
        tooltip=_tip(),
    )
    ends = _named("ends").encode(x=x, y=y, text="name:N").mark_text(align="left", dx=7, fontSize=12, color=INK)
    marks = _named("marks").encode(x=x)
    rules = marks.mark_rule(color="#8a5a00", strokeWidth=1.2).encode(
        strokeDash=alt.condition("datum.kind == 'break'", alt.value([2, 2]), alt.value([8, 4])), tooltip=["text:N"]
    )
    signs = marks.mark_text(baseline="bottom", dy=-2, fontSize=11, color="#8a5a00").encode(y=alt.value(0), text="sign:N")
    return alt.layer(
        others, nation, compared.mark_line(strokeWidth=2.4), points.mark_point(filled=True, size=46, opacity=1), rules, signs, ends
    ).properties(width="container", height=300)


def _dots(language: Language) -> Chart:
    import altair as alt

    x = alt.X("low:Q", title=None, axis=alt.Axis(tickCount=6, grid=False), scale=alt.Scale(zero=False, nice=False))
    y = alt.Y(
        "floor:Q",
        title=NUMBER.to(language),
        axis=alt.Axis(labelExpr="datum.value % 1 ? '' : datum.label", grid=True, domain=False),
        scale=alt.Scale(nice=False),
    )
    base = _named("dots").encode(tooltip=_tip())
    squares = base.mark_rect(stroke="white", strokeWidth=1.5, cursor="pointer").encode(
        x=x, x2="high:Q", y=y, y2="place:Q", color=alt.condition("datum.chosen", alt.value(CHOSEN), alt.value("#c3d3e2"))
    )
    letters = base.mark_text(fontSize=alt.ExprRef("min(11, width / 30)")).encode(
        x="middle:Q", y="half:Q", text="label:N", color=alt.condition("datum.chosen", alt.value("white"), alt.value(INK))
    )
    return alt.layer(*_reference(), squares, letters).properties(width="container", height=300)
