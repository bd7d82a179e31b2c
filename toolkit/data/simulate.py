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

        y_{it} = -2 + a_i + \lambda_t + \beta (s^*_{it} - 2.1) - 0.15 (r_{it} - 6.6) + q_{it} + \varepsilon_{it}

    with s the log subsidy, y the log R&D intensity, r log revenue, a firm quality, q project quality that the agency sees, z the shock of a
    province's fund, e the exposure of a firm to it.

    Attributes
    ----------
    firms, provinces, links : counts.
    elasticity : the truth, beta.
    persistence : rho of the dynamic version y_t = rho y_{t-1} + (1 - rho) (static y_t); 0 is the static one. The impact is then
        (1 - rho) beta and the long-run elasticity beta.
    state_owned, exit_rate : shares.
    quality, project, subsidy_noise, rd_noise, measurement : standard deviations of a, q, v, the error, and of the observed log subsidy
        around the true one.
    selection : effect of project quality on the subsidy (0 switches simultaneity off).
    fund, fund_sd, fund_persistence : effect of the fund shock, its standard deviation and autocorrelation (a small effect makes the
        instrument weak).
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
    selection: float = 0.8
    fund: float = 0.9
    fund_sd: float = 0.35
    fund_persistence: float = 0.6

    def __post_init__(self) -> None:
        if self.firms < 2 or self.provinces < 1 or self.links < 1:
            raise UnknownOption(f"{self.firms} firms in {self.provinces} provinces cannot be simulated", remedy="use at least two firms")
        for name in ("persistence", "fund_persistence"):
            if not -1 < getattr(self, name) < 1:
                raise UnknownOption(f"{name} = {getattr(self, name):g}", remedy="choose a value between -1 and 1")


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
    Panel with entity ``firm`` and time ``year``; columns province, soe, link, ln_rd_intensity, ln_subsidy (observed), ln_subsidy_true,
    ln_revenue, exposed_shock (the shift-share instrument e_i z_pt).

    Examples
    --------
    >>> panel = simulate_firms(np.random.default_rng(1))
    >>> panel.entity, panel.name
    ('firm', 'simulated firms')
    """
    s, years = settings, np.arange(FIRST - BURN_IN, LAST + 1)
    shape = (s.firms, len(years))
    province, link = rng.integers(0, s.provinces, s.firms), rng.integers(0, s.links, s.firms)
    soe = rng.random(s.firms) < s.state_owned
    quality, exposure = rng.normal(0, s.quality, s.firms), 2 * rng.beta(2, 2, s.firms)
    moved = exposure[:, None] * _fund_shocks(rng, s, len(years))[province]
    revenue = 6.6 + rng.normal(0, 0.8, s.firms)[:, None] + np.cumsum(rng.normal(0.13, 0.05, shape), axis=1) - 0.13 * (len(years) - 4)
    project = rng.normal(0, s.project, shape)
    wave = (years >= WAVE_FROM)[None, :] & (link < CORE_LINKS)[:, None]
    true = -1.2 + 0.5 * revenue + 0.6 * quality[:, None] + 0.35 * soe[:, None] + s.fund * moved + 0.25 * wave
    true = true + s.selection * project + rng.normal(0, s.subsidy_noise, shape)
    static = -2 + quality[:, None] + 0.02 * (years - FIRST) + s.elasticity * (true - 2.1) - 0.15 * (revenue - 6.6) + project
    intensity = _dynamic(static + rng.normal(0, s.rd_noise, shape), s.persistence)
    frame = pd.DataFrame(
        {
            "firm": np.repeat([f"firm {i:03d}" for i in range(s.firms)], len(years)),
            "year": np.tile(years, s.firms),
            "province": np.repeat([f"province {p:02d}" for p in province], len(years)),
            "soe": np.repeat(soe, len(years)),
            "link": np.repeat(link, len(years)),
            "ln_rd_intensity": intensity.ravel(),
            "ln_subsidy": (true + rng.normal(0, s.measurement, shape)).ravel(),
            "ln_subsidy_true": true.ravel(),
            "ln_revenue": revenue.ravel(),
            "exposed_shock": moved.ravel(),
        }
    )
    return Panel(frame[_observed(rng, s, years).ravel()], "firm", "year", "simulated firms")


def _fund_shocks(rng: np.random.Generator, s: FirmSettings, periods: int) -> Floats:
    """(provinces, periods) stationary first-order autoregressions with standard deviation ``fund_sd``."""
    innovation = s.fund_sd * np.sqrt(1 - s.fund_persistence**2)
    shocks = np.empty((s.provinces, periods))
    shocks[:, 0] = rng.normal(0, s.fund_sd, s.provinces)
    for t in range(1, periods):
        shocks[:, t] = s.fund_persistence * shocks[:, t - 1] + rng.normal(0, innovation, s.provinces)
    return shocks


def _dynamic(static: Floats, persistence: float) -> Floats:
    """y_t = rho y_{t-1} + (1 - rho) static_t from the first year of the burn-in on."""
    if persistence == 0:
        return static
    out = static.copy()
    for t in range(1, static.shape[1]):
        out[:, t] = persistence * out[:, t - 1] + (1 - persistence) * static[:, t]
    return out


def _observed(rng: np.random.Generator, s: FirmSettings, years: NDArray[np.int64]) -> NDArray[np.bool_]:
    """(firms, years) seen from three years before listing until exit, within 2016 to 2023."""
    wave = rng.random(s.firms) < 1 / 3
    listed = np.where(wave, rng.integers(2019, 2023, s.firms), rng.integers(2005, 2019, s.firms))
    leaves = np.where(rng.random(s.firms) < s.exit_rate, rng.integers(FIRST + 2, LAST + 1, s.firms), LAST + 1)
    start = np.maximum(listed - 3, FIRST)
    return np.asarray((years[None, :] >= start[:, None]) & (years[None, :] < leaves[:, None]))
