"""Measures of inequality, concentration and their dynamics: arrays and frames in, numbers or small dataclasses out."""

from toolkit.measure.atkinson import atkinson
from toolkit.measure.bootstrap import BootstrapInterval, bootstrap_interval
from toolkit.measure.concentration import concentration_ratio, herfindahl, share_of
from toolkit.measure.contributions import gini_contributions, theil_contributions
from toolkit.measure.convergence.beta import BetaConvergence, beta_convergence, beta_convergence_panel
from toolkit.measure.convergence.clubs import Club, ClubConvergence, convergence_clubs
from toolkit.measure.convergence.densities import densities
from toolkit.measure.convergence.least_squares import Quantity
from toolkit.measure.convergence.log_t import LogT, hp_trend, log_t
from toolkit.measure.convergence.sigma import SigmaConvergence, sigma_convergence
from toolkit.measure.dagum import DagumDecomposition, decompose_gini
from toolkit.measure.decomposition_intervals import DecompositionIntervals, decomposition_intervals
from toolkit.measure.entropy import EntropyDecomposition, decompose_entropy, generalized_entropy
from toolkit.measure.gini import LorenzCurve, gini, lorenz
from toolkit.measure.location import location_quotient, location_quotients
from toolkit.measure.markov.chain_tests import ChainTest, homogeneity_test, independence_test, order_test, stationarity_test
from toolkit.measure.markov.long_run import Ergodic, Mobility, ergodic, mean_first_passage, mobility
from toolkit.measure.markov.spatial import SpatialMarkov, neighbour_mean, spatial_markov
from toolkit.measure.markov.states import States, states_at_cuts, states_by_quantiles
from toolkit.measure.markov.transitions import Chain, markov_chain
from toolkit.measure.shift_share import ShiftShare, decompose_shift_share
from toolkit.measure.theil import decompose_theil, theil_l, theil_t
from toolkit.measure.variation import coefficient_of_variation

__all__ = [
    "BetaConvergence",
    "BootstrapInterval",
    "Chain",
    "ChainTest",
    "Club",
    "ClubConvergence",
    "DagumDecomposition",
    "DecompositionIntervals",
    "EntropyDecomposition",
    "Ergodic",
    "LogT",
    "LorenzCurve",
    "Mobility",
    "Quantity",
    "ShiftShare",
    "SigmaConvergence",
    "SpatialMarkov",
    "States",
    "atkinson",
    "beta_convergence",
    "beta_convergence_panel",
    "bootstrap_interval",
    "coefficient_of_variation",
    "concentration_ratio",
    "convergence_clubs",
    "decompose_entropy",
    "decompose_gini",
    "decompose_shift_share",
    "decompose_theil",
    "decomposition_intervals",
    "densities",
    "ergodic",
    "generalized_entropy",
    "gini",
    "gini_contributions",
    "herfindahl",
    "homogeneity_test",
    "hp_trend",
    "independence_test",
    "location_quotient",
    "location_quotients",
    "log_t",
    "lorenz",
    "markov_chain",
    "mean_first_passage",
    "mobility",
    "neighbour_mean",
    "order_test",
    "share_of",
    "sigma_convergence",
    "spatial_markov",
    "states_at_cuts",
    "states_by_quantiles",
    "stationarity_test",
    "theil_contributions",
    "theil_l",
    "theil_t",
]
