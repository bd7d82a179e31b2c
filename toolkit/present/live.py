"""Sliders in a live notebook; the page of the notebook shows the exhibit for the default instead."""

from __future__ import annotations

import os
from collections.abc import Callable

from toolkit.present.exhibit import FigureExhibit, TableExhibit
from toolkit.present.record import VARIABLE


def control(show: Callable[..., FigureExhibit | TableExhibit], **ranges: tuple[float, float, float]) -> object:
    """Draw an exhibit anew whenever a slider is let go; nothing while the results are recorded.

    Parameters
    ----------
    show : returns the exhibit for its arguments; a slider starts at the argument's default.
    ranges : argument -> (low, high, step).

    Examples
    --------
    In a cell of a notebook::

        tk.control(lambda target=16: path.projections(path.run(series, target=target)), target=(8, 24, 1))
    """
    if VARIABLE in os.environ:
        return None
    from ipywidgets import interactive

    shown = interactive(show, **ranges)
    shown.auto_display = True
    for slider in shown.kwargs_widgets:
        slider.continuous_update = False
    return shown
