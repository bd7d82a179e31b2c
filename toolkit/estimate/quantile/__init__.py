"""Quantile regression: with absorbed effects via moments, without them by the check function."""

from toolkit.estimate.quantile.fit import fit_quantile
from toolkit.estimate.quantile.pooled import QuantileFit

__all__ = ["QuantileFit", "fit_quantile"]
