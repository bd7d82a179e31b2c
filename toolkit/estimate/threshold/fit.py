"""Panel threshold regression with absorbed effects (Hansen 1999), on unbalanced panels too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Unpack

import numpy as np
import pandas as pd

from toolkit.errors import UnknownOption
from toolkit.estimate.formula.spec import Spec
from toolkit.estimate.linear.within import within_estimate
from toolkit.estimate.results.estimate import Estimate
from toolkit.estimate.rows.columns import Band, DesignColumn
from toolkit.estimate.rows.options import Options, Unweighted, documented
from toolkit.estimate.rows.source import panel_source
from toolkit.estimate.threshold.bootstrap import Threshold, ThresholdTest, bootstrap_test, confident, sequence, untested
from toolkit.estimate.threshold.question import Question, ThresholdSettings, read_question
from toolkit.estimate.threshold.search import Model, make_model
from toolkit.language import Name, Note, Text, note
from toolkit.panel import Panel
from toolkit.report import Report, ReportMixin, ReportTable, number
from toolkit.threads import frugal

if TYPE_CHECKING:
    from collections.abc import Iterator

_METHODS = {"hansen": "Hansen's bootstrap of entities", "wild": "wild bootstrap with a sign for each entity"}


def confidence_set(intervals: tuple[tuple[float, float], ...]) -> str:
    """Intervals as they are written.

    Examples
    --------
    >>> confidence_set(((1.0, 2.0), (3.0, 3.0)))
    '[1.0000, 2.0000] and {3.0000}'
    """
    return " and ".join(f"[{number(low)}, {number(high)}]" if low < high else f"{{{number(low)}}}" for low, high in intervals)


def _p_text(test: ThresholdTest) -> str:
    """The p value; a share of zero as less than one draw, nothing without draws."""
    if not test.draws:
        return ""
    return f"{test.p_value:.3f}" if test.p_value > 0 else f"<{1 / test.draws:.2g}"


@dataclass(frozen=True, eq=False, repr=False)
class ThresholdResult(ReportMixin):
    """Thresholds with their confidence sets, the tests of their number, and the regression by regime.

    Attributes
    ----------
    variable : the threshold variable.
    regime : the regressors whose slopes switch.
    thresholds : in ascending order.
    tests : 0 against 1, 1 against 2, ... thresholds; without p values if ``draws`` is 0.
    estimate : the regression given the thresholds, a row for each regime; its standard errors take the thresholds as known, because
        they converge faster than the slopes.
    settings : of the search and the bootstrap.
    """

    variable: str
    regime: tuple[str, ...]
    thresholds: tuple[Threshold, ...]
    tests: tuple[ThresholdTest, ...]
    estimate: Estimate
    settings: ThresholdSettings

    @property
    def values(self) -> tuple[float, ...]:
        """The estimated thresholds."""
        return tuple(t.value for t in self.thresholds)

    def tidy(self) -> pd.DataFrame:
        """One row per threshold: term, estimate, conf_low, conf_high (the ends of the confidence set), pieces (its intervals)."""
        rows = [
            (f"threshold {j}", t.value, t.intervals[0][0], t.intervals[-1][1], len(t.intervals)) for j, t in enumerate(self.thresholds, 1)
        ]
        return pd.DataFrame(rows, columns=["term", "estimate", "conf_low", "conf_high", "pieces"])

    def test_table(self) -> pd.DataFrame:
        """One row per test: null, alternative, statistic, p_value, critical values, residual sums of squares, draws, method."""
        return pd.DataFrame([vars(t) for t in self.tests], columns=list(ThresholdTest.__dataclass_fields__))

    def profile(self) -> pd.DataFrame:
        """What a figure of the likelihood ratio needs: threshold, value, rss, lr, critical, inside; a row for each value tried."""
        return pd.concat(list(self._profiles()), ignore_index=True)

    def _profiles(self) -> Iterator[pd.DataFrame]:
        for j, t in enumerate(self.thresholds, 1):
            columns = {"threshold": j, "value": t.tried, "rss": t.rss, "lr": t.lr, "critical": t.critical, "inside": t.lr <= t.critical}
            yield pd.DataFrame(columns)

    def regime_of(self, values: pd.Series) -> pd.Series:
        """The regime 1, 2, ... of each value of the threshold variable; missing stays missing."""
        numbers = values.to_numpy(dtype=np.float64, na_value=np.nan)
        codes = np.searchsorted(np.array(self.values), numbers, side="left") + 1
        regimes = pd.Series(codes, index=values.index, dtype="Int64", name="regime")
        return regimes.mask(np.isnan(numbers))

    def _report(self) -> Report:
        tables = (self._thresholds(), *([self._tests()] if self.tests else []))
        return Report(tables=tables, lines=(self._how(),), below=(self.estimate._report(),))

    def _thresholds(self) -> ReportTable:
        heads = ("", self.variable, f"{100 * self.settings.level:g}% confidence set")
        cells = [(f"threshold {j}", number(t.value), confidence_set(t.intervals)) for j, t in enumerate(self.thresholds, 1)]
        return ReportTable(heads, tuple(cells))

    def _tests(self) -> ReportTable:
        """The tests; without p and critical values if nothing was drawn."""
        heads = ("thresholds", "F", "p", "10%", "5%", "1%")
        cells = [
            (
                f"{t.null} against {t.alternative}",
                f"{t.statistic:.2f}",
                _p_text(t),
                f"{t.critical_10:.2f}",
                f"{t.critical_5:.2f}",
                f"{t.critical_1:.2f}",
            )
            for t in self.tests
        ]
        return ReportTable(heads, tuple(cells)) if self.settings.draws else ReportTable(heads[:2], tuple(row[:2] for row in cells))

    def _how(self) -> str:
        if not self.settings.draws:
            return "The number of thresholds was not tested (draws=0)."
        return f"p and critical values: {_METHODS[self.settings.method]}, {self.settings.draws} draws."


_DEFAULT = ThresholdSettings()
_FEW_ENTITIES = 20
_FEW_VALUES = 20
_REJECTED = 0.10

_AT_EDGE = Text(
    "The threshold {value:.6g} of {name} lies at the edge of the values that a trim of {trim:g} allows: the true one may lie beyond.",
    "{name}的门槛值{value:.6g}位于修剪比例{trim:g}所允许取值的边界，真实门槛可能在界外。",
)
_NOT_REJECTED = Text(
    "The bootstrap does not reject {null} against {alternative} threshold (p = {p:.2f}).",
    "自助法不拒绝{null}个门槛的原假设（备择为{alternative}个，p = {p:.2f}）。",
)
_NOT_REJECTED_MORE = Text(
    "The bootstrap does not reject {null} against {alternative} thresholds (p = {p:.2f}).",
    "自助法不拒绝{null}个门槛的原假设（备择为{alternative}个，p = {p:.2f}）。",
)
_FEW_TRIED = Text(
    "Only {tried} values of {name} were tried: the confidence set of a threshold supposes a continuous variable.",
    "{name}仅有{tried}个候选值，而门槛的置信集以连续变量为前提。",
)
_FEW_BLOCKS = Text(
    "Only {entities} entities: the bootstrap of the threshold test resamples few blocks.",
    "个体仅{entities}个，门槛检验的自助法可重抽的组块很少。",
)


@frugal
@documented
def fit_threshold(
    formula: str | Spec,
    panel: Panel,
    *,
    variable: str,
    regime: str | Sequence[str] | None = None,
    settings: ThresholdSettings = _DEFAULT,
    rng: np.random.Generator | None = None,
    **errors: Unpack[Unweighted],
) -> ThresholdResult:
    """Slopes that switch where a variable q crosses estimated thresholds (Hansen 1999).

    y_it = z_it'd + x_it'b_1 1{q_it <= g_1} + x_it'b_2 1{g_1 < q_it <= g_2} + ... + a_i (+ l_t) + e_it

    The thresholds minimise the within residual sum of squares over the observed values of q that leave each regime the share ``trim`` of
    the rows; the second and third are added one by one, each time searching the earlier ones again with the others given. Confidence sets
    hold the values whose likelihood ratio is at most -2 log(1 - sqrt(level)). The panel may be unbalanced and have gaps; effects are
    removed exactly. q may be constant over time within the entities. It must not be the outcome or follow from it, which is refused: rows
    sorted by their errors have a threshold whatever the slopes are. A lag of the outcome is accepted. Standard errors of the
    coefficients by regime take the thresholds as known.

    Parameters
    ----------
    formula : all regressors, ``"log(rd) ~ log(subsidy) + log(gdp) | province + year"``: the entity is absorbed, one effect more at most.
    panel : the data.
    variable : the threshold variable q, a column or term: ``"gdp"``, ``"log(gdp)"``, ``"L(debt, 1)"``.
    regime : the regressors x whose slopes switch; default the first of the formula.
    settings : number of thresholds, trim, bootstrap, grid: see :class:`ThresholdSettings`.
    rng : generator of the bootstrap; needed unless ``settings.draws`` is 0.
    covariance, cluster, small_sample, bandwidth : |options|

    Raises
    ------
    FormulaError, MissingColumn, NotNumeric, PanelError, UnknownOption, EmptySample, NothingToEstimate, NotEstimable, TooFewClusters

    Notes
    -----
    Coefficients are named ``log(subsidy) [gdp <= 10.2]``, ``log(subsidy) [gdp > 10.2]``; ``estimate.statistics`` holds the thresholds,
    the rows of each regime, F of the last test, and its p unless ``draws`` is 0. The variance of F and LR is
    RSS / (rows - independent effects), n(T-1) in a balanced panel. Programs differ there: pyxthreg 0.0.3 divides by NT - T, so its F is
    larger by (NT - T)/(NT - N).

    References
    ----------
    Hansen (1999), Threshold effects in non-dynamic panels, Journal of Econometrics 93, 345-368.
    Bai (1997), Estimating multiple breaks one at a time, Econometric Theory 13, 315-352.

    Examples
    --------
    >>> import pandas as pd
    >>> rng = np.random.default_rng(1)
    >>> frame = pd.DataFrame({"firm": np.repeat(np.arange(30), 8), "year": np.tile(np.arange(8), 30)})
    >>> frame["q"], frame["x"] = rng.random(240), rng.normal(size=240)
    >>> frame["y"] = frame["x"] * np.where(frame["q"] <= 0.6, 1.0, 2.0) + frame["firm"] + 0.2 * rng.normal(size=240)
    >>> found = fit_threshold("y ~ x | firm", Panel(frame, "firm", "year"), variable="q", rng=rng)
    >>> round(found.values[0], 2), found.tests[0].p_value
    (0.6, 0.0)
    >>> found.estimate.terms
    ('x [q <= 0.597]', 'x [q > 0.597]')
    """
    generator = _generator(rng, settings)
    source = panel_source(panel, "fit_threshold")
    options = Options.read(source, **errors)
    question = read_question(formula=formula, source=source, variable=variable, regime=regime, options=options)
    model = make_model(question)
    added, found = sequence(model, settings)
    tests = [untested(model, step, settings) if generator is None else bootstrap_test(model, step, settings, generator) for step in added]
    thresholds = sorted((confident(s, model, settings.level) for s in found), key=lambda t: t.value)
    estimate = _regimes(question, [t.value for t in thresholds])
    statistics = dict(estimate.statistics) | _statistics(question, thresholds, tests)
    notes = estimate.warnings + tuple(_warnings(model, thresholds, tests, settings))
    estimate = replace(estimate, method="threshold", statistics=statistics, warnings=notes)
    return ThresholdResult(
        variable=question.variable.text,
        regime=question.regime,
        thresholds=tuple(thresholds),
        tests=tuple(tests),
        estimate=estimate,
        settings=settings,
    )


def _generator(rng: np.random.Generator | None, settings: ThresholdSettings) -> np.random.Generator | None:
    if not settings.draws:
        return None
    if not isinstance(rng, np.random.Generator):
        raise UnknownOption(
            f"the bootstrap needs a random generator, not {rng!r}",
            remedy="pass rng=numpy.random.default_rng(2024), or settings=ThresholdSettings(draws=0) for no test",
        )
    return rng


def _regimes(question: Question, thresholds: list[float]) -> Estimate:
    """The within estimate with one column per regime in the place of each switching regressor."""
    sample = question.sample
    bands = _bands(question, thresholds)
    columns: list[DesignColumn] = []
    rows = [sample.matrix[0]]
    for j, column in enumerate(sample.columns):
        if j in question.switching:
            columns += [replace(column, band=band) for band in bands]
            rows += [sample.matrix[1 + j] * ((question.q > band.low) & (question.q <= band.high)) for band in bands]
        else:
            columns.append(column)
            rows.append(sample.matrix[1 + j])
    matrix = np.stack(rows)
    before = matrix.copy()
    split = replace(sample, matrix=matrix, columns=tuple(columns), raw=lambda j: before[1 + j].copy())
    return within_estimate(split)


def _bands(question: Question, thresholds: list[float]) -> list[Band]:
    """The regimes, with as many digits (four at least) as tell the thresholds apart."""
    texts = [f"{t:.4g}" for t in thresholds]
    for digits in range(5, 18):
        if len(set(texts)) == len(texts):
            break
        texts = [f"{t:.{digits}g}" for t in thresholds]
    bounds = [-np.inf, *thresholds, np.inf]
    shown = ["", *texts, ""]
    return [Band(question.variable, bounds[j], bounds[j + 1], (shown[j], shown[j + 1])) for j in range(len(thresholds) + 1)]


def _statistics(question: Question, thresholds: list[Threshold], tests: list[ThresholdTest]) -> dict[str, float]:
    """Thresholds, rows of each regime, and the last test."""
    found = {f"threshold_{j}": t.value for j, t in enumerate(thresholds, 1)}
    rows = np.bincount(np.searchsorted([t.value for t in thresholds], question.q, side="left"), minlength=len(thresholds) + 1)
    found |= {f"rows_regime_{j}": float(r) for j, r in enumerate(rows, 1)}
    last = tests[-1]
    return found | {"f_threshold": last.statistic} | ({"f_threshold_p": last.p_value} if last.draws else {})


def _warnings(model: Model, thresholds: list[Threshold], tests: list[ThresholdTest], settings: ThresholdSettings) -> list[Note]:
    """What a reader must know: thresholds at the edge, tests that do not reject, few values, few entities."""
    name = Name(model.name)
    notes = [note("threshold_at_edge", _AT_EDGE, value=t.value, name=name, trim=settings.trim) for t in thresholds if t.at_edge]
    for t in tests:
        if t.p_value > _REJECTED:
            text = _NOT_REJECTED if t.alternative == 1 else _NOT_REJECTED_MORE
            notes.append(note("threshold_not_rejected", text, null=t.null, alternative=t.alternative, p=t.p_value))
    tried = min(len(t.tried) for t in thresholds)
    if tried < _FEW_VALUES:
        notes.append(note("few_threshold_values", _FEW_TRIED, tried=tried, name=name))
    if settings.draws and model.space.entity.levels < _FEW_ENTITIES:
        notes.append(note("few_entities_threshold", _FEW_BLOCKS, entities=model.space.entity.levels))
    return notes
