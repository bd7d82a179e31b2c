"""Through what might the two-way association run?

It is split into a direct part and parts through patents and the technology market: an identity of least squares, not causes.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from toolkit import glossary
from toolkit.estimate import Mediation, mediate
from toolkit.language import Head, Text
from toolkit.panel import Panel
from toolkit.present import frame_table
from toolkit.present.exhibit import TableExhibit
from toolkit.studies.subsidy.model import FIRST_YEAR, LAST_YEAR, SEED, SPECIFICATIONS, SUBSIDY

_MEDIATORS = {
    "log(patents_per_10k)": Text("through patents per head", "经由人均专利"),
    "log(tech_market_to_gdp)": Text("through technology contracts / GDP", "经由技术合同成交额/GDP"),
}
_DRAWS = 1999


def run(panel: Panel) -> Mediation:
    """Split the two-way elasticity on the table ``provincial_panel``."""
    return mediate(
        SPECIFICATIONS["two_way"],
        panel.between(FIRST_YEAR, LAST_YEAR),
        treatment=SUBSIDY,
        mediators=tuple(_MEDIATORS),
        rng=np.random.default_rng(SEED),
        draws=_DRAWS,
    )


def parts(mediation: Mediation) -> TableExhibit:
    """Total, direct and indirect parts with bootstrap intervals."""
    found = (
        (Text("Total", "总关联"), mediation.total),
        (Text("Direct", "直接"), mediation.direct),
        *zip(_MEDIATORS.values(), mediation.indirect, strict=True),
        (Text("Through both", "经由二者合计"), mediation.indirect_sum),
    )
    return frame_table(
        pd.DataFrame([{"part": name, "estimate": p.estimate, "low": p.low, "high": p.high, "p": p.p_value} for name, p in found]),
        {
            "part": Text("Part of the association", "关联的组成部分"),
            "estimate": glossary.ESTIMATE,
            "low": glossary.LOW,
            "high": glossary.HIGH,
            "p": Head(glossary.P, "p_value"),
        },
        title=Text("Direct and indirect parts of the two-way association", "双向固定效应关联的直接与间接部分"),
        notes=[Text("Percentile intervals of a cluster bootstrap; associations.", "聚类自助法百分位区间；均为相关关系。")],
    )
