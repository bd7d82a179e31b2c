"""Spatial models: neighbours' outcomes, regressors and errors."""

from toolkit.estimate.spatial.fit import fit_spatial, lagrange_tests
from toolkit.estimate.spatial.result import SpatialEstimate

__all__ = ["SpatialEstimate", "fit_spatial", "lagrange_tests"]
