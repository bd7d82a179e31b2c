"""The rows of a spatial model as arrays by period and entity, put into the order of the weights by name."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from toolkit.errors import DuplicateKey, EstimationError, FormulaError, UnknownName
from toolkit.estimate.formula.spec import Effect, Spec, parse, refuse_instruments, refuse_slopes
from toolkit.estimate.linear.least_squares import Moments, centre, choose, require_rows
from toolkit.estimate.results.derived import INTERCEPT
from toolkit.estimate.rows.options import Omitted, Options, collinear_with
from toolkit.estimate.rows.sample import Sample, select_with_singletons
from toolkit.estimate.rows.source import source_of
from toolkit.estimate.solve.absorb import make_absorber
from toolkit.estimate.solve.kernels import norms
from toolkit.estimate.solve.omission import independent
from toolkit.estimate.spatial.determinant import linked_share, log_determinant
from toolkit.estimate.spatial.likelihood import Problem
from toolkit.numerics import Floats
from toolkit.panel import Panel
from toolkit.transform.neighbours import Weights

SHOWN = 8  # names in a message


@dataclass(frozen=True)
class Arrays:
    """A spatial model before it is estimated.

    Attributes
    ----------
    sample, moments, kept, omitted : as the linear estimators have them.
    links : the weights, in the order of the entities below.
    place : (n,) where each row of the sample stands among the T times N places of the arrays.
    outcome : (n,) as the rows of the sample have it.
    y : (3, T N) outcome, Wy and WWy, effects removed.
    x : (2, p, T N) regressors and their spatial lags, effects removed; with the lags of a Durbin model among the regressors.
    terms : names of the p regressors.
    periods, share, rows : as in :class:`~toolkit.estimate.spatial.likelihood.Problem`.
    """

    sample: Sample
    moments: Moments
    kept: list[int]
    omitted: tuple[Omitted, ...]
    links: Weights
    place: NDArray[np.intp]
    outcome: Floats
    y: Floats
    x: Floats
    terms: tuple[str, ...]
    periods: int
    share: float
    rows: int

    @property
    def columns(self) -> Floats:
        """(3 + 2p, T N) all columns of which the likelihood is made."""
        return np.vstack([self.y, *self.x])

    def problem(self, lag: bool, error: bool) -> Problem:
        """The likelihood of a model with these spatial coefficients."""
        return Problem(
            root=np.asarray(np.linalg.qr(self.columns.T, mode="r")),
            rows=self.rows,
            periods=self.periods,
            share=self.share,
            determinant=log_determinant(self.links.sparse),
            lag=lag,
            error=error,
        )


def arrange(formula: str | Spec, data: Panel | pd.DataFrame, weights: Weights, *, durbin: bool, error: bool) -> Arrays:
    """Choose rows, check them against the weights, lag them in space and remove the effects.

    Raises
    ------
    FormulaError, UnknownName, DuplicateKey, EstimationError
        For effects other than those of the panel, entities that the weights miss or add, cells that are missing, and time effects with
        weights that are not row-standardised, or with islands where the model or test has spatial errors (``error``).
    """
    source = source_of(data)
    spec = refuse_slopes(refuse_instruments(parse(formula), "fit_spatial"), "fit_spatial")
    roles = {"entity": source.entity, "time": source.time}
    known = {Effect((name,)): role for role, name in roles.items() if name is not None}
    foreign = [effect.text for effect in spec.effects if effect not in known]
    if foreign:
        raise FormulaError(
            f"fit_spatial absorbs the effects of the entity and of time alone, not {foreign[0]}",
            where=spec.formula,
            remedy="write other effects as dummies, + C(...)",
        )
    removed = {known[effect] for effect in spec.effects}
    sample = select_with_singletons(spec, source, Options.read(source, covariance="iid"))
    labels = (source.frame.index if source.entity is None else pd.Index(source.frame[source.entity]))[sample.positions]
    links, entity = _aligned(labels, weights, sample)
    period = np.zeros(sample.rows, dtype=np.intp) if sample.calendar is None else pd.factorize(sample.calendar, sort=True)[0]
    n, t = len(links.ids), int(period.max()) + 1
    place = period * n + entity
    if sample.rows < n * t:
        _refuse_unbalanced(place, links.ids, np.unique(sample.calendar) if sample.calendar is not None else np.zeros(1, dtype=np.int64), n)
    w = links.sparse
    share = linked_share(w) if "time" in removed else 0.0
    _refuse_time_effects(links, share, error, spec.formula)
    raw = np.empty_like(sample.matrix)
    raw[:, place] = sample.matrix
    moments = centre(sample.matrix, None)
    if sample.effects:
        make_absorber(sample.effects).demean(sample.matrix)
    kept, omitted = choose(sample, moments, sample.named_effects, spec.intercept and not removed)
    own = raw[1:][kept]
    terms = [sample.names[j] for j in kept]
    one = [np.ones((1, n * t))] if spec.intercept and not removed else []
    around = _lag(w, own, n) if durbin else own[:0]
    lagged = [f"W({term})" for term in terms]

    def without_effects(values: Floats) -> Floats:
        cube = values.reshape(-1, t, n)
        for role, axis in (("entity", 1), ("time", 2)):
            if role in removed:
                cube = cube - cube.mean(axis=axis, keepdims=True)
        return cube.reshape(len(values), -1)

    if durbin:
        both = without_effects(np.vstack([*one, own, around]))
        stay, partners = independent(both, norms(np.vstack([*one, own, around]), None), None)
        first = len(one) + len(own)
        gone = {j - first: [([INTERCEPT] * len(one) + terms + lagged)[i] for i in who] for j, who in partners.items()}
        omitted = (*omitted, *(Omitted(lagged[j], collinear_with(who)) for j, who in sorted(gone.items())))
        around, lagged = around[[j - first for j in stay if j >= first]], [lagged[j - first] for j in stay if j >= first]
    x = np.vstack([*one, own, around])
    y = raw[:1]
    wy = _lag(w, y, n)
    t_free, n_free = t - ("entity" in removed), n - ("time" in removed)
    require_rows(sample, len(x), n * t - n_free * t_free)
    return Arrays(
        sample=sample,
        moments=moments,
        kept=kept,
        omitted=omitted,
        links=links,
        place=place,
        outcome=raw[0, place],
        y=without_effects(np.vstack([y, wy, _lag(w, wy, n)])),
        x=np.stack([without_effects(x), without_effects(_lag(w, x, n))]),
        terms=(*[INTERCEPT] * len(one), *terms, *(lagged if durbin else ())),
        periods=t_free,
        share=share,
        rows=n_free * t_free,
    )


def _lag(w: object, values: Floats, n: int) -> Floats:
    """W times each period of each row of ``values`` (m, T N)."""
    return np.asarray((w @ values.reshape(-1, n).T).T).reshape(values.shape)  # type: ignore[operator]


def _aligned(labels: pd.Index, weights: Weights, sample: Sample) -> tuple[Weights, NDArray[np.intp]]:
    """The weights in the order in which the entities come, and the place of each row's entity in it."""
    codes, found = pd.factorize(labels)
    if sample.entity is None and len(found) < len(labels):
        twice = labels[labels.duplicated()][0]
        raise DuplicateKey(f"{twice} has two rows", remedy="let the index name each entity once, or make a Panel")
    linked, present = set(weights.ids), set(found)
    unknown = [label for label in found if label not in linked]
    if unknown:
        raise UnknownName(
            f"the weights miss {_named(unknown)}",
            where=f"{len(weights.ids)} entities in the weights",
            remedy="add their links, or drop the rows",
        )
    extra = [label for label in weights.ids if label not in present]
    if extra:
        why = "; ".join(f"{d.reason}: {d.rows} rows (first {d.first})" for d in sample.dropped)
        raise EstimationError(
            f"the weights hold {_named(extra)}, of whom no row can be used",
            where=why,
            remedy="cut them to the entities of the data, weights.ordered([...]).row_standardised()",
        )
    return weights.ordered(found.tolist()), codes


