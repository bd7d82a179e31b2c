"""The estimate of a dynamic panel model: an Estimate with its instruments and specification tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar

import numpy as np
import pandas as pd

from toolkit import glossary
from toolkit.estimate.dynamic.declarations import Declarations, DynamicSettings
from toolkit.estimate.dynamic.gmm import Model
from toolkit.estimate.dynamic.instruments import InstrumentSet, comes_from
from toolkit.estimate.dynamic.solution import Solution, SpecificationTest
from toolkit.estimate.formula.spec import Spec
from toolkit.estimate.formula.terms import Category, Lag, columns_of, unlagged
from toolkit.estimate.results.estimate import Estimate
from toolkit.estimate.rows.options import PERFECT_FIT, CovarianceInfo
from toolkit.estimate.rows.source import Source
from toolkit.language import Head, Name, Note, Text, note
from toolkit.report import Report, number, p_equation

_STYLES = {"gmm": "GMM-style", "effects": "its own instrument"}
EQUATIONS = {"difference": "difference equation", "level": "level equation", "both": "both equations"}


@dataclass(frozen=True, eq=False, repr=False)
class DynamicEstimate(Estimate):
    """A GMM estimate, with everything that is needed to judge it.

    Attributes
    ----------
    settings : how it was estimated.
    declared : the instruments as they were declared.
    instruments : where the instruments come from; their counts add up to ``statistics["instruments"]``.
    tests : overidentification (Hansen, Sargan, differences for groups of instruments), serial correlation, Wald.
    """

    NAMES: ClassVar[Mapping[str, Text]] = {
        "difference_gmm": glossary.DIFFERENCE_GMM,
        "system_gmm": glossary.SYSTEM_GMM,
    }
    LABELS: ClassVar[Mapping[str, Text | Head]] = {
        "instruments": Text("Instruments", "工具变量数"),
        "hansen": Text("Hansen J", "Hansen J值"),
        "hansen_p": Head(Text("p of Hansen's J", "Hansen检验p值"), "p_value"),
        "sargan": Text("Sargan", "Sargan值"),
        "sargan_p": Head(Text("p of Sargan", "Sargan检验p值"), "p_value"),
        "hansen_levels_p": Head(Text("p of difference in Hansen, levels", "水平方程差分Hansen检验p值"), "p_value"),
        "ar1": Text("AR(1), z", "AR(1)，z值"),
        "ar1_p": Head(Text("p of AR(1)", "AR(1)检验p值"), "p_value"),
        "ar2": Text("AR(2), z", "AR(2)，z值"),
        "ar2_p": Head(Text("p of AR(2)", "AR(2)检验p值"), "p_value"),
    }
    JUDGED_BY: ClassVar[tuple[str, ...]] = ("instruments", "hansen_p", "ar1_p", "ar2_p")

    settings: DynamicSettings = field(default_factory=DynamicSettings)
    declared: Declarations = field(default=Declarations((), (), ()), repr=False)
    instruments: tuple[InstrumentSet, ...] = ()
    tests: tuple[SpecificationTest, ...] = ()

    def tests_frame(self) -> pd.DataFrame:
        """One row per test: test, statistic, df (0 for a normal z), p_value, hypothesis."""
        rows = [(t.name, t.statistic, t.df, t.p_value, t.hypothesis) for t in self.tests]
        return pd.DataFrame(rows, columns=["test", "statistic", "df", "p_value", "hypothesis"])

    def instruments_frame(self) -> pd.DataFrame:
        """One row per set of instruments: term, style, equation, what, count."""
        rows = [(s.term, s.style, s.equation, s.what, s.count) for s in self.instruments]
        return pd.DataFrame(rows, columns=["term", "style", "equation", "what", "count"])

    def report(self) -> list[str]:
        """Instruments and tests, one line each."""
        lines = [f"{sum(s.count for s in self.instruments)} instruments"]
        for s in self.instruments:
            if s.style != "iv":
                lines.append(f"  {s.count} from {s.term} ({_STYLES[s.style]}{', ' + s.what if s.what else ''}; {EQUATIONS[s.equation]})")
        for equation, words in EQUATIONS.items():
            standard = [s for s in self.instruments if s.style == "iv" and s.equation == equation]
            if standard:
                lines.append(f"  {sum(s.count for s in standard)} standard ({', '.join(s.term for s in standard)}; {words})")
        for t in self.tests:
            statistic = f"chi2({t.df}) = {number(t.statistic)}" if t.df else f"z = {number(t.statistic)}"
            lines.append(f"{t.name}: {statistic}, {p_equation(t.p_value)}")
        return lines

    def _report(self) -> Report:
        return replace(super()._report(), below=(Report(lines=tuple(self.report())),))


FEW = 40

DEVIATIONS = note("orthogonal_deviations", Text("orthogonal deviations", "正交离差变换"))
SYSTEM_WEIGHTING = Text("{weighting} H of the system", "系统H矩阵：{weighting}")
NO_SECOND_STEP = Text(
    "There are too few entities ({entities}) for a second step, so Hansen's J cannot be computed.",
    "个体仅{entities}个，无法进行第二步，Hansen检验不可用。",
)
SINGULAR_SECOND_STEP = Text(
    "The weighting matrix of step two is singular (rank {rank} of {count}): its generalised inverse is "
    "used, the degrees of freedom of Hansen's J count its rank, and J says little.",
    "第二步权重矩阵奇异（秩为{rank}，共{count}），采用广义逆，Hansen检验自由度按秩计算，其结果参考价值有限。",
)
SINGULAR_FIRST_STEP = note(
    "singular_first_step",
    Text("The weighting matrix of step one is singular: its generalised inverse is used.", "第一步权重矩阵奇异，采用广义逆。"),
)
NO_WINDMEIJER = note(
    "no_windmeijer",
    Text(
        "Two-step standard errors without Windmeijer's correction are too small in finite samples.",
        "未经Windmeijer修正的两步法标准误在有限样本中偏小。",
    ),
)
MANY_INSTRUMENTS = Text(
    "There are {count} instruments for {entities} entities: estimates are biased and Hansen's J is too kind; {remedy}.",
    "工具变量{count}个，多于个体数{entities}：估计有偏，Hansen检验过于宽松，宜{remedy}。",
)
COLLAPSE = Text("collapse them or limit the lags", "合并（collapse）工具变量或限制滞后期")
LIMIT = Text("limit the lags", "限制滞后期")
FEW_ENTITIES = Text(
    "Only {entities} entities: GMM standard errors and tests are valid for many entities and few periods.",
    "个体仅{entities}个：GMM的标准误与检验以个体多、期数少为前提。",
)
REDUNDANT = Text(
    "{count} instruments are linear combinations of others and were left out.", "{count}个工具变量是其他工具变量的线性组合，已剔除。"
)
STATIC = Text("The formula has no lag of {outcome}: the model is static.", "公式中没有{outcome}的滞后项：模型为静态。")
LAG_CORRELATED = Text(
    "Lag {lag} of {outcome} as an instrument is correlated with the transformed error: start at lag 2.",
    "{outcome}的第{lag}期滞后作为工具变量与变换后的误差相关，应从滞后2期开始。",
)
STANDARD_CORRELATED = Text(
    "{term} as a standard instrument is correlated with the transformed error: declare lags of it in gmm.",
    "{term}作为标准工具变量与变换后的误差相关，应在gmm中声明其滞后。",
)
NOT_INSTRUMENTED = Text(
    "No instrument is made from {terms}; nothing is instrumented that was not declared.",
    "{terms}没有对应的工具变量；未声明者不作为工具变量。",
)
WITHOUT_ROWS = Text(
    "{absent} of {entities} entities have no usable row (first {first}).", "{entities}个个体中有{absent}个没有可用观测（首个为{first}）。"
)


def convention(model: Model, solution: Solution, settings: DynamicSettings, entity: str, rows: int) -> CovarianceInfo:
    """The covariance and its small-sample factor.

    The factor G/(G-1)*(N-1)/(N-K) counts G entities, N rows (of the transformed equation, or of the level equation in the system) and all K
    coefficients, period indicators included. Without it tests use the normal distribution.
    """
    k, groups = len(model.system.X), model.stack.groups.levels
    said = _convention_notes(settings)
    if settings.covariance == "conventional":
        one = settings.steps == 1
        kind, symbols = ("conventional one-step", "RSS/(h*(N-K))") if one else ("conventional two-step", "1")
        return CovarianceInfo(
            kind=kind,
            clusters=(),
            small_sample="none",
            factor=symbols,
            factor_value=solution.variance if one else 1.0,
            df_t=np.inf,
            notes=said,
            parameters=k,
        )
    kind, clusters = ("cluster", (entity,)) if settings.steps == 1 else ("windmeijer", (entity,))
    if settings.small_sample == "none":
        return CovarianceInfo(
            kind=kind, clusters=clusters, small_sample="none", factor="1", factor_value=1.0, df_t=np.inf, notes=said, parameters=k
        )
    factor = groups / (groups - 1) * (rows - 1) / (rows - k)
    return CovarianceInfo(
        kind=kind,
        clusters=clusters,
        small_sample="reghdfe",
        factor="G/(G-1)*(N-1)/(N-K)",
        factor_value=factor,
        df_t=float(groups - 1),
        notes=said,
        parameters=k,
    )


def _convention_notes(settings: DynamicSettings) -> tuple[Note, ...]:
    """What decides the numbers besides the covariance; nothing for first differences alone."""
    deviations = [DEVIATIONS] * (settings.transformation == "orthogonal_deviations")
    weighting = {"full": Text("full", "完整"), "blocked": Text("blocked", "分块")}[settings.weighting]
    return (*deviations, *[note("system_weighting", SYSTEM_WEIGHTING, weighting=weighting)] * settings.system)


def notes(
    spec: Spec, source: Source, model: Model, solution: Solution, declared: Declarations, settings: DynamicSettings
) -> tuple[Note, ...]:
    """What the reader must know, the gravest first."""
    return (
        *_about_solution(model, solution, settings),
        *_about_instruments(model, settings),
        *_about_declarations(spec, model, declared),
        *_about_rows(source, model),
    )


def _about_solution(model: Model, solution: Solution, settings: DynamicSettings) -> list[Note]:
    found = []
    if solution.perfect:
        found.append(PERFECT_FIT)
    elif solution.second is None:
        found.append(note("no_second_step", NO_SECOND_STEP, entities=model.stack.groups.levels))
    elif not solution.spread_inverse.exact:
        count = len(model.instruments.columns)
        found.append(note("singular_second_step", SINGULAR_SECOND_STEP, rank=solution.spread_inverse.rank, count=count))
    if not solution.weights_exact:
        found.append(SINGULAR_FIRST_STEP)
    if settings.steps == 2 and settings.covariance == "conventional":
        found.append(NO_WINDMEIJER)
    return found


def _about_instruments(model: Model, settings: DynamicSettings) -> list[Note]:
    found = []
    count, entities = len(model.instruments.columns), model.stack.groups.levels
    if count > entities:
        found.append(
            note("many_instruments", MANY_INSTRUMENTS, count=count, entities=entities, remedy=LIMIT if settings.collapse else COLLAPSE)
        )
    if entities < FEW:
        found.append(note("few_entities_gmm", FEW_ENTITIES, entities=entities))
    if model.instruments.redundant:
        found.append(note("redundant_instruments", REDUNDANT, count=model.instruments.redundant))
    return found


def _about_declarations(spec: Spec, model: Model, declared: Declarations) -> list[Note]:
    found = []
    lagged = [t.factors[0] for t in spec.terms if len(t.factors) == 1 and isinstance(t.factors[0], Lag)]
    if not any(unlagged(f)[0] == spec.left and unlagged(f)[1] > 0 for f in lagged):
        found.append(note("static_model", STATIC, outcome=Name(spec.outcome)))
    for d in declared.gmm:
        value, steps = unlagged(d.value)
        if value == spec.left and steps + d.lags.first < 2:
            found.append(note("lag_correlated", LAG_CORRELATED, lag=steps + d.lags.first, outcome=Name(spec.outcome)))
    for i in declared.iv:
        factor = i.term.factors[0]
        if len(i.term.factors) == 1 and not isinstance(factor, Category) and unlagged(factor)[0] == spec.left and i.equation != "level":
            found.append(note("standard_correlated", STANDARD_CORRELATED, term=Name(i.term.text)))
    used = {name for d in declared.gmm for name in columns_of(d.value)} | {name for d in declared.iv for name in columns_of(d.term)}
    built = model.regressors.built
    alone = [t.text for t in spec.terms if any(comes_from(c, t) for c in built) and not used & set(columns_of(t))]
    if alone:
        found.append(note("not_instrumented", NOT_INSTRUMENTED, terms=tuple(map(Name, alone))))
    return found


def _about_rows(source: Source, model: Model) -> list[Note]:
    assert source.entity is not None
    entity, sample = source.group(source.entity), model.stack.sample
    rows = sample.positions if model.stack.system else sample.positions[model.stack.transformation.rows]
    absent = np.setdiff1d(np.arange(entity.levels), entity.codes[rows])
    if not len(absent):
        return []
    first = source.column(source.entity).iloc[int(np.flatnonzero(entity.codes == absent[0])[0])]
    return [note("entities_without_rows", WITHOUT_ROWS, absent=len(absent), entities=entity.levels, first=str(first))]
