"""Do three centres hold two thirds of the resources? The share of every additive quantity under three readings of the centres."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from toolkit import glossary
from toolkit.audit import Basket, Tables, share_basket
from toolkit.audit.basket import READINGS, RESOURCES
from toolkit.audit.stated import Stated
from toolkit.language import Head, Text
from toolkit.origin import marked
from toolkit.present import frame_table
from toolkit.present.exhibit import FigureExhibit, TableExhibit
from toolkit.present.figures.bars import share_bars
from toolkit.present.record import Statement, statement
from toolkit.studies.windows import chapter_years

_READINGS = {name: text for name, (text, _) in READINGS.items()}


@dataclass(frozen=True)
class CentreShares:
    """The shares of the three centres and the claim about them.

    Attributes
    ----------
    basket : shares of the centres under every reading, in every complete year (%).
    claim : two thirds, of all resources.
    """

    basket: Basket
    claim: Stated

    def readings(self) -> pd.DataFrame:
        """Reading, its shares (cases), those that the claim admits, the indicators among them, and the largest share with its place."""
        admitted = self.claim.rounded * 100
        rows = []
        for reading, own in self.basket.shares.groupby("reading", sort=False):
            holds = [share in admitted for share in own["share"]]
            largest = own.iloc[int(own["share"].argmax())]
            rows.append(
                {
                    "reading": reading,
                    "cases": len(own),
                    "admitted": sum(holds),
                    "indicators": own.loc[holds, "indicator"].nunique(),
                    "indicator": largest["indicator"],
                    "year": largest["year"],
                    "share": largest["share"],
                }
            )
        return marked(pd.DataFrame(rows))


def run(tables: Tables) -> CentreShares:
    """The shares of the centres on the provincial panel."""
    panel, readings = chapter_years(tables.panel("provincial_panel")), {name: who for name, (_, who) in READINGS.items()}
    return CentreShares(share_basket(panel, RESOURCES, readings), tables.claim("chen2025_resources_two_thirds"))


def latest(results: CentreShares) -> FigureExhibit:
    """The shares in the latest year of each quantity, beside the claim."""
    return share_bars(
        results.basket.latest(),
        "indicator",
        "share",
        reading="reading",
        names=dict(_READINGS),
        references=(100 * results.claim.number, Text("claim: two thirds", "论文：三分之二")),
        title=Text("The share of the three centres, latest year of each quantity", "三中心占全国比重（各指标最近年份）"),
    )


def readings(results: CentreShares) -> TableExhibit:
    """One row per reading: how many shares the claim admits, and the largest of them."""
    return frame_table(
        results.readings(),
        {
            "reading": Text("Reading of the three centres", "三中心的口径"),
            "cases": Text("Shares", "比重数"),
            "admitted": Text("Admitted by the claim", "与论断相容"),
            "indicators": Text("Indicators among them", "其中指标数"),
            "indicator": Text("Largest share: indicator", "最大比重：指标"),
            "year": Head(glossary.YEAR, "year"),
            "share": glossary.SHARE_PERCENT,
        },
        names=_READINGS,
        digits=1,
        title=Text("Which readings the two thirds admit", "三分之二与哪些口径相容"),
    )


def two_thirds_finding(results: CentreShares) -> Statement:
    """What the rounded fraction admits, and how many shares lie there."""
    found, admitted = results.readings(), results.claim.rounded * 100
    own = found[found["reading"] == "three_provinces"]
    return statement(
        "claims_two_thirds",
        Text(
            "Two thirds read as a rounded fraction admits {low:.1f} % to {high:.1f} %: of {cases} shares over indicators, years and "
            "readings {admitted} lie there; of those that take the three centres as provinces, {provinces} of {province_cases}.",
            "“三分之二”按舍入后的分数理解，容许{low:.1f}%至{high:.1f}%：各指标、年份与口径的{cases}个比重中有{admitted}个落入其中；"
            "三中心按省级口径计算时，{province_cases}个中有{provinces}个。",
        ),
        low=float(admitted.low or 0),
        high=float(admitted.high or 0),
        cases=int(found["cases"].sum()),
        admitted=int(found["admitted"].sum()),
        provinces=int(own["admitted"].sum()),
        province_cases=int(own["cases"].sum()),
    )
