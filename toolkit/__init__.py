"""Econometrics of science-and-technology and industrial innovation: checked official data, panel estimators, bilingual exhibits.

Everything a notebook needs is a name of this package; each is loaded when it is first used, so ``import toolkit`` is instant.

Examples
--------
>>> import toolkit as tk
>>> "fit_within" in dir(tk)
True
"""

from __future__ import annotations

from importlib import import_module

__version__ = "0.1.0"

_HOME = {
    "toolkit.panel": ("Panel",),
    "toolkit.language": ("Head", "Text", "set_language", "using_language"),
    "toolkit.registry.systems": ("load_scheme",),
    "toolkit.measure.composite.index": ("composite_index",),
    "toolkit.data": ("load", "load_frame", "read_panel", "codebook", "list_tables"),
    "toolkit.estimate": (
        "fit",
        "fit_pooled",
        "fit_within",
        "fit_between",
        "fit_random",
        "fit_differences",
        "fit_instruments",
        "fit_poisson",
        "fit_quantile",
        "leave_one_out_mean",
        "shift_share",
        "fit_threshold",
        "ThresholdSettings",
        "fit_dynamic",
        "DynamicSettings",
        "Lags",
        "long_run",
        "wild_cluster_bootstrap",
        "wild_tests",
        "cr2",
        "conley",
        "permutation_test",
        "compare_groups",
        "marginal_effects",
        "mediate",
        "oster_bounds",
        "Choices",
        "Condition",
        "specification_curve",
        "permute_curve",
        "family_tests",
        "adjust_p_values",
        "romano_wolf",
    ),
    "toolkit.present": (
        "save",
        "statement",
        "progress",
        "regression_table",
        "describe",
        "describe_within",
        "correlations",
        "bump_chart",
        "coefficient_plot",
        "coupling_scatter",
        "coverage_heatmap",
        "forest_plot",
        "frame_table",
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
_MODULES = {
    "errors": "toolkit.errors",
    "diagnostics": "toolkit.estimate.diagnostics",
    "audit": "toolkit.audit",
    "measure": "toolkit.measure",
    "studies": "toolkit.studies",
}
_NAMES = {name: home for home, names in _HOME.items() for name in names}

__all__ = sorted([*_NAMES, *_MODULES])


def __getattr__(name: str) -> object:
    if name in _NAMES:
        value: object = getattr(import_module(_NAMES[name]), name)
    elif name in _MODULES:
        value = import_module(_MODULES[name])
    else:
        raise AttributeError(f"module 'toolkit' has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
