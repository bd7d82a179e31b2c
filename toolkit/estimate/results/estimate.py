"""The answer of every estimator: a frozen record of numbers, with its convention and its counts.

It keeps its rows out of sight, so that tests take the estimate alone: a reference to the data, where the rows stand in them, the outcome
and the residuals. They are not shown, not compared and not pickled; :meth:`Estimate.lean` drops them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar, Self

import numpy as np
import pandas as pd

from toolkit.errors import NotEstimable, UnknownOption
from toolkit.estimate.formula.spec import Spec
from toolkit.estimate.results.derived import INTERCEPT, WaldTest, elasticity_weight, find_term, linear_index, read_hypothesis, wald_test
from toolkit.estimate.results.show import facts, t_number
from toolkit.estimate.results.statistics import Statistics
from toolkit.estimate.rows.columns import DesignColumn
from toolkit.estimate.rows.options import Counts, CovarianceInfo, Omitted, Options
from toolkit.estimate.rows.sample import KeptRows
from toolkit.estimate.rows.source import source_of
from toolkit.language import Head, Note, Text
from toolkit.numerics import Floats
from toolkit.origin import Origin
from toolkit.panel import Panel
from toolkit.report import Report, ReportMixin, ReportTable, number, p_number, warned

_DROPPED = "were dropped (lean, or unpickled)"


@dataclass(frozen=True)
class Coefficient:
    """One coefficient with its t test and confidence interval at ``level``."""

    term: str
    estimate: float
    std_error: float
    statistic: float
    p_value: float
    low: float
    high: float
    level: float


@dataclass(frozen=True, eq=False, repr=False)
class Estimate(ReportMixin):
    """Coefficients, their covariance, and everything needed to read them.

    Attributes
    ----------
    method : "pooled", "within", "between", "random", "differences".
    spec : the question, parsed.
    terms : names of the k coefficients.
    beta : (k,) coefficients.
    vcov : (k, k) covariance.
    counts : rows, entities, periods, clusters, and what was dropped.
    omitted : regressors that could not be estimated, and why.
    covariance : kind, small-sample factor in symbols, degrees of freedom.
    statistics : see :mod:`toolkit.estimate.linear.least_squares`.
    effects : absorbed effects.
    weights : column of weights, or None.
    warnings : what the reader must know.
    means : sample means of the outcome and of each regressor.
    columns : how each coefficient's regressor is built (for ``predict``).
    origin : whose columns the data are: tables and figures show labels of the registry for those of the registry alone.

    An estimator with a class of its own declares on it what a table must know: ``NAMES`` (method -> name of the estimator), ``LABELS``
    (key of a statistic -> label) and ``JUDGED_BY`` (keys below the coefficients). What several share stands in ``present.words.words``.
    """

    NAMES: ClassVar[Mapping[str, Text]] = {}
    LABELS: ClassVar[Mapping[str, Text | Head]] = {}
    JUDGED_BY: ClassVar[tuple[str, ...]] = ()

    method: str
    spec: Spec
    terms: tuple[str, ...]
    beta: Floats
    vcov: Floats
    counts: Counts
    omitted: tuple[Omitted, ...]
    covariance: CovarianceInfo
    statistics: Mapping[str, float]
    effects: tuple[str, ...] = ()
    weights: str | None = None
    warnings: tuple[Note, ...] = ()
    means: Mapping[str, float] = field(default_factory=dict)
    columns: tuple[DesignColumn, ...] = field(default=(), repr=False)
    origin: Origin = "own"
    _rows: KeptRows | None = field(default=None, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "statistics", Statistics(self.statistics))
        for array in (self.beta, self.vcov):
            array.setflags(write=False)

    def __getstate__(self) -> dict[str, object]:
        """What is pickled: everything but the rows."""
        return {**self.__dict__, "_rows": None}

    def lean(self) -> Self:
        """The estimate without its rows, for keeping many of them: the data can be freed, and tests need them again (``panel=...``).

        Examples
        --------
        >>> from toolkit.estimate import fit
        >>> estimate = fit("y ~ x", pd.DataFrame({"y": [1.0, 3, 4, 8], "x": [0.0, 1, 2, 3]}))
        >>> estimate.lean().beta.round(2).tolist()
        [0.7, 2.2]
        """
        return replace(self, _rows=None)

    @property
    def constant(self) -> int | None:
        """Position of the constant among the terms: the one that no column of the data makes; None without a constant."""
        made = {column.text for column in self.columns}
        return next((j for j, term in enumerate(self.terms) if term == INTERCEPT and term not in made), None)

    @property
    def std_errors(self) -> Floats:
        """(k,) standard errors."""
        return np.sqrt(np.maximum(np.diag(self.vcov), 0.0))

    def coefficient(self, term: str, level: float = 0.95) -> Coefficient:
        """One coefficient by name, whatever the spaces in it.

        Raises
        ------
        NotEstimable
            If there is no such term; the message says whether it was omitted, or which names look alike.
        """
        for gone in self.omitted:
            if gone.term.replace(" ", "") == term.replace(" ", "") and gone.term not in self.terms:
                raise NotEstimable(f"{gone.term} was omitted: {gone.reason}", where=self.spec.formula, remedy="ask for another term")
        j = find_term(term, self.terms)
        return self.tested(
            term=self.terms[j], estimate=float(self.beta[j]), std_error=float(self.std_errors[j]), level=level, df=self._df(j)
        )

    def _df(self, j: int) -> float:
        """Degrees of freedom of the t test of coefficient j."""
        return self.covariance.df_terms[j] if self.covariance.df_terms else self.covariance.df_t

    def tested(self, term: str, estimate: float, std_error: float, level: float = 0.95, df: float | None = None) -> Coefficient:
        """A quantity derived from the coefficients, with its test and interval under the distribution of the covariance.

        ``df`` are its degrees of freedom, where they are not those of the covariance.

        Raises
        ------
        UnknownOption
            If ``level`` is no confidence level.
        """
        from scipy.special import stdtr, stdtrit

        if not 0 < level < 1:
            raise UnknownOption(f"level={level} is no confidence level", remedy="a number between 0 and 1, such as 0.95")
        df = self.covariance.df_t if df is None else df
        statistic = estimate / std_error if std_error > 0 else (0.0 if estimate == 0 else float(np.copysign(np.inf, estimate)))
        half = float(stdtrit(df, 0.5 + level / 2)) * std_error
        p_value = float(2 * stdtr(df, -abs(statistic)))
        return Coefficient(
            term=term,
            estimate=estimate,
            std_error=std_error,
            statistic=statistic,
            p_value=p_value,
            low=estimate - half,
            high=estimate + half,
            level=level,
        )

    def tidy(self, level: float = 0.95) -> pd.DataFrame:
        """One row per coefficient: term, estimate, std_error, statistic, p_value, conf_low, conf_high."""
        rows = [self.coefficient(term, level) for term in self.terms]
        return pd.DataFrame(
            [(c.term, c.estimate, c.std_error, c.statistic, c.p_value, c.low, c.high) for c in rows],
            columns=["term", "estimate", "std_error", "statistic", "p_value", "conf_low", "conf_high"],
        )

    def glance(self) -> pd.DataFrame:
        """One row: method, outcome, counts, convention, and every statistic under its own name."""
        counts, info = self.counts, self.covariance
        head: dict[str, object] = {
            "method": self.method,
            "outcome": self.spec.outcome,
            "rows": counts.rows,
            "rows_given": counts.rows_given,
            "entities": counts.entities,
            "periods": counts.periods,
            "effects": " + ".join(self.effects),
            "covariance": info.kind,
            "clusters": " + ".join(info.clusters),
            "small_sample": info.small_sample,
            "factor": info.factor,
            "df_t": info.df_t,
        }
        return pd.DataFrame([head | dict(self.statistics)])

    def elasticity(self, term: str, level: float = 0.95) -> Coefficient:
        """The elasticity of the outcome with respect to the variable behind ``term``, at the sample means.

        ==============  ============  ================
        outcome         regressor     elasticity
        ==============  ============  ================
        log(y)          log(x)        b
        log(y)          x             b mean(x)
        y               log(x)        b / mean(y)
        y               x             b mean(x)/mean(y)
        ==============  ============  ================

        Standard errors by the delta method with the means taken as given.

        Raises
        ------
        NotEstimable
            For other forms, or when the variable enters more than one term.
        """
        plain = self.coefficient(term, level)
        name, weight = elasticity_weight(spec=self.spec, term=plain.term, terms=self.terms, columns=self.columns, means=self.means)
        df = self._df(self.terms.index(plain.term))
        return self.tested(term=name, estimate=plain.estimate * weight, std_error=plain.std_error * abs(weight), level=level, df=df)

    def wald(self, hypotheses: str | Sequence[str] | Floats, values: Sequence[float] | None = None) -> WaldTest:
        """Test linear hypotheses jointly, F with the degrees of freedom of the covariance.

        Parameters
        ----------
        hypotheses : ``"a = b"``, ``"a = 0"``, ``"a + 2*b = 1"``, a list of those or of terms (each zero), or a matrix (q, k).
        values : (q,) right-hand sides of a matrix; default zeros.

        Raises
        ------
        FormulaError, NotEstimable
        """
        if isinstance(hypotheses, np.ndarray):
            matrix = np.atleast_2d(np.asarray(hypotheses, dtype=np.float64))
            right = np.zeros(len(matrix)) if values is None else np.asarray(values, dtype=np.float64)
            if matrix.shape[1] != len(self.terms) or right.shape != (len(matrix),):
                raise NotEstimable(
                    f"restrictions of shape {matrix.shape} with {right.shape} values do not fit {len(self.terms)} coefficients",
                    remedy="one row per restriction, one column per term",
                )
            names = tuple(f"restriction {i + 1}" for i in range(len(matrix)))
        else:
            texts = [hypotheses] if isinstance(hypotheses, str) else list(hypotheses)
            read = [read_hypothesis(text, self.terms) for text in texts]
            matrix, right = np.stack([row for row, _ in read]), np.array([value for _, value in read])
            names = tuple(t if "=" in t else f"{t} = 0" for t in texts)
        return wald_test(restrictions=matrix, values=right, names=names, beta=self.beta, vcov=self.vcov, df=self.covariance.df_t)

    def predict(self, data: Panel | pd.DataFrame) -> pd.Series:
        """The linear index x'b on each row of ``data``: absorbed effects are not in it (they are not stored).

        A pooled, between or random estimate includes its intercept. A row is missing where a regressor is, or where a
        category has a level that the estimate has not seen. Differences predict in levels.

        Warns
        -----
        UnseenLevel
            Once for each category with levels that the estimate has not seen: which, how many rows, the first of them.
        """
        return linear_index(source_of(data), self.terms, self.beta, self.columns)

    @property
    def residuals(self) -> pd.Series:
        """The outcome less its fitted value on every row of the data, missing where a row did not enter (R's ``na.exclude``).

        Its index is that of the data the estimate was fitted on (of ``panel.frame`` for a panel), so that it can be put beside them.

        ======================  =========================================================
        pooled, instruments     y - x'b; with instruments x are the regressors themselves
        within                  y - x'b - absorbed effects
        random                  y - x'b, the effect of the entity included
        differences             of the differenced equation, on the row of the later period
        Poisson                 y - E(y)
        ======================  =========================================================

        Raises
        ------
        NotEstimable
            For entity means and GMM, which have no residual by row, and for an estimate whose rows were dropped.
        """
        rows, _, residuals = self._by_row("residuals")
        return rows.aligned(residuals, "residual")

    @property
    def fitted(self) -> pd.Series:
        """The outcome less the residual, absorbed effects included, aligned as :attr:`residuals`.

        Raises
        ------
        NotEstimable
            As for :attr:`residuals`.
        """
        rows, outcome, residuals = self._by_row("fitted values")
        return rows.aligned(outcome - residuals, "fitted")

    def _by_row(self, what: str) -> tuple[KeptRows, Floats, Floats]:
        """The rows with outcome and residuals (n,)."""
        rows = self._rows
        if rows is None or rows.outcome is None or rows.residuals is None:
            why = f"its rows {_DROPPED}" if rows is None else "its method has none for each row"
            raise NotEstimable(
                f"this {self.method} estimate has no {what}: {why}",
                where=self.spec.formula,
                remedy="estimate again on the data, or use predict(data) for the part without absorbed effects",
            )
        return rows, rows.outcome, rows.residuals

    def _report(self) -> Report:
        tested = [self.coefficient(term) for term in self.terms]
        cells = [
            (
                c.term,
                number(c.estimate),
                number(c.std_error),
                t_number(c.statistic),
                p_number(c.p_value),
                f"[{number(c.low)}, {number(c.high)}]",
            )
            for c in tested
        ]
        table = ReportTable(("", "estimate", "std. error", "t", "p", "95% interval"), tuple(cells))
        return Report(f"{self.method}: {self.spec.formula}", (table,), (*self._facts(), *warned(self.warnings)))

    def _facts(self) -> list[str]:
        return facts(self.covariance, self.counts, self.omitted, self.statistics)


def kept_rows(
    estimate: Estimate, purpose: str, remedy: str = "pass the data that it was fitted on, panel=..., or estimate again"
) -> KeptRows:
    """The rows that an estimate keeps, for a function that was not given the data.

    Raises
    ------
    NotEstimable
        If they were dropped.
    """
    if estimate._rows is None:
        raise NotEstimable(
            f"{purpose} needs the rows of the estimate, which {_DROPPED}",
            where=estimate.spec.formula,
            remedy=remedy,
        )
    return estimate._rows


def options_of(estimate: Estimate) -> Options:
    """The conventions of an estimate as its covariance says them."""
    info = estimate.covariance
    kind = "cluster" if info.clusters else "iid"
    return Options(covariance=kind, clusters=info.clusters, small_sample=info.small_sample, weights=estimate.weights, bandwidth=None)  # type: ignore[arg-type]


def options_asked(estimate: Estimate) -> Options:
    """The conventions that chose the rows of an estimate: its covariance may have been computed anew since, with other clusters."""
    return options_of(estimate) if estimate._rows is None else estimate._rows.options
