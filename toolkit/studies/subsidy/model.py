r"""The equation, variables and years that all sections share, and the published value that they are held against.

.. math:: \ln r_{it} = \beta \ln s_{it} + \gamma \ln y_{it} + \alpha_i + \lambda_t + \varepsilon_{it}

r is R&D intensity, y GDP per head; s is local fiscal expenditure on science and technology, a proxy of the subsidies that firms receive.
The elasticity is beta.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from toolkit.estimate import Estimate, WildTests, wild_tests
from toolkit.language import Text

CLAIM = "he2025_subsidy_elasticity"
FIRST_YEAR, LAST_YEAR = 2017, 2023  # the years in which both R&D expenditure and fiscal S&T expenditure are observed

SEED, DRAWS = 20170617, 9999

OUTCOME = "log(rd_intensity)"
SUBSIDY = "log(fiscal_sci_exp)"
CONTROL = "log(gdp_per_capita)"
LAGGED = "L(log(fiscal_sci_exp), 1)"

SPECIFICATIONS = {
    "alone": f"{OUTCOME} ~ {SUBSIDY}",
    "pooled": f"{OUTCOME} ~ {SUBSIDY} + {CONTROL}",
    "province": f"{OUTCOME} ~ {SUBSIDY} + {CONTROL} | province",
    "two_way": f"{OUTCOME} ~ {SUBSIDY} + {CONTROL} | province + year",
    "lag": f"{OUTCOME} ~ {LAGGED} + {CONTROL} | province + year",
}


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


def claim_mark(claim: float) -> tuple[float, Text]:
    """The claimed value and how figures name it."""
    return claim, Text(f"paper: {claim:g}", f"论文：{claim:g}")
