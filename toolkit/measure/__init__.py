"""Measures of inequality and concentration: arrays in, numbers or small dataclasses out."""

from toolkit.measure.concentration import concentration_ratio, herfindahl, share_of
from toolkit.measure.gini import LorenzCurve, gini, lorenz
from toolkit.measure.theil import TheilDecomposition, decompose_theil, theil_l, theil_t

__all__ = [
    "LorenzCurve",
    "TheilDecomposition",
    "concentration_ratio",
    "decompose_theil",
    "gini",
    "herfindahl",
    "lorenz",
    "share_of",
    "theil_l",
    "theil_t",
]
