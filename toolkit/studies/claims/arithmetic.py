"""What do printed numbers imply? Intervals of their rounding, carried through divisions, beside published figures.

Four sections: the corridor's share of high-tech enterprises, the release that a share comes from, the year before that a level and its
growth imply, and the whole numbers that a share of a small count admits.
"""

from __future__ import annotations

from fractions import Fraction

import pandas as pd

from toolkit.audit import Interval, Tables, wholes
from toolkit.audit.stated import Stated
from toolkit.language import Text
from toolkit.origin import marked
from toolkit.present.exhibit import FigureExhibit
from toolkit.present.figures.forest import forest_plot
from toolkit.present.figures.trend import trend_lines
from toolkit.present.record import Statement, statement

_PRINTED = Text("printed", "论文")


def _row(name: str, kind: str, interval: Interval, estimate: float) -> dict[str, object]:
    return {"row": name, "estimate": estimate, "low": float(interval.low or 0), "high": float(interval.high or 0), "kind": kind}


# one seventh of the high-tech enterprises

_CORRIDOR = {
    "population": Text("population, printed", "人口（论文）"),
    "gdp": Text("GDP, printed", "GDP（论文）"),
    "hcr_116": Text("highly cited researchers, printed", "高被引学者（论文）"),
    "hte_share": Text("high-tech enterprises, printed", "高新技术企业（论文）"),
    "star": Text("STAR-listed firms, printed", "科创板上市企业（论文）"),
    "hte_computed": Text("high-tech enterprises, from the two printed numbers", "高新技术企业（由论文两数计算）"),
    "hte_quoted": Text("the same over the number quoted for 2021 (not official)", "高新技术企业（除以转引的2021年全国数，非官方）"),
}
_CORRIDOR_NOTE = Text(
    "Bars: what the printed digits admit (of a fraction the denominator is rounded). The number quoted for 2021 comes from a secondary "
    "publication and decides nothing.",
    "横条为印刷数字所容许的范围（分数按分母舍入）。2021年全国数转引自二手出版物，不作判定依据。",
)


def _corridor(tables: Tables) -> pd.DataFrame:
    """Printed shares of the corridor (%), and the share that its firms make of the national number, printed and quoted."""
    rows = []
    for name in ("population", "gdp", "hcr_116", "hte_share", "star"):
        claim = tables.claim(f"chen2025_g60_{name}")
        factor = 100 if claim.unit.en == "share" else 1
        rows.append(_row(name, "printed", claim.interval * factor, claim.number * factor))
    firms = tables.claim("chen2025_g60_hte_growth").high_end
    nation, quoted = tables.claim("chen2025_hte_463k"), tables.national("hightech_enterprises_certified", 2021)
    for name, whole in (("computed", nation.interval), ("quoted", quoted.interval * 10**4)):
        share = firms / whole * 100
        rows.append(_row(f"hte_{name}", name, share, share.middle))
    frame = pd.DataFrame(rows)
    printed = frame.set_index("row")["estimate"]
    return frame.assign(per_gdp=frame["estimate"] / printed["gdp"], per_head=frame["estimate"] / printed["population"])


def corridor(tables: Tables) -> FigureExhibit:
    """The corridor's shares of the nation, printed and computed, with the ends of their rounding."""
    return forest_plot(
        _corridor(tables),
        "row",
        group="kind",
        names={
            "printed": _PRINTED,
            "computed": Text("computed from printed numbers", "由论文数字计算"),
            "quoted": Text("over a quoted number", "除以转引数"),
            **_CORRIDOR,
        },
        digits=1,
        x_label=Text("Share of the nation (%)", "占全国比重（%）"),
        title=Text("The corridor's shares, printed and computed", "走廊占全国的比重：论文数与计算值"),
        notes=_CORRIDOR_NOTE,
    )


def corridor_finding(tables: Tables) -> Statement:
    """The share that the printed numbers make, and the national number that the printed fraction would need."""
    share = tables.claim("chen2025_g60_hte_share")
    needed = tables.claim("chen2025_g60_hte_growth").high_end / share.interval
    return statement(
        "claims_g60",
        Text(
            "The printed numbers of firms make {share:.1f} % of the nation, not the printed {claimed:.1f} %: the national number that "
            "would make the fraction true is {low:,.0f} to {high:,.0f} firms, far below the printed {nation:,.0f}.",
            "论文给出的企业数占全国{share:.1f}%，而非论文所称的{claimed:.1f}%：要使该分数成立，全国企业数应为{low:,.0f}至{high:,.0f}家，"
            "远低于论文的{nation:,.0f}家。",
        ),
        share=_corridor(tables).set_index("row")["estimate"]["hte_computed"],
        claimed=100 * share.number,
        low=float(needed.low or 0),
        high=float(needed.high or 0),
        nation=tables.claim("chen2025_hte_463k").number,
    )


# which release


def _releases(tables: Tables) -> pd.DataFrame:
    """The share of basic research in 2024 (%): as the paper prints it, and in each release, printed and divided out."""
    paper = tables.claim("chen2025_basic_share_691")
    figures = {
        "preliminary_printed": tables.national("basic_share_preliminary", 2024),
        "preliminary_divided": tables.national("rd_basic_preliminary", 2024) / tables.national("gerd_preliminary", 2024) * 100,
        "final_printed": tables.national("basic_share", 2024),
        "final_divided": tables.national("rd_basic", 2024) / tables.national("gerd", 2024) * 100,
    }
    rows = [_row(name, name.partition("_")[0], figure.interval, figure.number) for name, figure in figures.items()]
    return pd.DataFrame([_row("paper", "printed", paper.interval, paper.number), *rows])


