"""Which indices, made of which indicators with which weights? Two innovations, four chains, four parts.

An indicator is scaled to z in [0, 1] over all provinces and years; a system scores U_s = Σ_j ω_j z_j. With n systems of equal importance
T = Σ_s U_s / n, C = n (Π_s U_s)^(1/n) / Σ_s U_s, and the index is D = √(C T).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, get_args

import pandas as pd

from toolkit import glossary
from toolkit.data.provinces import named, province_name
from toolkit.language import Text
from toolkit.measure import CompositeIndex, composite_index
from toolkit.measure.composite.coupling import Form
from toolkit.measure.composite.weights import Weighting
from toolkit.panel import Panel
from toolkit.present import frame_table
from toolkit.present.exhibit import TableExhibit
from toolkit.registry.systems import load_scheme

TWO, CHAINS, PARTS, HIGHTECH = "two_innovations", "four_chains", "integration_2025", "integration_2025_hightech"
SCHEMES: Final = (TWO, CHAINS, PARTS)
WEIGHTINGS: Final[tuple[Weighting, ...]] = get_args(Weighting)
WEIGHTING_NAMES: Final = {
    "entropy": Text("Entropy", "熵权"),
    "critic": glossary.CRITIC,
    "variation": Text("Variation", "变异系数"),
    "pca": Text("PCA", "主成分"),
    "equal": Text("Equal", "等权"),
    "combined": Text("Combined", "组合"),
}
SYSTEM, D, D_LABEL = Text("System", "系统"), Text("D", "D"), Text("Coupling coordination D", "耦合协调度D")


@dataclass(frozen=True, eq=False)
class Indices:
    """The index of every scheme, under every weighting and with both forms of C.

    Attributes
    ----------
    by_method : scheme -> weighting -> index, entropy first.
    wang : scheme -> index with entropy weights and the corrected C.
    hightech : the four-part index of the one year that has high-tech manufacturing.
    region : (31,) region (of four) of each province.
    """

    by_method: dict[str, dict[Weighting, CompositeIndex]]
    wang: dict[str, CompositeIndex]
    hightech: CompositeIndex
    region: pd.Series

    def of(self, scheme: str) -> CompositeIndex:
        """The index of a scheme with entropy weights and the standard C."""
        return self.by_method[scheme][WEIGHTINGS[0]]

    @property
    def two(self) -> CompositeIndex:
        """S&T innovation and industrial innovation."""
        return self.of(TWO)

    @property
    def chains(self) -> CompositeIndex:
        """Innovation, industry, talent and capital chain."""
        return self.of(CHAINS)

    @property
    def parts(self) -> CompositeIndex:
        """The index in four parts."""
        return self.of(PARTS)


def run(panel: Panel) -> Indices:
    """The indices of the registered schemes on the table ``provincial_panel``."""
    return Indices(
        by_method={scheme: {method: _index(panel, scheme, method) for method in WEIGHTINGS} for scheme in SCHEMES},
        wang={scheme: _index(panel, scheme, form="wang") for scheme in SCHEMES},
        hightech=_index(panel, HIGHTECH),
        region=panel.frame.drop_duplicates(panel.entity).set_index(panel.entity)["region4"],
    )


def _index(panel: Panel, scheme: str, method: Weighting = "entropy", form: Form = "standard") -> CompositeIndex:
    """Gaps of one year are bridged, rows that still miss an indicator are left out, both in the notes of the index."""
    found = load_scheme(scheme)
    inside = panel if found.years is None else panel.between(*found.years)
    return composite_index(inside, found, weights=method, form=form, interpolate=1, missing="drop_rows")


def weights(indices: Indices) -> TableExhibit:
    """Weights of the two innovations by every method."""
    return weight_table(
        indices.by_method[TWO],
        notes=[load_scheme(TWO).limits],
        title=Text("S&T and industrial innovation: weights inside each system (%)", "科技创新与产业创新：系统内权重（%）"),
    )


def formulas(indices: Indices) -> TableExhibit:
    """Indicators of the two innovations."""
    return formula_table(
        TWO,
        notes=[gaps(indices.two), load_scheme(TWO).missing],
        title=Text("S&T and industrial innovation: indicators", "科技创新与产业创新：指标"),
    )


def weight_table(by_method: dict[Weighting, CompositeIndex], *, notes: Sequence[Text], title: Text) -> TableExhibit:
    """One row per indicator: its weight inside its system (%) by each method; the guard on a heavy indicator precedes ``notes``."""
    base = by_method[WEIGHTINGS[0]]
    names, table = base.layout.names, base.weight_table()
    shares: dict[str, pd.Series] = {method: 100 * index.weight_table()["within_system"] for method, index in by_method.items()}
    texts = {"system": [names[s] for s in table["system"]], "indicator": [names[i] for i in table["indicator"]]}
    heavy = next(guard for guard in base.guards() if guard.name == "weight").text
    used = Text(
        f"Columns sum to 100 in each system. The index uses entropy weights; systems count equally. {heavy.en}",
        f"各列在每个系统内合计100。指数采用熵权，各系统权重相等。{heavy.zh}",
    )
    return frame_table(
        pd.DataFrame({**texts, **shares}),
        {"system": SYSTEM, "indicator": glossary.INDICATOR, **WEIGHTING_NAMES},
        digits=1,
        notes=[used, *notes],
        title=title,
    )


def formula_table(scheme: str, *, notes: Sequence[Text], title: Text) -> TableExhibit:
    """One row per indicator of a scheme: system, unit and its expression over columns of the provincial panel."""
    rows = [
        {"system": system.name, "indicator": indicator.name, "unit": indicator.unit, "formula": indicator.expression.text}
        for system in load_scheme(scheme).systems
        for indicator in system.indicators
    ]
    heads = {"system": SYSTEM, "indicator": glossary.INDICATOR, "unit": Text("Unit", "单位"), "formula": Text("Formula", "公式")}
    return frame_table(pd.DataFrame(rows), heads, notes=notes, title=title)


def balanced(index: CompositeIndex) -> pd.DataFrame:
    """(provinces, years) D, only provinces with a value in every year, so that means compare over time."""
    return index.wide("d").dropna()


def last_year(index: CompositeIndex) -> pd.DataFrame:
    """The rows of the last year: :meth:`CompositeIndex.to_frame` without the grade."""
    frame = index.to_frame().drop(columns="grade")
    found: pd.DataFrame = frame[frame[index.time] == frame[index.time].max()].reset_index(drop=True)
    return found


def span(index: CompositeIndex) -> tuple[int, int]:
    """The first and the last year."""
    years = index.keys[index.time]
    return int(years.min()), int(years.max())


def gaps(index: CompositeIndex) -> Text:
    """Which rows were left out, which cells were filled, and where D is zero."""
    return Text(" ".join(map(str, index.notes)), "".join(note.to("zh", province_name) for note in index.notes))


def year_shown(index: CompositeIndex) -> Text:
    """The last year, and the provinces that lack an indicator in it."""
    last = span(index)[1]
    out = sorted(set(index.keys[index.entity]) - set(last_year(index)[index.entity]))
    without = named(out)
    return (
        Text(f"{last}; without {without.en}, which lacks an indicator.", f"{last}年；不含{without.zh}（缺一项指标）。")
        if out
        else Text(f"{last}.", f"{last}年。")
    )


def every_year(index: CompositeIndex) -> Text:
    """Which provinces :func:`balanced` keeps."""
    kept = balanced(index).index
    out = named(sorted(set(index.keys[index.entity]) - set(kept)))
    return Text(
        f"The {len(kept)} provinces with a value in every year, each counted once; left out: {out.en}.",
        f"仅含各年均有数值的{len(kept)}个省份，各省权重相同；未纳入：{out.zh}。",
    )


def inside_sentence(text: Text) -> Text:
    """A name as it stands inside an English sentence, without the capital of an ordinary word.

    Examples
    --------
    >>> inside_sentence(Text("Weights", "权重")).en, inside_sentence(Text("R&D intensity", "研发强度")).en
    ('weights', 'R&D intensity')
    """
    return Text(text.en[:1].lower() + text.en[1:], text.zh) if text.en[1:2].islower() else text
