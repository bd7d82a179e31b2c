"""Measures of inequality, concentration and their dynamics: arrays and frames in, numbers or small dataclasses out."""

from types import ModuleType as _Module

from toolkit.measure.composite.ahp import AhpWeights, ahp_weights
from toolkit.measure.composite.choices import Choices, draw_choices
from toolkit.measure.composite.closeness import Obstacles, Topsis, grey_relation, grey_relation_panel, obstacle_degrees, topsis
from toolkit.measure.composite.components import PrincipalComponents, Sphericity, principal_components
from toolkit.measure.composite.coupling import (
    GRADES,
    Coupling,
    RelativeDevelopment,
    coupling,
    grade,
    iso_d,
    lag_types,
    relative_development,
)
from toolkit.measure.composite.guards import Guard, constant_guard, level_guard, overlap_guard, weight_guard
from toolkit.measure.composite.index import CompositeIndex, composite_index
from toolkit.measure.composite.matrix import normalise
from toolkit.measure.composite.rows import Layout, layout_of
from toolkit.measure.composite.sensitivity import RankingSensitivity, VarianceShares, decompose_variance, ranking_sensitivity
from toolkit.measure.composite.uncertainty import RankingUncertainty, ranking_uncertainty
from toolkit.measure.composite.weights import (
    combine_weights,
    combined_weights,
    critic_weights,
    entropy_weights,
    equal_weights,
    pca_weights,
    variation_weights,
    weights_by,
)
from toolkit.measure.convergence.beta import BetaConvergence, beta_convergence, beta_convergence_panel
from toolkit.measure.convergence.change import DispersionChange, dispersion_change
from toolkit.measure.convergence.clubs import Club, ClubConvergence, convergence_clubs
from toolkit.measure.convergence.densities import densities
from toolkit.measure.convergence.log_t import LogT, hp_trend, log_t
from toolkit.measure.convergence.sigma import Quantity, SigmaConvergence, sigma_convergence
from toolkit.measure.efficiency.envelopment import Envelopment, envelopment
from toolkit.measure.efficiency.frontier import StochasticFrontier, stochastic_frontier
from toolkit.measure.efficiency.funnel import AbsorbingChain, Queue, absorbing_chain, queue, titles_by_chance, union_bounds, wilson_interval
from toolkit.measure.efficiency.smoothed import EfficiencyIntervals, bootstrap_efficiency
from toolkit.measure.incentives import (
    b_index,
    best_broker_share,
    expected_agreement,
    internal_rate_of_return,
    option_values,
    split_output,
    straight_line_allowance,
    user_cost,
    wage_tax,
)
from toolkit.measure.inequality.bootstrap import BootstrapInterval, bootstrap_interval
from toolkit.measure.inequality.concentration import (
    coefficient_of_variation,
    concentration_ratio,
    gini_contributions,
    herfindahl,
    share_of,
    theil_contributions,
)
from toolkit.measure.inequality.entropy import (
    EntropyDecomposition,
    atkinson,
    decompose_entropy,
    decompose_theil,
    generalized_entropy,
    theil_l,
    theil_t,
)
from toolkit.measure.inequality.gini import DagumDecomposition, LorenzCurve, decompose_gini, gini, lorenz
from toolkit.measure.inequality.intervals import DecompositionIntervals, decomposition_intervals
from toolkit.measure.markov.chain_tests import ChainTest, homogeneity_test, independence_test, order_test, stationarity_test
from toolkit.measure.markov.long_run import Ergodic, Mobility, ergodic, mean_first_passage, mobility
from toolkit.measure.markov.resampling import LongRun, MapPermutation, permute_map, resampled_long_run
from toolkit.measure.markov.spatial import SpatialMarkov, neighbour_mean, spatial_markov
from toolkit.measure.markov.transitions import Chain, States, markov_chain, states_at_cuts, states_by_quantiles
from toolkit.measure.structure.core_periphery import CorePeriphery, core_periphery, gravity_links, k_core
from toolkit.measure.structure.location import ShiftShare, decompose_shift_share, location_quotient, location_quotients
from toolkit.measure.structure.moran import SpatialIndex, bivariate_moran, geary, getis_ord, local_getis_ord, local_moran, moran
from toolkit.measure.structure.similarity import (
    duncan_index,
    grubel_lloyd,
    grubel_lloyd_total,
    krugman_index,
    mutual_information,
    random_structures,
    structural_similarity,
)

__all__ = sorted(name for name, value in globals().items() if not name.startswith("_") and not isinstance(value, _Module))
