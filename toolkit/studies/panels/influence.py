r"""How many units carry the slope within a panel, and what the tests say when few do.

With r the regressor less effects and controls, unit g carries the share :math:`\sum_{i \in g} r_i^2 / \sum_i r_i^2` of the variation; the
effective number of units is the inverse of the sum of squared shares. With :math:`b_{(g)}` the slope without unit g and G units,

.. math:: V = \frac{G - 1}{G} \sum_g (b_{(g)} - b)^2

is the cluster jackknife variance (CV3 of MacKinnon, Nielsen and Webb 2023), tested with G - 1 degrees of freedom. Where few units carry the
variation it errs less than the wild bootstrap with Rademacher signs, which then rejects too often.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from toolkit import glossary
from toolkit.errors import NotEstimable
from toolkit.estimate import Coefficient, Estimate, fit
from toolkit.estimate.linear.refit import Refit, refit
from toolkit.language import Head, Text
from toolkit.numerics import Floats
from toolkit.present import frame_table
from toolkit.present.exhibit import TableExhibit
from toolkit.studies.firms import colombia, survey
from toolkit.studies.panels.designs import Models, wild_p

FIRMS_NAME = Text("Colombian firms", "哥伦比亚企业")
_ERAS = Text("US industries, effects of survey eras", "美国行业，行业×调查时期效应")
MOST = 2  # units whose joint share is printed


@dataclass(frozen=True)
class Influence:
    """Which units carry one slope, and its jackknife test.

    Attributes
    ----------
    coefficient : with clustered errors, as estimated.
    jackknife : the same with the cluster jackknife (CV3).
    shares : of each unit in the variation of the regressor, by name, the largest first.
    without : the slope without each unit, by name.
    """

    coefficient: Coefficient
    jackknife: Coefficient
    shares: pd.Series
    without: pd.Series

    @property
    def effective(self) -> float:
        """Inverse of the sum of squared shares."""
        return float(1 / (self.shares**2).sum())


def influence(estimate: Estimate, term: str) -> Influence:
    """Shares, slopes without each unit, and the jackknife of one slope of a model with two effects, the first nested in the clusters.

    Raises
    ------
    NotEstimable
        The model does not have two absorbed effects.

    Examples
    --------
    >>> from toolkit.panel import Panel
    >>> draw = np.random.default_rng(1)
    >>> frame = pd.DataFrame({"id": np.repeat(list("abcdef"), 4), "t": np.tile(range(4), 6), "x": draw.normal(size=24)})
    >>> panel = Panel(frame.assign(y=frame["x"] + draw.normal(size=24)), "id", "t")
    >>> found = influence(fit("y ~ x | id + t", panel), "x")
    >>> other = fit("y ~ x | id + t", panel.keep(panel.frame["id"] != "c")).coefficient("x").estimate
    >>> bool(np.isclose(found.without["c"], other)), bool(np.isclose(found.shares.sum(), 1))
    (True, True)
    """
    if len(estimate.effects) != 2:
        raise NotEstimable("influence needs two absorbed effects", where=estimate.spec.formula, remedy="absorb the unit and the year")
    rows = refit(estimate, None, "influence")
    name, clusters = rows.cluster(None, "influence")
    j = rows.slope(term)
    variation = clusters.sums(rows.partialled(j) ** 2)
    first = np.unique(clusters.codes, return_index=True)[1]
    units = rows.source.frame[name].to_numpy(dtype=object)[rows.sample.positions[first]]
    slopes = _without_each(rows, clusters.codes, clusters.levels)[:, j]
    coefficient = estimate.coefficient(term)
    error = float(np.sqrt((clusters.levels - 1) / clusters.levels * ((slopes - coefficient.estimate) ** 2).sum()))
    return Influence(
        coefficient=coefficient,
        jackknife=estimate.tested(coefficient.term, coefficient.estimate, error, df=clusters.levels - 1),
        shares=pd.Series(variation / variation.sum(), index=units).sort_values(ascending=False, kind="stable"),
        without=pd.Series(slopes, index=units),
    )


def _without_each(rows: Refit, cluster: np.ndarray, levels: int) -> Floats:
    """(G, k) slopes without each cluster.

    Once the means of the first effect are removed, what belongs to a cluster stays in it, so the normal equations of regressors and year
    dummies without a cluster are the whole less its own part.
    """
    unit = rows.grouping(rows.estimate.effects[0])
    years = pd.get_dummies(rows.time, dtype=float).to_numpy()
    design = np.column_stack([rows.regressors, years, rows.outcome])
    means = np.column_stack([unit.sums(column) for column in design.T]) / np.bincount(unit.codes, minlength=unit.levels)[:, None]
    design = design - means[unit.codes]
    size = np.sqrt((design**2).sum(axis=0))
    design = design / np.where(size > 0, size, 1.0)  # no column dwarfs another when the rank is judged
    parts = np.zeros((levels, design.shape[1], design.shape[1]))
    np.add.at(parts, cluster, design[:, :, None] * design[:, None, :])
    left = parts.sum(axis=0) - parts
    solved = np.linalg.pinv(left[:, :-1, :-1], rcond=1e-11, hermitian=True) @ left[:, :-1, -1:]
    k = rows.regressors.shape[1]
    return np.asarray(solved[:, :k, 0] * size[-1] / size[:k])


def of_panels(fitted: Mapping[str, Models], firms: colombia.Designs) -> dict[str, Influence]:
    """The influence of every panel's slope within units, by the key of the design; ``firms`` last."""
    found = {key: influence(models.within, models.design.money) for key, models in fitted.items()}
    return {**found, "firms": influence(firms.within, survey.PUBLIC)}


