"""Beta-convergence: do entities that start low grow faster?

An observation is the growth between two years with what was known in the first.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from typing import Literal, get_args

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from toolkit.errors import MeasureError, MissingColumn, UnknownOption
from toolkit.language import Note, Text, note
from toolkit.measure.convergence.sigma import Fit, Quantity, clustered, hc1, least_squares, tested
from toolkit.measure.inputs.values import numeric
from toolkit.numerics import PERFECT, Floats
from toolkit.panel import Panel
from toolkit.report import Fields

Effects = Literal["none", "time", "entity", "entity + time"]
_EFFECT_TEXT = {"none": " + a", "time": " + g[t]", "entity": " + a[i]", "entity + time": " + a[i] + g[t]"}


@dataclass(frozen=True, eq=False)
class Pairs:
    """n pairs of years t - s and t.

    Attributes
    ----------
    growth : (n,) log change per year.
    initial : (n,) log of the level in the first year of the pair.
    controls : (n, k) in the first year of the pair.
    entity : (n,) codes 0 ... N - 1.
    time : (n,) last year of the pair.
    step : s.
    skipped : pairs that could not be formed.
    """

    growth: Floats
    initial: Floats
    controls: Floats
    entity: NDArray[np.int64]
    time: NDArray[np.int64]
    step: int
    skipped: int

    @property
    def size(self) -> int:
        """Number of pairs."""
        return self.growth.size


def _pairs(panel: Panel, frame: pd.DataFrame, column: str, controls: tuple[str, ...], step: int) -> pd.DataFrame:
    """The rows of ``frame`` with the value ``step`` years later (``_later``), missing where that year or the value is."""
    later = frame[[panel.entity, panel.time, column]].rename(columns={column: "_later"})
    later = later.assign(**{panel.time: later[panel.time] - step})
    return frame[[panel.entity, panel.time, column, *controls]].merge(later, on=[panel.entity, panel.time], how="left")


def _as_pairs(panel: Panel, both: pd.DataFrame, column: str, controls: tuple[str, ...], step: int, skipped: int) -> Pairs:
    low, high = np.log(both[column].to_numpy(dtype=float)), np.log(both["_later"].to_numpy(dtype=float))
    return Pairs(
        growth=(high - low) / step,
        initial=low,
        controls=both[list(controls)].to_numpy(dtype=float),
        entity=pd.factorize(both[panel.entity])[0].astype(np.int64),
        time=both[panel.time].to_numpy(dtype=np.int64) + step,
        step=step,
        skipped=skipped,
    )


def _pairs_between(panel: Panel, column: str, controls: tuple[str, ...], first: int | None, last: int | None) -> Pairs:
    """One pair per entity, from ``first`` to ``last``; every entity must have both.

    Raises
    ------
    MeasureError, MissingColumn
    """
    frame = _positive(panel, column, controls)
    years = frame[panel.time]
    there = years[frame[column].notna()]
    if there.empty:
        raise MeasureError(f"{column} has no values", where=panel.name or "the panel", remedy="use another variable")
    start, end = int(there.min()) if first is None else first, int(there.max()) if last is None else last
    if end <= start:
        raise MeasureError(f"growth from {start} to {end} has no length", remedy="give a last year after the first")
    everyone = pd.Index(frame[panel.entity].unique(), name=panel.entity)
    for year, needed in ((start, [column, *controls]), (end, [column])):
        rows = frame[years == year].set_index(panel.entity)
        for name in needed:
            absent = everyone[~everyone.isin(rows[name].dropna().index)]
            if len(absent):
                raise MeasureError(
                    f"{len(absent)} of {len(everyone)} entities have no {name} in {year}",
                    where=f"first: {absent[0]}",
                    remedy="choose years that all entities have, or drop these entities and report it",
                )
    both = _pairs(panel=panel, frame=frame, column=column, controls=controls, step=end - start)
    both = both[both[panel.time] == start].set_index(panel.entity).loc[everyone].reset_index()
    return _as_pairs(panel=panel, both=both, column=column, controls=controls, step=end - start, skipped=0)


def _pairs_by_step(panel: Panel, column: str, controls: tuple[str, ...], step: int, least: int) -> Pairs:
    """All pairs of years t - step and t, by the calendar; entities with fewer than ``least`` pairs are left out and counted.

    Raises
    ------
    MeasureError, MissingColumn
    """
    if int(step) != step or step < 1:
        raise MeasureError(f"a step of {step} years is not possible", remedy="use 1, 2, ...")
    frame = _positive(panel, column, controls)
    both = _pairs(panel=panel, frame=frame, column=column, controls=controls, step=step)
    possible = int((both[panel.time] + step <= frame[panel.time].max()).sum())
    both = both.dropna()
    size = both.groupby(panel.entity, observed=True)[column].transform("size")
    both = both[size >= least]
    if both.empty:
        raise MeasureError(
            f"no entity has {least} pair{'s' if least > 1 else ''} of {column} that are {step} years apart",
            where=f"{panel.name or 'the panel'}, years {frame[panel.time].min()} to {frame[panel.time].max()}",
            remedy="use a shorter step, fewer controls, or more years",
        )
    return _as_pairs(panel=panel, both=both, column=column, controls=controls, step=step, skipped=possible - len(both))


def _positive(panel: Panel, column: str, controls: tuple[str, ...]) -> pd.DataFrame:
    """The frame of the panel, once the column is positive wherever it is there, all columns are numbers, and time counts years."""
    if panel.step in ("quarter", "month"):
        raise MeasureError(
            f"growth is counted in years, and {panel.name or 'the panel'} goes by {panel.step}",
            where=f"{panel.time} from {panel.frame[panel.time].min()} to {panel.frame[panel.time].max()}",
            remedy="aggregate it to years, or keep one quarter or month and pass Panel(..., step='year')",
        )
    numbers: dict[str, Floats] = {}
    for name in (column, *controls):
        if name not in panel.columns:
            near = ", ".join(difflib.get_close_matches(name, list(panel.columns)))
            remedy = f"near: {near}" if near else "name an existing column"
            raise MissingColumn(f"{panel.name or 'the panel'} has no column {name!r}", remedy=remedy)
        said = f"{name} is not a column of finite numbers"
        numbers[name] = numeric(panel.frame[name], said)
        if np.isinf(numbers[name]).any():
            raise MeasureError(said, remedy="convert it to numbers first")
    frame = panel.frame.assign(**numbers)
    bad = (frame[column] <= 0).to_numpy()
    if bad.any():
        row = frame[bad].iloc[0]
        raise MeasureError(
            f"{column} has {int(bad.sum())} zero or negative values; growth in logs needs positive ones",
            where=f"first: {row[panel.entity]}, {row[panel.time]}, value {row[column]:g}",
            remedy="drop these entities or years and report it, or use another variable",
        )
    return frame


NO_SPEED = Text(
    "1 + beta s = {kept:.3g} is not positive: gaps change sign within {step} years, so there is no speed and no half-life",
    "1 + βs = {kept:.3g}非正：差距在{step}年内变号，不存在收敛速度与半衰期",
)
NO_HALF_LIFE = note(
    "no_half_life",
    Text("beta is not negative: gaps do not close, so there is no half-life", "β非负：差距不缩小，不存在半衰期"),
)
NICKELL = Text(
    "With entity effects and about {pairs:.0f} pairs per entity, b is biased towards faster convergence by an order of 1/T (Nickell 1981).",
    "含个体固定效应且每个个体约{pairs:.0f}对观测时，b偏向更快的收敛，偏误为1/T阶（Nickell，1981）。",
)
NO_UPPER_BOUND = note(
    "half_life_unbounded",
    Text(
        "The interval of the speed reaches zero, so the half-life has no upper bound: do not read its interval.",
        "收敛速度的区间包含零，半衰期没有上界：其区间不可解读。",
    ),
)


@dataclass(frozen=True, eq=False, repr=False)
class BetaConvergence(Fields):
    """Growth on the initial level, with the speed of convergence that the slope implies.

    Attributes
    ----------
    formula : the equation estimated.
    step : years s between the two ends of a growth rate.
    beta : coefficient of the initial log level, per year; negative means convergence.
    speed : lambda per year, None where it does not exist.
    half_life : years until half of a gap is closed, None where there is no convergence.
    reason : why speed or half-life is None; None otherwise.
    coefficients : one row per term: term, estimate, std_error, statistic, p_value, conf_low, conf_high (95%).
    covariance : kind of the standard errors, with its factor and degrees of freedom.
    r2 : of the regression after the effects are removed.
    observations, entities : n and N.
    skipped : pairs of years that were not formed because an end, a control or a year in the grid of the panel is missing, and entities
        with a single pair where entity effects are removed.
    notes : limits of the numbers.
    """

    formula: str
    step: int
    beta: Quantity
    speed: Quantity | None
    half_life: Quantity | None
    reason: Note | None
    coefficients: pd.DataFrame
    covariance: str
    r2: float
    observations: int
    entities: int
    skipped: int
    notes: tuple[Note, ...]


def _speed_and_half_life(beta: Quantity, step: int) -> tuple[Quantity | None, Quantity | None, Note | None]:
    r"""Speed :math:`\lambda = -\ln(1 + \beta s)/s` and half-life :math:`\ln 2/\lambda`, standard errors by the delta method.

    The intervals are symmetric, as Stata's ``nlcom`` gives them; the one of the half-life is wide where lambda is close to zero.

    Returns
    -------
    speed, half-life (each None where it does not exist), and the reason.

    Examples
    --------
    >>> speed, half, reason = _speed_and_half_life(tested(-0.02, 0.005, 29), 1)
    >>> round(speed.estimate, 4), round(half.estimate, 1)
    (0.0202, 34.3)
    """
    kept = 1 + beta.estimate * step
    if kept <= 0:
        return None, None, note("no_speed", NO_SPEED, kept=kept, step=step)
    rate = -float(np.log(kept)) / step
    speed = tested(rate, beta.std_error / kept, beta.df)
    if beta.estimate >= 0:
        return speed, None, NO_HALF_LIFE
    return speed, tested(float(np.log(2)) / rate, float(np.log(2)) / rate**2 * speed.std_error, beta.df), None


def beta_convergence(
    panel: Panel, column: str, *, controls: Sequence[str] = (), first: int | None = None, last: int | None = None
) -> BetaConvergence:
    r"""Average growth between two years on the initial level, across entities.

    :math:`\frac{1}{s} \ln \frac{y_{i,T}}{y_{i,0}} = a + \beta \ln y_{i,0} + c'x_{i,0} + u_i`, with s = T - 0 in years. Absolute convergence
    without controls, conditional with them. Standard errors are HC1.

    Parameters
    ----------
    panel : one row per entity and year.
    column : the variable, positive in both years.
    controls : columns taken in the first year, as they are (take logs before).
    first, last : the two years; default the first and last in which the column has values.

    Raises
    ------
    MeasureError
        When an entity has no positive value in one of the two years or no control (it is named), or a control is collinear.

    References
    ----------
    Barro and Sala-i-Martin (1992), Journal of Political Economy 100.

    Examples
    --------
    >>> y = np.array([1.0, 2.0, 4.0, 8.0])
    >>> frame = pd.DataFrame({"p": list("abcd") * 2, "year": [2010] * 4 + [2020] * 4, "y": [*y, *(np.sqrt(y) * [1.0, 1.1, 1.1, 1.0])]})
    >>> found = beta_convergence(Panel(frame, "p", "year"), "y")
    >>> round(found.beta.estimate, 3), round(found.half_life.estimate, 1)
    (-0.05, 10.0)
    """
    pairs = _pairs_between(panel=panel, column=column, controls=tuple(controls), first=first, last=last)
    names = ("constant", f"ln {column}", *controls)
    x = np.column_stack([np.ones(pairs.size), pairs.initial, pairs.controls])
    end = int(pairs.time[0])
    start, (n, k) = end - pairs.step, x.shape
    fit = least_squares(pairs.growth, x, names, f"the growth of {column} from {start} to {end}")
    text = f"(1/{pairs.step}) ln(y[i,{end}] / y[i,{start}]) = a + b ln y[i,{start}]" + (" + c'x[i]" if controls else "")
    return _result(
        fit=fit,
        vcov=hc1(fit),
        names=names,
        at=1,
        pairs=pairs,
        formula=text,
        covariance=f"HC1, factor n/(n-k) = {n}/{n - k}, t({n - k})",
        df=n - k,
        notes=(),
    )


def beta_convergence_panel(
    panel: Panel, column: str, *, controls: Sequence[str] = (), step: int = 1, effects: Effects = "entity + time"
) -> BetaConvergence:
    r"""Growth over ``step`` years on the level before, over all entities and years.

    :math:`\frac{1}{s} \ln \frac{y_{it}}{y_{i,t-s}} = \beta \ln y_{i,t-s} + c'x_{i,t-s} + a_i + g_t + u_{it}`. With ``effects="time"`` or
    "none" all entities share one steady state (absolute convergence); with entity effects each has its own (conditional). Standard errors
    are clustered by entity with the factor G/(G-1) (n-1)/(n-K), where K leaves out the entity effects (they are nested in the clusters).

    Parameters
    ----------
    panel : one row per entity and year; a gap in the years forms no pair.
    column : the variable; positive wherever it is there.
    controls : columns taken at t - s, as they are.
    step : s; pairs overlap when it exceeds one, which the clustering allows for.
    effects : which effects are removed.

    Raises
    ------
    MeasureError
        On a value that is zero or negative, too few pairs, fewer than two entities, or a collinear control.

    References
    ----------
    Islam (1995), Quarterly Journal of Economics 110; Nickell (1981), Econometrica 49.

    Examples
    --------
    >>> y = np.exp([0.0, 1.0, 1.4, 1.7, 2.0, 2.2, 2.1, 2.3])
    >>> frame = pd.DataFrame({"p": list("aaaabbbb"), "year": [2020, 2021, 2022, 2023] * 2, "y": y})
    >>> beta_convergence_panel(Panel(frame, "p", "year"), "y", effects="none").beta.estimate.__round__(3)
    -0.412
    """
    if effects not in get_args(Effects):
        raise UnknownOption(f"effects={effects!r} is none of the choices", remedy=f"one of {', '.join(get_args(Effects))}")
    own = effects.startswith("entity")  # a steady state of its own for each entity
    pairs = _pairs_by_step(panel, column, tuple(controls), step, least=2 if own else 1)
    names = (f"ln {column}", *controls)
    x = np.column_stack([pairs.initial, pairs.controls])
    y, x, more, rank = _without_effects(pairs, x, effects)
    what = f"the growth of {column} over {step} years"
    fit = least_squares(y, x, names + more, what)
    groups = len(np.unique(pairs.entity))
    n = pairs.size
    _refuse_few(n, groups, rank + (groups - 1) * own, what)
    text = (
        f"(1/{step}) ln(y[i,t] / y[i,t-{step}]) = b ln y[i,t-{step}]" + (f" + c'x[i,t-{step}]" if controls else "") + _EFFECT_TEXT[effects]
    )
    covariance = f"clustered by entity, factor G/(G-1) (n-1)/(n-K) with G = {groups}, n = {n}, K = {rank}, t({groups - 1})"
    return _result(
        fit=fit,
        vcov=clustered(fit, pairs.entity, rank),
        names=names + more,
        at=0,
        pairs=pairs,
        formula=text,
        covariance=covariance,
        df=groups - 1,
        notes=(note("nickell_bias", NICKELL, pairs=n / groups),) if own else (),
    )


def _without_effects(pairs: Pairs, x: Floats, effects: Effects) -> tuple[Floats, Floats, tuple[str, ...], int]:
    """Outcome and regressors free of entity effects, year dummies added; and K, the number of coefficients that count."""
    slopes = x.shape[1]
    years = np.unique(pairs.time)
    more: tuple[str, ...] = ()
    if effects in ("time", "entity + time"):
        x = np.column_stack([x, (pairs.time[:, None] == years[None, 1:]).astype(np.float64)])
        more = tuple(f"year {year}" for year in years[1:])
    rank = slopes + len(more) + 1
    if not effects.startswith("entity"):
        return pairs.growth, np.column_stack([x, np.ones(pairs.size)]), (*more, "constant"), rank
    both = np.column_stack([pairs.growth, x])
    counts = np.bincount(pairs.entity)
    means = np.column_stack([np.bincount(pairs.entity, column) for column in both.T]) / counts[:, None]
    size = np.abs(both).max(axis=0)
    both = both - means[pairs.entity]
    both[:, np.abs(both).max(axis=0) <= PERFECT * size] = 0.0  # constant within entities: what is left is rounding
    return both[:, 0], both[:, 1:], more, rank


def _refuse_few(n: int, groups: int, parameters: int, what: str) -> None:
    if groups < 2:
        raise MeasureError(f"{what} comes from one entity; clustered standard errors need two entities or more", remedy="use more entities")
    if n <= parameters:
        raise MeasureError(
            f"{what} has {n} pairs of years for {parameters} coefficients and effects", remedy="use more years or fewer effects"
        )


def _result(
    fit: Fit,
    vcov: Floats,
    names: tuple[str, ...],
    at: int,
    pairs: Pairs,
    formula: str,
    covariance: str,
    df: int,
    notes: tuple[Note, ...],
) -> BetaConvergence:
    found = [tested(float(b), float(np.sqrt(max(v, 0.0))), float(df)) for b, v in zip(fit.beta, np.diag(vcov), strict=True)]
    rows = [(name, *astuple(q)[:-1]) for name, q in zip(names, found, strict=True)]  # all but the degrees of freedom
    columns = ["term", "estimate", "std_error", "statistic", "p_value", "conf_low", "conf_high"]
    speed, half_life, reason = _speed_and_half_life(found[at], pairs.step)
    if half_life is not None and speed is not None and speed.low <= 0:
        notes = (*notes, NO_UPPER_BOUND)
    return BetaConvergence(
        formula=formula,
        step=pairs.step,
        beta=found[at],
        speed=speed,
        half_life=half_life,
        reason=reason,
        coefficients=pd.DataFrame(rows, columns=columns),
        covariance=covariance,
        r2=fit.r2,
        observations=pairs.size,
        entities=len(np.unique(pairs.entity)),
        skipped=pairs.skipped,
        notes=notes,
    )
