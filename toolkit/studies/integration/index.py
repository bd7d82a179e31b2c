"""Which indices, made of which indicators? Two innovations, four chains, four parts, and the first version of the two innovations.

An indicator is scaled to z in [0, 1] over all provinces and years; a system scores U_s = Σ_j ω_j z_j. With n systems of equal importance
T = Σ_s U_s / n, C = n (Π_s U_s)^(1/n) / Σ_s U_s, and the index is D = √(C T). Indicators of a system count equally: entropy weights
reward what is unequal, and one province, Beijing, would decide them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

import pandas as pd

from toolkit import glossary
from toolkit.language import Language, Text
from toolkit.measure import CompositeIndex, composite_index
from toolkit.measure.composite.coupling import Form
from toolkit.measure.composite.weights import Weighting
from toolkit.panel import Panel
from toolkit.present import frame_table
from toolkit.present.exhibit import TableExhibit
from toolkit.registry import registry
from toolkit.registry.scheme import Indicator
from toolkit.registry.systems import load_scheme

TWO, CHAINS, PARTS, FIRST = "two_innovations", "four_chains", "integration_2025", "two_innovations_first"
SCHEMES: Final = (TWO, CHAINS, PARTS)
D = Text("D", "D")
_SIGNS: Final = (("100 * ", "100 × "), ("10000 * ", "10,000 × "), (" - ", " − "), (" / ", " ÷ "))


@dataclass(frozen=True, eq=False)
class Indices:
    """The indices of the chapter.

    Attributes
    ----------
    base : scheme -> index with equal weights and the standard C.
    entropy, wang : the same with entropy weights, and with equal weights and the corrected C.
    first, first_wang : the first version of the two innovations, entropy weights, standard and corrected C.
    region : (31,) region (of four) of each province.
    """

    base: dict[str, CompositeIndex]
    entropy: dict[str, CompositeIndex]
    wang: dict[str, CompositeIndex]
    first: CompositeIndex
    first_wang: CompositeIndex
    region: pd.Series

    @property
    def two(self) -> CompositeIndex:
        """S&T innovation and industrial innovation."""
        return self.base[TWO]


def run(panel: Panel) -> Indices:
    """The indices of the registered schemes on the table ``provincial_panel``."""
    return Indices(
        base={scheme: _index(panel, scheme) for scheme in SCHEMES},
        entropy={scheme: _index(panel, scheme, "entropy") for scheme in SCHEMES},
        wang={scheme: _index(panel, scheme, form="wang") for scheme in SCHEMES},
        first=_index(panel, FIRST, "entropy"),
        first_wang=_index(panel, FIRST, "entropy", "wang"),
        region=panel.frame.drop_duplicates(panel.entity).set_index(panel.entity)["region4"],
    )


def _index(panel: Panel, scheme: str, method: Weighting = "equal", form: Form = "standard") -> CompositeIndex:
    """Gaps of one year are bridged, rows that still miss an indicator are left out, both in the notes of the index."""
    found = load_scheme(scheme)
    inside = panel if found.years is None else panel.between(*found.years)
    return composite_index(inside, found, weights=method, form=form, interpolate=1, missing="drop_rows")


def indicators(indices: Indices) -> TableExhibit:
    """One row per indicator of the three indices: how it is computed, its weight here and the entropy weight it would have (%)."""
    rows = []
    for scheme in SCHEMES:
        equal, entropy = (_shares(found[scheme]) for found in (indices.base, indices.entropy))
        rows += [
            {
                "system": system.name,
                "indicator": indicator.name,
                "formula": readable(indicator),
                "equal": equal[indicator.id],
                "entropy": entropy[indicator.id],
            }
            for system in load_scheme(scheme).systems
            for indicator in system.indicators
        ]
    two, parts = load_scheme(TWO), load_scheme(PARTS)
    return frame_table(
        pd.DataFrame(rows),
        {
            "system": Text("System", "系统"),
            "indicator": glossary.INDICATOR,
            "formula": Text("Computed as", "计算方法"),
            "equal": Text("Weight (%)", "权重（%）"),
            "entropy": Text("Entropy weight (%)", "熵权（%）"),
        },
        digits=0,
        notes=[
            Text(
                "Three indices: two innovations, four chains, four parts. Weights sum to 100 in each system; the index uses the first "
                "column, systems count equally. |…| is the absolute value. Amounts in 100 million yuan, population in 10,000 persons.",
                "三种指数依次为两种创新、四链与四部分。各系统内权重合计100；指数采用第一列权重，各系统权重相等。|…|为绝对值。"
                "金额单位为亿元，人口单位为万人。",
            ),
            two.limits,
            two.missing,
            parts.missing,
        ],
        title=Text("Indicators of the three indices and their weights", "三种指数的指标与权重"),
    )


def _shares(index: CompositeIndex) -> pd.Series:
    """Weight inside its system (%) by indicator."""
    return 100 * index.weight_table().set_index("indicator")["within_system"]


def readable(indicator: Indicator) -> Text:
    """The expression of an indicator in the short names of the codebook.

    Examples
    --------
    >>> print(readable(load_scheme("two_innovations").indicators[1]).en)
    100 × Basic research ÷ GDP
    """
    known = registry().variables

    def words(language: Language) -> str:
        text = re.sub(r"abs\(([^()]*)\)", r"|\1|", indicator.expression.text)
        for sign, printed in _SIGNS:
            text = text.replace(sign, printed)
        return re.sub(r"[a-z]\w+", lambda found: known[found[0]].short.to(language), text)

    return Text(words("en"), words("zh"))


def last_year(index: CompositeIndex) -> pd.DataFrame:
    """The rows of the last year: :meth:`CompositeIndex.to_frame` without the grade."""
    frame = index.to_frame().drop(columns="grade")
    found: pd.DataFrame = frame[frame[index.time] == frame[index.time].max()].reset_index(drop=True)
    return found


def span(index: CompositeIndex) -> tuple[int, int]:
    """The first and the last year."""
    years = index.keys[index.time]
    return int(years.min()), int(years.max())


def ranks_of(d: pd.Series) -> pd.Series:
    """1 for the highest; ties share the better rank."""
    return d.rank(ascending=False, method="min").astype(int)


def in_sentence(name: Text) -> Text:
    """The name of a row or column inside a sentence.

    Examples
    --------
    >>> in_sentence(Text("Industrial chain", "产业链")).en
    'industrial chain'
    """
    return Text(name.en[:1].lower() + name.en[1:], name.zh)
