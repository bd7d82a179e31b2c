"""Mediation by products of coefficients: how much of an association runs through other variables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from toolkit.errors import FormulaError, NotEstimable, UnknownOption
from toolkit.estimate.api import question
from toolkit.estimate.formula.spec import Spec, parse, refuse_instruments, refuse_slopes
from toolkit.estimate.formula.terms import Category, Value
from toolkit.estimate.linear.within import pooled_estimate, within_estimate
from toolkit.estimate.results.derived import find_term
from toolkit.estimate.results.estimate import Estimate
from toolkit.estimate.rows.columns import DesignColumn
from toolkit.estimate.rows.grouping import Grouping
from toolkit.estimate.rows.options import Options, SmallSample, documented
from toolkit.estimate.rows.sample import Sample, select
from toolkit.estimate.rows.source import Source
from toolkit.estimate.spec_curve.crossproducts import DEPENDENT, UnitMoments, slopes, unit_moments
from toolkit.numerics import Floats
from toolkit.panel import Panel
from toolkit.report import Report, ReportMixin, number, report_table
from toolkit.threads import frugal


@dataclass(frozen=True)
class Effect:
    """A part of an association.

    Attributes
    ----------
    name : "total", "direct", the mediator, or "all mediators".
    estimate, std_error, low, high, p_value : with bootstrap error, percentile interval and bootstrap p value.
    sobel_error : Sobel's standard error, for one mediator; None for other parts.
    """

    name: str
    estimate: float
    std_error: float
    low: float
    high: float
    p_value: float
    sobel_error: float | None = None

    @property
    def sobel_z(self) -> float | None:
        """Estimate over Sobel's standard error."""
        return None if not self.sobel_error else self.estimate / self.sobel_error

    @property
    def sobel_p(self) -> float | None:
        """Two-sided normal p value of it."""
        from scipy.special import ndtr

        return None if self.sobel_z is None else float(2 * ndtr(-abs(self.sobel_z)))


@dataclass(frozen=True, eq=False, repr=False)
class Mediation(ReportMixin):
    """An association split into a direct part and parts that run through mediators; total = direct + indirect_sum exactly.

    Attributes
    ----------
    outcome, treatment, mediators, formula : what was asked.
    total, direct : coefficient of the treatment without, and with the mediators.
    indirect : one part per mediator, a_j b_j; indirect_sum : their sum.
    level, draws, cluster : of the bootstrap; ``draws`` counts those in which all coefficients exist.
    total_estimate, mediator_estimates, outcome_estimate : the regressions, on the same rows.
    """

    outcome: str
    treatment: str
    mediators: tuple[str, ...]
    formula: str
    total: Effect
    direct: Effect
    indirect: tuple[Effect, ...]
    indirect_sum: Effect
    level: float
    draws: int
    cluster: str
    total_estimate: Estimate = field(repr=False)
    mediator_estimates: tuple[Estimate, ...] = field(repr=False)
    outcome_estimate: Estimate = field(repr=False)

    @property
    def share_mediated(self) -> float | None:
        """Indirect sum over total; None when they have opposite signs or the total is zero, where a share means nothing."""
        share = self.indirect_sum.estimate / self.total.estimate if self.total.estimate else -1.0
        return share if 0 <= share <= 1 else None

    def tidy(self) -> pd.DataFrame:
        """One row per part: part, estimate, std_error, conf_low, conf_high, p_value, sobel_error, sobel_z, sobel_p."""
        parts = (self.total, self.direct, *self.indirect, *([self.indirect_sum] if len(self.indirect) > 1 else []))
        rows = [(_part(e.name), e.estimate, e.std_error, e.low, e.high, e.p_value, e.sobel_error, e.sobel_z, e.sobel_p) for e in parts]
        columns = ["part", "estimate", "std_error", "conf_low", "conf_high", "p_value", "sobel_error", "sobel_z", "sobel_p"]
        frame = pd.DataFrame(rows, columns=columns)
        return frame.astype(dict.fromkeys(columns[1:], float))

    def _report(self) -> Report:
        head = f"Association of {self.outcome} with {self.treatment}, directly and through {', '.join(self.mediators)}: {self.formula}"
        rows = self.total_estimate.counts.rows
        foot = [f"{rows} rows; percentile intervals at {self.level:.0%} from {self.draws} bootstrap draws of {self.cluster}"]
        if self.share_mediated is not None:
            foot.append(f"Through the mediators: {number(100 * self.share_mediated)}% of the total")
        foot.append("Associations: the parts are effects only if the mediators, too, are as good as random given treatment and controls.")
        return Report(head, (report_table(self.tidy(), ("p_value", "sobel_p")),), tuple(foot))


