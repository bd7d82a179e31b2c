r"""Simulated outcomes for the provinces' own regressors: errors as persistent, uneven and drifting as the real ones.

With the observed log fiscal expenditure s and log GDP per head g of N provinces and T years, a simulated log R&D intensity is, statically,

.. math:: y_{it} = \beta s_{it} + u_{it}, \qquad u_{it} = \sigma_i (\sqrt{1 - \delta}\, a_{it} + \sqrt{\delta}\, d_i c_t),

a a stationary first-order autoregression with unit variance and coefficient rho, d_i standard normal, c a linear trend with mean square one
(effects and g are removed by every design, so that they need not be drawn); and dynamically

.. math:: y_{it} = r y_{i,t-1} + (1 - r)(\beta s_{it} + \gamma g_{it} + \lambda_t + \mu_i) + e_{it}, \qquad e_{it} \sim N(0, \sigma_i^2),

where the assumptions of difference and system GMM hold: e is independent over time, mu of all else, and the first year is in the steady
state of the regressors before it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from toolkit.errors import NothingToEstimate
from toolkit.estimate import DynamicSettings, fit, fit_dynamic
from toolkit.numerics import Floats
from toolkit.panel import Panel
from toolkit.studies.subsidy.model import CONTROL, OUTCOME, SUBSIDY

EARLIER = 3  # years of expenditure before the window that lags reach back to, where they are observed
_GRID = np.arange(0.0, 0.96, 0.01)  # of the persistence and of the drift
_BURN_IN = 40
LAGGED_OUTCOME = f"L({OUTCOME}, 1)"


@dataclass(frozen=True)
class Window:
    """The balanced panel of N provinces and T years.

    Attributes
    ----------
    panel : its rows, and those of the years before that lags of expenditure need.
    years : (T,).
    region : (N,) codes of the four regions.
    y, s, g : (N, T) log R&D intensity, log fiscal expenditure, log GDP per head.
    earlier : (N, p) log fiscal expenditure of the p years before the first.
    """

    panel: Panel
    years: NDArray[np.int64]
    region: NDArray[np.int64]
    y: Floats
    s: Floats
    g: Floats
    earlier: Floats


@dataclass(frozen=True)
class Calibration:
    """What the simulated errors take from the real panel.

    Attributes
    ----------
    years : T.
    sd : (N,) of the static errors, by province.
    persistence, drift : rho, and delta, the share of a trend in the variance.
    autocorrelation, trend_share : what they were chosen to meet: of the two-way residuals, the first autocorrelation and the part of a
        province's variance that a straight line takes up.
    elasticity, control : beta and gamma of the two-way model.
    lag : r of the dynamic model: system GMM, kept between the fixed-effects and the pooled estimate.
    province_sd : of mu. year_effects : (T,) lambda.
    shock_sd : (N,) of the dynamic errors.
    """

    years: int
    sd: Floats
    persistence: float
    drift: float
    autocorrelation: float
    trend_share: float
    elasticity: float
    control: float
    lag: float
    province_sd: float
    year_effects: Floats
    shock_sd: Floats


def window(panel: Panel, last: int | None = None) -> Window:
    """The years in which every province has R&D intensity, fiscal expenditure and GDP per head; of them the ``last`` ones.

    Raises
    ------
    NothingToEstimate
        If there are fewer than six such years.
    """
    frame = panel.frame
    logs = {}
    for name in ("rd_intensity", "fiscal_sci_exp", "gdp_per_capita"):
        wide = frame.pivot(index=panel.entity, columns=panel.time, values=name)
        logs[name] = wide.where(wide > 0).transform(np.log)
    full = [int(year) for year in logs["rd_intensity"].columns if all(v[year].notna().all() for v in logs.values())]
    years = full[-(last or len(full)) :]
    if len(years) < 6:
        raise NothingToEstimate("the simulated design needs six years that every province has", where=f"years: {years}", remedy="add years")
    fiscal = logs["fiscal_sci_exp"]
    before = [year for year in range(years[0] - EARLIER, years[0]) if year in fiscal.columns and fiscal[year].notna().all()]
    before = before if before and before[-1] == years[0] - 1 else []
    region = frame.drop_duplicates(panel.entity).set_index(panel.entity)["region4"].loc[fiscal.index]
    kept = frame[panel.time].isin([*before, *years])
    return Window(
        panel=panel.keep(kept),
        years=np.array(years),
        region=np.unique(region.to_numpy(), return_inverse=True)[1],
        y=logs["rd_intensity"][years].to_numpy(),
        s=fiscal[years].to_numpy(),
        g=logs["gdp_per_capita"][years].to_numpy(),
        earlier=fiscal[before].to_numpy(),
    )


def calibrate(seen: Window) -> Calibration:
    """Errors that have, on average, the autocorrelation, trends and variances of the two-way residuals of the window."""
    panel = seen.panel.keep(seen.panel.frame[seen.panel.time].isin(seen.years))
    static = fit(f"{OUTCOME} ~ {SUBSIDY} + {CONTROL} | province + year", panel)
    beta, gamma = (static.coefficient(term).estimate for term in (SUBSIDY, CONTROL))
    left = seen.y - beta * seen.s - gamma * seen.g
    residuals = _two_way(left)
    autocorrelation, trend_share = _shape(residuals)
    rho, delta = _matched(len(seen.years), autocorrelation, trend_share)
    kept = float(np.trace(_remaining(_covariance(len(seen.years), rho, delta)))) / len(seen.years)
    n = len(residuals)
    dynamic = f"{OUTCOME} ~ {LAGGED_OUTCOME} + {SUBSIDY} + {CONTROL}"
    low, high = (fit(f"{dynamic} | {effects}", panel).coefficient(LAGGED_OUTCOME).estimate for effects in ("province + year", "year"))
    lags = {OUTCOME: (2, 3), SUBSIDY: (2, 3)}
    settings = DynamicSettings(estimator="system", collapse=True)
    system = fit_dynamic(f"{dynamic} | year", panel, gmm=lags, iv=(CONTROL,), settings=settings)
    lag = float(np.clip(system.coefficient(LAGGED_OUTCOME).estimate, low, high))
    shocks = _two_way(seen.y[:, 1:] - lag * seen.y[:, :-1] - (1 - lag) * (beta * seen.s + gamma * seen.g)[:, 1:])
    return Calibration(
        years=len(seen.years),
        sd=np.sqrt((residuals**2).mean(axis=1) / kept * n / (n - 1)),
        persistence=rho,
        drift=delta,
        autocorrelation=autocorrelation,
        trend_share=trend_share,
        elasticity=beta,
        control=gamma,
        lag=lag,
        province_sd=float(left.mean(axis=1).std(ddof=1)),
        year_effects=left.mean(axis=0),
        shock_sd=np.sqrt((shocks**2).mean(axis=1) * n / (n - 1) * len(seen.years) / (len(seen.years) - 1)),
    )


def static_errors(rng: np.random.Generator, found: Calibration, replications: int) -> Floats:
    """(R, N, T) the errors of the static world: u and the province effects mu, which only comparisons between provinces see."""
    n, periods = len(found.sd), found.years
    a = rng.normal(size=(replications, n, periods))
    for t in range(1, periods):
        a[..., t] = found.persistence * a[..., t - 1] + np.sqrt(1 - found.persistence**2) * a[..., t]
    drift = rng.normal(size=(replications, n, 1)) * _trend(periods)
    moving = found.sd[:, None] * (np.sqrt(1 - found.drift) * a + np.sqrt(found.drift) * drift)
    return np.asarray(moving + rng.normal(0, found.province_sd, (replications, n, 1)))


def dynamic_outcomes(rng: np.random.Generator, found: Calibration, seen: Window, elasticity: float, replications: int) -> Floats:
    """(R, N, T) outcomes of the dynamic world whose long-run elasticity is ``elasticity``."""
    n, periods = seen.s.shape
    path = elasticity * seen.s + found.control * seen.g + found.year_effects
    target = path[None] + rng.normal(0, found.province_sd, (replications, n, 1))
    shocks = found.shock_sd[:, None] * rng.normal(size=(replications, n, _BURN_IN + periods))
    out = np.empty((replications, n, periods))
    now = target[..., 0]
    for t in range(_BURN_IN + periods):
        now = found.lag * now + (1 - found.lag) * target[..., max(t - _BURN_IN, 0)] + shocks[..., t]
        if t >= _BURN_IN:
            out[..., t - _BURN_IN] = now
    return out


def errors_like(rng: np.random.Generator, residuals: Floats, replications: int) -> Floats:
    """(R, N, T) errors with the persistence, the trends and the spread over provinces of two-way residuals (N, T)."""
    n, periods = residuals.shape
    rho, delta = _matched(periods, *_shape(residuals))
    kept = float(np.trace(_remaining(_covariance(periods, rho, delta)))) / periods
    found = Calibration(
        years=periods,
        sd=np.sqrt((residuals**2).mean(axis=1) / kept * n / (n - 1)),
        persistence=rho,
        drift=delta,
        autocorrelation=float("nan"),
        trend_share=float("nan"),
        elasticity=float("nan"),
        control=float("nan"),
        lag=float("nan"),
        province_sd=0.0,
        year_effects=np.zeros(periods),
        shock_sd=np.zeros(n),
    )
    return static_errors(rng, found, replications)


def _two_way(values: Floats) -> Floats:
    return np.asarray(values - values.mean(axis=1, keepdims=True) - values.mean(axis=0) + values.mean())


def _trend(periods: int) -> Floats:
    """(T,) a centred straight line with mean square one."""
    c = np.arange(periods) - (periods - 1) / 2
    return np.asarray(c / np.sqrt((c**2).mean()))


def _shape(residuals: Floats) -> tuple[float, float]:
    """First autocorrelation and the share of a straight line by province in the variance."""
    periods, size = residuals.shape[1], (residuals**2).mean()
    along = (residuals @ _trend(periods) / periods) ** 2
    return float((residuals[:, 1:] * residuals[:, :-1]).mean() / size), float(along.mean() / size)


def _covariance(periods: int, rho: float, delta: float) -> Floats:
    """(T, T) of one province's errors with unit variance."""
    distance = np.abs(np.subtract.outer(np.arange(periods), np.arange(periods)))
    c = _trend(periods)
    return np.asarray((1 - delta) * rho**distance + delta * np.outer(c, c))


def _remaining(covariance: Floats) -> Floats:
    """The covariance once the mean over time is removed."""
    m = np.eye(len(covariance)) - 1 / len(covariance)
    return np.asarray(m @ covariance @ m)


def _matched(periods: int, autocorrelation: float, trend_share: float) -> tuple[float, float]:
    """The persistence and drift whose two-way residuals have this autocorrelation and share of a trend, nearest on a grid."""

    def moments(covariance: Floats) -> Floats:
        left = _remaining(covariance)
        return np.array([np.trace(left), np.trace(left, offset=1) * periods / (periods - 1), c @ left @ c / periods])

    c, delta = _trend(periods), _GRID[:, None]
    alone = moments(_covariance(periods, 0.0, 1.0))
    mixed = np.array([(1 - delta) * moments(_covariance(periods, float(rho), 0.0)) + delta * alone for rho in _GRID])
    miss = (mixed[..., 1] / mixed[..., 0] - autocorrelation) ** 2 + (mixed[..., 2] / mixed[..., 0] - trend_share) ** 2
    i, j = np.unravel_index(int(miss.argmin()), miss.shape)
    return float(_GRID[i]), float(_GRID[j])
