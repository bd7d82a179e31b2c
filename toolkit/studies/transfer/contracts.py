r"""Technology contracts at constant prices, and for how many years they have grown by double digits, by seller and buyer.

With y the value of contracts, Y GDP at current prices and v the index of its volume, the year before being 100,

.. math:: 1 + g^{real}_t = \frac{y_t / y_{t-1}}{P_t}, \qquad P_t = \frac{\sum_i Y_{it}}{\sum_i Y_{i,t-1} v_{it} / 100}

with the sum over provinces for the nation, and a single province otherwise. No price index of technology is published.
"""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from toolkit.audit import Tables
from toolkit.language import Text
from toolkit.panel import Panel
from toolkit.present.exhibit import FigureExhibit
from toolkit.present.figures.tiles import tile_grid
from toolkit.present.record import Statement, statement

DOUBLE_DIGIT = 10.0
PERCENT = 100.0
_NAMES = {
    "seller": Text("sold, current prices", "输出，现价"),
    "seller_real": Text("sold, constant prices", "输出，不变价"),
    "buyer": Text("bought, current prices", "流入，现价"),
    "buyer_real": Text("bought, constant prices", "流入，不变价"),
}


@dataclass(frozen=True)
class Contracts:
    """Growth of the nation, and runs of provinces.

    Attributes
    ----------
    growth : year (index), nominal and real growth of the nation in per cent, prices (of GDP, per cent); the last year's as printed.
    runs : province (index), seller, seller_real, buyer, buyer_real: years in a row of double-digit growth up to the last one.
    spans : the first and the last year in which each of the four can grow.
    """

    growth: pd.DataFrame
    runs: pd.DataFrame
    spans: dict[str, tuple[int, int]]


def _longest_end(growth: pd.Series) -> int:
    """Years in a row at the end of a series that grow by :data:`DOUBLE_DIGIT` or more; a gap ends the run.

    Examples
    --------
    >>> _longest_end(pd.Series([30.0, 5.0, 12.0, 11.0]))
    2
    """
    fallen = ~(growth.to_numpy()[::-1] >= DOUBLE_DIGIT)
    return int(fallen.argmax()) if fallen.any() else len(growth)


def run(panel: Panel, series: pd.DataFrame) -> Contracts:
    """Both, from the tables ``provincial_panel`` and ``national_series``."""
    frame = panel.frame
    sold, bought, gdp, volume = (
        frame.pivot(index="year", columns="province", values=name)
        for name in ("tech_market_value", "tech_market_inflow", "gdp", "gdp_index")
    )
    volume = volume.dropna(how="all")
    before = gdp.shift().loc[volume.index]
    prices = gdp.loc[volume.index] / (before * volume / PERCENT)
    nation = gdp.sum(axis=1).loc[volume.index] / (before * volume / PERCENT).sum(axis=1)
    printed = Tables().official("contract_growth_2024")
    nominal = series.set_index("year")["tech_market_growth"].dropna()
    nominal[int(nominal.index.max()) + 1] = printed.number
    growth = pd.DataFrame({"nominal": nominal})
    growth["real"] = PERCENT * ((1 + nominal / PERCENT) / nation - 1)
    growth["prices"] = PERCENT * (nation - 1)
    rates = {"seller": _growth(sold), "buyer": _growth(bought)}
    for side in ("seller", "buyer"):
        rates[f"{side}_real"] = PERCENT * ((1 + rates[side] / PERCENT) / prices - 1).dropna(how="all")
    return Contracts(
        growth=growth,
        runs=pd.DataFrame({name: rates[name].apply(_longest_end) for name in _NAMES}),
        spans={name: (int(known.min()), int(known.max())) for name in _NAMES for known in [rates[name].dropna(how="all").index]},
    )


def _growth(values: pd.DataFrame) -> pd.DataFrame:
    """Growth in per cent, from the second year that has any value to the last one."""
    observed = values.dropna(how="all").index
    whole = values.reindex(range(int(observed.min()), int(observed.max()) + 1))
    return PERCENT * (whole / whole.shift() - 1).iloc[1:]


def double_digits(results: Contracts) -> FigureExhibit:
    """The run of each province."""
    return tile_grid(
        results.runs[list(_NAMES)],
        digits=0,
        value_label=Text("years in a row", "连续年数"),
        names=_NAMES,
        title=Text("Years in a row in which technology contracts grew by ten per cent or more", "技术合同成交额连续两位数增长的年数"),
        notes=[
            Text(
                "Up to {last} for what was sold (growth known from {first}; at constant prices from {real_first}) and up to {buyer_last} "
                "for what was bought (from {buyer_first}). Zero: the last year grew by less. Deflated by the "
                "province's GDP deflator, as no price index of technology is published. Tibet sold nothing "
                "on record at first; the abrupt falls that end some runs are in the source.",
                "输出截至{last}年（增速始于{first}年，不变价始于{real_first}年），流入截至{buyer_last}年（始于{buyer_first}年）。零表示最后"
                "一年增速不足两位数。因无技术价格指数，按各省GDP平减指数折算。西藏早期空缺；使部分省份中断的骤降为来源数据原貌。",
            ).filled(
                first=results.spans["seller"][0],
                last=results.spans["seller"][1],
                real_first=results.spans["seller_real"][0],
                buyer_first=results.spans["buyer"][0],
                buyer_last=results.spans["buyer"][1],
            )
        ],
    )


def finding(results: Contracts) -> Statement:
    """The nation's run, deflated, against the claim, and how many provinces share it."""
    claim = int(Tables().claim("chen2025_tech_contract_streak").number)
    growth, runs = results.growth, results.runs
    lowest = int(growth.index[int(growth["nominal"].to_numpy().argmin())])
    return statement(
        "transfer_contracts",
        Text(
            "The nation's technology contracts have grown by ten per cent or more in every year from {first} to {last}: {run} years, not "
            "only the {claim} of the paper; deflated by GDP prices, known from {real_first}, in all {real_run}. The last year is the "
            "slowest of all, with {lowest:.1f}% in {lowest_year} and {real:.1f}% at constant prices. The nation is not its provinces: "
            "{kept} of {provinces} sold at least ten per cent more in each of the last {claim} years, {kept_real} at constant prices, "
            "and {fallen} grew by less in the last year. Of what was bought, {bought} provinces have such a run.",
            "全国技术合同成交额{first}—{last}年每年增长均达两位数，共{run}年，不止论文所说的{claim}年；按GDP平减指数折算（始于{real_first}年），"
            "{real_run}年也全部如此。最后一年是最慢的一年：{lowest_year}年为{lowest:.1f}%，不变价{real:.1f}%。全国并不等于各省：{provinces}个省份中，"
            "最近{claim}年输出额年年两位数增长的有{kept}个，不变价下为{kept_real}个，最后一年增速不足的有{fallen}个。按流入额计，"
            "有{bought}个省份达到这一连续年数。",
        ),
        first=int(growth.index.min()),
        last=int(growth.index.max()),
        run=_longest_end(growth["nominal"]),
        claim=claim,
        real_first=int(growth["real"].dropna().index.min()),
        real_run=_longest_end(growth["real"].dropna()),
        lowest=float(growth["nominal"].min()),
        lowest_year=lowest,
        real=float(growth["real"].iloc[-1]),
        kept=int((runs["seller"] >= claim).sum()),
        provinces=len(runs),
        kept_real=int((runs["seller_real"] >= claim).sum()),
        fallen=int((runs["seller"] == 0).sum()),
        bought=int((runs["buyer"] >= claim).sum()),
    )
