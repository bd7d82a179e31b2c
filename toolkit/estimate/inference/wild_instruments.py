r"""The wild restricted efficient (WRE) cluster bootstrap of a k-class estimate (Davidson and MacKinnon 2010; Roodman, Nielsen, MacKinnon
and Webb 2019).

With the null imposed the structural equation leaves residuals u. The reduced form of each endogenous regressor is estimated with u among
its regressors, which is efficient, and leaves V. A draw multiplies both by one v_g per cluster, builds the endogenous regressors and the
outcome anew, and estimates:

.. math:: D^*_{ig} = Z_{ig}\tilde\Pi + v_g \tilde V_{ig}, \qquad y^*_{ig} = D^*_{ig}\tilde\theta + v_g \tilde u_{ig}

Exogenous regressors, absorbed effects and the mean drop out of both sides. What a draw needs of the rows are sums by pairs of clusters of
instruments times errors, less what lies in exogenous regressors and effects; they are formed once, and no dummy is ever written.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from toolkit.errors import NotEstimable
from toolkit.estimate.instruments.fit import instruments_estimate
from toolkit.estimate.instruments.stages import Method
from toolkit.estimate.instruments.system import System, make_system
from toolkit.estimate.linear.fitted import FittedRows, other_data, require_same_coefficients, require_same_rows, rows_of
from toolkit.estimate.results.estimate import options_asked
from toolkit.estimate.solve.absorb import make_absorber
from toolkit.estimate.solve.kernels import Absorber
from toolkit.numerics import Floats

if TYPE_CHECKING:
    import pandas as pd

    from toolkit.estimate.instruments.fit import InstrumentsEstimate
    from toolkit.estimate.rows.sample import KeptRows
    from toolkit.estimate.rows.source import Source
    from toolkit.panel import Panel


EMPTY = 1e-11  # a residual below this share of what it is left of is rounding
_NO_DIRECTION = 1e-12  # share of a direction, or of one, that is rounding


@dataclass(frozen=True)
class InstrumentRows(FittedRows):
    """The rows behind an estimate with instruments, effects removed.

    Attributes
    ----------
    system : who plays which part.
    absorber : the absorbed effects, None if there are none.
    """

    system: System
    absorber: Absorber | None

    @property
    def fuller(self) -> float:
        """What is taken from the k of LIML."""
        if self.estimate.method != "fuller":
            return 0.0
        system = self.system
        return 1.0 / (self.sample.rows - len(system.instruments) - len(system.exogenous) - int(system.intercept) - system.rank)


@dataclass(frozen=True)
class RestrictedModel:
    """The model under one null, in columns of length one with exogenous regressors and effects partialled out.

    Attributes
    ----------
    basis : (L, n) orthonormal instruments. If the tested regressor is exogenous it comes first, being its own instrument.
    known : (k, n) orthonormal exogenous regressors that are not tested.
    reduced : (L, r) reduced form of the r regressors.
    u : (n,) residual of the structural equation. errors : (r, n) residuals of the reduced form, zero for an exogenous regressor.
    tested : position of the tested regressor among the r.
    exogenous : whether it is exogenous.
    scale : unit of its coefficient.
    """

    basis: Floats
    known: Floats
    reduced: Floats
    u: Floats
    errors: Floats
    tested: int
    exogenous: bool
    scale: float


def instrument_rows(estimate: InstrumentsEstimate, data: Panel | pd.DataFrame | None, purpose: str) -> InstrumentRows:
    """The rows of an estimate with instruments: its own where no data are given.

    Raises
    ------
    NotEstimable
        If the data give other rows or coefficients than the estimate has.
    """
    return rows_of(estimate, data, purpose, _equations)


def _equations(estimate: InstrumentsEstimate, source: Source, _: KeptRows | None) -> InstrumentRows:
    system = make_system(estimate.spec, source, options_asked(estimate))
    sample = system.sample
    require_same_rows(estimate, sample.rows, source)
    absorber = make_absorber(sample.effects, sample.weights) if sample.effects else None
    method: Method = "2sls" if estimate.method == "instruments" else estimate.method  # type: ignore[assignment]
    again = instruments_estimate(system, method)
    if again.terms != estimate.terms or again.instruments != estimate.instruments:
        raise other_data(estimate, source, "other regressors or instruments", f"{', '.join((*estimate.terms, *estimate.instruments))}")
    require_same_coefficients(estimate, again.beta, source)
    sample.matrix.setflags(write=False)
    return InstrumentRows(estimate=estimate, source=source, sample=sample, system=system, absorber=absorber)


def restricted(rows: InstrumentRows, j: int, null: float) -> RestrictedModel:
    """The model in which coefficient ``j`` of the estimate is ``null``, estimated as the estimate was (2SLS, LIML, Fuller).

    Raises
    ------
    NotEstimable
        If the restricted fit is perfect.
    """
    system, w = rows.system, rows.sample.weights
    position = (*system.endogenous, *system.exogenous)[j - int(system.intercept)]
    exogenous = position in system.exogenous
    known = _orthonormal(system.regressors([i for i in system.exogenous if i != position]), w)
    own = (position,) if exogenous else ()
    columns = system.sample.matrix[[0, *(i + 1 for i in (*system.endogenous, *own, *own, *system.instruments))]]
    rooted = columns if w is None else columns * np.sqrt(w)
    columns = _without(rooted, known)
    lengths = np.linalg.norm(columns, axis=1)
    columns = columns / lengths[:, None]
    r = 1 + len(system.endogenous) + len(own)
    outcome, regressors, basis = columns[0], columns[1:r], _without(_orthonormal(columns[r:], None), known)
    tested = r - 2 if exogenous else system.endogenous.index(position)
    scale = float(lengths[0] / lengths[1 + tested])
    y = outcome - null / scale * regressors[tested]
    others = np.delete(regressors, tested, axis=0)
    u = y - _k_class(others, y, basis, rows) @ others
    inside = basis @ u
    left = u - inside @ basis
    nothing = lengths[0] <= EMPTY * np.linalg.norm(rooted[0])
    if nothing or min(np.linalg.norm(left), np.linalg.norm(u)) <= EMPTY * np.linalg.norm(y):
        raise NotEstimable(
            f"with {rows.estimate.terms[j]} at {null:g} the fit is perfect, so there are no residuals to draw from",
            where=rows.estimate.spec.formula,
            remedy="look for a regressor or instrument that determines the outcome",
        )
    slopes = regressors @ left / (left @ left)
    reduced = basis @ regressors.T - np.outer(inside, slopes)
    if exogenous:
        reduced[:, tested] = basis @ regressors[tested]
    errors = regressors - reduced.T @ basis
    if exogenous:
        errors[tested] = 0.0
    return RestrictedModel(basis=basis, known=known, reduced=reduced, u=u, errors=errors, tested=tested, exogenous=exogenous, scale=scale)


def _orthonormal(columns: Floats, weights: Floats | None) -> Floats:
    """Orthonormal rows that span ``columns`` (k, n), earlier ones first; times the root of the weights."""
    rooted = columns if weights is None else columns * np.sqrt(weights)
    return np.ascontiguousarray(np.linalg.qr((rooted / np.linalg.norm(rooted, axis=1)[:, None]).T)[0].T) if len(columns) else columns


def _without(columns: Floats, known: Floats) -> Floats:
    """``columns`` (m, n) less their projection on orthonormal rows, twice, as once leaves rounding of large columns."""
    for _ in range(2):
        columns = columns - (columns @ known.T) @ known
    return columns


def _k_class(regressors: Floats, outcome: Floats, basis: Floats, rows: InstrumentRows) -> Floats:
    """(r,) k-class estimate of endogenous ``regressors`` (r, n), by the method of the estimate."""
    if not len(regressors):
        return np.empty(0)
    both = np.vstack([outcome, regressors])
    inside, whole = both @ basis.T @ basis @ both.T, both @ both.T
    kappa = float(kappas(whole[None], inside[None])[0]) - rows.fuller if rows.estimate.method != "instruments" else 1.0
    normal = (1 - kappa) * whole + kappa * inside
    return np.asarray(np.linalg.solve(normal[1:, 1:], normal[1:, 0]))


def kappas(whole: Floats, inside: Floats) -> Floats:
    """(m,) smallest k for which whole - k (whole - inside), both (m, p, p), is singular: 1 / (1 - s^2), NaN where it does not exist."""
    # m: draws, p: outcome and regressors; whitened by the root of whole, with a unit diagonal first
    scale = np.sqrt(np.einsum("mpp->mp", whole))
    units = scale[:, :, None] * scale[:, None, :]
    values, vectors = np.linalg.eigh(whole / units)
    roots = np.where(values > _NO_DIRECTION, values, np.nan) ** -0.5
    white = vectors * roots[:, None, :]
    turned = np.swapaxes(white, 1, 2) @ (inside / units) @ white
    sound = np.isfinite(turned).all(axis=(1, 2))
    smallest = np.linalg.eigvalsh(np.where(sound[:, None, None], turned, 0.0))[:, 0]
    return np.where(sound, 1.0 / (1.0 - np.clip(smallest, 0.0, 1 - _NO_DIRECTION)), np.nan)
