"""The figures, one idea a module; each public function captures its inputs and returns an exhibit that draws itself in either language.

One word means the same in every figure, and has the same type:

names : short id -> text, one mapping for all keys of the figure: values of columns, rows, panels, groups, parts. Provinces and regions
    have their names without it, ids of variables by ``labels``; what stands in ``names`` comes before both.
labels : name -> label of columns and ids, before those of the registry, which names its own data; ``"registry"`` asks for its labels and
    units for any data.
panel : the column that splits a figure into panels.
references : (value, text) of the values to compare with, each a line with its text in the legend; one pair alone needs no brackets.
neutral : the value that means no effect or no difference, where there is one: a thin line, or the middle of a diverging palette.
digits : decimals of written numbers.
title, notes : above and below; several notes are paragraphs, and what a figure has to say of itself comes after them.
width : journal columns, "one" (88 mm) or "two" (180 mm).
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the same names for who reads types
    from toolkit.present.figures.bars import share_bars as share_bars
    from toolkit.present.figures.bars import stacked_decomposition as stacked_decomposition
    from toolkit.present.figures.bump import bump_chart as bump_chart
    from toolkit.present.figures.coefficient import coefficient_plot as coefficient_plot
    from toolkit.present.figures.contrast import contrast_plot as contrast_plot
    from toolkit.present.figures.coupling import coupling_scatter as coupling_scatter
    from toolkit.present.figures.distributions import lorenz_curve as lorenz_curve
    from toolkit.present.figures.distributions import ridgeline as ridgeline
    from toolkit.present.figures.event_study import event_study_plot as event_study_plot
    from toolkit.present.figures.flow import flow_chart as flow_chart
    from toolkit.present.figures.forest import forest_plot as forest_plot
    from toolkit.present.figures.matrix import coverage_heatmap as coverage_heatmap
    from toolkit.present.figures.matrix import matrix_heatmap as matrix_heatmap
    from toolkit.present.figures.multiples import small_multiples as small_multiples
    from toolkit.present.figures.radar import radar_chart as radar_chart
    from toolkit.present.figures.scatter import scatter_with_fit as scatter_with_fit
    from toolkit.present.figures.side_by_side import scatter_panels as scatter_panels
    from toolkit.present.figures.spec_curve import spec_curve_plot as spec_curve_plot
    from toolkit.present.figures.tiles import tile_classes as tile_classes
    from toolkit.present.figures.tiles import tile_grid as tile_grid
    from toolkit.present.figures.trend import trend_lines as trend_lines


_HOME = {
    "bump_chart": "bump",
    "coefficient_plot": "coefficient",
    "contrast_plot": "contrast",
    "coupling_scatter": "coupling",
    "coverage_heatmap": "matrix",
    "event_study_plot": "event_study",
    "flow_chart": "flow",
    "forest_plot": "forest",
    "lorenz_curve": "distributions",
    "matrix_heatmap": "matrix",
    "radar_chart": "radar",
    "ridgeline": "distributions",
    "scatter_panels": "side_by_side",
    "scatter_with_fit": "scatter",
    "share_bars": "bars",
    "small_multiples": "multiples",
    "spec_curve_plot": "spec_curve",
    "stacked_decomposition": "bars",
    "tile_classes": "tiles",
    "tile_grid": "tiles",
    "trend_lines": "trend",
}

__all__ = sorted(_HOME)


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module 'toolkit.present.figures' has no attribute {name!r}")
    return getattr(import_module(f"toolkit.present.figures.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    return list(__all__)
