r"""Least squares and two-stage least squares on many unbalanced panels at once.

One slope, one instrument (the regressor itself for least squares), other columns removed first. For panel r

.. math:: \hat b = \frac{\sum \tilde z y}{\sum \tilde z \tilde x}, \qquad
          se^2 = c \sum_g \Big(\sum_{i \in g} \tilde z_i e_i\Big)^2 \Big/ \Big(\sum \tilde z \tilde x\Big)^2

where the tilde removes effects and the other columns, and c is the factor G/(G-1) (N-1)/(N-K) of ``fit``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from toolkit.numerics import Floats

Mask = NDArray[np.bool_]
Codes = NDArray[np.int64]


@dataclass(frozen=True)
class Slopes:
    """One slope in each of R panels.

    Attributes
    ----------
    estimate : (R,).
    noise : (R, F, T) the residuals over sum(z x).
    instrument : (R, F, T) the instrument with everything else removed; zero where nothing is observed.
    reach : (R, F, T) the terms z x / sum(z x), which sum to one.
    strength : (R,) z'x / sqrt of the clustered variance of its noise: the first-stage t without factor, clustered by firm.
    rows : (R,) observations.
    firms : (R,) firms.
    parameters : (R,) coefficients counted in the factor when firms are nested in the clusters.
    """

    estimate: Floats
    noise: Floats
    instrument: Floats
    reach: Floats
    strength: Floats
    rows: NDArray[np.int64]
    firms: NDArray[np.int64]
    parameters: NDArray[np.int64]

    @property
    def scores(self) -> Floats:
        """(R, F, T) the terms z e / sum(z x), which sum to zero; their sums by cluster give every clustered variance."""
        return np.asarray(self.instrument * self.noise)

    @property
    def effective_f(self) -> Floats:
        """(R,) effective F of one instrument, which is the clustered first-stage F."""
        factor = _factor(self.firms, self.rows, self.parameters)
        return np.asarray(self.strength**2 / factor)

    def by_firm(self) -> Errors:
        """Standard errors clustered by firm."""
        return self._errors(self.scores.sum(axis=2), self.firms, self.parameters)

    def by_group(self, group: Codes, groups: int) -> Errors:
        """Standard errors clustered by the group (R, F) of a firm, in which firms are nested."""
        totals = group_sums(self.scores.sum(axis=2)[:, :, None], group, groups)[:, :, 0]
        return self._errors(totals, np.full(len(totals), groups), self.parameters)

    def by_group_and_year(self, group: Codes, groups: int) -> Errors:
        """Standard errors clustered by group and year, in which firms are not nested, so that their effects are counted."""
        totals = group_sums(self.scores, group, groups)
        flat = totals.reshape(len(totals), -1)
        return self._errors(flat, np.full(len(flat), flat.shape[1]), self.parameters + self.firms - 1)

    def exposure_robust(self, exposure: Floats, group: Codes, groups: int, mask: Mask) -> Errors:
        r"""Standard errors at the level of the shocks (Adao, Kolesar and Morales 2019), clustered by the group that a shock hits.

        Firm i of group p is exposed to z_pt by e_i. With \hat x_pt = sum_i e_i z_it / sum_i e_i^2, the shock that the residualised
        instrument has left, the score of a group is sum_t \hat x_pt sum_i e_i e_it. The factor and the t are those of the other clusters.
        """
        share = exposure[:, :, None] * mask
        size = group_sums(share**2, group, groups)
        shock = group_sums(share * self.instrument, group, groups) / np.where(size > 0, size, 1.0)
        totals = (shock * group_sums(share * self.noise, group, groups)).sum(axis=2)
        return self._errors(totals, np.full(len(totals), groups), self.parameters)

    def by_group_at(self, null: float, group: Codes, groups: int) -> Errors:
        """Standard errors clustered by group with residuals under the null and no factor, for a normal test (Anderson and Rubin)."""
        scores = self.scores + (self.estimate - null)[:, None, None] * self.reach
        totals = group_sums(scores.sum(axis=2)[:, :, None], group, groups)[:, :, 0]
        return Errors(np.sqrt(np.einsum("rg,rg->r", totals, totals)), np.full(len(totals), np.inf))

    def _errors(self, totals: Floats, clusters: NDArray[np.int64], parameters: NDArray[np.int64]) -> Errors:
        factor = _factor(clusters, self.rows, parameters)
        return Errors(np.sqrt(factor * np.einsum("rg,rg->r", totals, totals)), (clusters - 1).astype(np.float64))


@dataclass(frozen=True)
class Errors:
    """Standard errors (R,) and the degrees of freedom (R,) of their t, infinite for the normal."""

    std_error: Floats
    df: Floats


def _factor(clusters: NDArray[np.int64], rows: NDArray[np.int64], parameters: NDArray[np.int64]) -> Floats:
    return np.asarray(clusters / (clusters - 1) * (rows - 1) / (rows - parameters))


def group_sums(values: Floats, group: Codes, groups: int) -> Floats:
    """(R, groups, T) sums of ``values`` (R, F, T) over the firms of each group (R, F)."""
    member = (group[:, None, :] == np.arange(groups)[None, :, None]).astype(np.float64)
    return np.asarray(member @ values)


def two_way(values: Floats, mask: Mask) -> Floats:
    """Firm and year effects removed from ``values`` (R, F, T) over the observed cells; zero elsewhere.

    Firm means go first; the year effects that are left solve (diag(n_t) - sum_i m_i m_i'/n_i) l = sum_i of what is left.

    Examples
    --------
    >>> two_way(np.array([[[1.0, 2.0], [3.0, 6.0]]]), np.ones((1, 2, 2), dtype=bool)).tolist()
    [[[0.5, -0.5], [-0.5, 0.5]]]
    """
    # r: panels, f: firms, t and s: years; share is one over the years of a firm where it is seen
    seen = mask.astype(np.float64)
    share: Floats = seen / np.maximum(seen.sum(axis=2, keepdims=True), 1.0)
    left = _without_means(values, seen, share)
    totals = left.sum(axis=1)
    # normal equations of the year effects once firm means are out: diag(n_t) - sum_f m_f m_f' / n_f
    system = np.einsum("rft,ts->rts", seen, np.eye(seen.shape[2])) - np.swapaxes(seen, 1, 2) @ share
    nobody = seen.sum(axis=1) == 0
    system = system + np.eye(seen.shape[2]) * nobody[:, :, None]  # a year that nobody is seen in has no effect
    years = np.zeros_like(totals)
    # years are identified up to a constant, which the firm means absorb: the last one is zero
    years[:, :-1] = np.linalg.solve(system[:, :-1, :-1], totals[:, :-1, None])[..., 0]
    return np.asarray(left - seen * (years[:, None, :] - (share @ years[..., None])))


def _without_means(values: Floats, seen: Floats, share: Floats) -> Floats:
    filled = np.where(seen > 0, values, 0.0)
    return np.asarray(filled - seen * (filled * (share > 0)).sum(axis=2, keepdims=True) / np.maximum(seen.sum(axis=2, keepdims=True), 1.0))


def within_slopes(
    outcome: Floats, regressor: Floats, controls: Sequence[Floats], mask: Mask, *, instrument: Floats | None = None
) -> Slopes:
    """The slope with firm and year effects and controls, by least squares or with an instrument.

    Parameters
    ----------
    outcome, regressor, instrument : (R, F, T), as each of ``controls``; read where ``mask`` holds only.
    mask : (R, F, T) rows of the sample. Firms seen once are left out, as ``fit`` leaves them out.
    """
    mask = mask & (mask.sum(axis=2, keepdims=True) > 1)
    y, x, *others = (two_way(v, mask) for v in (outcome, regressor, *controls))
    z = x if instrument is None else two_way(instrument, mask)
    periods = mask.any(axis=1).sum(axis=1)
    return _slopes((y, x, z), others, mask, parameters=1 + len(others) + periods)


def pooled_slopes(outcome: Floats, regressor: Floats, controls: Sequence[Floats], mask: Mask) -> Slopes:
    """The slope with an intercept and other columns."""
    columns = [np.where(mask, v, 0.0) for v in (outcome, regressor, *controls)]
    y, x, *others = columns
    return _slopes((y, x, x), [mask.astype(np.float64), *others], mask, parameters=np.full(len(mask), 2 + len(controls)))


def difference_slopes(outcome: Floats, regressor: Floats, control: Floats, mask: Mask) -> Slopes:
    """The slope in first differences with one control and a mean for each year."""
    both = mask[:, :, 1:] & mask[:, :, :-1]
    y, x, c = (np.where(both, np.diff(np.where(mask, v, 0.0), axis=2), 0.0) for v in (outcome, regressor, control))
    year = [both * (np.arange(both.shape[2]) == t) for t in range(both.shape[2])]
    return _slopes((y, x, x), [*(v.astype(np.float64) for v in year), c], both, parameters=np.full(len(mask), 2 + both.shape[2]))


def _slopes(columns: tuple[Floats, Floats, Floats], others: Sequence[Floats], mask: Mask, parameters: NDArray[np.int64]) -> Slopes:
    """FWL: the other columns go from outcome, regressor and instrument, then one slope is left."""
    r, f, t = mask.shape
    design = np.stack([v.reshape(r, -1) for v in others], axis=2)
    # r: panels, n: cells of a panel, firms times years. Other columns leave outcome, regressor and instrument at once
    gram = np.swapaxes(design, 1, 2) @ design
    triple = np.stack([v.reshape(r, -1) for v in columns], axis=2)
    left = triple - design @ np.linalg.solve(gram, np.swapaxes(design, 1, 2) @ triple)
    cleaned_y, cleaned_x, cleaned_z = (left[..., j] for j in range(3))
    # slope z'y / z'x; reach is z'x, and the noise of the first stage by firm gives the strength of the instrument
    reach = np.einsum("rn,rn->r", cleaned_z, cleaned_x)
    estimate = np.einsum("rn,rn->r", cleaned_z, cleaned_y) / reach
    residuals = cleaned_y - estimate[:, None] * cleaned_x
    own = np.einsum("rn,rn->r", cleaned_z, cleaned_z)
    noise = (cleaned_z * (cleaned_x - (reach / own)[:, None] * cleaned_z)).reshape(r, f, t).sum(axis=2)
    with np.errstate(divide="ignore"):  # the regressor as its own instrument leaves no noise
        strength = reach / np.sqrt(np.einsum("rf,rf->r", noise, noise))
    return Slopes(
        estimate=estimate,
        noise=(residuals / reach[:, None]).reshape(r, f, t),
        instrument=cleaned_z.reshape(r, f, t),
        reach=(cleaned_z * cleaned_x / reach[:, None]).reshape(r, f, t),
        strength=strength,
        rows=mask.sum(axis=(1, 2)),
        firms=mask.any(axis=2).sum(axis=1),
        parameters=np.asarray(parameters),
    )
