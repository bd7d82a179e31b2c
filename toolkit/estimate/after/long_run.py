"""The long-run effect in a model with lags of the outcome."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from toolkit.errors import NotEstimable
from toolkit.estimate.formula.terms import Factor, unlagged
from toolkit.estimate.results.derived import find_term

if TYPE_CHECKING:
    from toolkit.estimate.results.estimate import Coefficient, Estimate


def long_run(estimate: Estimate, term: str | Sequence[str], lag_terms: Sequence[str] | None = None, level: float = 0.95) -> Coefficient:
    """The long-run effect sum_s b_s / (1 - sum_p a_p) with its delta-method interval.

    With the gradient d = (1, ..., 1 for the b; effect, ..., effect for the a) / (1 - sum a), the variance is d'V d. The interval is that of
    the estimate's distribution (normal for GMM without a small-sample factor). In logs on both sides it is the long-run elasticity. It is
    symmetric, and too short when the lags of the outcome sum to nearly one.

    Parameters
    ----------
    estimate : of a model with lags of the outcome, by any method.
    term : a variable as it stands in the formula, whose current value and lags are all summed; or the terms to sum, as a list.
    lag_terms : the lags of the outcome; default all of them.
    level : of the interval.

    Raises
    ------
    NotEstimable
        If there is no such term or no lag of the outcome, or if the lags sum to one or more: then there is no long run.

    Examples
    --------
    >>> import pandas as pd
    >>> from toolkit.estimate import fit_pooled
    >>> from toolkit.panel import Panel
    >>> x = np.sin(np.arange(60.0) ** 2)
    >>> y = [0.0]
    >>> for now in x[1:]:
    ...     y.append(0.5 * y[-1] + now + 0.01 * np.cos(7 * now))
    >>> panel = Panel(pd.DataFrame({"id": 1, "t": np.arange(60), "x": x, "y": y}), "id", "t")
    >>> found = long_run(fit_pooled("y ~ L(y, 1) + x", panel, covariance="iid"), "x")
    >>> found.term, round(found.estimate, 1)
    ('long run of x', 2.0)
    """
    effects = _with_lags(estimate, term) if isinstance(term, str) else [find_term(t, estimate.terms) for t in term]
    lags = _outcome_lags(estimate) if lag_terms is None else [find_term(t, estimate.terms) for t in lag_terms]
    if set(effects) & set(lags) or not effects or not lags:
        raise NotEstimable(
            f"a long-run effect of {term} needs terms of its own and lags of {estimate.spec.outcome}",
            where=f"terms: {', '.join(estimate.terms)}",
            remedy=f"put L({estimate.spec.outcome}, 1) into the formula, and name other terms than the lags of the outcome",
        )
    remaining = 1.0 - float(estimate.beta[lags].sum())
    if remaining <= 0:
        raise NotEstimable(
            f"the lags of {estimate.spec.outcome} sum to {1 - remaining:.3f}, so there is no long run",
            where=estimate.spec.formula,
            remedy="look at the lag coefficients: a sum of one or more means that shocks never fade",
        )
    effect = float(estimate.beta[effects].sum()) / remaining
    gradient = np.zeros(len(estimate.terms))
    gradient[effects], gradient[lags] = 1 / remaining, effect / remaining
    name = term if isinstance(term, str) else " + ".join(estimate.terms[j] for j in effects)
    return estimate.tested(f"long run of {name}", effect, float(np.sqrt(gradient @ estimate.vcov @ gradient)), level)


def _with_lags(estimate: Estimate, term: str) -> list[int]:
    """Positions of ``term`` and of all its lags."""
    factors = _factors(estimate)
    chosen = estimate.terms[find_term(term, estimate.terms)]
    if chosen not in factors:
        return [estimate.terms.index(chosen)]
    value = unlagged(factors[chosen])[0]
    return [j for j, t in enumerate(estimate.terms) if t in factors and unlagged(factors[t])[0] == value]


def _outcome_lags(estimate: Estimate) -> list[int]:
    found = {t: unlagged(factor) for t, factor in _factors(estimate).items()}
    return [j for j, t in enumerate(estimate.terms) if t in found and found[t][0] == estimate.spec.left and found[t][1] > 0]


def _factors(estimate: Estimate) -> dict[str, Factor]:
    """The terms that are one numeric factor."""
    single = {term.text: term.factors[0] for term in estimate.spec.terms if len(term.factors) == 1}
    return {text: factor for text, factor in single.items() if text in estimate.terms}
