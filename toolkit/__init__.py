"""Econometrics of science-technology and industrial innovation: checked official data, panel estimators, bilingual exhibits.

What a notebook needs most stands here; everything else stands in one of the groups, whose names completion lists:
``tk.data`` (tables, codebook, files of one's own), ``tk.estimate`` (estimators and inference), ``tk.diagnostics`` (tests of an estimate),
``tk.measure`` (inequality, convergence, composite indices), ``tk.present`` (tables and figures), ``tk.audit`` (claims of papers),
``tk.jobs`` (forms that need no code). A name of a group is found here as well. Each is loaded when it is first used, so
``import toolkit`` is instant.

Examples
--------
>>> import toolkit as tk
>>> "fit" in dir(tk), "conley" in dir(tk), tk.conley is tk.estimate.conley
(True, False, True)
"""

from __future__ import annotations

import os
from importlib import import_module

__version__ = "0.2.0"

_HOME = {
    "toolkit.panel": ("Panel",),
    "toolkit.language": ("Head", "Text", "set_language", "using_language"),
    "toolkit.registry.systems": ("load_scheme",),
    "toolkit.data": ("load", "load_frame", "read_panel", "read_checked", "export", "codebook", "list_tables", "tables"),
    "toolkit.estimate": ("fit", "fit_within", "fit_instruments", "fit_dynamic", "wild_tests", "specification_curve"),
    "toolkit.measure": ("composite_index",),
    "toolkit.present": (
        "save",
        "statement",
        "regression_table",
        "frame_table",
        "describe",
        "coefficient_plot",
        "forest_plot",
        "scatter_with_fit",
        "trend_lines",
    ),
}
_GROUPS = {
    "data": "toolkit.data",
    "estimate": "toolkit.estimate",
    "diagnostics": "toolkit.estimate.diagnostics",
    "measure": "toolkit.measure",
    "present": "toolkit.present",
    "audit": "toolkit.audit",
    "studies": "toolkit.studies",
    "jobs": "toolkit.pipeline.jobs",
    "errors": "toolkit.errors",
}
_SEARCHED = ("toolkit.estimate", "toolkit.present", "toolkit.measure")  # where a name that does not stand here is looked for
_FOLDER = os.path.dirname(__file__)
_NAMES = {name: home for home, names in _HOME.items() for name in names}

__all__ = sorted([*_NAMES, *_GROUPS])


def __getattr__(name: str) -> object:
    if name in _GROUPS:
        value: object = import_module(_GROUPS[name])
    elif name in _NAMES:
        value = getattr(import_module(_NAMES[name]), name)
    elif name.startswith("_") or _is_module(name):
        raise AttributeError(f"module 'toolkit' has no attribute {name!r}")
    else:
        value = _found(name)
    globals()[name] = value
    return value


def _is_module(name: str) -> bool:
    """Whether ``from toolkit import name`` means a module, which Python then imports itself."""
    return any(os.path.exists(os.path.join(_FOLDER, path)) for path in (f"{name}.py", name))


def _found(name: str) -> object:
    """A name of a group."""
    for home in _SEARCHED:
        if name in import_module(home).__all__:
            return getattr(import_module(home), name)
    raise AttributeError(f"module 'toolkit' has no attribute {name!r}; see tk.data, tk.estimate, tk.measure, tk.present, tk.audit")


def __dir__() -> list[str]:
    return __all__
