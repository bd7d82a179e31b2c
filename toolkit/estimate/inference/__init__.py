"""Inference where the usual t test misleads: few clusters, neighbours in space, treatments that could have fallen otherwise.

Each takes the estimate, and the data only where it has dropped its rows. :func:`cr2` and :func:`conley` give the estimate back with another
covariance, :func:`wild_cluster_bootstrap` and :func:`permutation_test` give small records of their own.
"""

from toolkit.estimate.inference.conley import conley
from toolkit.estimate.inference.cr2 import cr2
from toolkit.estimate.inference.randomisation import PermutationTest, permutation_test
from toolkit.estimate.inference.wild import wild_cluster_bootstrap, wild_tests
from toolkit.estimate.inference.wild_scheme import WildBootstrap, WildTests

__all__ = [
    "PermutationTest",
    "WildBootstrap",
    "WildTests",
    "conley",
    "cr2",
    "permutation_test",
    "wild_cluster_bootstrap",
    "wild_tests",
]