def _part(name: str) -> str:
    return name if name in ("total", "direct") else f"through {name}"


_FEWEST = 0.9  # share of draws in which all coefficients must exist


@frugal
@documented
def mediate(
    formula: str | Spec | Estimate,
    data: Panel | pd.DataFrame | None = None,
    *,
    treatment: str,
    mediators: str | Sequence[str],
    rng: np.random.Generator,
    cluster: str | None = None,
    weights: str | None = None,
    small_sample: SmallSample = "reghdfe",
    draws: int = 1999,
    level: float = 0.95,
) -> Mediation:
    """Decompose an association into a direct part and parts that run through mediators.

    On one sample, with the same controls z and absorbed effects in all of them, three kinds of regressions:

        m_j = a_j x + z'g_j + effects + e_j        (each mediator on the treatment)
        y   = d x + sum_j b_j m_j + z'g + effects + e
        y   = t x + z'h + effects + v

    The indirect part through mediator j is a_j b_j, the direct part d, and t = d + sum_j a_j b_j holds exactly, because it is an identity
    of least squares. Mediators stand side by side; a chain from one to another is not modelled.

    The parts are associations. They are effects only if, besides the treatment, also the mediators are as good as random given treatment,
    controls and effects; panel data with absorbed effects do not give that by themselves.

    Intervals and p values come from a cluster bootstrap: clusters are drawn with replacement and all regressions repeated, from
    cross-products by cluster. Percentile intervals need no normality, which products of coefficients lack. Sobel's standard error
    sqrt(a^2 se_b^2 + b^2 se_a^2) with its normal test is given as well.

    Parameters
    ----------
    formula : outcome, treatment, controls and effects, without the mediators: ``"log(rd) ~ log(subsidy) + log(gdp) | province + year"``;
        or a pooled or within estimate, which brings its data and options.
    data : a panel, or a plain frame (then name the cluster); not with an estimate.
    treatment : a regressor of the formula.
    mediators : one or more numeric terms, for example ``["log(staff)", "L(loans, 1)"]``.
    rng, draws : generator and number of bootstrap draws.
    cluster : column whose groups are drawn; default the cluster variable of the estimate, else the entity.
    weights, small_sample : |options|
    level : of the intervals.

    Returns
    -------
    Mediation
        total, direct, indirect (per mediator and their sum) with intervals, the share mediated, and the regressions.

    Raises
    ------
    FormulaError
        If a mediator is the treatment, the outcome, a control, or no single numeric term.
    NotEstimable
        If treatment or a mediator is not in the model, was omitted, or lost in too many draws.
    UnknownOption, MissingColumn, NotNumeric, EmptySample, NothingToEstimate, TooFewClusters, NotConverged

    References
    ----------
    Baron and Kenny (1986); Sobel (1982); MacKinnon, Lockwood and Williams (2004); Imai, Keele and Yamamoto (2010) for the assumptions.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> frame = pd.DataFrame({"firm": np.repeat(np.arange(60), 6), "year": np.tile(np.arange(6), 60), "x": rng.normal(size=360)})
    >>> frame["m"] = 0.5 * frame["x"] + rng.normal(size=360)
    >>> frame["y"] = 0.3 * frame["x"] + 0.8 * frame["m"] + rng.normal(size=360)
    >>> found = mediate("y ~ x | firm + year", Panel(frame, "firm", "year"), treatment="x", mediators="m", rng=rng)
    >>> [round(part.estimate, 1) for part in (found.total, found.direct, found.indirect[0])]
    [0.7, 0.3, 0.4]
    """
    if not 0 < level < 1:
        raise UnknownOption(f"level={level} is no confidence level", remedy="a number between 0 and 1, such as 0.95")
    if draws < 2:
        raise UnknownOption(f"draws={draws} is no number of bootstrap draws", remedy="a whole number such as 1999")
    spec, source, asked = question(formula, data, "mediate", weights=weights, small_sample=small_sample)
    spec = refuse_slopes(refuse_instruments(spec, "mediate"), "mediate")
    options = _options(source, cluster, asked)
    chosen, through, whole = _specs(spec, treatment, [mediators] if isinstance(mediators, str) else list(mediators))
    sample = select(whole, source, options)
    at = {name: j + 1 for j, name in enumerate(sample.names)}
    if chosen not in at:
        raise NotEstimable(f"the treatment {chosen} is a category", where=spec.formula, remedy="use one indicator of its levels")
    rows = [at[name] for name in through]
    base = [j for j in range(1, len(sample.matrix)) if j not in rows]
    moments = _moments(sample)
    full = _regress(sample, 0, [*base, *rows])
    path = [full.coefficient(name) for name in (chosen, *through)]  # an omitted one is an error that says why
    standing = [at[name] for name in full.terms if name in at]
    total = _regress(sample, 0, base)
    first = [_regress(sample, row, base) for row in rows]
    drawn = _draw(moments=moments, standing=standing, treatment=at[chosen], mediators=rows, rng=rng, draws=draws)
    a = np.array([e.coefficient(chosen).estimate for e in first])
    b = np.array([c.estimate for c in path[1:]])
    errors = np.array([[e.coefficient(chosen).std_error, c.std_error] for e, c in zip(first, path[1:], strict=True)])
    sobel = np.sqrt(a**2 * errors[:, 1] ** 2 + b**2 * errors[:, 0] ** 2)
    through_each = drawn[:, 1:]
    return Mediation(
        outcome=spec.outcome,
        treatment=chosen,
        mediators=tuple(through),
        formula=spec.formula,
        total=_effect("total", total.coefficient(chosen).estimate, drawn.sum(axis=1), level),
        direct=_effect("direct", path[0].estimate, drawn[:, 0], level),
        indirect=tuple(
            _effect(name=m, estimate=a[j] * b[j], drawn=through_each[:, j], level=level, sobel=sobel[j]) for j, m in enumerate(through)
        ),
        indirect_sum=_effect("all mediators", float(a @ b), through_each.sum(axis=1), level),
        level=level,
        draws=len(drawn),
        cluster=options.clusters[0],
        total_estimate=total,
        mediator_estimates=tuple(first),
        outcome_estimate=full,
    )


