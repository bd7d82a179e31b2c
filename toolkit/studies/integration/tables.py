"""The frames behind the exhibits of notebook 07, cut from its results."""

from __future__ import annotations

from typing import Literal

import pandas as pd

from toolkit.language import Text
from toolkit.measure import CompositeIndex
from toolkit.studies.integration.chains import last_year
from toolkit.studies.integration.index import PARTS, TWO, balanced
from toolkit.studies.integration.results import IntegrationResults

RADAR = ("Beijing", "Zhejiang", "Shaanxi", "Gansu")  # one province whose weakest link is not innovation, three from coast to west


def tile_years(results: IntegrationResults) -> pd.DataFrame:
    """D of each province (rows) in the first and the last year."""
    return results.two.wide("d").iloc[:, [0, -1]]


def heat_rows(results: IntegrationResults) -> pd.DataFrame:
    """(provinces, years) D, the highest mean first."""
    wide = results.two.wide("d")
    return wide.loc[wide.mean(axis=1).sort_values(ascending=False).index]


def grade_matrix(results: IntegrationResults, what: Literal["probabilities", "counts"] = "probabilities") -> pd.DataFrame:
    """Transitions between grades with their keys in rows and columns."""
    chain = results.grades.chain
    return pd.DataFrame(getattr(chain, what), index=list(chain.labels), columns=list(chain.labels))


def grade_heads(index: CompositeIndex) -> dict[str, Text]:
    """Heads of :func:`grade_counts`: the years."""
    years = balanced(index).columns
    shown = [str(years[place]) for place in (0, len(years) // 2, -1)]
    return {"grade": Text("Grade", "等级"), **{f"in_{place}": Text(year, f"{year}年") for place, year in enumerate(shown)}}


def ranking_schemes(results: IntegrationResults, scheme: str = TWO) -> pd.DataFrame:
    """Ranks of the last year under other weights and forms."""
    return results.ranking[scheme].schemes


def part_table(results: IntegrationResults) -> pd.DataFrame:
    """The four-part index in the last year, best first: scores of the parts, D, rank with interval, and the rank on two other indices."""
    two = results.ranking[TWO].league.set_index("province")["rank"]
    hightech = last_year(results.hightech).set_index("province")["d"].rank(ascending=False, method="min").astype(int)
    scores = last_year(results.parts).set_index("province")[results.parts.layout.systems]
    league = results.ranking[PARTS].league[["province", "rank", "rank_low", "rank_high", "d"]]
    table = league.join(scores, on="province")
    return table.assign(two_rank=table["province"].map(two), hightech_rank=table["province"].map(hightech))


def rank_intervals(results: IntegrationResults, scheme: str = TWO) -> pd.DataFrame:
    """Best first: province, region, and the median rank with its interval as estimate, low and high."""
    league = results.ranking[scheme].league.rename(columns={"rank_median": "estimate", "rank_low": "low", "rank_high": "high"})
    return league.assign(region=league["province"].map(results.region))[["province", "region", "estimate", "low", "high"]]


def league_table(results: IntegrationResults, scheme: str = TWO) -> pd.DataFrame:
    """The league with ``top_share`` in per cent."""
    league = results.ranking[scheme].league
    return league.assign(top_share=100 * league["top_share"])


def scatter_rows(results: IntegrationResults) -> pd.DataFrame:
    """The two scores of each province in the last year, with its region."""
    rows = last_year(results.two)
    return rows.assign(region=rows["province"].map(results.region))
