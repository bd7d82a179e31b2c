"""Tests on panels. Each takes the estimate and gives a :class:`TestResult`.

The rows are those that the estimate keeps. Where it has dropped them (``lean``, or a pickle) the panel is passed as well; one that gives
other rows, means or coefficients is refused. :func:`hausman` compares two estimates and needs no rows.
"""

from toolkit.estimate.diagnostics.dependence import pesaran_cd, wooldridge_serial_correlation
from toolkit.estimate.diagnostics.effects import (
    breusch_pagan_effects,
    breusch_pagan_heteroskedasticity,
    f_effects,
    honda_effects,
    modified_wald_heteroskedasticity,
    variance_inflation,
)
from toolkit.estimate.diagnostics.specification import hausman, mundlak
from toolkit.estimate.diagnostics.unit_roots import panel_unit_root
from toolkit.estimate.results.outcome import TestResult

__all__ = [
    "TestResult",
    "breusch_pagan_effects",
    "breusch_pagan_heteroskedasticity",
    "f_effects",
    "hausman",
    "honda_effects",
    "modified_wald_heteroskedasticity",
    "mundlak",
    "panel_unit_root",
    "pesaran_cd",
    "variance_inflation",
    "wooldridge_serial_correlation",
]
