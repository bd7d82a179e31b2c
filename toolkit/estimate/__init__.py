"""Panel estimators: one formula in, one frozen estimate out.

>>> from toolkit.estimate import fit
"""

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
from toolkit.estimate.dynamic import DynamicEstimate, DynamicSettings, Lags, fit_dynamic
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
from toolkit.estimate.instruments import InstrumentsEstimate, WeakInstrumentReport, fit_instruments, leave_one_out_mean, shift_share
from toolkit.estimate.linear.differences import fit_differences
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
    "SpatialEstimate",
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
    "fit_spatial",
    "fit_threshold",
    "fit_within",
    "jackknife_r2",
    "lagrange_tests",
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
