"""Measures of inequality and concentration: arrays in, numbers or small dataclasses out."""

from toolkit.measure.atkinson import atkinson
from toolkit.measure.bootstrap import BootstrapInterval, bootstrap_interval
from toolkit.measure.concentration import concentration_ratio, herfindahl, share_of
from toolkit.measure.contributions import gini_contributions, theil_contributions
from toolkit.measure.dagum import DagumDecomposition, decompose_gini
from toolkit.measure.entropy import EntropyDecomposition, decompose_entropy, generalized_entropy
from toolkit.measure.gini import LorenzCurve, gini, lorenz
from toolkit.measure.location import location_quotient, location_quotients
from toolkit.measure.shift_share import ShiftShare, decompose_shift_share
from toolkit.measure.theil import decompose_theil, theil_l, theil_t
from toolkit.measure.variation import coefficient_of_variation

__all__ = [
    "BootstrapInterval",
    "DagumDecomposition",
    "EntropyDecomposition",
    "LorenzCurve",
    "ShiftShare",
    "atkinson",
    "bootstrap_interval",
    "coefficient_of_variation",
    "concentration_ratio",
    "decompose_entropy",
    "decompose_gini",
    "decompose_shift_share",
    "decompose_theil",
    "generalized_entropy",
    "gini",
    "gini_contributions",
    "herfindahl",
    "location_quotient",
    "location_quotients",
    "lorenz",
    "share_of",
    "theil_contributions",
    "theil_l",
    "theil_t",
]
