"""Panel estimators: one formula in, one frozen estimate out.

>>> from toolkit.estimate import fit
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from toolkit.estimate.after.equality import compare_groups
    from toolkit.estimate.after.family import FamilyTests, adjust_p_values, family_tests, romano_wolf
    from toolkit.estimate.after.group_comparison import GroupComparison
    from toolkit.estimate.after.long_run import long_run
    from toolkit.estimate.after.marginal import MarginalEffects
    from toolkit.estimate.after.mediation import Mediation, mediate
    from toolkit.estimate.after.moderation import marginal_effects
    from toolkit.estimate.after.oster import OsterBounds, oster_bounds
    from toolkit.estimate.after.shapley import bootstrap_r2, decompose_r2, jackknife_r2
    from toolkit.estimate.api import fit
    from toolkit.estimate.dynamic.declarations import DynamicSettings, Lags
    from toolkit.estimate.dynamic.fit import fit_dynamic
    from toolkit.estimate.dynamic.panel_var import PanelVar, fit_panel_var
    from toolkit.estimate.dynamic.result import DynamicEstimate
    from toolkit.estimate.formula.spec import Spec, parse
    from toolkit.estimate.inference.conley import conley
    from toolkit.estimate.inference.cr2 import cr2
    from toolkit.estimate.inference.randomisation import PermutationTest, permutation_test
    from toolkit.estimate.inference.wild import wild_cluster_bootstrap, wild_tests
    from toolkit.estimate.inference.wild_scheme import WildBootstrap, WildTests
    from toolkit.estimate.instruments.builders import leave_one_out_mean, shift_share
    from toolkit.estimate.instruments.fit import InstrumentsEstimate, fit_instruments
    from toolkit.estimate.instruments.hausman_taylor import fit_hausman_taylor
    from toolkit.estimate.instruments.random import fit_random_instruments
    from toolkit.estimate.instruments.report import WeakInstrumentReport
    from toolkit.estimate.linear.differences import fit_differences
    from toolkit.estimate.linear.groups import MeanGroupEstimate, fit_cce, fit_mean_group
    from toolkit.estimate.linear.means import fit_between, fit_random
    from toolkit.estimate.linear.within import fit_pooled, fit_within
    from toolkit.estimate.poisson import PoissonEstimate, fit_poisson
    from toolkit.estimate.quantile.fit import fit_quantile
    from toolkit.estimate.quantile.pooled import QuantileFit
    from toolkit.estimate.results.derived import WaldTest
    from toolkit.estimate.results.estimate import Coefficient, Estimate
    from toolkit.estimate.rows.options import Counts, CovarianceInfo, Dropped, Omitted
    from toolkit.estimate.spatial.fit import fit_spatial, lagrange_tests
    from toolkit.estimate.spatial.result import SpatialEstimate
    from toolkit.estimate.spec_curve.choices import Choices, Condition
    from toolkit.estimate.spec_curve.curve import specification_curve
    from toolkit.estimate.spec_curve.permutation import CurvePermutation, permute_curve
    from toolkit.estimate.spec_curve.result import SpecificationCurve
    from toolkit.estimate.threshold.fit import ThresholdResult, fit_threshold
    from toolkit.estimate.threshold.question import ThresholdSettings
    from toolkit.estimate.treatment.decomposition import Decomposition, goodman_bacon, two_way_weights
    from toolkit.estimate.treatment.event_study import EventStudy, event_study
    from toolkit.estimate.treatment.honest import TrendBounds, trend_bounds
    from toolkit.estimate.treatment.synthetic import SyntheticEstimate, synthetic_control
    from toolkit.estimate.treatment.timing import TimingTest, permute_timing

_HOMES = {  # each module is loaded when one of its names is first asked for
    "after.equality": "compare_groups",
    "after.family": "FamilyTests adjust_p_values family_tests romano_wolf",
    "after.group_comparison": "GroupComparison",
    "after.long_run": "long_run",
    "after.marginal": "MarginalEffects",
    "after.mediation": "Mediation mediate",
    "after.moderation": "marginal_effects",
    "after.oster": "OsterBounds oster_bounds",
    "after.shapley": "bootstrap_r2 decompose_r2 jackknife_r2",
    "api": "fit",
    "dynamic.declarations": "DynamicSettings Lags",
    "dynamic.fit": "fit_dynamic",
    "dynamic.panel_var": "PanelVar fit_panel_var",
    "dynamic.result": "DynamicEstimate",
    "formula.spec": "Spec parse",
    "inference.conley": "conley",
    "inference.cr2": "cr2",
    "inference.randomisation": "PermutationTest permutation_test",
    "inference.wild": "wild_cluster_bootstrap wild_tests",
    "inference.wild_scheme": "WildBootstrap WildTests",
    "instruments.builders": "leave_one_out_mean shift_share",
    "instruments.fit": "InstrumentsEstimate fit_instruments",
    "instruments.hausman_taylor": "fit_hausman_taylor",
    "instruments.random": "fit_random_instruments",
    "instruments.report": "WeakInstrumentReport",
    "linear.differences": "fit_differences",
    "linear.groups": "MeanGroupEstimate fit_cce fit_mean_group",
    "linear.means": "fit_between fit_random",
    "linear.within": "fit_pooled fit_within",
    "poisson": "PoissonEstimate fit_poisson",
    "quantile.fit": "fit_quantile",
    "quantile.pooled": "QuantileFit",
    "results.derived": "WaldTest",
    "results.estimate": "Coefficient Estimate",
    "rows.options": "Counts CovarianceInfo Dropped Omitted",
    "spatial.fit": "fit_spatial lagrange_tests",
    "spatial.result": "SpatialEstimate",
    "spec_curve.choices": "Choices Condition",
    "spec_curve.curve": "specification_curve",
    "spec_curve.permutation": "CurvePermutation permute_curve",
    "spec_curve.result": "SpecificationCurve",
    "threshold.fit": "ThresholdResult fit_threshold",
    "threshold.question": "ThresholdSettings",
    "treatment.decomposition": "Decomposition goodman_bacon two_way_weights",
    "treatment.event_study": "EventStudy event_study",
    "treatment.honest": "TrendBounds trend_bounds",
    "treatment.synthetic": "SyntheticEstimate synthetic_control",
    "treatment.timing": "TimingTest permute_timing",
}
_NAMES = {name: module for module, names in _HOMES.items() for name in names.split()}

__all__ = sorted(_NAMES)


def __getattr__(name: str) -> object:
    if name in _NAMES:
        return getattr(import_module(f"{__name__}.{_NAMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*globals(), *__all__]
