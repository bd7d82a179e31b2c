"""Event studies of a treatment that begins at different times, by four estimators with one result."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd

from toolkit.errors import NotEstimable, UnknownOption
from toolkit.estimate.formula.spec import Spec
from toolkit.estimate.results.derived import WaldTest
from toolkit.estimate.results.statistics import f_tail
from toolkit.estimate.rows.options import Counts, one_of
from toolkit.estimate.treatment import callaway_santanna as cs
from toolkit.estimate.treatment.adoption import NEVER, Adoption, read_adoption, without_always_treated
from toolkit.estimate.treatment.cells import Averages, averages, beside, simultaneous
from toolkit.estimate.treatment.regression import imputation, leads_before, sun_abraham, two_way
from toolkit.language import Note, Text, note
from toolkit.numerics import SINGULAR, Floats
from toolkit.origin import Origin
from toolkit.panel import Panel
from toolkit.report import Report, ReportMixin, report_table, warned
from toolkit.threads import frugal

Estimator = Literal["two-way", "sun-abraham", "callaway-santanna", "imputation"]
_ESTIMATORS: tuple[Estimator, ...] = ("two-way", "sun-abraham", "callaway-santanna", "imputation")
By = Literal["event time", "cell", "cohort", "period", "overall"]
_BY: tuple[By, ...] = ("event time", "cell", "cohort", "period", "overall")

NAMES: dict[str, Text] = {
    "two-way": Text("Two-way effects", "双向固定效应"),
    "sun-abraham": Text("Sun and Abraham", "Sun–Abraham"),
    "callaway-santanna": Text("Callaway and Sant'Anna", "Callaway–Sant'Anna"),
    "imputation": Text("Imputation", "插补法"),
}


@dataclass(frozen=True)
class EventStudyOptions:
    """How an event study is estimated; see :func:`event_study`."""

    estimator: Estimator
    window: tuple[int, int]
    reference: int
    controls: cs.Controls
    base: cs.Base
    adjustment: cs.Adjustment


@dataclass(frozen=True, eq=False, repr=False)
class EventStudy(ReportMixin):
    """Effects of a treatment by event time, cohort and period.

    Attributes
    ----------
    estimator : "two-way", "sun-abraham", "callaway-santanna" or "imputation".
    outcome, treatment : terms.
    effects : one row per effect: by ("cell": cohort and period; "event time", "cohort", "period", "overall"), term, cohort, period,
        event_time, entities, estimate, std_error (0 for the reference), critical (what the t statistics of all rows of its kind stay
        below with 95% probability).
    vcov : (r, r) covariance of the rows.
    df : degrees of freedom of the t distribution, infinite for the estimators whose theory is asymptotic.
    small_sample : factor of the covariance in symbols.
    normalisation : what the effects are measured against, and how distant event times are binned.
    counts : rows, entities, periods, clusters, and what was dropped.
    draws : of the multiplier bootstrap behind ``critical``.
    warnings : what the reader must know.
    origin : whose columns the data are.
    """

    estimator: Estimator
    outcome: str
    treatment: str
    effects: pd.DataFrame
    vcov: Floats
    df: float
    small_sample: str
    normalisation: Note
    counts: Counts
    draws: int
    warnings: tuple[Note, ...] = ()
    origin: Origin = "own"
    inputs: tuple[Adoption, EventStudyOptions] | None = field(default=None, repr=False)

    def __getstate__(self) -> dict[str, object]:
        """What is pickled: everything but the rows."""
        return {**self.__dict__, "inputs": None}

    def tidy(self, by: By = "event time", level: float = 0.95) -> pd.DataFrame:
        """Effects of one kind: their t tests, pointwise intervals at ``level``, and simultaneous bands at 95%; averages
        over all have no band.

        Raises
        ------
        UnknownOption
            If ``by`` is no kind, or ``level`` no confidence level.
        NotEstimable
            If the estimator has no effects of this kind.
        """
        from scipy.special import stdtr, stdtrit

        one_of("by", by, _BY)
        if not 0 < level < 1:
            raise UnknownOption(f"level={level} is no confidence level", remedy="a number between 0 and 1, such as 0.95")
        rows = self.effects[self.effects["by"] == by].drop(columns="by").reset_index(drop=True)
        if rows.empty:
            raise NotEstimable(
                f"{self.estimator} has no effects by {by}", where=self.outcome, remedy="another estimator, or by='event time'"
            )
        known = rows["std_error"].to_numpy() > 0
        ratio = np.divide(rows["estimate"], rows["std_error"], where=known, out=np.full(len(rows), np.nan))
        half, band = float(stdtrit(self.df, 0.5 + level / 2)) * rows["std_error"], rows["critical"] * rows["std_error"]
        return rows.assign(
            statistic=ratio,
            p_value=2 * stdtr(self.df, -np.abs(ratio)),
            conf_low=rows["estimate"] - half,
            conf_high=rows["estimate"] + half,
            band_low=rows["estimate"] - band,
            band_high=rows["estimate"] + band,
        )

    @property
    def overall(self) -> pd.Series:
        """The first row of ``tidy("overall")``: the average effect on the treated (of the treated event times, for two-way effects)."""
        return self.tidy("overall").iloc[0]

    def pretest(self) -> WaldTest:
        r"""Wald test that all effects before the treatment are zero: of the cells where there are, else of the event times.

        .. math:: W = \hat\beta' \hat V^{-1} \hat\beta, \qquad W \sim \chi^2(q), \; or \; W/q \sim F(q, df)

        Raises
        ------
        NotEstimable
            If there are no such effects, or their covariance is singular (fewer clusters than effects).
        """
        before = (self.effects["event_time"] < 0).fillna(False) & (self.effects["std_error"] > 0)
        cells = before & (self.effects["by"] == "cell")
        rows = np.flatnonzero(cells if cells.any() else before & (self.effects["by"] == "event time"))
        if not len(rows):
            raise NotEstimable(
                "there is no effect before the treatment to test", where=self.outcome, remedy="use more periods before the treatment"
            )
        beta, vcov = self.effects["estimate"].to_numpy()[rows], self.vcov[np.ix_(rows, rows)]
        scale = np.sqrt(np.diag(vcov))
        correlation = vcov / np.outer(scale, scale)
        if np.linalg.eigvalsh(correlation)[0] < SINGULAR:
            raise NotEstimable(
                f"the covariance of {len(rows)} effects before the treatment is singular",
                where=f"{self.counts.clusters[0][1]} clusters",
                remedy="test fewer (leads=...), or look at the simultaneous band",
            )
        wald, q = float(beta / scale @ np.linalg.solve(correlation, beta / scale)), float(len(rows))
        return WaldTest(
            hypotheses=tuple(f"{t} = 0" for t in self.effects["term"].iloc[rows]),
            statistic=wald / q,
            df1=q,
            df2=self.df,
            p_value=f_tail(wald / q, q, self.df),
        )

    def _report(self) -> Report:
        names = ["event_time", "estimate", "std_error", "p_value", "conf_low", "conf_high", "band_low", "band_high", "entities"]
        head = f"{NAMES[self.estimator].en}: effect of {self.treatment} on {self.outcome}"
        counts = self.counts
        size = f"{counts.rows:,} rows, {counts.entities:,} entities, {counts.periods} periods; errors by {counts.clusters[0][0]} "
        lines = [str(self.normalisation), size + f"({counts.clusters[0][1]:,} clusters, factor {self.small_sample})"]
        lines.append(f"bands: simultaneous at 95%, {self.draws:,} draws of multipliers")
        overall = self.tidy("overall")[["term", "estimate", "std_error", "p_value", "conf_low", "conf_high"]]
        return Report(
            head,
            (report_table(self.tidy()[names]), report_table(overall)),
            (*lines, *(d.detail for d in counts.dropped), *warned(self.warnings)),
        )


@frugal
def event_study(
    formula: str | Spec,
    panel: Panel,
    *,
    treatment: str,
    rng: np.random.Generator,
    estimator: Estimator = "callaway-santanna",
    leads: int | None = None,
    lags: int | None = None,
    reference: int = -1,
    controls: cs.Controls = "never treated",
    base: cs.Base = "varying",
    adjustment: cs.Adjustment = "doubly robust",
    cluster: str | Sequence[str] | None = None,
    draws: int = 999,
) -> EventStudy:
    """Effects of a treatment that begins at different times and lasts, by the periods since it began.

    ===================  ==============================================================================================================
    two-way              one coefficient per event time, effects of entities and periods. Right if all cohorts have the same effects
    sun-abraham          one per cohort and event time in one regression, averaged by the cohorts' shares
    callaway-santanna    comparisons of two periods with chosen controls, averaged by the cohorts' shares
    imputation           untreated outcomes of the treated, fitted on untreated rows (Borusyak, Jaravel and Spiess)
    ===================  ==============================================================================================================

    Equations stand in :mod:`~toolkit.estimate.treatment.regression`, :mod:`~toolkit.estimate.treatment.callaway_santanna`,
    :mod:`~toolkit.estimate.treatment.regression` and :func:`~toolkit.estimate.treatment.cells.averages`.

    Parameters
    ----------
    formula : ``"log(emp) ~ 1"`` or ``"log(emp) ~ log(pop)"``. Covariates are those of the base period (callaway-santanna) or of the row.
    panel : entities that are treated from their first row on leave; a treatment that switches off is refused.
    treatment : a column of 0 and 1, or the first treated period of each entity (0 or missing: never treated).
    rng : for the multiplier bootstrap.
    estimator : see above.
    leads, lags : the first and last event times shown are ``-leads`` and ``lags``; default all. With "two-way" those beyond share the
        coefficient of the end; the other estimators leave them out of the averages by event time.
    reference : the event time whose effect is zero ("two-way", "sun-abraham").
    controls : "never treated", or "not yet treated" ("callaway-santanna").
    base : period compared with, before the treatment: "varying" (the one before, so that a lead is a change over one period) or
        "universal" (the last before the treatment) ("callaway-santanna").
    adjustment : how covariates are used: "doubly robust", "outcome regression" or "weighting" ("callaway-santanna").
    cluster : one column that is fixed for each entity; default the entity.
    draws : of the multiplier bootstrap (see :meth:`~toolkit.estimate.treatment.cells.Influence.draws`) behind the simultaneous bands.

    Raises
    ------
    UnknownOption, PanelError, FormulaError, MissingColumn, EmptySample, EstimationError

    References
    ----------
    Sun and Abraham (2021), Journal of Econometrics 225(2); Callaway and Sant'Anna (2021), Journal of Econometrics 225(2); Sant'Anna and
    Zhao (2020), Journal of Econometrics 219(1); Borusyak, Jaravel and Spiess (2024), Review of Economic Studies 91(6).

    Examples
    --------
    >>> draw = np.random.default_rng(1)
    >>> frame = pd.DataFrame({"firm": np.repeat(np.arange(60), 6), "year": np.tile(np.arange(2000, 2006), 60)})
    >>> frame["first"] = np.repeat([0, 2002, 2004], 20)[frame["firm"]]
    >>> frame["y"] = draw.normal(size=360) + 2.0 * ((frame["first"] > 0) & (frame["year"] >= frame["first"]))
    >>> study = event_study("y ~ 1", Panel(frame, "firm", "year"), treatment="first", rng=draw)
    >>> study.tidy()["event_time"].tolist(), bool(abs(study.overall["estimate"] - 2) < 0.5)
    ([-3, -2, -1, 0, 1, 2, 3], True)
    """
    one_of("estimator", estimator, _ESTIMATORS)
    one_of("controls", controls, cs.CONTROLS)
    one_of("base", base, cs.BASES)
    one_of("adjustment", adjustment, cs.ADJUSTMENTS)
    for name, number in (("leads", leads), ("lags", lags), ("draws", draws)):
        if number is not None and (number < (name == "draws") or int(number) != number):
            raise UnknownOption(f"{name}={number!r} cannot be used", remedy="a whole number")
    adoption = without_always_treated(read_adoption(formula, panel, treatment, cluster))
    window = (-(2**31) if leads is None else -leads, 2**31 if lags is None else lags)
    options = EventStudyOptions(
        estimator=estimator, window=window, reference=reference, controls=controls, base=base, adjustment=adjustment
    )
    found, small_sample, df, notes = estimated(adoption, options)
    vcov = found.influence.covariance()
    effects = found.frame.astype({"event_time": "Int64", "entities": "int64"})
    effects = effects.assign(std_error=np.sqrt(np.maximum(np.diag(vcov), 0.0)), critical=np.nan)
    drawn = found.influence.draws(draws, rng)
    for kind in ("event time", "cell", "cohort", "period"):
        rows = (effects["by"] == kind).to_numpy()
        if rows.any():
            effects.loc[rows, "critical"] = simultaneous(drawn[:, rows], effects["std_error"].to_numpy()[rows], 0.95)
    return EventStudy(
        estimator=estimator,
        outcome=adoption.sample.spec.outcome,
        treatment=treatment,
        effects=effects,
        vcov=vcov,
        df=df,
        small_sample=small_sample,
        normalisation=_normalisation(adoption, options),
        counts=adoption.counts(),
        draws=draws,
        warnings=(*adoption.notes, *notes),
        origin=adoption.sample.source.origin,
        inputs=(adoption, options),
    )


def estimated(adoption: Adoption, options: EventStudyOptions) -> tuple[Averages, str, float, tuple[Note, ...]]:
    """Effects, small-sample factor in symbols, degrees of freedom and notes."""
    if options.estimator == "two-way":
        found, info, notes = two_way(adoption, options.window, options.reference)
        return found, info.factor, info.df_t, notes
    if options.estimator == "sun-abraham":
        cells, info = sun_abraham(adoption, options.reference)
        return averages(cells, adoption, options.window), info.factor, info.df_t, cells.notes
    if options.estimator == "callaway-santanna":
        cells = cs.callaway_santanna(adoption, options.controls, options.base, options.adjustment)
        return averages(cells, adoption, options.window), "1", np.inf, cells.notes
    cells = imputation(adoption)
    found, leads = averages(cells, adoption, options.window), leads_before(adoption, options.window[0])
    return (found if leads is None else beside(leads, found)), "1", np.inf, cells.notes


_WORDS = {
    "never treated": Text("never treated", "从未受处理者"),
    "not yet treated": Text("not yet treated", "尚未受处理者"),
    "last cohort": Text("the last cohort, before its treatment", "最后一个批次（处理前）"),
    "varying": Text("last period before the treatment (leads: since the period before)", "处理前最后一期（处理前效应以前一期）"),
    "universal": Text("last period before the treatment", "处理前最后一期"),
    "outcome regression": Text("outcome regression", "结果回归"),
    "weighting": Text("inverse probability weighting", "逆概率加权"),
    "doubly robust": Text("doubly robust", "双重稳健"),
    "": Text("none", "无"),
}


def _normalisation(adoption: Adoption, options: EventStudyOptions) -> Note:
    if options.estimator == "two-way":
        text = Text("The effect is zero at event time {reference}.", "以相对时期{reference}为基期。")
        return note("two_way_normalisation", text, reference=options.reference)
    if options.estimator == "imputation":
        text = Text(
            "Lags are measured against outcomes imputed from untreated rows; leads against rows before the first lead shown.",
            "处理后效应以由未处理观测插补的结果为基准，处理前效应以更早的未处理观测为基准。",
        )
        return note("imputation_normalisation", text)
    if options.estimator == "sun-abraham":
        text = Text(
            "The effect is zero at event time {reference}; controls: {controls}.", "以相对时期{reference}为基期；对照组为{controls}。"
        )
        controls = _WORDS["never treated" if (adoption.onset == NEVER).any() else "last cohort"]
        return note("sun_abraham_normalisation", text, reference=options.reference, controls=controls)
    text = Text(
        "Changes since the {base}; controls: {controls}; covariates: {adjustment}.",
        "以{base}为基期；对照组为{controls}；协变量：{adjustment}。",
    )
    adjustment = _WORDS[options.adjustment if adoption.sample.names else ""]
    return note(
        "callaway_santanna_normalisation", text, base=_WORDS[options.base], controls=_WORDS[options.controls], adjustment=adjustment
    )
