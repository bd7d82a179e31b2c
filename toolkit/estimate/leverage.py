r"""How much a row determines its own fitted value, absorbed effects included: what HC2 and HC3 divide by (MacKinnon and White 1985).

.. math:: h_i = w_i \tilde x_i' (\tilde X' W \tilde X)^{-1} \tilde x_i + w_i d_i' (D'WD)^- d_i

with the effects D removed from the regressors: the projection on both is the sum of the two.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from toolkit.errors import NotEstimable
from toolkit.estimate.records import Covariance

if TYPE_CHECKING:
    from toolkit.estimate.covariance import Design
    from toolkit.estimate.options import Options

Floats = NDArray[np.float64]

WHOLE = 1e-10  # 1 - h below this is a row that alone determines a parameter
NEEDS_LEVERAGE: tuple[Covariance, ...] = ("HC2", "HC3")


def refuse_leverage(options: Options, estimator: str) -> Options:
    """The options themselves; NotEstimable if they ask for HC2 or HC3, which are defined for least squares only."""
    if options.covariance in NEEDS_LEVERAGE:
        raise NotEstimable(
            f"{options.covariance} is defined for least squares, not for {estimator}", remedy="use covariance='HC1', 'HC0' or 'cluster'"
        )
    return options


def residual_scale(design: Design, covariance: Covariance) -> Floats | float:
    """What the residuals are multiplied by: 1 for HC0 and HC1, (1 - h)^-1/2 for HC2, 1 / (1 - h) for HC3.

    Raises
    ------
    NotEstimable
        If a row alone determines a parameter: its residual is zero whatever its error is.
    """
    if covariance not in NEEDS_LEVERAGE:
        return 1.0
    left = 1 - leverages(design)
    alone = int((left < WHOLE).sum())
    if alone:
        raise NotEstimable(
            f"{covariance} does not exist: {alone} rows alone determine a parameter, so their residuals say nothing about their errors",
            where=f"{design.n} rows",
            remedy="leave out the regressor or the effect that only one row has, or use covariance='HC1' or 'cluster'",
        )
    return np.asarray(1 / np.sqrt(left) if covariance == "HC2" else 1 / left)


def leverages(design: Design) -> Floats:
    """(n,) h of every row; they add up to the number of parameters.

    Raises
    ------
    NotEstimable
        If the effects beside the largest one have too many levels for their leverages.
    """
    own = np.einsum("kn,kn->n", design.columns, design.bread @ design.columns)
    own = own if design.weights is None else own * design.weights
    if not design.effects:
        return np.asarray(own)
    from toolkit.estimate.slopes import effect_leverages

    return np.asarray(own + effect_leverages([grouping for _, grouping in design.effects], design.weights))
