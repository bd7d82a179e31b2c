"""What do printed numbers imply? Intervals of their rounding, carried through divisions, beside published figures.

Two sections: the corridor's share of high-tech enterprises, and the release that a share comes from.
"""

from __future__ import annotations

import pandas as pd

from toolkit.audit import Interval, Tables
from toolkit.language import Text
from toolkit.present.record import Statement, statement


def _row(name: str, kind: str, interval: Interval, estimate: float) -> dict[str, object]:
    return {"row": name, "estimate": estimate, "low": float(interval.low or 0), "high": float(interval.high or 0), "kind": kind}


# one seventh of the high-tech enterprises


def corridor_finding(tables: Tables) -> Statement:
    """The share that the printed numbers make, and the firms that the printed fraction of the confirmed national number would need."""
    share, nation = tables.claim("chen2025_g60_hte_share"), tables.claim("chen2025_hte_463k")
    needed, firms = share.interval * nation.interval, tables.claim("chen2025_g60_hte_growth").high_end
    return statement(
        "claims_g60",
        Text(
            "The printed numbers of firms make {share:.1f}% of the nation, not the printed {claimed:.1f}%. The ministry confirms the "
            "{nation:,.0f} of the nation and the corridor's conference the fraction, which would need {low:,.0f} to {high:,.0f} firms, not "
            "the printed {firms:,.0f}.",
            "论文给出的企业数占全国{share:.1f}%，而非论文所称的{claimed:.1f}%。全国{nation:,.0f}家由主管部门证实，该分数出自走廊联席会议；"
            "按此走廊应有{low:,.0f}至{high:,.0f}家，而非论文的{firms:,.0f}家。",
        ),
        share=100 * (firms / nation.interval).middle,
        claimed=100 * share.number,
        nation=nation.number,
        low=float(needed.low or 0),
        high=float(needed.high or 0),
        firms=firms.middle,
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
            "The printed share of {printed:.2f}% is the preliminary one ({preliminary:.2f}%); the bulletin has {final:.2f}%.",
            "论文的{printed:.2f}%是初步数（{preliminary:.2f}%），公报最终数为{final:.2f}%。",
        ),
        printed=shares["paper"],
        preliminary=shares["preliminary_printed"],
        final=shares["final_printed"],
    )