def _refuse_time_effects(links: Weights, share: float, error: bool, formula: str) -> None:
    if np.isnan(share):
        raise EstimationError(
            "time effects can be removed from a spatial model only with rows that sum to one, and islands that nobody links to",
            where=formula + (f"; without neighbours: {_named(list(links.islands))}" if links.islands else ""),
            remedy="pass weights.row_standardised(); or leave the time effects out",
        )
    if error and 0 < share < 1:
        raise EstimationError(
            f"time effects and spatial errors cannot be told apart while {_named(list(links.islands))} has no neighbour: a shock that all "
            "share enters the equation of an island in full and that of the others times 1 - lambda",
            where=formula,
            remedy="use SAR, SDM or SLX; link the island; or leave it out, weights.ordered([...]).row_standardised()",
        )


def _refuse_unbalanced(place: NDArray[np.intp], ids: tuple[object, ...], times: NDArray[np.int64], n: int) -> None:
    missing = np.setdiff1d(np.arange(n * len(times)), place)
    cells = _named([f"{ids[i % n]} {times[i // n]:g}" for i in missing])
    raise EstimationError(
        f"{len(missing)} of {n * len(times)} cells of the panel are missing: {cells}",
        remedy="a spatial panel needs every entity in every period: choose other years, other entities, or fill the gaps",
    )


def _named(names: list[object] | list[str]) -> str:
    more = f", ... ({len(names)} in all)" if len(names) > SHOWN else ""
    return ", ".join(map(str, names[:SHOWN])) + more
