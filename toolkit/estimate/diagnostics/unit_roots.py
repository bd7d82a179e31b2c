"""Panel unit roots: Levin-Lin-Chu, Im-Pesaran-Shin, Fisher, Hadri, and Pesaran's CIPS."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from toolkit.errors import EmptySample, NotEstimable, TooFewPeriods, UnknownOption
from toolkit.estimate.diagnostics.unit_root_tables import CIPS, CIPS_LEVELS, CIPS_SIZES, IPS, IPS_PERIODS, LLC, LLC_PERIODS, Trend
from toolkit.estimate.formula.spec import parse
from toolkit.estimate.results.outcome import TestResult, chi2, normal
from toolkit.estimate.rows.options import Options, one_of
from toolkit.estimate.rows.sample import select
from toolkit.estimate.rows.source import panel_source
from toolkit.estimate.solve.equations import least_squares
from toolkit.language import Note, Text, note
from toolkit.numerics import PERFECT, Floats
from toolkit.panel import Panel

UnitRootTest = Literal["llc", "ips", "fisher", "hadri", "cips"]
Selection = Literal["aic", "bic"]
NO_POWER = 25  # periods below which the published tables of Levin, Lin and Chu do not begin

LAGS = Text(
    "{entities} entities, {periods:.3g} periods and {lags:.2g} lags on average, {trend}",
    "{entities}个个体，平均{periods:.3g}期，平均滞后{lags:.2g}期，{trend}",
)
TRENDS: dict[Trend, Text] = {
    "none": Text("no constant", "无常数项"),
    "constant": Text("a constant", "含常数项"),
    "trend": Text("a constant and a trend", "含常数项与趋势"),
}
SHORT = Text(
    "With {periods:g} periods the test has little power: that it does not reject says next to nothing.",
    "仅有{periods:g}期，检验功效很低，不拒绝原假设几乎不说明问题。",
)
OUTSIDE = Text(
    "The published table begins at {first:g} and ends at {last:g}; its nearest value was taken for {value:g}.",
    "已发表的临界值表覆盖{first:g}至{last:g}，{value:g}取最近值。",
)
CRITICAL = Text(
    "critical values {one:.2f} (1%), {five:.2f} (5%), {ten:.2f} (10%)", "临界值{one:.2f}（1%）、{five:.2f}（5%）、{ten:.2f}（10%）"
)
BELOW = note(
    "below_critical",
    Text("The statistic lies below the published critical values: p is less than 1%.", "统计量低于已发表的临界值：p值小于1%。"),
)
ABOVE = note(
    "above_critical",
    Text("The statistic lies above the published critical values: p is more than 10%.", "统计量高于已发表的临界值：p值大于10%。"),
)


def panel_unit_root(
    variable: str,
    panel: Panel,
    *,
    test: UnitRootTest,
    trend: Literal["constant", "trend"] = "constant",
    lags: int | Selection = 1,
    most_lags: int = 4,
) -> TestResult:
    r"""Test the series of a panel for unit roots.

    .. math:: \Delta y_{it} = d_{it} + \rho_i y_{i,t-1} + \sum_{j=1}^{p_i} \phi_{ij} \Delta y_{i,t-j} + e_{it}

    ==========  ====================================================================================================================
    "llc"       Levin, Lin and Chu: one rho, H0 rho = 0. y_{t-1} and the difference, both less their projection on the rest and over
                the standard error of the series, are regressed on each other; t is adjusted by the published mean and deviation, with
                long-run variances (Bartlett, 3.21 T^(1/3) lags). Balanced panels.
    "ips"       Im, Pesaran and Shin: W of the mean of the t statistics, with the published moments for p_i lags and T_i - p_i - 1 rows.
    "fisher"    Maddala and Wu: -2 sum log p_i, chi-squared with 2N degrees of freedom; p_i by MacKinnon (1994).
    "hadri"     H0 stationarity of all: mean over i of sum_t S_it^2 / (T^2 s_i^2), S partial sums of the residuals from d and s_i^2 their
                variance, long-run with Bartlett weights over ``lags`` if these are not 0. Balanced panels.
    "cips"      Pesaran: mean of the t statistics of rho_i with the averages over entities of y_{t-1}, of the difference and of its lags
                among the regressors, which take out one common factor; published critical values, p interpolated between them.
    ==========  ====================================================================================================================

    "llc", "ips", "fisher" and "cips" have H0: every series has a unit root. All but "cips" take the series to be independent of each other.
    With 8 independent walks of 50 periods at 5 percent, "llc" rejects in 14 percent of 120 simulated panels, the others in 7 to 8.

    Parameters
    ----------
    variable : a column or term, ``"log(rd)"``.
    panel : the panel. Series may begin and end in different periods (not for "llc" and "hadri"); a gap inside is refused.
    test : see the table.
    trend : what d holds: a "constant" for each entity (default), or a constant and a "trend".
    lags : the p_i: a number, or chosen for each series by "aic" or "bic" among 0 to ``most_lags``, on the rows that all of these leave;
        a number for "hadri" and "cips".
    most_lags : see ``lags``.

    Raises
    ------
    TooFewPeriods
        A series has too few periods for the regression.
    NotEstimable
        A gap in a series, an unbalanced panel where the test needs a balanced one, a series that does not vary, lags for which no moments
        are published.
    EmptySample, UnknownOption, FormulaError, MissingColumn

    Notes
    -----
    The statistics are those of plm's ``purtest`` (``dfcor = TRUE`` for IPS and Fisher, the default for the others) and ``cipstest``
    (``model = "cmg"``). plm's authors report that Hadri's equals that of EViews 9.5, IPS those of EViews 9.5 and gretl, and LLC that of
    gretl but for the bandwidth, which gretl cuts and plm rounds. Stata's ``xtunitroot hadri`` has one variance for all series unless
    ``robust`` is asked for; here each has its own.

    References
    ----------
    Levin, Lin and Chu (2002), Journal of Econometrics 108; Im, Pesaran and Shin (2003), Journal of Econometrics 115; Maddala and Wu (1999),
    Oxford Bulletin of Economics and Statistics 61; Hadri (2000), Econometrics Journal 3; Pesaran (2007), Journal of Applied Econometrics
    22; MacKinnon (1994), Journal of Business & Economic Statistics 12.

    Examples
    --------
    >>> import pandas as pd
    >>> draw = np.random.default_rng(1)
    >>> frame = pd.DataFrame({"id": np.repeat(np.arange(20), 40), "t": np.tile(np.arange(40), 20), "noise": draw.normal(size=800)})
    >>> frame["walk"] = frame.groupby("id")["noise"].cumsum()
    >>> panel = Panel(frame, "id", "t")
    >>> [panel_unit_root(name, panel, test="ips").p_value < 0.01 for name in ("walk", "noise")]
    [False, True]
    """
    one_of("test", test, ("llc", "ips", "fisher", "hadri", "cips"))
    one_of("trend", trend, ("constant", "trend"))
    _check_lags(test, lags, most_lags)
    series = _series(variable, panel, test)
    if test == "hadri":
        return _hadri(series, trend, int(lags))
    if test == "cips":
        return _cips(series, trend, int(lags))
    chosen = [lags if isinstance(lags, int) else _selected(one, trend, lags, most_lags) for one in series]
    regressions = [_dickey_fuller(one, trend, p) for one, p in zip(series, chosen, strict=True)]
    about, warnings = _about(series, trend, chosen)
    null = "every series has a unit root"
    if test == "llc":
        return _llc(series=series, regressions=regressions, trend=trend, lags=chosen, about=about, warnings=warnings)
    t = np.array([found.t for found in regressions])
    if test == "ips":
        moments = np.array([_ips_moments(trend, p, len(one.y) - p - 1) for one, p in zip(series, chosen, strict=True)])
        statistic = np.sqrt(len(t)) * (t.mean() - moments[:, 0].mean()) / np.sqrt(moments[:, 1].mean())
        rows = [len(one.y) - p - 1 for one, p in zip(series, chosen, strict=True)]
        warnings += _outside(min(rows), IPS_PERIODS) + (_outside(max(rows), IPS_PERIODS) if max(rows) != min(rows) else ())
        return normal(name="Im-Pesaran-Shin W", null=null, statistic=float(statistic), tail="lower", notes=(about,), warnings=warnings)
    from statsmodels.tsa.adfvalues import mackinnonp

    p_values = [float(mackinnonp(value, regression="c" if trend == "constant" else "ct")) for value in t]
    logs = np.log(np.maximum(p_values, np.finfo(float).tiny))
    return chi2(name="Fisher (Maddala-Wu)", null=null, statistic=float(-2 * logs.sum()), df=2 * len(t), notes=(about,), warnings=warnings)


@dataclass(frozen=True)
class _Series:
    """One entity: its name, values (T,) of successive periods, and the first of them on the calendar."""

    name: str
    y: Floats
    first: int


@dataclass(frozen=True)
class _Regression:
    """t of rho with degrees of freedom counted; for LLC the root of RSS / rows, and y_{t-1} and the difference less the rest."""

    t: float
    sigma: float
    level: Floats
    change: Floats


def _check_lags(test: UnitRootTest, lags: int | str, most_lags: int) -> None:
    if isinstance(lags, str):
        one_of("lags", lags, ("aic", "bic"))
    if (isinstance(lags, str) and test in ("hadri", "cips")) or (not isinstance(lags, str) and (lags < 0 or int(lags) != lags)):
        raise UnknownOption(f"lags={lags!r} cannot be used with test={test!r}", remedy="a whole number, 0 or more")
    if most_lags < 0:
        raise UnknownOption(f"most_lags={most_lags!r} cannot be used", remedy="a whole number, 0 or more")


def _series(variable: str, panel: Panel, test: UnitRootTest) -> list[_Series]:
    """The series of the panel without missing values."""
    source = panel_source(panel, "panel_unit_root")
    sample = select(parse(f"{variable} ~ 1"), source, Options.read(source))
    assert sample.entity is not None
    assert sample.calendar is not None
    y, at = sample.matrix[0], np.flatnonzero(np.diff(sample.entity.codes)) + 1
    found = []
    for rows in np.split(np.arange(len(y)), at):
        name, times = source.frame[source.entity].iloc[sample.positions[rows[0]]], sample.calendar[rows]
        if (gap := np.flatnonzero(np.diff(times) != 1)).size:
            raise NotEstimable(
                f"the series of {name} has a gap",
                where=f"{variable} after {source.row_name(int(sample.positions[rows[gap[0]]]))}",
                remedy="test the periods before or after the gap, or leave the entity out",
            )
        if np.ptp(y[rows]) <= PERFECT * np.abs(y[rows]).max():
            raise NotEstimable(f"the series of {name} does not vary", where=variable, remedy="leave the entity out")
        found.append(_Series(str(name), y[rows], int(times[0])))
    if len(found) < 2:
        raise EmptySample(
            "a panel test needs two series or more", where=f"{source.label}: {len(found)}", remedy="test one series by itself"
        )
    if test in ("llc", "hadri") and len({(one.first, len(one.y)) for one in found}) > 1:
        odd = next(one for one in found if (one.first, len(one.y)) != (found[0].first, len(found[0].y)))
        raise NotEstimable(
            f"{test} needs the same periods for every entity",
            where=f"{found[0].name} has {len(found[0].y)} periods, {odd.name} has {len(odd.y)}",
            remedy='use test="ips" or test="fisher", or a balanced part of the panel',
        )
    return found


def _about(series: Sequence[_Series], trend: Trend, lags: Sequence[int]) -> tuple[Note, tuple[Note, ...]]:
    periods = [len(one.y) for one in series]
    about = note(
        "series_tested", LAGS, entities=len(series), periods=float(np.mean(periods)), trend=TRENDS[trend], lags=float(np.mean(lags))
    )
    short = (note("little_power", SHORT, periods=min(periods)),) if min(periods) < NO_POWER else ()
    return about, short


def _deterministic(rows: int, trend: Trend) -> list[Floats]:
    ones, steps = np.ones(rows), np.arange(rows, dtype=np.float64)
    return [ones, steps - steps.mean()] if trend == "trend" else [ones]


def _lagged(y: Floats, lags: int, first: int) -> tuple[Floats, Floats, list[Floats]]:
    """The difference, y_{t-1} and the lagged differences from row ``first`` of the differences on."""
    change = np.diff(y)
    return change[first:], y[first:-1], [change[first - j : len(change) - j] for j in range(1, lags + 1)]


def _dickey_fuller(one: _Series, trend: Trend, lags: int) -> _Regression:
    change, level, before = _lagged(one.y, lags, lags)
    rest = np.array([*before, *_deterministic(len(change), trend)])
    _require_periods(one, len(change), len(rest) + 1)
    level, change = (least_squares(column, rest.T).residuals for column in (level, change))
    slope = float(level @ change) / float(level @ level)
    rss = float(((change - slope * level) ** 2).sum())
    if rss <= PERFECT**2 * float(change @ change):
        raise NotEstimable(f"the regression of {one.name} fits perfectly", where=f"{len(change)} rows", remedy="leave the entity out")
    se = np.sqrt(rss / (len(change) - len(rest) - 1) / float(level @ level))
    return _Regression(t=slope / se, sigma=float(np.sqrt(rss / len(change))), level=level, change=change)


def _require_periods(one: _Series, rows: int, coefficients: int) -> None:
    if rows <= coefficients:
        raise TooFewPeriods(
            f"{one.name} has {len(one.y)} periods, which leave {max(rows, 0)} rows for {coefficients} coefficients",
            remedy="use fewer lags or no trend, or leave the entity out",
        )


def _selected(one: _Series, trend: Trend, by: Selection, most: int) -> int:
    """Lags with the smallest criterion, log(RSS/n) + c K/n with c = 2 or log n, on the same rows."""
    scores = []
    for lags in range(most + 1):
        change, level, before = _lagged(one.y, lags, most)
        x = np.array([level, *before, *_deterministic(len(change), trend)])
        _require_periods(one, len(change), len(x))
        n = len(change)
        rss = least_squares(change, x.T).rss
        scores.append(np.log(max(rss, np.finfo(float).tiny) / n) + (2 if by == "aic" else np.log(n)) * len(x) / n)
    return int(np.argmin(scores))


def _llc(
    series: Sequence[_Series],
    regressions: Sequence[_Regression],
    trend: Trend,
    lags: Sequence[int],
    about: Note,
    warnings: tuple[Note, ...],
) -> TestResult:
    periods = len(series[0].y)
    level, change = (np.concatenate([getattr(found, side) / found.sigma for found in regressions]) for side in ("level", "change"))
    square = float(level @ level)
    slope = float(level @ change) / square
    rss = float(((change - slope * level) ** 2).sum())
    se = np.sqrt(rss / len(level) / square)
    used = periods - float(np.mean(lags)) - 1
    ratio = float(np.mean([_long_run(one.y, trend) / found.sigma for one, found in zip(series, regressions, strict=True)]))
    mean, deviation = (float(np.interp(periods, LLC_PERIODS, column)) for column in LLC[trend].T)
    adjusted = (slope / se - len(series) * used * ratio / (rss / (len(series) * used)) * se * mean) / deviation
    return normal(
        name="Levin-Lin-Chu adjusted t",
        null="every series has a unit root",
        statistic=float(adjusted),
        tail="lower",
        notes=(about,),
        warnings=warnings + _outside(periods, LLC_PERIODS),
    )


def _long_run(y: Floats, trend: Trend) -> float:
    """Long-run standard deviation of the differences less their mean (or trend), Bartlett weights over 3.21 T^(1/3) lags."""
    change = np.diff(y)
    return float(np.sqrt(_bartlett(_residuals(change, trend), round(3.21 * len(y) ** (1 / 3)))))


def _residuals(y: Floats, trend: Trend) -> Floats:
    return least_squares(y, np.array(_deterministic(len(y), trend)).T).residuals


def _bartlett(e: Floats, lags: int) -> float:
    """Mean square of e (T,) plus twice its weighted autocovariances."""
    n = len(e)
    own = float(e @ e)
    return (own + 2 * sum((1 - lag / (lags + 1)) * float(e[lag:] @ e[:-lag]) for lag in range(1, min(lags, n - 1) + 1))) / n


def _ips_moments(trend: Trend, lags: int, rows: int) -> tuple[float, float]:
    """Mean and variance of t, linearly between the published numbers of rows."""
    if lags > 8:
        raise NotEstimable(f"no moments are published for {lags} lags", remedy="use 8 lags or fewer")
    found = [float(np.interp(rows, IPS_PERIODS, IPS[trend, which][lags])) for which in ("mean", "variance")]
    if not np.isfinite(found).all():
        raise NotEstimable(
            f"no moments are published for {lags} lags with {rows} rows of a series", remedy="use fewer lags, or test='fisher'"
        )
    return found[0], found[1]


def _outside(value: float, published: Floats) -> tuple[Note, ...]:
    first, last = float(published[0]), float(published[-1])
    return () if first <= value <= last else (note("outside_table", OUTSIDE, first=first, last=last, value=value),)


def _hadri(series: Sequence[_Series], trend: Trend, lags: int) -> TestResult:
    values = []
    for one in series:
        _require_periods(one, len(one.y), 2 + (trend == "trend"))
        e = _residuals(one.y, trend)
        values.append(float((np.cumsum(e) ** 2).sum()) / len(e) ** 2 / _bartlett(e, lags))
    mean, variance = (1 / 6, 1 / 45) if trend == "constant" else (1 / 15, 11 / 6300)
    about, warnings = _about(series, trend, [lags])
    statistic = np.sqrt(len(series)) * (np.mean(values) - mean) / np.sqrt(variance)
    return normal(
        name="Hadri", null="every series is stationary", statistic=float(statistic), tail="upper", notes=(about,), warnings=warnings
    )


def _cips(series: Sequence[_Series], trend: Trend, lags: int) -> TestResult:
    """CIPS, whose averages are over the rows of the regressions."""
    blocks = []
    for one in series:
        _require_periods(one, len(one.y) - lags - 1, 2 * (lags + 2) + (trend == "trend"))
        change, level, before = _lagged(one.y, lags, lags)
        blocks.append(np.array([change, level, *before]))
    times = np.concatenate([one.first + np.arange(block.shape[1]) for one, block in zip(series, blocks, strict=True)])
    place = np.unique(times, return_inverse=True)[1]
    averages = np.array([np.bincount(place, row) / np.bincount(place) for row in np.hstack(blocks)])[:, place]
    t, at = [], 0
    for block in blocks:
        rows = block.shape[1]
        rest = np.array([*block[2:], *averages[:, at : at + rows], *_deterministic(rows, trend)])
        at += rows
        level, change = (least_squares(row, rest.T).residuals for row in (block[1], block[0]))
        slope = float(level @ change) / float(level @ level)
        rss = float(((change - slope * level) ** 2).sum())
        t.append(slope / np.sqrt(rss / (rows - len(rest) - 1) / float(level @ level)))
    statistic, rows = float(np.mean(t)), int(place.max()) + 1
    critical = np.array([_between(CIPS[trend, level], len(t), rows) for level in CIPS_LEVELS])
    about, warnings = _about(series, trend, [lags])
    if not critical[0] <= statistic <= critical[-1]:
        warnings += (BELOW if statistic < critical[0] else ABOVE,)
    shown = note("critical_values", CRITICAL, one=critical[0], five=critical[1], ten=critical[2])
    return TestResult(
        name="Pesaran CIPS",
        null="every series has a unit root",
        statistic=statistic,
        df=(),
        p_value=float(np.interp(statistic, critical, CIPS_LEVELS)),
        distribution="CIPS",
        notes=(about, shown),
        warnings=warnings + _outside(len(t), CIPS_SIZES) + _outside(rows, CIPS_SIZES),
    )


def _between(table: Floats, entities: float, rows: float) -> float:
    """Linear between the published sizes, first over entities, then over rows."""
    by_rows = [float(np.interp(entities, CIPS_SIZES, column)) for column in table.T]
    return float(np.interp(rows, CIPS_SIZES, by_rows))