def _options(source: Source, cluster: str | None, asked: Options) -> Options:
    named = cluster if cluster is not None else asked.clusters or None
    options = Options.read(source, cluster=named, weights=asked.weights, small_sample=asked.small_sample)
    if len(options.clusters) != 1:
        raise UnknownOption("the bootstrap draws the clusters of one variable", remedy='name one: cluster="firm"')
    return options


def _specs(spec: Spec, treatment: str, mediators: list[str]) -> tuple[str, list[str], Spec]:
    """The treatment and the mediators as they are spelled, and the formula with all of them.

    Raises
    ------
    FormulaError, NotEstimable
    """
    texts = [t.text for t in spec.terms]
    if not texts:
        raise FormulaError("the formula has no regressor", where=spec.formula, remedy='write "y ~ x | firm"')
    chosen = texts[find_term(treatment, texts)]
    if not mediators:
        raise FormulaError("no mediator is named", where=spec.formula, remedy='mediators=["log(staff)"]')
    through: list[str] = []
    for text in mediators:
        terms = parse(f"{spec.outcome} ~ {text}").terms
        if len(terms) != 1 or len(terms[0].factors) != 1 or isinstance(terms[0].factors[0], Category):
            raise FormulaError(f"the mediator {text!r} is not one numeric term", remedy='write "m" or "log(m)", one text for each')
        name = terms[0].text
        if name in texts:
            role = "the treatment" if name == chosen else "a control"
            raise FormulaError(f"the mediator {name} is also {role}", where=spec.formula, remedy="name another variable, or take it out")
        if name in through:
            raise FormulaError(f"the mediator {name} is named twice", remedy="name it once")
        through.append(name)
    right = " + ".join([*texts, *through, *([] if spec.intercept else ["0"])])
    effects = f" | {' + '.join(spec.absorb)}" if spec.effects else ""
    return chosen, through, parse(f"{spec.outcome} ~ {right}{effects}")


