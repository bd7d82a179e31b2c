"""What goes with D: panel regressions on quantities that stand outside the index, and one that stands inside as a denominator."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from toolkit.estimate import Estimate, WildTests, fit, wild_tests
from toolkit.language import Text
from toolkit.measure import CompositeIndex
from toolkit.panel import Panel

INCOME, CITY, SCHOOLS, GROWTH = "log(gdp_per_capita)", "urbanisation_rate", "log(education_funds_total)", "gdp_growth"
OUTSIDE = (CITY, SCHOOLS, GROWTH)
SEED, DRAWS = 20251108, 1999


@dataclass(frozen=True)
class Model:
    """One column of the table: its head and its formula."""

    head: Text
    formula: str


def _lagged(terms: tuple[str, ...]) -> str:
    return " + ".join(f"L({term}, 1)" for term in terms)


_ALL = " + ".join((INCOME, *OUTSIDE))
MODELS = {
    "years": Model(Text("Between and within", "省际与省内"), f"d ~ {_ALL} | year"),
    "two_way": Model(Text("Within", "省内"), f"d ~ {_ALL} | province + year"),
    "outside": Model(Text("Without GDP", "不含GDP"), f"d ~ {' + '.join(OUTSIDE)} | province + year"),
    "lagged": Model(Text("A year earlier", "滞后一年"), f"d ~ {_lagged((INCOME, *OUTSIDE))} | province + year"),
    "log_odds": Model(Text("Log odds of D", "D的对数几率"), f"log(d_odds) ~ {_ALL} | province + year"),
    "wang": Model(Text("D with corrected C", "修正C的D"), f"d_wang ~ {_ALL} | province + year"),
}
TERM_NAMES = {
    INCOME: Text("GDP per head", "人均GDP"),
    CITY: Text("urbanisation", "城镇化率"),
    SCHOOLS: Text("education funds", "教育经费"),
    GROWTH: Text("GDP growth", "GDP增速"),
}
LABELS = {
    "d": Text("D", "D"),
    "d_wang": Text("D (corrected C)", "D（修正C）"),
    "d_odds": Text("odds of D", "D的几率"),
}


@dataclass(frozen=True, eq=False)
class Explained:
    """The models and their wild bootstrap tests, by the keys of :data:`MODELS`.

    Attributes
    ----------
    fits : clustered by province.
    wild : restricted wild cluster bootstrap of every slope.
    """

    fits: dict[str, Estimate]
    wild: dict[str, WildTests]


def explain(panel: Panel, index: CompositeIndex, wang: CompositeIndex) -> Explained:
    """Fit :data:`MODELS`; years before the index enter as lags only.

    Parameters
    ----------
    panel : the table ``provincial_panel``.
    index, wang : the same scheme with the standard and with the corrected C.
    """
    found = index.keys.assign(d=index.d, d_odds=index.d / (1 - index.d), d_wang=wang.d)
    columns = [panel.entity, panel.time, "gdp_per_capita", "urbanisation_rate", "education_funds_total", "gdp_growth"]
    first = int(index.keys[index.time].min())
    rows = panel.frame.loc[panel.frame[panel.time] >= first - 1, columns]
    last = int(index.keys[index.time].max())
    data = Panel(
        rows[rows[panel.time] <= last].merge(found, how="left", on=[panel.entity, panel.time]), panel.entity, panel.time, origin="registry"
    )
    fits = {name: fit(model.formula, data) for name, model in MODELS.items()}
    rng = np.random.default_rng(SEED)
    return Explained(
        fits, {name: wild_tests(estimate, data, list(estimate.terms), draws=DRAWS, rng=rng) for name, estimate in fits.items()}
    )


def explained_table(found: Explained) -> pd.DataFrame:
    """One row per model and slope: model, term, estimate, std_error, p_value, wild_p."""
    rows = []
    for name, estimate in found.fits.items():
        for place, term in enumerate(estimate.terms):
            c = estimate.coefficient(term)
            wild = found.wild[name].tests[place].p_value
            rows.append(
                {"model": name, "term": term, "estimate": c.estimate, "std_error": c.std_error, "p_value": c.p_value, "wild_p": wild}
            )
    return pd.DataFrame(rows)
