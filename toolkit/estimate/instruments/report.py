"""The weak-instrument report: everything that should be reported with an instrumental-variables estimate."""

from __future__ import annotations

from dataclasses import asdict, dataclass

import pandas as pd

from toolkit.errors import NotEstimable
from toolkit.estimate.instruments.anderson_rubin import AndersonRubin, anderson_rubin
from toolkit.estimate.instruments.strength import EffectiveF, FirstStageStrength, ReportRow, cragg_donald_f, effective_f, rk_lm, rk_wald_f
from toolkit.estimate.instruments.system import Projection
from toolkit.estimate.results.outcome import TestResult, chi2
from toolkit.language import Note, Text, joined, note
from toolkit.report import Report, ReportMixin, ReportTable, p_equation

_RULE_OF_THUMB = 10.0  # Staiger and Stock (1997)

_WEAK_EFFECTIVE_F = Text(
    "Weak instruments: the effective F {f:.1f} is below its critical value {critical:.1f}; {instead}.",
    "弱工具变量：有效F值{f:.1f}低于临界值{critical:.1f}；{instead}。",
)
_AR_SET = Text("95% Anderson-Rubin set: {set}", "Anderson–Rubin 95%置信集：{set}")
_NO_T_TESTS = note("no_t_tests", Text("t tests cannot be trusted", "t检验不可信"))
_WEAK_RK_WALD_F = Text("Weak instruments: the rk Wald F {f:.1f} is below {limit:g}.", "弱工具变量：rk Wald F值{f:.1f}低于{limit:g}。")
_UNDER_IDENTIFIED = Text("Under-identification is not rejected (rk LM p = {p:.3f}).", "不能拒绝识别不足（rk LM检验p = {p:.3f}）。")
_CONTRADICT = Text("The instruments contradict each other ({test} {p}).", "工具变量相互矛盾（{test}检验{p}）。")
_SINGULAR_SCORES = Text(
    "the covariance of the instruments' scores is not positive definite (as with fewer clusters than instruments)",
    "工具变量得分的协方差矩阵非正定（例如聚类数少于工具变量数）",
)
_EXACTLY_IDENTIFIED = note(
    "exactly_identified",
    Text(
        "Over-identification cannot be tested: there are as many instruments as endogenous regressors.",
        "恰好识别，无法进行过度识别检验：工具变量与内生变量个数相等。",
    ),
)
_NO_OVER_IDENTIFICATION = Text("Over-identification cannot be tested: {why}.", "无法进行过度识别检验：{why}。")
_NO_ROBUST_STATISTICS = Text("{names} cannot be computed: {why}.", "无法计算{names}：{why}。")
_NO_ENDOGENEITY = note(
    "no_endogeneity",
    Text(
        "Endogeneity cannot be tested: no variation or no rows are left besides the instruments, or too few clusters.",
        "无法进行内生性检验：除工具变量外没有剩余的变异或观测，或聚类过少。",
    ),
)


