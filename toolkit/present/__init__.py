"""Exhibits: labels, tables, figures and maps in English and Chinese. Presentation reads results and never refits.

Each name is loaded when it is first used.
"""

from __future__ import annotations

from importlib import import_module

_HOME = {
    "toolkit.present.exhibit": ("FigureExhibit", "TableExhibit", "save"),
    "toolkit.present.record": ("statement",),
    "toolkit.present.waiting": ("progress",),
    "toolkit.present.tables.regression": ("regression_table",),
    "toolkit.present.tables.frame": ("frame_table",),
    "toolkit.present.tables.correlations": ("correlations",),
    "toolkit.present.tables.descriptive": ("describe", "describe_within"),
    "toolkit.present.figures": (
        "bump_chart",
        "coefficient_plot",
        "coupling_scatter",
        "coverage_heatmap",
        "forest_plot",
        "lorenz_curve",
        "matrix_heatmap",
        "radar_chart",
        "ridgeline",
        "scatter_with_fit",
        "share_bars",
        "small_multiples",
        "spec_curve_plot",
        "stacked_decomposition",
        "tile_classes",
        "tile_grid",
        "trend_lines",
    ),
}
_NAMES = {name: home for home, names in _HOME.items() for name in names}

__all__ = sorted(_NAMES)


def __getattr__(name: str) -> object:
    if name not in _NAMES:
        raise AttributeError(f"module 'toolkit.present' has no attribute {name!r}")
    return getattr(import_module(_NAMES[name]), name)