def table(fitted: Mapping[str, Models], found: Mapping[str, Influence]) -> TableExhibit:
    """Effective units and the tests of each slope within units; for US industries also with effects of survey eras."""
    rows = [_row(models.design.name, found[key], models.within) for key, models in fitted.items()]
    rows.append(_row(FIRMS_NAME, found["firms"], None))
    eras = era_effects(fitted["industries"])
    rows.append(_row(_ERAS, influence(eras, fitted["industries"].design.money), eras))
    return frame_table(
        pd.DataFrame(rows),
        {
            "panel": Text("Panel", "面板"),
            "units": Text("Units", "单位数"),
            "effective": Text("Effective units", "有效单位数"),
            "largest": Text("Share of the two largest (%)", "最大两个单位占比（%）"),
            "estimate": glossary.ELASTICITY,
            "std_error": glossary.STANDARD_ERROR,
            "jackknife": Text("Jackknife standard error", "刀切法标准误"),
            "p": Head(Text("t test: p", "t检验p值"), "p_value"),
            "jackknife_p": Head(Text("Jackknife: p", "刀切法p值"), "p_value"),
            "rademacher_p": Text("Wild, Rademacher: p", "野自助（Rademacher）p值"),
            "webb_p": Text("Wild, Webb: p", "野自助（Webb）p值"),
        },
        digits={"effective": 1, "largest": 0, "rademacher_p": 4, "webb_p": 4},
        title=Text("How many units the elasticity within units rests on", "单位之内的弹性由多少单位决定"),
        notes=[
            Text(
                "Effective units: inverse of the sum of squared shares in the variation of public money within units. Jackknife: cluster "
                "jackknife (CV3). Wild: restricted wild cluster bootstrap, only where units are few; where it is far below the t test, few "
                "units supply the variation, and the jackknife is the one to read.",
                "有效单位数：各单位占公共资金单位内变动份额平方和的倒数。刀切法：按单位逐一剔除的聚类刀切法（CV3）。"
                "野自助：受约束的野聚类自助法，仅用于单位较少的面板；其p值远低于t检验时，说明变动集中于少数单位，应以刀切法为准。",
            )
        ],
    )


def era_effects(models: Models) -> Estimate:
    """The model within units with an effect of each unit in each era of the US survey, clustered by unit."""
    panel = models.panel
    effect = "naics_era" if "naics_era" in panel.frame else "unit_era"
    return fit(f"{models.design.regression} | {effect} + {panel.time}", panel, cluster=panel.entity)


def _row(name: Text, found: Influence, model: Estimate | None) -> dict[str, object]:
    term = found.coefficient.term
    return {
        "panel": name,
        "units": len(found.shares),
        "effective": found.effective,
        "largest": 100 * float(found.shares.iloc[:MOST].sum()),
        "estimate": found.coefficient.estimate,
        "std_error": found.coefficient.std_error,
        "jackknife": found.jackknife.std_error,
        "p": found.coefficient.p_value,
        "jackknife_p": found.jackknife.p_value,
        "rademacher_p": None if model is None else wild_p(model, term),
        "webb_p": None if model is None else wild_p(model, term, "webb"),
    }
