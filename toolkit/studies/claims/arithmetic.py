"""What do printed numbers imply? Intervals of their rounding, carried through divisions, beside published figures.

Four sections: the corridor's share of high-tech enterprises, the release that a share comes from, the year before that a level and its
growth imply, and the whole numbers that a share of a small count admits.
"""

from __future__ import annotations

import pandas as pd

from toolkit.audit import Interval, Tables
from toolkit.language import Text
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
