"""The specification curve: the coefficient of interest under every combination of declared choices."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from toolkit.errors import EstimationError, NothingToEstimate, PanelError, UnknownOption
from toolkit.estimate.large.plan import shell
from toolkit.estimate.large.table import LargeTable
from toolkit.estimate.linear.least_squares import perfect_fit
from toolkit.estimate.rows.options import CovarianceInfo, Options, SmallSample, documented, one_of
from toolkit.estimate.rows.source import Source, source_of
from toolkit.estimate.solve.covariance import few_clusters
from toolkit.estimate.spec_curve.block import Block, Model, conventions_of, make_block, models_of
from toolkit.estimate.spec_curve.choices import Choices, Rows, partial_out, slopes
from toolkit.estimate.spec_curve.crossproducts import two_way_variances
from toolkit.estimate.spec_curve.large import Outside, large_blocks, outside_of, together_for, without_samples
from toolkit.estimate.spec_curve.plan import Combination, Plan, groups_of_sets, read_choices
from toolkit.estimate.spec_curve.result import SpecificationCurve
from toolkit.language import Note
from toolkit.numerics import Floats
from toolkit.origin import marked
from toolkit.panel import Panel
from toolkit.threads import frugal

_NUMBERS = ("estimate", "std_error", "df_t")


@frugal
@documented
def specification_curve(
    choices: Choices,
    panel: Panel | pd.DataFrame | LargeTable,
    *,
    cluster: str | Sequence[str] | None = None,
    small_sample: SmallSample = "reghdfe",
    rows: Rows = "common",
    reference: float | None = None,
    level: float = 0.95,
) -> SpecificationCurve:
    r"""Estimate every combination of the choices: y = b d + x_S'c + effects + e, for all sets S of controls.

    Each cell is what :func:`toolkit.estimate.fit` gives for its formula on its rows: the same singletons, omissions, small-sample factor
    and degrees of freedom. The columns lose their effects once for each combination of outcome, treatment, effects, sample and weights;
    all sets of controls are then solved from their cross-products, and the clustered errors from cross-products by cluster.

    Parameters
    ----------
    choices : what can be chosen, see :class:`Choices`.
    panel : a panel, or a plain frame with ``cluster`` named; or rows that stay on disk, where a sample is a condition.
    cluster, small_sample : |options|
    rows : "common" (default): within a combination, all sets of controls are estimated on the rows where every candidate control is
        present, so that estimates differ by the model and not by the rows. "own": each set on all rows that it has, as ``fit`` would.
    reference : a value to compare with, such as a published elasticity.
    level : of the confidence intervals.

    Returns
    -------
    SpecificationCurve
        A cell that cannot be estimated (no rows, treatment absorbed, too few clusters) has its reason.

    Raises
    ------
    NothingToEstimate
        If a list of choices is empty, or no cell can be estimated.
    UnknownOption
        For more than 65,536 cells, a mask that does not fit, or an unknown option.
    MissingColumn, FormulaError, EmptySample, NotNumeric, PanelError

    References
    ----------
    Simonsohn, Simmons and Nelson (2020), Specification curve analysis, Nature Human Behaviour 4.

    Examples
    --------
    >>> draw = np.random.default_rng(0)
    >>> frame = pd.DataFrame({"firm": np.repeat(np.arange(40), 5), "year": np.tile(np.arange(5), 40)})
    >>> frame = frame.assign(**{name: draw.normal(size=200) for name in ("d", "a", "b")})
    >>> frame["y"] = 0.4 * frame["d"] + frame["a"] + draw.normal(size=200)
    >>> choices = Choices("y", "d", controls=["a", "b"], effects=["firm", "firm + year"])
    >>> curve = specification_curve(choices, Panel(frame, "firm", "year"), reference=0.38)
    >>> len(curve), round(curve.median, 1), curve.share_holding_reference
    (8, 0.5, 0.875)
    """
    one_of("rows", rows, ("common", "own"))
    if not 0 < level < 1:
        raise UnknownOption(f"level={level} is no confidence level", remedy="a number between 0 and 1, such as 0.95")
    source = shell(panel) if isinstance(panel, LargeTable) else source_of(panel)
    plan = read_choices(without_samples(choices) if isinstance(panel, LargeTable) else choices, source)
    options = curve_options(source, choices, cluster, small_sample)
    parts: list[_Cells] = []
    warnings: dict[Note, None] = {}
    with panel.used() if isinstance(panel, LargeTable) else nullcontext():
        outside: dict[str, Outside | None] = {}
        if isinstance(panel, LargeTable):
            panel = together_for(panel, plan, choices, options)
            outside = outside_of(choices, panel)
        for chosen in plan.combinations:
            part = _Cells.empty(chosen, plan)
            if isinstance(panel, LargeTable):
                own, sample = rows == "own", outside[chosen.sample]
                pieces = large_blocks(table=panel, plan=plan, chosen=chosen, outside=sample, options=options[chosen.weights], own=own)
            else:
                pieces = blocks(plan=plan, chosen=chosen, source=source, options=options[chosen.weights], rows=rows)
            for block_sets, found in pieces:
                if isinstance(found, Block):
                    part.fill(found, block_sets, plan, source.entity or "")
                    warnings |= dict.fromkeys(few_clusters(found.options.clusters, found.sample.clusters))
                    warnings |= dict.fromkeys(found.uncounted(source.entity or ""))
                else:
                    part.refuse(block_sets, found)
            parts.append(part)
    frame = marked(_frame(plan, parts, level), source.origin)
    _require_estimates(frame)
    members = np.tile(plan.members, (len(plan.combinations), 1))
    first = next(iter(options.values()))
    return SpecificationCurve(
        frame=frame,
        choices=choices,
        controls=plan.controls,
        includes=members,
        clusters=first.clusters,
        small_sample=small_sample,
        rows=rows,
        level=level,
        reference=reference,
        warnings=tuple(warnings),
    )


def curve_options(
    source: Source, choices: Choices, cluster: str | Sequence[str] | None, small_sample: SmallSample
) -> dict[str | None, Options]:
    """The options of each choice of weights.

    Raises
    ------
    PanelError
        If the data are a cross-section and no cluster is named.
    """
    found = {name: Options.read(source, cluster=cluster, weights=name, small_sample=small_sample) for name in choices.weights}
    if any(not options.clusters for options in found.values()):
        raise PanelError("a cross-section has no entity to cluster by", remedy="name a column, cluster='city', or pass a Panel")
    return found


def blocks(plan: Plan, chosen: Combination, source: Source, options: Options, rows: Rows) -> Iterator[tuple[list[int], Block | str]]:
    """For one combination the positions of the sets of controls that share their rows, with their block or why there is none."""
    try:
        groups = [list(range(len(plan.sets)))] if rows == "common" else groups_of_sets(plan, chosen, source, options)
    except EstimationError as error:
        yield list(range(len(plan.sets))), error.what
        return
    for group in groups:
        try:
            yield group, make_block(plan.spec(chosen, plan.union(group)), source, options, chosen.outside)
        except EstimationError as error:
            yield group, error.what


@dataclass
class _Cells:
    """The cells of one combination while they are filled in: one entry for each set of controls."""

    chosen: Combination
    numbers: dict[str, Floats]
    counts: dict[str, NDArray[np.int64]]
    texts: dict[str, list[str]]

    @classmethod
    def empty(cls, chosen: Combination, plan: Plan) -> _Cells:
        """Nothing estimated yet."""
        m = len(plan.sets)
        numbers = {name: np.full(m, np.nan) for name in _NUMBERS}
        counts = {name: np.zeros(m, dtype=np.int64) for name in ("rows", "clusters")}
        return cls(chosen, numbers, counts, {name: [""] * m for name in ("omitted", "dropped", "note", "reason")})

    def refuse(self, group: list[int], reason: str) -> None:
        """These sets cannot be estimated."""
        for at in group:
            self.texts["reason"][at] = reason

    def fill(self, block: Block, group: list[int], plan: Plan, entity: str) -> None:
        """Estimate these sets in their block."""
        models = models_of(block, [(*plan.always, *plan.sets[at].terms) for at in group])
        conventions = conventions_of(block, models, entity)
        self.counts["rows"][group] = block.sample.rows
        self.counts["clusters"][group] = min(g.levels for g in block.sample.clusters)
        dropped = "; ".join(f"{d.reason}: {d.rows}" for d in block.sample.dropped)
        usable: list[tuple[int, Model, CovarianceInfo]] = []
        for at, model in zip(group, models, strict=True):
            self.texts["omitted"][at] = "; ".join(f"{name}: {reason}" for name, reason in model.omitted)
            self.texts["dropped"][at] = dropped
            info = conventions[len(model.columns)]
            if isinstance(info, str):
                self.texts["reason"][at] = info
            else:
                usable.append((at, model, info))
        self.solve(block, usable)

    def solve(self, block: Block, usable: Sequence[tuple[int, Model, CovarianceInfo]]) -> None:
        """Fill in the numbers of the models that can be estimated."""
        y, d = block.scale
        for piece in partial_out(block.small, [model.columns for _, model, _ in usable]):
            chosen = [usable[i] for i in piece.sets]
            at = [place for place, _, _ in chosen]
            solved = slopes(block.placed, piece)
            one_way = len(block.sample.clusters) == 1
            variance = solved.variance[0] if one_way else two_way_variances(block, [model.columns for _, model, _ in chosen])
            info = chosen[0][2]  # of one size, so of one convention
            self.numbers["estimate"][at] = solved.beta[0] * (y / d)
            self.numbers["std_error"][at] = np.sqrt(np.maximum(info.factor_value * variance, 0.0)) * (y / d)
            self.numbers["df_t"][at] = info.df_t
            for place, rss in zip(at, (solved.rss[0] * (y * y)).tolist(), strict=True):
                self.texts["note"][place] = " ".join(map(str, perfect_fit(rss, y, block.outcome_size)))


def _frame(plan: Plan, parts: Sequence[_Cells], level: float) -> pd.DataFrame:
    """All cells with their tests and intervals."""
    from scipy.special import stdtr, stdtrit

    def choice(name: str) -> list[str]:
        return [getattr(p.chosen, name) or "" for p in parts for _ in plan.sets]

    b, se, df = (np.concatenate([p.numbers[name] for p in parts]) for name in _NUMBERS)
    with np.errstate(divide="ignore", invalid="ignore"):
        statistic = np.where(b == 0, 0.0, b / se)
    half = stdtrit(df, 0.5 + level / 2) * se
    columns: dict[str, object] = {
        "outcome": choice("outcome"),
        "treatment": choice("treatment"),
        "controls": [one.text for one in plan.sets] * len(parts),
        **{name: choice(name) for name in ("effects", "sample", "weights")},
        "formula": [_formula(p.chosen, (*plan.always, *one.terms)) for p in parts for one in plan.sets],
        "estimate": b,
        "std_error": se,
        "statistic": statistic,
        "p_value": 2 * stdtr(df, -np.abs(statistic)),
        "conf_low": b - half,
        "conf_high": b + half,
        "df_t": df,
        **{name: np.concatenate([p.counts[name] for p in parts]) for name in ("rows", "clusters")},
        **{name: [text for p in parts for text in p.texts[name]] for name in ("omitted", "dropped", "note", "reason")},
    }
    return pd.DataFrame(columns)


def _formula(chosen: Combination, controls: Sequence[str]) -> str:
    right = " + ".join([chosen.treatment, *controls])
    return f"{chosen.outcome} ~ {right}" + (f" | {chosen.effects}" if chosen.effects else "")


def _require_estimates(frame: pd.DataFrame) -> None:
    if "" not in frame["reason"].to_list():
        reasons = frame["reason"].value_counts()
        raise NothingToEstimate(
            f"none of the {len(frame)} cells can be estimated: {reasons.index[0]}",
            where="; ".join(f"{count} cells: {reason}" for reason, count in reasons.iloc[:5].items()),
            remedy="absorb fewer effects, use a treatment that varies within them, or loosen the samples",
        )