@dataclass(frozen=True, repr=False)
class WeakInstrumentReport(ReportMixin):
    """Strength and validity of instruments, with the covariance of the estimate. What does not exist is None, and ``notes`` say why.

    Attributes
    ----------
    covariance : kind of covariance behind the robust statistics.
    first_stages : one record per endogenous regressor.
    cragg_donald_f : smallest-eigenvalue F, right under homoskedasticity only.
    under_identification : Kleibergen-Paap rk LM test that the instruments do not identify the coefficients.
    rk_wald_f : Kleibergen-Paap rk Wald F.
    effective_f : Montiel Olea-Pflueger, for one endogenous regressor.
    anderson_rubin : test at any value, and confidence set for one endogenous regressor.
    over_identification : Hansen J, or Sargan under homoskedasticity; None if exactly identified.
    endogeneity : Durbin-Wu-Hausman in regression form.
    notes : what is missing and why.

    References
    ----------
    Cragg and Donald (1993); Kleibergen and Paap (2006); Montiel Olea and Pflueger (2013); Sanderson and Windmeijer (2016); Anderson and
    Rubin (1949); Hansen (1982); Andrews, Stock and Sun (2019) for the whole.
    """

    covariance: str
    first_stages: tuple[FirstStageStrength, ...]
    cragg_donald_f: float
    under_identification: TestResult | None
    rk_wald_f: float | None
    effective_f: EffectiveF | None
    anderson_rubin: AndersonRubin | None
    over_identification: TestResult | None
    endogeneity: TestResult | None
    notes: tuple[Note, ...] = ()

    @property
    def terms(self) -> tuple[str, ...]:
        """The endogenous regressors."""
        return tuple(stage.term for stage in self.first_stages)

    def require_over_identification(self) -> TestResult:
        """The J test.

        Raises
        ------
        NotEstimable
            If there are as many instruments as endogenous regressors, so that nothing is left to test.
        """
        if self.over_identification is None:
            why = joined(n for n in self.notes if n.key in (_EXACTLY_IDENTIFIED.key, "no_over_identification"))
            raise NotEstimable(
                "there is no test of over-identification",
                where=why or f"endogenous: {', '.join(self.terms)}",
                remedy="name more instruments than endogenous regressors, and fewer than clusters",
            )
        return self.over_identification

    def statistics(self) -> dict[str, float]:
        """The numbers that a regression table can show, by name."""
        found: dict[str, float | None] = {"cragg_donald_f": self.cragg_donald_f, "rk_wald_f": self.rk_wald_f}
        if len(self.first_stages) == 1:
            found |= {"partial_r2": self.first_stages[0].partial_r2, "first_stage_f": self.first_stages[0].f}
        else:
            conditional = [s.conditional_f for s in self.first_stages if s.conditional_f is not None]
            found["conditional_f"] = min(conditional) if len(conditional) == len(self.first_stages) else None
        found["effective_f"] = self.effective_f.statistic if self.effective_f else None
        tests = {"rk_lm": self.under_identification, "overid": self.over_identification, "endogeneity": self.endogeneity}
        if self.anderson_rubin is not None:
            tests["anderson_rubin"] = self.anderson_rubin.test(*[0.0] * len(self.terms))
        for name, test in tests.items():
            found |= {name: test.statistic, f"{name}_p": test.p_value} if test else {}
        return {name: float(value) for name, value in found.items() if value is not None}

    def warnings(self) -> tuple[Note, ...]:
        """What the reader of a table must know."""
        found: list[Note] = []
        if self.effective_f is not None and self.effective_f.statistic < self.effective_f.critical_value():
            instead = _NO_T_TESTS
            if self.anderson_rubin is not None:
                instead = note("anderson_rubin_set", _AR_SET, set=self.anderson_rubin.confidence_set().notation)
            f, critical = self.effective_f.statistic, self.effective_f.critical_value()
            found.append(note("weak_effective_f", _WEAK_EFFECTIVE_F, f=f, critical=critical, instead=instead))
        elif self.effective_f is None and self.rk_wald_f is not None and self.rk_wald_f < _RULE_OF_THUMB:
            found.append(note("weak_rk_wald_f", _WEAK_RK_WALD_F, f=self.rk_wald_f, limit=_RULE_OF_THUMB))
        if self.under_identification is not None and self.under_identification.p_value > 0.05:
            found.append(note("under_identified", _UNDER_IDENTIFIED, p=self.under_identification.p_value))
        if self.over_identification is not None and self.over_identification.p_value < 0.05:
            test = self.over_identification
            found.append(note("instruments_contradict", _CONTRADICT, test=test.name, p=p_equation(test.p_value)))
        return tuple(found)

    def rows(self) -> tuple[ReportRow, ...]:
        """Every statistic that exists, in reading order."""
        found: list[ReportRow] = []
        for s in self.first_stages:
            found.append(ReportRow("partial R2", s.partial_r2, s.term))
            if s.f is not None:
                found.append(
                    ReportRow(
                        statistic="first-stage F",
                        value=s.f,
                        term=s.term,
                        df1=s.f_df1,
                        df2=s.f_df2,
                        p_value=s.f_p,
                        null="no instrument explains it",
                    )
                )
            if s.conditional_f is not None and len(self.terms) > 1:
                null = "no instrument explains it given the other endogenous regressors"
                found.append(
                    ReportRow(
                        statistic="conditional F",
                        value=s.conditional_f,
                        term=s.term,
                        df1=s.conditional_df1,
                        df2=s.f_df2,
                        p_value=s.conditional_p,
                        null=null,
                    )
                )
        found.append(ReportRow("Cragg-Donald F", self.cragg_donald_f, note="homoskedastic"))
        if self.rk_wald_f is not None:
            found.append(ReportRow("Kleibergen-Paap rk Wald F", self.rk_wald_f, note=self.covariance))
        if self.effective_f is not None:
            note = "critical value: bias above 10% of the worst case, rejected at 5%"
            critical = self.effective_f.critical_value()
            found.append(ReportRow("effective F", self.effective_f.statistic, critical_value=critical, note=note))
        ar = None if self.anderson_rubin is None else self.anderson_rubin.test(*[0.0] * len(self.terms))
        for test in (self.under_identification, self.over_identification, self.endogeneity, ar):
            if test is not None:
                df = (*test.df, None)
                found.append(
                    ReportRow(
                        statistic=test.name,
                        value=test.statistic,
                        term="",
                        df1=df[0],
                        df2=df[1],
                        p_value=test.p_value,
                        critical_value=None,
                        null=test.null,
                        note=test.note,
                    )
                )
        return tuple(found)

    def tidy(self) -> pd.DataFrame:
        """One row per statistic: statistic, value, term, df1, df2, p_value, critical_value, null, note."""
        frame = pd.DataFrame([asdict(row) for row in self.rows()])
        return frame.astype(dict.fromkeys(["value", "df1", "df2", "p_value", "critical_value"], "float64"))

    def _report(self) -> Report:
        heads = ("", "", "value", "df", "p", "critical value", "null hypothesis")
        table = ReportTable(heads, tuple(row.cells for row in self.rows()))
        lines: tuple[str | Note, ...] = self.notes
        if self.anderson_rubin is not None and len(self.terms) == 1:
            lines = (f"Anderson-Rubin for {self.terms[0]}: {self.anderson_rubin.confidence_set()}", *lines)
        return Report(f"Instruments for {', '.join(self.terms)} ({self.covariance})", (table,), lines)


