r"""The equation, the three measures of public money, the years, and how every section answers: an elasticity with its interval.

.. math:: \ln r_{it} = \beta \ln s_{it} + \gamma \ln y_{it} + \alpha_i + \lambda_t + \varepsilon_{it}

r is R&D intensity, y GDP per head, s public money; the elasticity is beta. None of the three measures is the subsidy that a firm receives:

* local budget expenditure on S&T: all of it is local money, little of it goes to firms, central programmes and tax relief are absent;
* R&D funded by government, of all performers: mostly institutes and universities; it is part of total R&D, so the total on it is partly
  an identity, and what enterprises pay is the outcome;
* government funds inside the R&D of industrial enterprises: the closest to a subsidy, six years only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from toolkit.estimate import Estimate, WildTests, wild_cluster_bootstrap, wild_tests
from toolkit.language import Text
from toolkit.registry import registry

CLAIM = "he2025_subsidy_elasticity"
FIRST_YEAR, LAST_YEAR = 2010, 2023  # the years in which both R&D by source of funds and fiscal S&T expenditure are published
FIRST_INDUSTRY_YEAR = 2018  # of government money inside industrial enterprises' R&D
PAPER_YEARS = (2016, 2023)  # of the firms in the paper that reports the claim
HALVES = ((2010, 2016), (2017, 2023))
REGION_COLUMN = "region4"

SEED, DRAWS = 20170617, 9999

OUTCOME = "log(rd_intensity)"
OWN = "log(rd_enterprise_intensity)"
INDUSTRY = "log(ind_rd_intensity_own)"
SUBSIDY = "log(fiscal_sci_exp)"
GOVERNMENT = "log(rd_funds_gov)"
INSIDE = "log(ind_rd_funds_gov)"
CONTROL = "log(gdp_per_capita)"

PROVINCE = "| province"
TWO_WAY = "| province + year"
TRENDS = "| province[year] + year"
REGION_YEARS = f"| province + {REGION_COLUMN}^year"

SPECIFICATIONS = {
    "alone": f"{OUTCOME} ~ {SUBSIDY}",
    "pooled": f"{OUTCOME} ~ {SUBSIDY} + {CONTROL}",
    "province": f"{OUTCOME} ~ {SUBSIDY} + {CONTROL} {PROVINCE}",
    "two_way": f"{OUTCOME} ~ {SUBSIDY} + {CONTROL} {TWO_WAY}",
    "trends": f"{OUTCOME} ~ {SUBSIDY} + {CONTROL} {TRENDS}",
    "region_years": f"{OUTCOME} ~ {SUBSIDY} + {CONTROL} {REGION_YEARS}",
}

Interval = Literal["wild", "anderson_rubin", "delta", "none"]


@dataclass(frozen=True)
class Elasticity:
    """An elasticity as every exhibit of the chapter shows it.

    Attributes
    ----------
    estimate, std_error : coefficient and its standard error, clustered by province.
    low, high : 95% interval, infinite where it has no end.
    p_value : of no association, by the procedure of the interval.
    rows, provinces : observations and clusters.
    interval : ``wild``: the restricted wild cluster bootstrap, inverted; ``anderson_rubin``: with instruments; ``delta``: long run of GMM;
        ``none``: no interval of the design holds its coverage, low and high are missing.
    """

    estimate: float
    std_error: float
    low: float
    high: float
    p_value: float
    rows: int
    provinces: int
    interval: Interval = "wild"

    def holds(self, value: float) -> bool:
        """Whether the value lies in the interval."""
        return self.low <= value <= self.high


def elasticity(estimate: Estimate, term: str) -> Elasticity:
    """The slope of ``term`` with the interval of the inverted wild bootstrap by province; the seed is fixed, so that a rerun agrees."""
    c = estimate.coefficient(term)
    wild = wild_cluster_bootstrap(estimate, term=c.term, draws=DRAWS, cluster="province", rng=np.random.default_rng(SEED))
    return Elasticity(
        estimate=c.estimate,
        std_error=c.std_error,
        low=wild.low,
        high=wild.high,
        p_value=wild.p_value,
        rows=estimate.counts.rows,
        provinces=wild.clusters,
    )


def cumulative(money: str, lags: int) -> str:
    """Regressors whose last one has the sum of the coefficients of ``money`` and its ``lags`` lags as its slope.

    With x(t) = x(t-k) + sum of the differences since, b0 x(t) + ... + bk x(t-k) has the slope b0 + ... + bk on x(t-k).

    Examples
    --------
    >>> cumulative("log(s)", 2)
    'D(log(s)) + L(D(log(s)), 1) + L(log(s), 2)'
    """
    steps = [f"D({money})", *(f"L(D({money}), {k})" for k in range(1, lags))]
    return " + ".join([*steps, f"L({money}, {lags})"])


def wild_of(fitted: Mapping[str, Estimate], terms: Sequence[str] = (), cluster: str | None = None) -> dict[str, WildTests]:
    """Wild bootstrap tests of each estimate on its own rows; the seed is fixed, so that a rerun gives the same p-values.

    Parameters
    ----------
    terms : which slopes, where an estimate has them; default all.
    cluster : default that of the estimate, or the province.
    """
    return {
        name: wild_tests(
            estimate,
            terms=[term for term in dict.fromkeys(terms) if term in estimate.terms],
            draws=DRAWS,
            cluster=cluster,
            rng=np.random.default_rng(SEED),
        )
        for name, estimate in fitted.items()
    }


def claimed() -> float:
    """The published elasticity, from the registry."""
    return registry().claims[CLAIM].number


def claim_mark(claim: float) -> tuple[float, Text]:
    """The claimed value and how figures name it."""
    return claim, Text(f"paper: {claim:g}", f"论文：{claim:g}")
