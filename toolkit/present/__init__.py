"""Exhibits: labels, tables, figures and maps in English and Chinese. Presentation reads results and never refits.

Each name is loaded when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from toolkit.present import figures

if TYPE_CHECKING:  # the same names for who reads types
    from toolkit.present.exhibit import FigureExhibit as FigureExhibit
    from toolkit.present.exhibit import TableExhibit as TableExhibit
    from toolkit.present.exhibit import control as control
    from toolkit.present.exhibit import save as save
    from toolkit.present.figures import bump_chart as bump_chart
    from toolkit.present.figures import coefficient_plot as coefficient_plot
    from toolkit.present.figures import contrast_plot as contrast_plot
    from toolkit.present.figures import coupling_scatter as coupling_scatter
    from toolkit.present.figures import coverage_heatmap as coverage_heatmap
    from toolkit.present.figures import event_study_plot as event_study_plot
    from toolkit.present.figures import flow_chart as flow_chart
    from toolkit.present.figures import forest_plot as forest_plot
    from toolkit.present.figures import lorenz_curve as lorenz_curve
    from toolkit.present.figures import matrix_heatmap as matrix_heatmap
    from toolkit.present.figures import radar_chart as radar_chart
    from toolkit.present.figures import ridgeline as ridgeline
    from toolkit.present.figures import scatter_panels as scatter_panels
    from toolkit.present.figures import scatter_with_fit as scatter_with_fit
    from toolkit.present.figures import share_bars as share_bars
    from toolkit.present.figures import small_multiples as small_multiples
    from toolkit.present.figures import spec_curve_plot as spec_curve_plot
    from toolkit.present.figures import stacked_decomposition as stacked_decomposition
    from toolkit.present.figures import tile_classes as tile_classes
    from toolkit.present.figures import tile_grid as tile_grid
    from toolkit.present.figures import trend_lines as trend_lines
    from toolkit.present.record import progress as progress
    from toolkit.present.record import statement as statement
    from toolkit.present.tables.correlations import correlations as correlations
    from toolkit.present.tables.descriptive import describe as describe
    from toolkit.present.tables.descriptive import describe_within as describe_within
    from toolkit.present.tables.frame import frame_table as frame_table
    from toolkit.present.tables.regression import regression_table as regression_table


_HOME = {
    "toolkit.present.exhibit": ("FigureExhibit", "TableExhibit", "control", "save"),
    "toolkit.present.record": ("progress", "statement"),
    "toolkit.present.tables.regression": ("regression_table",),
    "toolkit.present.tables.frame": ("frame_table",),
    "toolkit.present.tables.correlations": ("correlations",),
    "toolkit.present.tables.descriptive": ("describe", "describe_within"),
    "toolkit.present.figures": tuple(figures.__all__),
}
_NAMES = {name: home for home, names in _HOME.items() for name in names}

__all__ = sorted(_NAMES)


def __getattr__(name: str) -> object:
    if name not in _NAMES:
        raise AttributeError(f"module 'toolkit.present' has no attribute {name!r}")
    return getattr(import_module(_NAMES[name]), name)
