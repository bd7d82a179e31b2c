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
    from toolkit.estimate.dynamic import DynamicEstimate, DynamicSettings, Lags, PanelVar, fit_dynamic, fit_panel_var
    from toolkit.estimate.formula.spec import Spec, parse
    from toolkit.estimate.inference import (
        PermutationTest,
        WildBootstrap,
        WildTests,
        conley,
        cr2,
        permutation_test,
        wild_cluster_bootstrap,
        wild_tests,
    )
    from toolkit.estimate.instruments import (
        InstrumentsEstimate,
        WeakInstrumentReport,
        fit_hausman_taylor,
        fit_instruments,
        fit_random_instruments,
        leave_one_out_mean,
        shift_share,
    )
    from toolkit.estimate.linear.differences import fit_differences
    from toolkit.estimate.linear.groups import MeanGroupEstimate, fit_cce, fit_mean_group
    from toolkit.estimate.linear.means import fit_between, fit_random
    from toolkit.estimate.linear.within import fit_pooled, fit_within
    from toolkit.estimate.poisson import PoissonEstimate, fit_poisson
    from toolkit.estimate.quantile import QuantileFit, fit_quantile
    from toolkit.estimate.results.derived import WaldTest
    from toolkit.estimate.results.estimate import Coefficient, Estimate
    from toolkit.estimate.rows.options import Counts, CovarianceInfo, Dropped, Omitted
    from toolkit.estimate.spatial import SpatialEstimate, fit_spatial, lagrange_tests
    from toolkit.estimate.spec_curve import Choices, Condition, CurvePermutation, SpecificationCurve, permute_curve, specification_curve
    from toolkit.estimate.threshold import ThresholdResult, ThresholdSettings, fit_threshold
    from toolkit.estimate.treatment import (
        Decomposition,
        EventStudy,
        SyntheticEstimate,
        TimingTest,
        TrendBounds,
        event_study,
        goodman_bacon,
        permute_timing,
        synthetic_control,
        trend_bounds,
        two_way_weights,
    )

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
    "dynamic": "DynamicEstimate DynamicSettings Lags PanelVar fit_dynamic fit_panel_var",
    "formula.spec": "Spec parse",
    "inference": "PermutationTest WildBootstrap WildTests conley cr2 permutation_test wild_cluster_bootstrap wild_tests",
    "instruments": (
        "InstrumentsEstimate WeakInstrumentReport fit_hausman_taylor fit_instruments fit_random_instruments leave_one_out_mean shift_share"
    ),
    "linear.differences": "fit_differences",
    "linear.groups": "MeanGroupEstimate fit_cce fit_mean_group",
    "linear.means": "fit_between fit_random",
    "linear.within": "fit_pooled fit_within",
    "poisson": "PoissonEstimate fit_poisson",
    "quantile": "QuantileFit fit_quantile",
    "results.derived": "WaldTest",
    "results.estimate": "Coefficient Estimate",
    "rows.options": "Counts CovarianceInfo Dropped Omitted",
    "spatial": "SpatialEstimate fit_spatial lagrange_tests",
    "spec_curve": "Choices Condition CurvePermutation SpecificationCurve permute_curve specification_curve",
    "threshold": "ThresholdResult ThresholdSettings fit_threshold",
    "treatment": (
        "Decomposition EventStudy SyntheticEstimate TimingTest TrendBounds event_study goodman_bacon permute_timing "
        "synthetic_control trend_bounds two_way_weights"
    ),
}
_NAMES = {name: module for module, names in _HOMES.items() for name in names.split()}

__all__ = sorted(_NAMES)


def __getattr__(name: str) -> object:
    if name in _NAMES:
        return getattr(import_module(f"{__name__}.{_NAMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*globals(), *__all__]
