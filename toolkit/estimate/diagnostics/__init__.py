"""Tests on panels. Each takes the estimate and the panel it was fitted on, and gives a :class:`TestResult`.

An estimate holds no data, so a test evaluates its formula on the panel again, on the same rows; a panel that gives other rows or other
coefficients is refused. Only :func:`hausman` compares two estimates and needs no panel.
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
from toolkit.estimate.diagnostics.outcome import TestResult
from toolkit.estimate.diagnostics.specification import hausman, mundlak

__all__ = [
    "TestResult",
    "breusch_pagan_effects",
    "breusch_pagan_heteroskedasticity",
    "f_effects",
    "hausman",
    "honda_effects",
    "modified_wald_heteroskedasticity",
    "mundlak",
    "pesaran_cd",
    "variance_inflation",
    "wooldridge_serial_correlation",
]
