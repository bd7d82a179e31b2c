r"""The score cluster bootstrap of a GMM estimate (Kline and Santos 2012), its weighting matrix held.

With b(null) the GMM estimate whose coefficient j is held at the null, and s_j row j of (X'Z A Z'X)^-1 X'Z A,

.. math:: \psi_g = \sum_{i \in g} s_j Z_i' (y_i - X_i b(null)), \qquad \hat b_j - null = \sum_g \psi_g, \qquad
          t^* = \sum_g v_g \psi_g \Big/ \sqrt{\sum_g v_g^2 \psi_g^2}

so nothing is estimated again in a draw. The psi are linear in the null, psi = a0 - d a1 with d = null - b, sum a0 = 0 and sum a1 = 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from toolkit.errors import EstimationError, NotEstimable
from toolkit.estimate.dynamic.gmm import Model, Step, build
from toolkit.estimate.dynamic.solution import solve_gmm
from toolkit.estimate.inference.wild_draws import Draws
from toolkit.estimate.linear.fitted import FittedRows, require_same_coefficients, require_same_rows, rows_of
from toolkit.estimate.rows.grouping import Grouping, dense
from toolkit.estimate.rows.options import Options
from toolkit.estimate.rows.source import Source, require_panel
from toolkit.numerics import NO_VARIANCE, Floats

if TYPE_CHECKING:
    import pandas as pd

    from toolkit.estimate.dynamic.result import DynamicEstimate
    from toolkit.estimate.rows.sample import KeptRows
    from toolkit.panel import Panel


@dataclass(frozen=True)
class GmmRows(FittedRows):
    """The equations behind a dynamic estimate.

    Attributes
    ----------
    model : rows, regressors and instruments.
    step : the GMM step of the coefficients.
    """

    model: Model
    step: Step

    def units(self, name: str, groups: Grouping) -> Grouping:
        """(N,) cluster of each entity.

        Raises
        ------
        EstimationError
            If the cluster variable varies within an entity: moments are sums over entities.
        """
        stack = self.model.stack
        assert self.sample.entity is not None
        if not self.sample.entity.refines(groups):
            raise EstimationError(
                f"{name} varies within {self.source.entity}, and the moments of {self.estimate.method} are sums over {self.source.entity}",
                where=self.estimate.spec.formula,
                remedy=f"cluster by {self.source.entity}, or by a column that is fixed for each {self.source.entity}",
            )
        rows = stack.transformation.rows
        of_row = np.concatenate([groups.codes[rows], groups.codes]) if stack.system else groups.codes[rows]
        codes = np.empty(stack.groups.levels, dtype=np.intp)
        codes[stack.groups.codes] = of_row
        return dense(codes, groups.levels)


@dataclass(frozen=True)
class Scores:
    """Cluster sums of the scores of one coefficient, scaled so that sum a1 = 1 and sum a0^2 = 1.

    Attributes
    ----------
    a0, a1 : (G,).
    unit : sqrt(sum a0^2) in the units of the coefficient: its robust standard error with the weights held.
    """

    a0: Floats
    a1: Floats
    unit: float

    def draws(self, multipliers: Floats) -> Draws:
        """The draws for multipliers (m, G)."""
        squares, products = multipliers**2, (self.a0 * self.a0, self.a0 * self.a1, self.a1 * self.a1)
        d0, d1, d2 = (squares @ product for product in products)
        own = (1.0, float(products[1].sum()), float(products[2].sum()))
        return Draws(n0=multipliers @ self.a0, n1=multipliers @ self.a1, d0=d0, d1=d1, d2=d2, own=own)


def gmm_rows(estimate: DynamicEstimate, data: Panel | pd.DataFrame | None, purpose: str) -> GmmRows:
    """The equations of a dynamic estimate, built and solved once more; from its own rows where no data are given.

    Raises
    ------
    NotEstimable
        If the data give other rows or coefficients than the estimate has, or its residuals are rounding.
    """

    def made(estimate: DynamicEstimate, source: Source, _: KeptRows | None) -> GmmRows:
        return _equations(estimate, require_panel(source, purpose), purpose)

    return rows_of(estimate, data, purpose, made)


def _equations(estimate: DynamicEstimate, source: Source, purpose: str) -> GmmRows:
    model = build(spec=estimate.spec, source=source, options=Options.read(source), declared=estimate.declared, settings=estimate.settings)
    sample = model.stack.sample
    require_same_rows(estimate, sample.rows if model.stack.system else model.stack.transformed, source)
    solution = solve_gmm(model, estimate.settings)
    require_same_coefficients(estimate, solution.beta[model.regressors.hidden :], source)
    if solution.perfect:
        raise NotEstimable(
            f"{purpose} needs residuals, and the fit is perfect",
            where=estimate.spec.formula,
            remedy="look for a regressor that determines the outcome",
        )
    two_steps = estimate.settings.steps == 2 and solution.second is not None
    return GmmRows(
        estimate=estimate,
        source=source,
        sample=sample,
        model=model,
        step=solution.second if two_steps and solution.second else solution.first,
    )


def scores_of(rows: GmmRows, j: int, name: str, units: Grouping) -> Scores:
    """The cluster sums of coefficient ``j`` of the estimate; ``units`` holds the cluster of each entity, by the variable ``name``.

    Raises
    ------
    NotEstimable
        If the scores sum to zero in every cluster.
    """
    system, step, k = rows.model.system, rows.step, rows.model.regressors.hidden + j
    direction = step.bread[:, k] / step.bread[k, k]  # how the other coefficients follow the one that is held
    reach = system.moments(direction @ system.X)
    by_entity = step.score[k] @ step.moments
    a0, a1 = units.sums(by_entity), units.sums(step.score[k] @ reach)
    size = float(np.sqrt(a0 @ a0))
    if not size > NO_VARIANCE * float(np.abs(by_entity).sum()):
        raise NotEstimable(
            f"the scores of {rows.estimate.terms[j]} sum to zero in every {name}",
            where=rows.estimate.spec.formula,
            remedy="cluster at a finer level",
        )
    return Scores(a0 / size, a1, size / float(rows.model.lengths[k]))
