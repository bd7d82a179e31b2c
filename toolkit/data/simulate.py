"""A simulated panel of firms whose elasticity is known. Everything made here is simulated; the parameters are chosen, not estimated."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from toolkit.errors import UnknownOption
from toolkit.numerics import Floats
from toolkit.panel import Panel

FIRST, LAST, BURN_IN = 2016, 2023, 12
CORE_LINKS = 2  # of the links of the chain, those that the national fund pays for
WAVE_FROM = 2019  # the second phase of the fund


@dataclass(frozen=True)
class FirmSettings:
    r"""Parameters of the simulated firms.

    .. math::

        s^*_{it} = -1.2 + 0.5 r_{it} + 0.6 a_i + 0.35\,soe_i + \pi e_i z_{pt} + 0.25\,wave_{it} + 0.8 q_{it} + v_{it}

        y_{it} = -2 + a_i + \lambda_t + \beta (s^*_{it} - 2.1) - 0.15 (r_{it} - 6.6) + q_{it} + e_i c_{pt} + \varepsilon_{it}

    with s the log subsidy, y the log of own R&D per revenue, r log revenue, a firm quality, q project quality that the agency sees, z the
    shock of a province's fund, e the exposure of a firm to it, c another shock that the firms of a province and year share, and to which
    they are exposed alike.

    Attributes
    ----------
    firms, provinces, links : counts.
    elasticity : the truth, beta.
    persistence : rho of the dynamic version y_t = rho y_{t-1} + (1 - rho) (static y_t); 0 is the static one. The impact is then
        (1 - rho) beta and the long-run elasticity beta.
    state_owned, exit_rate : shares.
    quality, project, subsidy_noise, rd_noise, measurement, revenue_noise : standard deviations of a, q, v, the error, and of the observed
        log subsidy and log revenue around the true ones.
    selection : effect of project quality on the subsidy (0 switches simultaneity off).
    project_persistence : autocorrelation of q.
    fund, fund_sd, fund_persistence : effect of the fund shock, its standard deviation and autocorrelation (a small effect makes the
        instrument weak). The common shock has the same autocorrelation.
    common : standard deviation of the common shock c; 0 leaves it out.
    """

    firms: int = 150
    provinces: int = 12
    links: int = 6
    elasticity: float = 0.38
    persistence: float = 0.0
    state_owned: float = 0.22
    exit_rate: float = 0.05
    quality: float = 0.55
    project: float = 0.25
    subsidy_noise: float = 0.45
    rd_noise: float = 0.20
    measurement: float = 0.20
    revenue_noise: float = 0.07
    selection: float = 0.8
    project_persistence: float = 0.0
    fund: float = 0.9
    fund_sd: float = 0.35
    fund_persistence: float = 0.6
    common: float = 0.0

    def __post_init__(self) -> None:
        if self.firms < 2 or self.provinces < 1 or self.links < 1:
            raise UnknownOption(f"{self.firms} firms in {self.provinces} provinces cannot be simulated", remedy="use at least two firms")
        for name in ("persistence", "project_persistence", "fund_persistence"):
            if not -1 < getattr(self, name) < 1:
                raise UnknownOption(f"{name} = {getattr(self, name):g}", remedy="choose a value between -1 and 1")


@dataclass(frozen=True)
class FirmDraws:
    """Many simulated panels as arrays; R panels, F firms, P provinces, T years from 2016 to 2023.

    Attributes
    ----------
    settings : what they were drawn with.
    province, soe, link, exposure : (R, F).
    shocks : (R, P, T) of the provinces' funds, z.
    observed : (R, F, T) whether the firm is in the panel.
    intensity : (R, F, T) log own R&D per revenue.
    subsidy, subsidy_true : (R, F, T) log subsidy, with and without measurement error.
    revenue, revenue_noisy : (R, F, T) log revenue, without and with measurement error.
    """

    settings: FirmSettings
    province: NDArray[np.int64]
    soe: NDArray[np.bool_]
    link: NDArray[np.int64]
    exposure: Floats
    shocks: Floats
    observed: NDArray[np.bool_]
    intensity: Floats
    subsidy: Floats
    subsidy_true: Floats
    revenue: Floats
    revenue_noisy: Floats

    @property
    def exposed_shock(self) -> Floats:
        """(R, F, T) the shift-share instrument e_i z_pt."""
        return self.exposure[:, :, None] * np.take_along_axis(self.shocks, self.province[:, :, None], axis=1)

    @property
    def total_intensity(self) -> Floats:
        """(R, F, T) log of (own R&D + grant) per revenue: the outcome of a study whose R&D contains the grant."""
        return np.asarray(np.logaddexp(self.intensity + self.revenue, self.subsidy_true) - self.revenue)

    def panel(self, replication: int = 0) -> Panel:
        """One of the panels, as :func:`simulate_firms` gives it."""
        r, (firms, periods) = replication, self.intensity.shape[1:]
        frame = pd.DataFrame(
            {
                "firm": np.repeat([f"firm {i:03d}" for i in range(firms)], periods),
                "year": np.tile(np.arange(FIRST, LAST + 1), firms),
                "province": np.repeat([f"province {p:02d}" for p in self.province[r]], periods),
                "soe": np.repeat(self.soe[r], periods),
                "link": np.repeat(self.link[r], periods),
                "ln_rd_intensity": self.intensity[r].ravel(),
                "ln_total_rd_intensity": self.total_intensity[r].ravel(),
                "ln_subsidy": self.subsidy[r].ravel(),
                "ln_subsidy_true": self.subsidy_true[r].ravel(),
                "ln_revenue": self.revenue[r].ravel(),
                "ln_revenue_noisy": self.revenue_noisy[r].ravel(),
                "exposed_shock": self.exposed_shock[r].ravel(),
            }
        )
        return Panel(frame[self.observed[r].ravel()], "firm", "year", "simulated firms")


def simulate_firms(rng: np.random.Generator, settings: FirmSettings = FirmSettings()) -> Panel:  # noqa: B008
    """An unbalanced panel of simulated firms, 2016 to 2023.

    Firms are seen from three years before they are listed (the prospectus) until they leave; a third of the listings fall into the wave of
    2019 to 2022.

    Parameters
    ----------
    rng : source of all randomness; equal states give equal panels.
    settings : see :class:`FirmSettings`.

    Returns
    -------
    Panel with entity ``firm`` and time ``year``; columns province, soe, link, ln_rd_intensity (own R&D), ln_total_rd_intensity (own R&D
    and the grant), ln_subsidy (observed), ln_subsidy_true, ln_revenue, ln_revenue_noisy, exposed_shock (the shift-share instrument e_i
    z_pt).

    Examples
    --------
    >>> panel = simulate_firms(np.random.default_rng(1))
    >>> panel.entity, panel.name
    ('firm', 'simulated firms')
    """
    return draw_firms(rng, settings, 1).panel()


def draw_firms(rng: np.random.Generator, settings: FirmSettings, replications: int) -> FirmDraws:
    """``replications`` independent panels of simulated firms at once.

    Examples
    --------
    >>> draw_firms(np.random.default_rng(1), FirmSettings(firms=5), 3).intensity.shape
    (3, 5, 8)
    """
    s, burn_in = settings, BURN_IN if settings.persistence else 0
    years = np.arange(FIRST - burn_in, LAST + 1)
    shape = (replications, s.firms, len(years))
    firms, regions = shape[:2], (replications, s.provinces, len(years))
    province, link = rng.integers(0, s.provinces, firms), rng.integers(0, s.links, firms)
    soe = rng.random(firms) < s.state_owned
    quality, exposure = rng.normal(0, s.quality, firms), 2 * rng.beta(2, 2, firms)
    shocks = _autoregression(rng, regions, s.fund_sd, s.fund_persistence)
    moved = exposure[:, :, None] * np.take_along_axis(shocks, province[:, :, None], axis=1)
    growth = np.cumsum(rng.normal(0.13, 0.05, shape), axis=2)
    revenue = 6.6 + rng.normal(0, 0.8, firms)[:, :, None] + growth - 0.13 * (len(years) - 4)
    project = _autoregression(rng, shape, s.project, s.project_persistence)
    wave = (years >= WAVE_FROM) & (link < CORE_LINKS)[:, :, None]
    true = -1.2 + 0.5 * revenue + 0.6 * quality[:, :, None] + 0.35 * soe[:, :, None] + s.fund * moved + 0.25 * wave
    true = true + s.selection * project + rng.normal(0, s.subsidy_noise, shape)
    static = -2 + quality[:, :, None] + 0.02 * (years - FIRST) + s.elasticity * (true - 2.1) - 0.15 * (revenue - 6.6) + project
    if s.common > 0:
        common = _autoregression(rng, regions, s.common, s.fund_persistence)
        static = static + exposure[:, :, None] * np.take_along_axis(common, province[:, :, None], axis=1)
    intensity = _dynamic(static + rng.normal(0, s.rd_noise, shape), s.persistence)
    seen = (*firms, LAST - FIRST + 1)
    return FirmDraws(
        settings=s,
        province=province,
        soe=soe,
        link=link,
        exposure=exposure,
        shocks=shocks[..., burn_in:],
        observed=_observed(rng, s, firms),
        intensity=intensity[..., burn_in:],
        subsidy=true[..., burn_in:] + rng.normal(0, s.measurement, seen),
        subsidy_true=true[..., burn_in:],
        revenue=revenue[..., burn_in:],
        revenue_noisy=revenue[..., burn_in:] + rng.normal(0, s.revenue_noise, seen),
    )


def _autoregression(rng: np.random.Generator, shape: tuple[int, int, int], sd: float, persistence: float) -> Floats:
    """Stationary first-order autoregressions along the last axis, with standard deviation ``sd``."""
    out = rng.normal(0, sd, shape)
    if persistence != 0:
        for t in range(1, shape[2]):
            out[..., t] = persistence * out[..., t - 1] + np.sqrt(1 - persistence**2) * out[..., t]
    return out


def _dynamic(static: Floats, persistence: float) -> Floats:
    """y_t = rho y_{t-1} + (1 - rho) static_t from the first year of the burn-in on."""
    if persistence == 0:
        return static
    out = static.copy()
    for t in range(1, static.shape[-1]):
        out[..., t] = persistence * out[..., t - 1] + (1 - persistence) * static[..., t]
    return out


def _observed(rng: np.random.Generator, s: FirmSettings, firms: tuple[int, int]) -> NDArray[np.bool_]:
    """(replications, firms, years) seen from three years before listing until exit, within 2016 to 2023."""
    years = np.arange(FIRST, LAST + 1)
    wave = rng.random(firms) < 1 / 3
    listed = np.where(wave, rng.integers(2019, 2023, firms), rng.integers(2005, 2019, firms))
    leaves = np.where(rng.random(firms) < s.exit_rate, rng.integers(FIRST + 2, LAST + 1, firms), LAST + 1)
    start = np.maximum(listed - 3, FIRST)
    return np.asarray((years >= start[..., None]) & (years < leaves[..., None]))