def release_finding(tables: Tables) -> Statement:
    """The release that the printed share of basic research comes from."""
    shares = _releases(tables).set_index("row")["estimate"]
    return statement(
        "claims_vintage",
        Text(
            "The printed share of {printed:.2f} % is the preliminary one ({preliminary:.2f} %); the bulletin has {final:.2f} %.",
            "论文的{printed:.2f}%是初步数（{preliminary:.2f}%），公报最终数为{final:.2f}%。",
        ),
        printed=shares["paper"],
        preliminary=shares["preliminary_printed"],
        final=shares["final_printed"],
    )


# growth in a row, and the year before

_NATION, _PROVINCES = "tech_market_value_national", "tech_market_value_sum31"  # 100 million yuan; 10,000 yuan
_DOUBLE_DIGITS = 10


def _growth(tables: Tables) -> pd.DataFrame:
    """Yearly growth of technology contracts (%), the nation and the sum of the provinces."""
    rows = []
    for series in (_NATION, _PROVINCES):
        values = {year: figure.number for year, figure in tables.series(f"national_series.{series}").items()}
        pairs = [(year, value, values[year - 1]) for year, value in values.items() if year - 1 in values]
        rows += [{"year": year, "series": series, "growth": (value / before - 1) * 100} for year, value, before in pairs]
    return marked(pd.DataFrame(rows))


def _year_before(tables: Tables) -> pd.DataFrame:
    """Contracts in the year before (trillion yuan): what value and growth imply under two readings of "over", and what was published."""
    value = tables.claim("chen2025_tech_contract_68")
    divisor = (1 + tables.claim("chen2025_tech_contract_growth").interval / 100) * 10**12
    implied = {"truncated": value.truncated / divisor, "rounded": value.rounded / divisor}
    published = {
        "nation": tables.national(_NATION, 2023) * Fraction(10**8, 10**12),
        "provinces": tables.national(_PROVINCES, 2023) * Fraction(10**4, 10**12),
    }
    rows = [_row(name, "implied", amount, amount.middle) for name, amount in implied.items()]
    return pd.DataFrame(rows + [_row(name, "published", figure.interval, figure.number) for name, figure in published.items()])


def growth(tables: Tables) -> FigureExhibit:
    """Growth of technology contracts over the years, beside ten per cent."""
    return trend_lines(
        _growth(tables),
        "year",
        "growth",
        "series",
        references=[(_DOUBLE_DIGITS, Text("double digits", "两位数"))],
        y_label=Text("Growth of technology contracts (%)", "技术合同成交额增速（%）"),
        title=Text("Double-digit growth of technology contracts", "技术合同成交额的两位数增长"),
        notes=Text(
            "The national series ends in 2023. The sum of the provinces lies below it and is no substitute for its level.",
            "全国序列止于2023年；各省合计低于全国数，不能代替其水平。",
        ),
    )


def contracts_finding(tables: Tables) -> Statement:
    """The implied year before beside the published one, and how many years in a row up to the last one growth was in double digits."""
    before, rates = _year_before(tables).set_index("row"), _growth(tables)
    nation = rates[rates["series"] == _NATION].sort_values("year", ascending=False)
    run = int((nation["growth"] >= _DOUBLE_DIGITS).cumprod().sum())
    return statement(
        "claims_contracts",
        Text(
            "Read as cut-off digits, the printed value and growth imply {low:.3f} to {high:.3f} trillion yuan for the year before; the "
            "published value is {before:.4f}. Growth was in double digits for {run} years in a row up to {last} in the national series, "
            "and the lowest of them, {slowest:.1f} %, lies above the printed {growth:.1f} %.",
            "按截尾理解，论文的数值与增速推算上年为{low:.3f}至{high:.3f}万亿元；公布数为{before:.4f}万亿元。全国序列截至{last}年已连续{run}年"
            "两位数增长，其间最低增速{slowest:.1f}%，高于论文的{growth:.1f}%。",
        ),
        low=before["low"]["truncated"],
        high=before["high"]["truncated"],
        before=before["estimate"]["nation"],
        run=run,
        last=int(nation["year"].max()),
        slowest=float(nation["growth"].head(run).min()),
        growth=tables.claim("chen2025_tech_contract_growth").number,
    )


# whole drugs


def _drugs(tables: Tables) -> tuple[int, Stated, pd.DataFrame]:
    """All drugs, the claimed share of domestic ones (%), and the whole numbers around it: share, and whether it rounds to the claim."""
    share, whole = tables.claim("chen2025_class1_domestic_83"), int(tables.claim("chen2025_class1_48").number)
    middle = round(share.number / 100 * whole)
    about = wholes(share.interval / 100 * whole)
    rows = [
        {"drugs": n, "share": 100 * n / whole, "rounded": 100 * Fraction(n, whole) in share.rounded, "about": n in about}
        for n in range(middle - 2, middle + 3)
    ]
    return whole, share, pd.DataFrame(rows)


def drugs_finding(tables: Tables) -> Statement:
    """The one whole number of drugs that makes the printed share."""
    whole, claim, frame = _drugs(tables)
    fits = frame[frame["rounded"]]
    return statement(
        "claims_drugs",
        Text(
            "Of {drugs} drugs exactly {n} make the share: {share:.1f} % rounds to the printed {claimed:.0f} %, one drug fewer or more does "
            "not.",
            "{drugs}款中只有{n}款与该比重相符：{share:.1f}%四舍五入为论文的{claimed:.0f}%，多一款或少一款均不相符。",
        ),
        drugs=whole,
        n=int(fits["drugs"].item()),
        share=float(fits["share"].item()),
        claimed=claim.number,
    )
