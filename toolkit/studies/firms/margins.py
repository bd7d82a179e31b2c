r"""Does own money follow public money where zeros are kept, and does it matter who gave it?

Logarithms leave out firm-years without own money, and every firm-year without public money. The level with its zeros is the outcome of a
Poisson regression (P any public money, 0 or 1)::

    E(O_it) = exp(d P_it + a_i + l_t)

exp(d) - 1 is the relative difference. asinh and ln(1 + x) also keep zeros, but their coefficient depends on the unit of money; two units
show it. Programmes are the rows of the questionnaire: all but the lines of Bancoldex, which are credit.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from toolkit.estimate import Estimate, fit, fit_poisson
from toolkit.language import Text
from toolkit.panel import Panel
from toolkit.present.record import Statement, statement
from toolkit.studies.firms.survey import ALL, WITHOUT

_POISSON = {
    "any": "own_money ~ any_public | firm + year",
    "programmes": "own_money ~ any_grant + any_credit | firm + year",
}
_LINEAR = {
    "any_log": "log(own_money) ~ any_public | firm + year",
    "grants": "log(own_money) ~ log(grants) | firm + year",
    "asinh": "asinh(own_money) ~ asinh(fund_public) | firm + year",
    "asinh_millions": "asinh(own_millions) ~ asinh(public_millions) | firm + year",
    "log1p": "log1p(own_money) ~ log1p(fund_public) | firm + year",
}
_TERMS = {
    "any_public": Text("any public money", "有公共资金"),
    "any_grant": Text("programmes other than credit", "信贷以外项目"),
    "any_credit": Text("Bancoldex credit", "Bancoldex信贷"),
}
_MONEY = Text("amount", "金额")
_THOUSAND = 1000.0


@dataclass(frozen=True)
class Margins:
    """Own money with its zeros.

    Attributes
    ----------
    fitted : sample ("all", "without" copied records) -> model -> estimate, all with firm and year effects and clustered by firm.
    credit : firm-years with Bancoldex credit.
    credit_alone : of these, the ones without money of another programme.
    """

    fitted: dict[str, dict[str, Estimate]]
    credit: int
    credit_alone: int


def run(prepared: Panel) -> Margins:
    """All models on all firm-years, with and without copied records.

    Parameters
    ----------
    prepared : from :func:`toolkit.studies.firms.survey.prepare`.
    """
    frame = prepared.frame
    panel = prepared.assign(own_millions=frame["own_money"] / _THOUSAND, public_millions=frame["fund_public"] / _THOUSAND)
    credit = frame[frame["any_credit"] == 1]
    return Margins(
        fitted={ALL: _fit(panel), WITHOUT: _fit(panel.keep(frame["same_as_another"] == 0))},
        credit=len(credit),
        credit_alone=int((credit["any_grant"] == 0).sum()),
    )


def _fit(panel: Panel) -> dict[str, Estimate]:
    poisson = {name: fit_poisson(formula, panel, cluster="firm") for name, formula in _POISSON.items()}
    return {**poisson, **{name: fit(formula, panel) for name, formula in _LINEAR.items()}}


def coefficients(margins: Margins) -> pd.DataFrame:
    """One row per model and term: model, term, and for each sample estimate, std_error, p_value, rows."""
    found = []
    for model, estimate in margins.fitted[ALL].items():
        for term in estimate.terms:
            row: dict[str, object] = {"model": model, "term": _TERMS.get(term, _MONEY)}
            for sample, fitted in margins.fitted.items():
                c = fitted[model].coefficient(term)
                row |= {f"{sample}_estimate": c.estimate, f"{sample}_std_error": c.std_error, f"{sample}_p": c.p_value}
                row[f"{sample}_rows"] = fitted[model].counts.rows
            found.append(row)
    return pd.DataFrame(found)


def finding(margins: Margins) -> Statement:
    """Any public money and the level of own money; what the copied records decide."""
    every, distinct = (margins.fitted[sample] for sample in (ALL, WITHOUT))
    first, alone = every["any"].coefficient("any_public"), distinct["any"].coefficient("any_public")
    credit, credit_alone = (fitted["programmes"].coefficient("any_credit") for fitted in (every, distinct))
    asinh, millions = (every[name].beta[0] for name in ("asinh", "asinh_millions"))
    return statement(
        "colombia_margins",
        Text(
            "With the zeros kept (Poisson), a firm's own money is higher by {first:.2f} log points (standard error {first_se:.2f}) in "
            "years with any public money, {alone:.2f} ({alone_se:.2f}) without copied records. For credit nothing can be said: {credit} "
            "firm-years, and the coefficient goes from {b:.2f} to {b_alone:.2f} when copied records leave. With asinh the answer "
            "follows the unit: {asinh:.3f} in thousands of pesos, {millions:.3f} in millions.",
            "保留零值（泊松回归）时，有公共资金的年份企业自有资金高{first:.2f}个对数点（标准误{first_se:.2f}），剔除复制记录后为{alone:.2f}"
            "（{alone_se:.2f}）。信贷无从判断：仅{credit}个企业-年份，剔除复制记录后系数由{b:.2f}变为{b_alone:.2f}。"
            "采用asinh时结果取决于单位：以千比索计为{asinh:.3f}，以百万比索计为{millions:.3f}。",
        ),
        first=first.estimate,
        first_se=first.std_error,
        alone=alone.estimate,
        alone_se=alone.std_error,
        credit=margins.credit,
        b=credit.estimate,
        b_alone=credit_alone.estimate,
        asinh=float(asinh),
        millions=float(millions),
    )
