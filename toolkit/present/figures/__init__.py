"""The figures, one idea a module; each public function captures its inputs and returns an exhibit that draws itself in either language."""

from __future__ import annotations

from importlib import import_module

_HOME = {
    "bump_chart": "bump",
    "coefficient_plot": "coefficient",
    "coupling_scatter": "coupling",
    "coverage_heatmap": "matrix",
    "forest_plot": "forest",
    "lorenz_curve": "distributions",
    "matrix_heatmap": "matrix",
    "radar_chart": "radar",
    "ridgeline": "distributions",
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
