"""Panel estimators: one formula in, one frozen estimate out.

>>> from toolkit.estimate import fit
"""

from toolkit.estimate.api import fit
from toolkit.estimate.between import fit_between
from toolkit.estimate.differences import fit_differences
from toolkit.estimate.dynamic import DynamicEstimate, DynamicSettings, Lags, fit_dynamic
from toolkit.estimate.equality import compare_groups
from toolkit.estimate.family import FamilyTests, family_tests
from toolkit.estimate.group_comparison import GroupComparison
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
from toolkit.estimate.instruments import InstrumentsEstimate, WeakInstrumentReport, fit_instruments, leave_one_out_mean, shift_share
from toolkit.estimate.longrun import long_run
from toolkit.estimate.marginal import MarginalEffects
from toolkit.estimate.mediation import mediate
from toolkit.estimate.mediation_result import Mediation
from toolkit.estimate.moderation import marginal_effects
from toolkit.estimate.multiple_testing import adjust_p_values, romano_wolf
from toolkit.estimate.oster import oster_bounds
from toolkit.estimate.oster_result import OsterBounds
from toolkit.estimate.poisson import PoissonEstimate, fit_poisson
from toolkit.estimate.pooled import fit_pooled
from toolkit.estimate.quantile import QuantileFit, fit_quantile
from toolkit.estimate.random_effects import fit_random
from toolkit.estimate.records import Counts, CovarianceInfo, Dropped, Omitted
from toolkit.estimate.result import Coefficient, Estimate
from toolkit.estimate.shapley import bootstrap_r2, decompose_r2, jackknife_r2
from toolkit.estimate.spec import Spec, parse
from toolkit.estimate.spec_curve import Choices, Condition, CurvePermutation, SpecificationCurve, permute_curve, specification_curve
from toolkit.estimate.threshold import ThresholdResult, ThresholdSettings, fit_threshold
from toolkit.estimate.wald import WaldTest
from toolkit.estimate.within import fit_within

__all__ = [
    "Choices",
    "Coefficient",
    "Condition",
    "Counts",
    "CovarianceInfo",
    "CurvePermutation",
    "Dropped",
    "DynamicEstimate",
    "DynamicSettings",
    "Estimate",
    "FamilyTests",
    "GroupComparison",
    "InstrumentsEstimate",
    "Lags",
    "MarginalEffects",
    "Mediation",
    "Omitted",
    "OsterBounds",
    "PermutationTest",
    "PoissonEstimate",
    "QuantileFit",
    "Spec",
    "SpecificationCurve",
    "ThresholdResult",
    "ThresholdSettings",
    "WaldTest",
    "WeakInstrumentReport",
    "WildBootstrap",
    "WildTests",
    "adjust_p_values",
    "bootstrap_r2",
    "compare_groups",
    "conley",
    "cr2",
    "decompose_r2",
    "family_tests",
    "fit",
    "fit_between",
    "fit_differences",
    "fit_dynamic",
    "fit_instruments",
    "fit_poisson",
    "fit_pooled",
    "fit_quantile",
    "fit_random",
    "fit_threshold",
    "fit_within",
    "jackknife_r2",
    "leave_one_out_mean",
    "long_run",
    "marginal_effects",
    "mediate",
    "oster_bounds",
    "parse",
    "permutation_test",
    "permute_curve",
    "romano_wolf",
    "shift_share",
    "specification_curve",
    "wild_cluster_bootstrap",
    "wild_tests",
]
