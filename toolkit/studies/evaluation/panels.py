r"""What changes when enterprises get a weight in the review of projects: simulated panels around the proposed 30%.

Experts and enterprises score each proposal, S and U, normal with unit variance and correlation rho; the panel funds the best by
:math:`C = (1 - w) S + w U`. Some proposals are close to the enterprises in the panel; with a conflict of interest they add a bonus to U.
Kendall's tau has a closed form (:mod:`toolkit.measure.incentives`); the list of the funded is simulated.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from toolkit.audit.printed import PrintedClaim
from toolkit.language import Text
from toolkit.measure import expected_agreement
from toolkit.numerics import Floats
from toolkit.present import frame_table
from toolkit.present.exhibit import FigureExhibit, TableExhibit
from toolkit.present.figures.multiples import small_multiples
from toolkit.present.record import Statement, statement
from toolkit.registry import registry

WEIGHTS = tuple(range(0, 65, 5))  # of enterprises, per cent
CORRELATIONS = (0.0, 0.3, 0.6, 0.9)
PERCENT = 100
LIMITS = (10.0, 25.0)  # per cent of the funded list replaced
_PANELS = {
    "tau": Text("Kendall's τ with experts alone", "与专家单独排序的肯德尔τ"),
    "replaced": Text("Funded list replaced (%)", "获资助名单更替（%）"),
    "conflict": Text("Funded with a conflict of interest (%)", "获资助者中有利益冲突（%）"),
}


@dataclass(frozen=True)
class ReviewAssumptions:
    """What is assumed of a review.

    Attributes
    ----------
    panels, proposals : simulated panels, and proposals in each.
    funded : per cent of the proposals that get money.
    close : per cent of the proposals that are close to the enterprises.
    bonus : what enterprises add to those, in standard deviations of a score.
    seed : of the draws.
    """

    panels: int = 1000
    proposals: int = 100
    funded: int = 20
    close: int = 10
    bonus: float = 1.0
    seed: int = 20


@dataclass(frozen=True)
class Votes:
    """What a weight does.

    Attributes
    ----------
    rows : columns correlation, weight (%), tau, replaced (%), conflict (% of the funded that are close, with the bonus).
    proposed : the weight of the registry (%).
    setting : what was assumed.
    """

    rows: pd.DataFrame
    proposed: int
    setting: ReviewAssumptions

    def at(self, correlation: float, weight: float) -> pd.Series:
        """The row of a correlation and a weight."""
        rows = self.rows
        return rows[(rows["correlation"] == correlation) & (rows["weight"] == weight)].iloc[0]


def run(setting: ReviewAssumptions = ReviewAssumptions()) -> Votes:  # noqa: B008 - frozen
    """Simulate the panels for every weight and correlation."""
    rng = np.random.default_rng(setting.seed)
    shape = setting.panels, setting.proposals
    experts, other = rng.standard_normal(shape), rng.standard_normal(shape)
    count = setting.proposals * setting.funded // PERCENT
    close = np.arange(setting.proposals) < setting.proposals * setting.close // PERCENT  # scores are exchangeable, so any will do
    rows = []
    for rho in CORRELATIONS:
        enterprises = rho * experts + np.sqrt(1 - rho**2) * other
        alone = _funded(experts, count)
        for weight in WEIGHTS:
            w = weight / PERCENT
            mixed, biased = ((1 - w) * experts + w * votes for votes in (enterprises, enterprises + setting.bonus * close))
            rows.append(
                {
                    "correlation": rho,
                    "weight": weight,
                    "tau": expected_agreement(w, rho),
                    "replaced": PERCENT * (1 - float((_funded(mixed, count) & alone).sum()) / alone.sum()),
                    "conflict": PERCENT * float((_funded(biased, count) & close).sum()) / alone.sum(),
                }
            )
    return Votes(pd.DataFrame(rows), int(PrintedClaim(registry().claims["chen2025_review_30"]).number), setting)


def _funded(scores: Floats, count: int) -> NDArray[np.bool_]:
    """Which proposals (panels, proposals) are among the best ``count`` of their panel."""
    least = np.partition(scores, -count, axis=1)[:, -count]
    return np.asarray(scores >= least[:, None])


def figure(found: Votes) -> FigureExhibit:
    """Agreement, replaced funding and conflicts by the weight of enterprises, one line a correlation."""
    long = found.rows.melt(["correlation", "weight"], list(_PANELS), "outcome", "value")
    long["line"] = [f"ρ = {rho:g}" for rho in long["correlation"]]
    return small_multiples(
        long,
        "weight",
        "value",
        "outcome",
        group="line",
        vertical="free",
        columns=3,
        breaks=[],
        y_label="",
        names=_PANELS,
        title=Text(
            "A vote for enterprises in project review: simulated panels, by weight (%)", "立项评审中企业的投票权：模拟评审组，按权重（%）"
        ),
        notes=_NOTE.filled(**_assumed(found.setting)),
    )


_NOTE = Text(
    "Simulation on assumed parameters, no data: {panels} panels of {proposals} proposals, the best {funded}% funded; ρ is the correlation "
    "of the scores of experts and enterprises. {close}% of the proposals are close to the enterprises, which add {bonus:g} standard "
    "deviations to them.",
    "以假设参数模拟，未用数据：{panels}个评审组，各{proposals}个项目，资助前{funded}%；ρ为专家与企业评分的相关系数。{close}%的项目与企业有"
    "关联，企业为其加{bonus:g}个标准差。",
)


def _assumed(setting: ReviewAssumptions) -> dict[str, float]:
    return {name: getattr(setting, name) for name in ("panels", "proposals", "funded", "close", "bonus")}


def thresholds(found: Votes) -> TableExhibit:
    """The proposed weight, and the weights from which so much of the funded list changes, by correlation."""
    rows = []
    for rho, part in found.rows.groupby("correlation"):
        now = found.at(float(str(rho)), found.proposed)
        reached = {f"from_{limit:.0f}": part.loc[part["replaced"] >= limit, "weight"].min() for limit in LIMITS}
        rows.append({"correlation": rho, "tau": now["tau"], "replaced": now["replaced"], "conflict": now["conflict"], **reached})
    return frame_table(
        pd.DataFrame(rows),
        {
            "correlation": Text("Correlation of scores", "评分相关系数"),
            "tau": Text("τ at {w}%", "权重{w}%时的τ").filled(w=found.proposed),
            "replaced": Text("Replaced at {w}% (%)", "权重{w}%时更替（%）").filled(w=found.proposed),
            "conflict": Text("With a conflict at {w}% (%)", "权重{w}%时利益冲突（%）").filled(w=found.proposed),
            **{
                f"from_{limit:.0f}": Text("{limit:.0f}% replaced from a weight of (%)", "更替达{limit:.0f}%所需权重（%）").filled(
                    limit=limit
                )
                for limit in LIMITS
            },
        },
        digits={"correlation": 1, "tau": 2, "replaced": 1, "conflict": 1, "from_10": 0, "from_25": 0},
        title=Text("What the proposed weight does, and from which weight the list changes", "所建议权重的作用，以及名单自何权重起变化"),
        notes=_NOTE.filled(**_assumed(found.setting)),
    )


def finding(found: Votes) -> Statement:
    """What the proposed weight does at three correlations, and with a conflict of interest."""
    low, middle, _, high = CORRELATIONS
    most, usual, least = (found.at(rho, found.proposed) for rho in (low, middle, high))
    return statement(
        "review_votes",
        Text(
            "In simulated panels a weight of {weight}% for enterprises replaces {least:.0f}% of the funded list when their scores "
            "correlate with those of experts at {high:g}, {usual:.0f}% at {middle:g} and {most:.0f}% at {low:g}; Kendall's tau is then "
            "{tau_least:.2f}, {tau_usual:.2f} and {tau_most:.2f}. If enterprises favour proposals close to them, these make up "
            "{conflict:.0f}% of the funded (correlation of {middle:g}) instead of {close}%. The weight matters as far as the two "
            "disagree; how far they do no published figure says.",
            "模拟评审组中，企业权重为{weight}%时，若企业与专家评分的相关系数为{high:g}，获资助名单更替{least:.0f}%；为{middle:g}时"
            "{usual:.0f}%，为{low:g}时{most:.0f}%；相应的肯德尔τ为{tau_least:.2f}、{tau_usual:.2f}与{tau_most:.2f}。若企业偏向与己有关联的"
            "项目，这类项目占获资助者的{conflict:.0f}%（相关系数{middle:g}），而非{close}%。权重的作用取决于双方分歧大小，而分歧多大并无公"
            "开数据。",
        ),
        weight=found.proposed,
        high=high,
        middle=middle,
        low=low,
        least=float(least["replaced"]),
        usual=float(usual["replaced"]),
        most=float(most["replaced"]),
        tau_least=float(least["tau"]),
        tau_usual=float(usual["tau"]),
        tau_most=float(most["tau"]),
        conflict=float(usual["conflict"]),
        close=found.setting.close,
    )