def make_report(
    projection: Projection,
    covariance: str,
    terms: tuple[str, ...],
    first_stages: tuple[FirstStageStrength, ...],
    over: TestResult | None,
    endogeneity: TestResult | None,
) -> WeakInstrumentReport:
    """Put the report together from a projection and the tests that need the whole system."""
    m, L = len(terms), projection.instruments
    lm = rk_lm(projection)
    test = None if lm is None else chi2("Kleibergen-Paap rk LM", "the instruments do not identify the coefficients", lm, L - m + 1)
    wald, ar = rk_wald_f(projection), anderson_rubin(projection, terms)
    notes: list[Note] = []
    if m == L:
        notes.append(_EXACTLY_IDENTIFIED)
    elif over is None:
        notes.append(note("no_over_identification", _NO_OVER_IDENTIFICATION, why=_SINGULAR_SCORES))
    missing = tuple(name for name, value in (("rk LM", lm), ("rk Wald F", wald), ("Anderson-Rubin", ar)) if value is None)
    if missing:
        notes.append(note("no_robust_statistics", _NO_ROBUST_STATISTICS, names=missing, why=_SINGULAR_SCORES))
    if endogeneity is None:
        notes.append(_NO_ENDOGENEITY)
    return WeakInstrumentReport(
        covariance=covariance,
        first_stages=first_stages,
        cragg_donald_f=cragg_donald_f(projection),
        under_identification=test,
        rk_wald_f=wald,
        effective_f=effective_f(projection),
        anderson_rubin=ar,
        over_identification=over,
        endogeneity=endogeneity,
        notes=tuple(notes),
    )
