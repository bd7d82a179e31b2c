"""What the first index said and the rebuilt one does not say any more."""

from __future__ import annotations

import pandas as pd

from toolkit.data.provinces import named
from toolkit.language import Text
from toolkit.measure import CompositeIndex, relative_development
from toolkit.present import frame_table
from toolkit.present.exhibit import TableExhibit
from toolkit.present.words.formats import fixed, interval
from toolkit.studies.integration.coupling import order
from toolkit.studies.integration.index import TWO, Indices, last_year, ranks_of, span
from toolkit.studies.integration.movement import Together
from toolkit.studies.subsidy.model import Elasticity

_BAND = 0.8  # the usual limit: below it the weaker system "lags"


def before(indices: Indices, found: Together) -> TableExhibit:
    """One row per statement: with the first version of the two innovations, and now."""
    old, new = found["first_scores"].elasticities, found["scores"].elasticities
    lags = [_lagging(index) for index in (indices.first, indices.two)]
    rows = [
        (Text("Years covered", "覆盖年份"), _years(indices.first), _years(indices.two)),
        (Text("U2 on U1 within provinces", "U2对U1，省内"), _elasticity(old["within"]), _elasticity(new["within"])),
        (Text("The same with province trends", "同上，含省份趋势"), _elasticity(old["trends"]), _elasticity(new["trends"])),
        (Text("U2 on U1 between provinces", "U2对U1，省际"), _elasticity(old["between"]), _elasticity(new["between"])),
        (Text("Rank correlation of D and T", "D与T的秩相关"), fixed(order(indices.first), 3), fixed(order(indices.two), 3)),
        (
            Text("The same with the corrected C", "同上，修正C"),
            fixed(order(indices.first_wang), 3),
            fixed(order(indices.wang[TWO]), 3),
        ),
        (Text("Mean D, last year", "末年平均D"), _mean(indices.first), _mean(indices.two)),
        (Text("First five by D", "D居前五位"), _leaders(indices.first), _leaders(indices.two)),
        (Text("Provinces where S&T “lags”", "科技“滞后”的省份数"), str(lags[0][0]), str(lags[1][0])),
        (Text("Provinces where industry “lags”", "产业“滞后”的省份数"), str(lags[0][1]), str(lags[1][1])),
    ]
    table = pd.DataFrame(rows, columns=["what", "first", "now"])
    return frame_table(
        table,
        {"what": Text("What is said", "表述"), "first": Text("First version", "初版"), "now": Text("Rebuilt", "重建后")},
        notes=[
            Text(
                "First version: utility models and designs, technology contracts, trade and industrial R&D personnel as industrial "
                "innovation, total R&D as S&T innovation, entropy weights. Ranks of the two are correlated at {rho:.2f}. 95% "
                "intervals: inverted wild bootstrap by province. A side “lags” when its score is below {band:g} of the other's; the "
                "count depends on the province that sets the mark.",
                "初版：以实用新型与外观设计、技术合同、进出口和规上工业R&D人员代表产业创新，以全部R&D经费等代表科技创新，采用熵权。"
                "两版位次的相关系数为{rho:.2f}。区间为95%，由按省份的野自助法反演得到。某一方得分低于另一方的{band:g}倍即称“滞后”，"
                "其数目取决于设定标杆的省份。",
            ).filled(rho=_rank_correlation(indices), band=_BAND)
        ],
        title=Text("What the first index said, and what the rebuilt one says", "初版指数与重建后指数的结论"),
    )


def _years(index: CompositeIndex) -> str:
    return "–".join(map(str, span(index)))


def _elasticity(one: Elasticity) -> str:
    return f"{fixed(one.estimate, 3)} {interval(one.low, one.high, 2)}"


def _mean(index: CompositeIndex) -> str:
    return fixed(float(last_year(index)["d"].mean()), 2)


def _leaders(index: CompositeIndex) -> Text:
    return named(last_year(index).nlargest(5, "d")["province"])


def _lagging(index: CompositeIndex) -> tuple[int, int]:
    """Provinces whose first system lags, and whose second does, in the last year."""
    lag = relative_development(last_year(index)[index.layout.systems].to_numpy(), _BAND).lagging
    return int((lag == 0).sum()), int((lag == 1).sum())


def _rank_correlation(indices: Indices) -> float:
    first, now = (ranks_of(last_year(index).set_index("province")["d"]) for index in (indices.first, indices.two))
    return float(first.corr(now))
