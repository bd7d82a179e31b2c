"""The rows of a spatial model as arrays by period and entity, put into the order of the weights by name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

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
from toolkit.estimate.spatial.likelihood import Problem, linked_share, log_determinant
from toolkit.numerics import Floats
from toolkit.panel import Panel
from toolkit.transform.neighbours import Weights

if TYPE_CHECKING:
    from scipy.sparse import csr_array

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
    removed = _roles_removed(spec, {"entity": source.entity, "time": source.time})
    sample = select_with_singletons(spec, source, Options.read(source, covariance="iid"))
    labels = (source.frame.index if source.entity is None else pd.Index(source.frame[source.entity]))[sample.positions]
    links, entity = _aligned(labels, weights, sample)
    place, t, n = *_places(sample, entity, links), len(links.ids)
    share = linked_share(links.sparse) if "time" in removed else 0.0
    _refuse_time_effects(links, share, error, spec.formula)
    raw = np.empty_like(sample.matrix)
    raw[:, place] = sample.matrix
    moments = centre(sample.matrix, None)
    if sample.effects:
        make_absorber(sample.effects).demean(sample.matrix)
    constant = spec.intercept and not removed
    kept, omitted = choose(sample, moments, sample.named_effects, constant)
    cube = _Cube(w=links.sparse, entities=n, periods=t, removed=removed)
    x, terms = raw[1:][kept], [sample.names[j] for j in kept]
    if constant:
        x, terms = np.vstack([np.ones((1, n * t)), x]), [INTERCEPT, *terms]
    if durbin:
        around, lagged, gone = _durbin(cube, x, terms, int(constant))
        x, terms, omitted = np.vstack([x, around]), [*terms, *lagged], (*omitted, *gone)
    t_free, n_free = t - ("entity" in removed), n - ("time" in removed)
    require_rows(sample, len(x), n * t - n_free * t_free)
    wy = cube.lag(raw[:1])
    return Arrays(
        sample=sample,
        moments=moments,
        kept=kept,
        omitted=omitted,
        links=links,
        place=place,
        outcome=raw[0, place],
        y=cube.without_effects(np.vstack([raw[:1], wy, cube.lag(wy)])),
        x=np.stack([cube.without_effects(x), cube.without_effects(cube.lag(x))]),
        terms=tuple(terms),
        periods=t_free,
        share=share,
        rows=n_free * t_free,
    )


@dataclass(frozen=True)
class _Cube:
    """Columns (m, T N) as periods of entities: ``w`` (N, N) lags them in space, the means of ``removed`` roles are taken out."""

    w: csr_array
    entities: int
    periods: int
    removed: frozenset[str]

    def lag(self, values: Floats) -> Floats:
        """W times each period of each row of ``values`` (m, T N)."""
        return np.asarray((self.w @ values.reshape(-1, self.entities).T).T).reshape(values.shape)

    def without_effects(self, values: Floats) -> Floats:
        """``values`` (m, T N) less the means of the roles."""
        cube = values.reshape(-1, self.periods, self.entities)
        for role, axis in (("entity", 1), ("time", 2)):
            if role in self.removed:
                cube = cube - cube.mean(axis=axis, keepdims=True)
        return cube.reshape(len(values), -1)


def _roles_removed(spec: Spec, roles: dict[str, str | None]) -> frozenset[str]:
    """Which of the roles are absorbed; FormulaError for any other effect."""
    known = {Effect((name,)): role for role, name in roles.items() if name is not None}
    foreign = [effect.text for effect in spec.effects if effect not in known]
    if foreign:
        raise FormulaError(
            f"fit_spatial absorbs the effects of the entity and of time alone, not {foreign[0]}",
            where=spec.formula,
            remedy="write other effects as dummies, + C(...)",
        )
    return frozenset(known[effect] for effect in spec.effects)


def _places(sample: Sample, entity: NDArray[np.intp], links: Weights) -> tuple[NDArray[np.intp], int]:
    """(n,) where each row stands, period by period, and the number of periods; EstimationError where a cell is missing."""
    none = np.zeros(1, dtype=np.int64)
    times = none if sample.calendar is None else np.unique(sample.calendar)
    period = np.zeros(sample.rows, dtype=np.intp) if sample.calendar is None else np.searchsorted(times, sample.calendar)
    place = period * len(links.ids) + entity
    if sample.rows < len(links.ids) * len(times):
        _refuse_unbalanced(place, links.ids, times, len(links.ids))
    return place, len(times)


def _durbin(cube: _Cube, x: Floats, terms: list[str], constant: int) -> tuple[Floats, list[str], tuple[Omitted, ...]]:
    """Spatial lags of the regressors ``x`` (p, T N), the first ``constant`` of them left out, with their names; those that others make up
    are omitted."""
    around, lagged = cube.lag(x[constant:]), [f"W({term})" for term in terms[constant:]]
    raw = np.vstack([x, around])
    stay, partners = independent(cube.without_effects(raw), norms(raw, None), None)
    first, names = len(x), [*terms, *lagged]
    gone = tuple(Omitted(names[j], collinear_with([names[i] for i in who])) for j, who in sorted(partners.items()))
    own = [j - first for j in stay if j >= first]
    return around[own], [lagged[j] for j in own], gone


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