def _regress(sample: Sample, left: int, right: list[int]) -> Estimate:
    """One of the regressions, on the rows of the common sample: row ``left`` of its matrix on the rows ``right``."""
    columns = tuple(sample.columns[j - 1] for j in right)
    part = replace(
        sample,
        spec=_described(sample, left, columns),
        matrix=sample.matrix[[left, *right]],
        columns=columns,
        raw=lambda j: sample.raw(right[j] - 1),
    )
    return within_estimate(part) if sample.effects else pooled_estimate(part)


def _described(sample: Sample, left: int, columns: tuple[DesignColumn, ...]) -> Spec:
    """The question that a regression answers."""
    spec = sample.spec
    names = {part.text for column in columns for part in column.parts}
    terms = tuple(t for t in spec.terms if len(t.factors) > 1 or isinstance(t.factors[0], Category) or t.text in names)
    outcome: Value = spec.left
    if left:
        factor = sample.columns[left - 1].parts[0]
        outcome = next(f for t in spec.terms for f in t.factors if f == factor and not isinstance(f, Category))
    effects = f" | {' + '.join(spec.absorb)}" if spec.effects else ""
    right = " + ".join([*(t.text for t in terms), *([] if spec.intercept else ["0"])])
    return replace(spec, left=outcome, terms=terms, formula=f"{outcome.text} ~ {right}{effects}")


def _moments(sample: Sample) -> UnitMoments:
    effects = list(sample.effects)
    if not effects and sample.spec.intercept:
        effects = [Grouping(np.zeros(sample.rows, dtype=np.intp), 1)]
    return unit_moments(columns=sample.matrix.copy(), effects=effects, units=sample.clusters[0], weights=sample.weights, purpose="mediate")


def _draw(moments: UnitMoments, standing: list[int], treatment: int, mediators: list[int], rng: np.random.Generator, draws: int) -> Floats:
    """(usable draws, 1 + mediators) direct part and parts through each mediator, clusters drawn with replacement.

    Raises
    ------
    NotEstimable
        If the coefficients exist in fewer than nine of ten draws.
    """
    base = [j for j in standing if j not in mediators]
    found = []
    for start in range(0, draws, moments.block):
        size = min(moments.block, draws - start)
        grams = moments.combined(rng.multinomial(moments.units, np.full(moments.units, 1 / moments.units), size).astype(np.float64))
        outcome, usable = slopes(grams, 0, standing)
        firsts = [slopes(grams, j, base)[0][:, base.index(treatment)] for j in mediators]
        parts = [outcome[:, standing.index(treatment)]]
        parts += [a * outcome[:, standing.index(j)] for a, j in zip(firsts, mediators, strict=True)]
        found.append(np.stack(parts, axis=1)[usable])
    kept = np.concatenate(found)
    if len(kept) < _FEWEST * draws:
        raise NotEstimable(
            f"all coefficients exist in only {len(kept)} of {draws} bootstrap draws",
            where=f"{moments.units} clusters, tolerance {DEPENDENT:g}",
            remedy="use fewer controls, or clusters of a finer kind",
        )
    return kept


def _effect(name: str, estimate: float, drawn: Floats, level: float, sobel: float | None = None) -> Effect:
    """A part with its percentile interval and the two-sided bootstrap p value 2 min(share below 0, share above 0)."""
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    tail = min(int((drawn <= 0).sum()), int((drawn >= 0).sum()))
    p_value = min(1.0, 2 * (1 + tail) / (1 + len(drawn)))
    return Effect(
        name=name,
        estimate=float(estimate),
        std_error=float(drawn.std(ddof=1)),
        low=float(low),
        high=float(high),
        p_value=p_value,
        sobel_error=None if sobel is None else float(sobel),
    )
