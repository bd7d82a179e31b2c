"""Marginal effects in models with interactions: the effect of one variable over the values of another, with bands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from toolkit.errors import NotEstimable, UnknownOption
from toolkit.estimate.after.marginal import EffectTerm, MarginalEffects, moderated
from toolkit.estimate.formula.terms import Term
from toolkit.estimate.results.derived import linear_index
from toolkit.estimate.results.estimate import Estimate
from toolkit.estimate.rows.columns import evaluate
from toolkit.estimate.rows.source import Source, source_of
from toolkit.numerics import Floats
from toolkit.panel import Panel

_POINTS = 50
_SUPPORT = (0.01, 0.99)  # quantiles of the moderator between which the default grid lies


@dataclass(frozen=True)
class _Effect:
    """The effect as a linear function of the coefficients: weights (g, q) times beta (q,), with covariance (q, q)."""

    estimate: Estimate
    parts: tuple[EffectTerm, ...]
    moderator: str
    holding: Mapping[str, object]

    def at(self, values: Sequence[object]) -> tuple[Floats, Floats, Floats, Floats]:
        """Effects (g,), standard errors (g,), weights (g, q) and covariance (q, q) of the coefficients that take part."""
        frame = pd.DataFrame({self.moderator: list(values), **self.holding})
        weights = np.stack([p.weight(Source(frame)) for p in self.parts], axis=1)
        bad = ~np.isfinite(weights).all(axis=1)
        if bad.any():
            raise NotEstimable(
                f"the effect is not defined at {self.moderator} = {list(values)[int(bad.argmax())]}",
                where=self.estimate.spec.formula,
                remedy="ask for values inside the domain of log or sqrt",
            )
        positions = [p.position for p in self.parts]
        vcov = self.estimate.vcov[np.ix_(positions, positions)]
        # g: values of the moderator, i and j: coefficients that take part
        spread = np.einsum("gi,ij,gj->g", weights, vcov, weights)
        return weights @ self.estimate.beta[positions], np.sqrt(np.maximum(spread, 0.0)), weights, vcov


def marginal_effects(
    estimate: Estimate,
    term: str,
    moderator: str,
    at: Sequence[object] | Floats | None = None,
    *,
    data: Panel | pd.DataFrame | None = None,
    holding: Mapping[str, object] | None = None,
    level: float = 0.95,
    rng: np.random.Generator | None = None,
    draws: int = 20_000,
) -> MarginalEffects:
    """The effect of ``term`` over the moderator: d(x'b)/d(term) = sum_j b_j w_j(m), by the delta method.

    Every term that contains ``term`` takes part: ``x + x:m`` gives b1 + b2 m, ``x:log(m)`` b1 + b2 log(m), ``x + x^2`` with the moderator
    ``x`` itself b1 + 2 b2 x, ``x:C(region)`` with the moderator ``region`` the slope of each region. Lags of the moderator are read as its
    value at that date.

    The pointwise interval is right for one value chosen beforehand. To read where an effect is significant, use the band, which covers the
    whole curve with probability ``level``: with a generator the sup-t band (the critical value is the quantile of the largest |t| over the
    points, simulated from the estimated covariance); without one Bonferroni's, which is wider.

    Parameters
    ----------
    estimate : an estimate whose formula has the interaction; for a Poisson estimate the effect is on the log of the expected outcome.
    term : the regressor, as it is written in the formula, for example ``"log(subsidy)"``.
    moderator : column of the data (not ``log(m)``: the values are those of ``m``).
    at : values of the moderator; default 50 points between its 1st and 99th percentile in ``data``, or all its levels.
    data : for the default values and for the share of rows with a significant effect; default the rows of the estimate, unless ``at`` says
        what is asked.
    holding : values of further variables that ``term`` interacts with.
    level : of interval and band.
    rng, draws : generator and number of simulations for the sup-t band.

    Raises
    ------
    NotEstimable
        If ``term`` is not in the model, does not interact with the moderator, or its effect depends on a variable not held.
    UnknownOption

    References
    ----------
    Brambor, Clark and Golder (2006); Hainmueller, Mummolo and Xu (2019); Montiel Olea and Plagborg-Moller (2019) for the sup-t band.

    Examples
    --------
    >>> from toolkit.estimate.linear.within import fit_pooled
    >>> rng = np.random.default_rng(0)
    >>> frame = pd.DataFrame(rng.normal(size=(300, 2)), columns=["x", "m"])
    >>> frame["y"] = frame["x"] * (1 + 2 * frame["m"]) + frame["m"] + rng.normal(size=300) / 10
    >>> effects = marginal_effects(fit_pooled("y ~ x * m", frame), "x", "m", at=[0, 1], rng=rng)
    >>> effects.effect.round(1).tolist(), effects.band
    ([1.0, 3.0], 'sup-t')
    """
    if not 0 < level < 1:
        raise UnknownOption(f"level={level} is no confidence level", remedy="a number between 0 and 1, such as 0.95")
    held = dict(holding or {})
    name, parts = moderated(estimate, term, moderator, held)
    effect = _Effect(estimate, parts, moderator, held)
    sample = None
    if data is not None:
        sample = _moderator_of_rows(estimate, source_of(data), moderator)
    elif at is None:
        sample = _moderator_of_own_rows(estimate, moderator)
    values = _values(at, sample, parts, moderator)
    found, errors, weights, vcov = effect.at(values)
    critical = _quantile(estimate.covariance.df_t, level)
    if rng is None:
        band, wide = "Bonferroni", _quantile(estimate.covariance.df_t, 1 - (1 - level) / len(values))
    else:
        band, wide = (
            "sup-t",
            max(
                critical, _sup_t(weights=weights, vcov=vcov, errors=errors, df=estimate.covariance.df_t, level=level, rng=rng, draws=draws)
            ),
        )
    return MarginalEffects(
        term=name,
        moderator=moderator,
        outcome=estimate.spec.outcome,
        formula=estimate.spec.formula,
        at=tuple(values),
        effect=found,
        std_error=errors,
        df=estimate.covariance.df_t,
        level=level,
        critical=critical,
        band=band,
        band_critical=wide,
        shares=None if sample is None else _shares(effect, sample, critical),
    )


def _values(at: Sequence[object] | Floats | None, sample: pd.Series | None, parts: tuple[EffectTerm, ...], moderator: str) -> list[object]:
    levels = next((p.levels for p in parts if p.levels), ())
    if at is not None:
        values = list(at)
        unknown = [v for v in values if levels and v not in levels]
        if unknown:
            raise UnknownOption(f"{moderator} has no level {unknown[0]!r}", remedy=f"levels: {', '.join(map(str, levels))}")
    elif levels:
        values = list(levels)
    elif sample is None:
        raise UnknownOption(f"no values of {moderator} are asked for", remedy="give at=[...], or data=panel for its own range")
    else:
        low, high = np.quantile(sample.to_numpy(dtype=np.float64), _SUPPORT)
        values = np.linspace(low, high, _POINTS).tolist()
    if not values:
        raise UnknownOption(f"at holds no value of {moderator}", remedy="give one value or more")
    return values


def _moderator_of_own_rows(estimate: Estimate, moderator: str) -> pd.Series | None:
    """The moderator on the rows of the estimate; None where it has dropped them."""
    kept = estimate._rows
    if kept is None:
        return None
    values = kept.source.column(moderator)
    return (values if kept.positions is None else values.iloc[kept.positions]).dropna()


def _moderator_of_rows(estimate: Estimate, source: Source, moderator: str) -> pd.Series:
    """The moderator on the rows on which outcome, regressors and moderator are present."""
    outcome = evaluate(Term((estimate.spec.left,)), source)
    present = linear_index(source, estimate.terms, estimate.beta, estimate.columns).notna().to_numpy()
    if outcome.why is not None:
        present = present & (outcome.why == 0)
    values = source.column(moderator)[present].dropna()
    if not len(values):
        raise NotEstimable(f"no row of {source.label} has a usable value of {moderator}", remedy="pass the data of the estimate")
    return values


def _shares(effect: _Effect, sample: pd.Series, critical: float) -> tuple[float, float]:
    """Shares of the rows with a significantly positive, and with a significantly negative effect."""
    counts = sample.value_counts(normalize=True)
    found, errors, _, _ = effect.at(counts.index.tolist())
    share = counts.to_numpy(dtype=np.float64)
    return float(share[found > critical * errors].sum()), float(share[found < -critical * errors].sum())


def _quantile(df: float, level: float) -> float:
    from scipy.special import stdtrit

    return float(stdtrit(df, 0.5 + level / 2))


def _sup_t(weights: Floats, vcov: Floats, errors: Floats, df: float, level: float, rng: np.random.Generator, draws: int) -> float:
    """Quantile of max |t| over the points, from draws of the coefficients (multivariate t with the degrees of freedom of the estimate)."""
    if draws < 1:
        raise UnknownOption(f"draws={draws} is no number of simulations", remedy="a whole number such as 20000")
    uncertain = errors > 0
    if not uncertain.any():
        return 0.0
    scale = np.sqrt(np.where(np.diag(vcov) > 0, np.diag(vcov), 1.0))
    own, vectors = np.linalg.eigh(vcov / np.outer(scale, scale))
    loadings = (weights[uncertain] * scale) @ (vectors * np.sqrt(np.maximum(own, 0.0))) / errors[uncertain, None]
    largest = np.abs(rng.standard_normal((draws, len(own))) @ loadings.T).max(axis=1)
    if np.isfinite(df):
        largest /= np.sqrt(rng.chisquare(df, draws) / df)
    return float(np.quantile(largest, level))
