"""Notebook 07: everything it shows, computed once."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from toolkit.measure import CompositeIndex, Guard
from toolkit.measure.composite.weights import Weighting
from toolkit.panel import Panel
from toolkit.studies.integration.explain import Explained, explain
from toolkit.studies.integration.index import (
    CHAINS,
    HIGHTECH,
    PARTS,
    SCHEMES,
    TWO,
    WEIGHTINGS,
    GradeChain,
    dagum_by_year,
    grade_chain,
    group_means,
    index_of,
)
from toolkit.studies.integration.ranking import Ranking, ranking


@dataclass(frozen=True, eq=False)
class IntegrationResults:
    """Everything that notebook 07 shows.

    Attributes
    ----------
    by_method : scheme -> weighting -> index, entropy first.
    wang : scheme -> index with entropy weights and the corrected C.
    hightech : the four-part index of the one year that has high-tech manufacturing.
    ranking : scheme -> league, rank intervals, sensitivity, guards.
    groups : D of the regional groups by year; see :func:`group_means`.
    grades : transitions of D between grades.
    dagum : Gini of D and its parts by year.
    explained : regressions of D.
    region : (31,) region (of four) of each province.
    """

    by_method: dict[str, dict[Weighting, CompositeIndex]]
    wang: dict[str, CompositeIndex]
    hightech: CompositeIndex
    ranking: dict[str, Ranking]
    groups: pd.DataFrame
    grades: GradeChain
    dagum: pd.DataFrame
    explained: Explained
    region: pd.Series

    def index(self, scheme: str = TWO) -> CompositeIndex:
        """The index of a scheme with entropy weights and the standard C."""
        return self.by_method[scheme][WEIGHTINGS[0]]

    @property
    def two(self) -> CompositeIndex:
        """S&T innovation and industrial innovation."""
        return self.index(TWO)

    @property
    def chains(self) -> CompositeIndex:
        """Innovation, industry, talent and capital chain."""
        return self.index(CHAINS)

    @property
    def parts(self) -> CompositeIndex:
        """The index in four parts."""
        return self.index(PARTS)

    @property
    def guards(self) -> dict[str, tuple[Guard, ...]]:
        """Scheme -> what to beware of."""
        return {scheme: found.guards for scheme, found in self.ranking.items()}


def run(panel: Panel) -> IntegrationResults:
    """The three indices, their ranking, dynamics and regressions on the provincial panel.

    Parameters
    ----------
    panel : the table ``provincial_panel``.
    """
    by_method = {scheme: {weights: index_of(panel, scheme, weights) for weights in WEIGHTINGS} for scheme in SCHEMES}
    wang = {scheme: index_of(panel, scheme, form="wang") for scheme in SCHEMES}
    region = panel.frame.drop_duplicates(panel.entity).set_index(panel.entity)["region4"]
    two = by_method[TWO][WEIGHTINGS[0]]
    return IntegrationResults(
        by_method=by_method,
        wang=wang,
        hightech=index_of(panel, HIGHTECH),
        ranking={scheme: ranking(by_method[scheme], wang[scheme]) for scheme in SCHEMES},
        groups=group_means(two),
        grades=grade_chain(two),
        dagum=dagum_by_year(two, region),
        explained=explain(panel, two, wang[TWO]),
        region=region,
    )
