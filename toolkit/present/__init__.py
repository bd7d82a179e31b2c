"""Exhibits: labels, tables, figures and maps in English and Chinese. Presentation reads results and never refits.

Each name is loaded when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from toolkit.present import figures

if TYPE_CHECKING:  # the same names for who reads types; those of figures stand in toolkit.present.figures
    from toolkit.present.exhibit import FigureExhibit as FigureExhibit
    from toolkit.present.exhibit import TableExhibit as TableExhibit
    from toolkit.present.exhibit import control as control
    from toolkit.present.exhibit import save as save
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
