"""Instrumental variables: two-stage least squares and LIML with absorbed effects, tests of the instruments, and instruments to build."""

from toolkit.estimate.instruments.anderson_rubin import AndersonRubin, ConfidenceSet
from toolkit.estimate.instruments.builders import (
    growth_including_own,
    leave_one_out_growth,
    leave_one_out_mean,
    mean_including_own,
    shift_share,
)
from toolkit.estimate.instruments.fit import InstrumentsEstimate, fit_instruments
from toolkit.estimate.instruments.hausman_taylor import fit_hausman_taylor
from toolkit.estimate.instruments.random import fit_random_instruments
from toolkit.estimate.instruments.report import WeakInstrumentReport
from toolkit.estimate.instruments.strength import EffectiveF, FirstStageStrength

__all__ = [
    "AndersonRubin",
    "ConfidenceSet",
    "EffectiveF",
    "FirstStageStrength",
    "InstrumentsEstimate",
    "WeakInstrumentReport",
    "fit_hausman_taylor",
    "fit_instruments",
    "fit_random_instruments",
    "growth_including_own",
    "leave_one_out_growth",
    "leave_one_out_mean",
    "mean_including_own",
    "shift_share",
]
