r"""How long capital may wait and how long results take: the horizons that the papers print, and what waiting costs.

.. math:: r = m^{1/T} - 1, \qquad \text{gap} = \max(0,\ T_{\text{exit}} - T_{\text{fund}})

with m the multiple of the outlay that comes back in one payment after T years. Multiples and terms of funds are assumed; the other horizons
are claims of the papers.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from toolkit.audit.printed import PrintedClaim
from toolkit.language import Text
from toolkit.measure import internal_rate_of_return
from toolkit.present.exhibit import FigureExhibit
from toolkit.present.figures.forest import forest_plot
from toolkit.present.figures.matrix import matrix_heatmap
from toolkit.present.record import Statement, statement
from toolkit.registry import registry

TERMS = (5.0, 10.0)  # years of a fund, assumed
MULTIPLES = (2.0, 3.0, 5.0, 10.0, 20.0)  # of the outlay, assumed
LIVES = (5, 10)  # years in which an investment with the payback asked for goes on paying, assumed
PERCENT = 100.0
_NAMES = {
    "payback": Text("Payback asked for (paper)", "要求的回收期（论文）"),
    "fund": Text("Term of a fund (assumed)", "基金存续期（假设）"),
    "listing": Text("Founding to listing (paper)", "创立到上市（论文）"),
    "asked": Text("Patient capital asked for (paper)", "建议的耐心资本（论文）"),
}
CLAIMS = {"payback": "shanxi2025_payback_3y", "listing": "chen2025_ipo_8_10", "asked": "shanxi2025_patient_capital"}


@dataclass(frozen=True)
class Horizons:
    """The horizons and the return at each.

    Attributes
    ----------
    spans : columns horizon, low, high (years).
    returns : internal rates of return (% a year): multiples in rows, years in columns.
    payback : internal rate of return (%) of an investment that pays its outlay back evenly within the payback asked for, by the years
        in which it pays.
    """

    spans: pd.DataFrame
    returns: pd.DataFrame
    payback: dict[int, float]

    def span(self, horizon: str) -> tuple[float, float]:
        """Both ends of a horizon, years."""
        low, high = self.spans.loc[self.spans["horizon"] == horizon, ["low", "high"]].to_numpy()[0]
        return float(low), float(high)

    def gap(self, term: float) -> tuple[float, float]:
        """Years by which a listing comes after the end of a fund with this term: least and most."""
        low, high = self.span("listing")
        return max(0.0, low - term), max(0.0, high - term)


def run(terms: tuple[float, float] = TERMS, multiples: tuple[float, ...] = MULTIPLES) -> Horizons:
    """Horizons of the registry beside assumed terms of funds, and the returns at their ends."""
    claims = {name: registry().claims[claim] for name, claim in CLAIMS.items()}
    payback = PrintedClaim(claims["payback"]).number
    spans = {
        "payback": (0.0, payback),
        "fund": terms,
        **{name: (float(claims[name].low), float(claims[name].high)) for name in ("listing", "asked")},
    }
    years = sorted({int(year) for ends in spans.values() for year in ends if year > 0})
    returns = [[PERCENT * internal_rate_of_return([-1.0, *np.zeros(year - 1), multiple]) for year in years] for multiple in multiples]
    return Horizons(
        pd.DataFrame([{"horizon": name, "low": low, "high": high} for name, (low, high) in spans.items()]),
        pd.DataFrame(returns, index=[f"× {multiple:g}" for multiple in multiples], columns=[str(year) for year in years]),
        {life: PERCENT * internal_rate_of_return([-1.0, *np.full(life, 1 / payback)]) for life in LIVES},
    )


def chart(found: Horizons) -> FigureExhibit:
    """The four horizons on one axis of years."""
    return forest_plot(
        found.spans.assign(estimate=math.nan),
        "horizon",
        digits=0,
        x_label=Text("Years", "年数"),
        names=_NAMES,
        title=Text("How long capital waits, and how long results take", "资本等多久，成果要多久"),
        notes=Text(
            "Claims of the papers, not statistics: no series of terms or exits is shipped. The term of a fund is an assumption of this "
            "page.",
            "均为论文所述，并非统计：随附数据不含基金存续期与退出年限。基金存续期为本页假设。",
        ),
    )


def surface(found: Horizons) -> FigureExhibit:
    """The internal rate of return by multiple and years."""
    return matrix_heatmap(
        found.returns,
        row_label=Text("Multiple of the outlay at exit", "退出时为投资额的倍数"),
        column_label=Text("Years to exit", "退出所需年数"),
        digits=0,
        width="two",
        title=Text("What a year of waiting costs: internal rate of return (% a year)", "多等一年的代价：内部收益率（每年%）"),
        notes=Text(
            "Arithmetic on assumed multiples: one outlay, one payment at exit, no fees, no failures. The columns are the ends of the "
            "horizons.",
            "以假设倍数所作的算术：一次投入、退出时一次收回，不计费用与失败。各列为各期限的端点。",
        ),
    )


def finding(found: Horizons) -> Statement:
    """The gap between fund and listing, and what the same multiple is worth at each horizon."""
    multiple = found.returns.index[-2]
    row = found.returns.loc[multiple]
    short, long = found.span("fund")
    listing, asked, payback = found.span("listing"), found.span("asked"), found.span("payback")[1]
    return statement(
        "horizons",
        Text(
            "A fund of {short:.0f} years (assumed) ends {gap_low:.0f} to {gap_high:.0f} years before a listing after {listing_low:.0f} to "
            "{listing_high:.0f}; one of {long:.0f} years reaches it, but only if it invests on its first day. An exit at {multiple} "
            "returns {early:.0f}% a year at the payback asked for, {late_high:.0f} to {late_low:.0f}% at a listing and {asked_high:.0f} "
            "to {asked_low:.0f}% over the horizon asked for. Money back within {payback:.0f} years means {life_short:.0f}% a year if the "
            "payments go on for {lives_short} years and {life_long:.0f}% if for {lives_long}; a result that earns its first yuan later "
            "than that fails the test whatever it returns.",
            "存续期{short:.0f}年的基金（假设）比{listing_low:.0f}至{listing_high:.0f}年的上市早结束{gap_low:.0f}至{gap_high:.0f}年；"
            "{long:.0f}年的基金可等到上市，但须在成立首日即投出。以{multiple}退出，按要求的回收期年收益率为{early:.0f}%，到上市时为"
            "{late_high:.0f}%至{late_low:.0f}%，按所建议的期限为{asked_high:.0f}%至{asked_low:.0f}%。{payback:.0f}年内收回投资，若回报持续"
            "{lives_short}年，相当于每年{life_short:.0f}%，持续{lives_long}年则为{life_long:.0f}%；首笔收入晚于此的成果，无论收益多高都通"
            "不过这一要求。",
        ),
        short=short,
        long=long,
        gap_low=found.gap(short)[0],
        gap_high=found.gap(short)[1],
        listing_low=listing[0],
        listing_high=listing[1],
        multiple=multiple,
        early=float(row[f"{payback:.0f}"]),
        late_low=float(row[f"{listing[0]:.0f}"]),
        late_high=float(row[f"{listing[1]:.0f}"]),
        asked_low=float(row[f"{asked[0]:.0f}"]),
        asked_high=float(row[f"{asked[1]:.0f}"]),
        payback=payback,
        lives_short=str(LIVES[0]),
        lives_long=str(LIVES[1]),
        life_short=found.payback[LIVES[0]],
        life_long=found.payback[LIVES[1]],
    )
