"""The answer of a test: one small record for every test of the toolkit, and the three ways to a p-value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
from scipy import linalg, special

from toolkit.errors import NotEstimable
from toolkit.estimate.rows.options import Options
from toolkit.estimate.rows.sample import Sample, select
from toolkit.estimate.rows.source import panel_source
from toolkit.estimate.solve.kernels import Absorber, least_squares, make_absorber
from toolkit.language import Note, joined
from toolkit.report import Report, Shown, p_equation, warned

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from toolkit.estimate.results.estimate import Estimate
    from toolkit.panel import Panel

Distribution = Literal["chi2", "F", "normal"]


@dataclass(frozen=True, repr=False)
class TestResult(Shown):
    """What a test says.

    Attributes
    ----------
    name : name of the test.
    null : the hypothesis that a small p-value speaks against.
    statistic : its value.
    df : degrees of freedom: (q,) for chi2, (q, m) for F, () for the normal distribution.
    p_value : probability of a statistic at least as extreme under the null.
    distribution : the reference distribution.
    notes : definition chosen, counts.
    warnings : what speaks against reading the p-value as it stands.
    """

    __test__: ClassVar[bool] = False  # pytest must not collect the class by its name

    name: str
    null: str
    statistic: float
    df: tuple[float, ...]
    p_value: float
    distribution: Distribution
    notes: tuple[Note, ...] = ()
    warnings: tuple[Note, ...] = ()

    @property
    def note(self) -> str:
        """The notes as one English text; empty if there are none."""
        return joined(self.notes)

    def _report(self) -> Report:
        df = ", ".join(f"{d:g}" for d in self.df)
        law = {"chi2": f"chi2({df})", "F": f"F({df})", "normal": "z"}[self.distribution]
        note = f" ({self.note})" if self.note else ""
        line = f"{self.name}: {law} = {self.statistic:.4g}, {p_equation(self.p_value, 4)}; H0: {self.null}{note}"
        return Report(line, lines=warned(self.warnings))


def chi2(name: str, null: str, statistic: float, df: float, notes: Sequence[Note] = (), warnings: tuple[Note, ...] = ()) -> TestResult:
    """A test against the chi-squared distribution with ``df`` degrees of freedom."""
    p = float(special.chdtrc(df, max(statistic, 0.0)))
    return TestResult(name, null, float(statistic), (float(df),), p, "chi2", tuple(notes), warnings)


def f(name: str, null: str, statistic: float, df: tuple[float, float], notes: Sequence[Note] = ()) -> TestResult:
    """A test against the F distribution with ``df`` degrees of freedom."""
    numerator, denominator = map(float, df)
    p = float(special.fdtrc(numerator, denominator, max(statistic, 0.0)))
    return TestResult(name, null, float(statistic), (numerator, denominator), p, "F", tuple(notes))


def normal(name: str, null: str, statistic: float, tail: Literal["two-sided", "upper"], notes: Sequence[Note] = ()) -> TestResult:
    """A test against the standard normal distribution, two-sided or with large values speaking against the null."""
    p = float(2 * special.ndtr(-np.abs(statistic))) if tail == "two-sided" else float(special.ndtr(-statistic))
    return TestResult(name, null, float(statistic), (), p, "normal", tuple(notes))


SAME = 1e-6  # relative; a refit on the same rows differs by rounding only
COLLINEAR = 1e-9  # norm left of a unit column once the columns before it are taken out, below which it adds nothing


@dataclass(frozen=True)
class Rows:
    """What a test needs of an estimate, on its n rows sorted by entity and time.

    Attributes
    ----------
    name : of the panel.
    time_name : name of the time column.
    terms : the k regressors that were estimated, without the constant.
    y : (n,) outcome.
    regressors : (n, k) as written in the formula.
    transformed : (n, k) with the absorbed effects removed.
    residuals : (n,) of the estimate.
    entity : (n,) codes 0..N-1.
    entities : (N,) their names.
    time : (n,) periods.
    effects_rank : independent absorbed effects, 0 if nothing is absorbed.
    """

    name: str
    time_name: str
    terms: tuple[str, ...]
    y: NDArray[np.float64]
    regressors: NDArray[np.float64]
    transformed: NDArray[np.float64]
    residuals: NDArray[np.float64]
    entity: NDArray[np.intp]
    entities: NDArray[np.object_]
    time: NDArray[np.int64]
    effects_rank: int

    @cached_property
    def with_constant(self) -> NDArray[np.float64]:
        """(n, 1 + k) a constant and the regressors less their means, so that a column of the size 1e9 is told from the constant."""
        return np.column_stack([np.ones(len(self.y)), self.regressors - self.regressors.mean(axis=0)])


def refit_rows(estimate: Estimate, panel: Panel, test: str, methods: tuple[str, ...]) -> Rows:
    """The rows, regressors and residuals of ``estimate``, from the panel that it was fitted on.

    Parameters
    ----------
    estimate : an unweighted estimate whose method is one of ``methods``.
    panel : the panel it was fitted on.
    test : name of the calling function, for messages.
    methods : for which kinds of estimate the test is defined.

    Raises
    ------
    NotEstimable
        The method or weights are not covered, or the panel gives other rows or coefficients than the estimate has.
    """
    if estimate.method not in methods:
        raise NotEstimable(
            f"{test} is not defined for a {estimate.method} estimate",
            where=estimate.spec.formula,
            remedy=f"estimate the model with fit_{', fit_'.join(methods)}",
        )
    if estimate.weights is not None:
        raise NotEstimable(f"{test} is not defined with weights", where=f"weights: {estimate.weights}", remedy="estimate without weights")
    source = panel_source(panel, test)
    info = estimate.covariance
    sample = select(estimate.spec, source, Options("iid", info.clusters, info.small_sample, None, None))  # type: ignore[arg-type]
    absorber = make_absorber(sample.effects) if sample.effects else None
    texts = [column.text for column in sample.columns]
    at = [texts.index(term) for term in estimate.terms if term in texts]
    regressors = sample.matrix[1:][at].T
    _require_same_data(estimate, sample, panel)
    transformed, residuals, slopes = _refit(estimate, sample, at, absorber)
    _require_same_slopes(estimate, slopes, panel)
    assert sample.entity is not None
    assert sample.calendar is not None
    first = np.unique(sample.entity.codes, return_index=True)[1]
    return Rows(
        name=panel.name or "the panel",
        time_name=panel.time,
        terms=tuple(texts[j] for j in at),
        y=sample.matrix[0].copy(),
        regressors=regressors,
        transformed=transformed,
        residuals=residuals,
        entity=sample.entity.codes,
        entities=panel.frame[panel.entity].to_numpy(dtype=object)[sample.positions[first]],
        time=sample.calendar,
        effects_rank=absorber.rank if absorber else 0,
    )


def _refit(
    estimate: Estimate, sample: Sample, at: list[int], absorber: Absorber | None
) -> tuple[NDArray[np.float64], NDArray[np.float64], dict[str, float]]:
    """Regressors with the effects removed (n, k), residuals (n,), and the slopes by name: of a refit, or given for random effects."""
    names = [sample.columns[j].text for j in at]
    columns = sample.matrix[[0, *(1 + j for j in at)]]
    if estimate.method == "random":
        slopes = {term: estimate.coefficient(term).estimate for term in estimate.terms}
        level = next((value for term, value in slopes.items() if term not in names), 0.0)
        return columns[1:].T, columns[0] - level - columns[1:].T @ np.array([slopes[name] for name in names]), slopes
    if absorber or estimate.spec.intercept:
        columns -= columns.mean(axis=1, keepdims=True)
    if absorber:
        absorber.demean(columns)
    fit = least_squares(columns[0], columns[1:].T)
    return columns[1:].T, fit.residuals, dict(zip(names, fit.beta.tolist(), strict=True))


def require_panel_effects(estimate: Estimate, panel: Panel, test: str) -> None:
    """Refuse absorbed effects other than those of the entity and of time, for tests that know what to do with these two only.

    Raises
    ------
    NotEstimable
    """
    others = [effect for effect in estimate.effects if effect not in (panel.entity, panel.time)]
    if others:
        raise NotEstimable(
            f"{test} is defined with {panel.entity} and {panel.time} effects, not with {', '.join(others)}",
            where=estimate.spec.formula,
            remedy="absorb these two only, or write the other effects as C(...) terms",
        )


def _require_same_data(estimate: Estimate, sample: Sample, panel: Panel) -> None:
    """Refuse a panel that gives other rows, or other means of outcome and regressors, than the estimate has."""
    name = panel.name or "the panel"
    if sample.rows != estimate.counts.rows:
        raise NotEstimable(
            f"{name} gives {sample.rows} rows, the estimate has {estimate.counts.rows}",
            where=estimate.spec.formula,
            remedy="pass the panel that the estimate was fitted on",
        )
    for column, term in zip(sample.matrix, (estimate.spec.outcome, *(c.text for c in sample.columns)), strict=True):
        known, found = estimate.means.get(term, np.nan), float(column.mean())
        if abs(found - known) > SAME * (abs(known) + column.std()):
            raise NotEstimable(
                f"{name} gives {found:.6g} as the mean of {term}, the estimate has {known:.6g}",
                where=estimate.spec.formula,
                remedy="pass the panel that the estimate was fitted on, unchanged",
            )


def _require_same_slopes(estimate: Estimate, slopes: dict[str, float], panel: Panel) -> None:
    """Refuse a panel whose rows give other coefficients than the estimate has."""
    for term, slope in slopes.items():
        known = estimate.coefficient(term)
        if abs(slope - known.estimate) > SAME * (abs(known.estimate) + known.std_error):
            raise NotEstimable(
                f"{panel.name or 'the panel'} gives {slope:.6g} for {term}, the estimate has {known.estimate:.6g}",
                where=estimate.spec.formula,
                remedy="pass the panel that the estimate was fitted on, unchanged",
            )


def orthonormal_basis(columns: NDArray[np.float64]) -> NDArray[np.float64]:
    """An orthonormal basis (n, r) of the columns (n, k), which may be collinear and of any scale."""
    size = np.linalg.norm(columns, axis=0)
    columns = columns[:, size > 0] / size[size > 0]
    if columns.shape[1] == 0:
        return columns
    basis, triangle, _ = linalg.qr(columns, mode="economic", pivoting=True)
    return np.asarray(basis[:, : int((np.abs(np.diag(triangle)) > COLLINEAR).sum())], dtype=np.float64)


def less_projection(values: NDArray[np.float64], basis: NDArray[np.float64]) -> NDArray[np.float64]:
    """Residuals of ``values`` (n,) or (n, m) on an orthonormal basis (n, r); taken twice, against rounding."""
    once = values - basis @ (basis.T @ values)
    return np.asarray(once - basis @ (basis.T @ once), dtype=np.float64)
