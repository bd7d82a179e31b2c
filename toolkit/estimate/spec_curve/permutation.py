"""Joint inference over the curve: could all cells together look like this if the treatment did nothing?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from toolkit.errors import NothingToEstimate, UnknownOption
from toolkit.estimate.rows.options import SmallSample, one_of
from toolkit.estimate.rows.source import Source, panel_source
from toolkit.estimate.spec_curve.block import Block, conventions_of, models_of
from toolkit.estimate.spec_curve.choices import CELLS, Choices, PartialledOutcome, Rows, partial_out, slopes
from toolkit.estimate.spec_curve.compress import TreatmentCoordinates, place
from toolkit.estimate.spec_curve.curve import blocks, curve_options
from toolkit.estimate.spec_curve.plan import Plan, read_choices
from toolkit.estimate.spec_curve.shuffles import Shuffles, paths, shuffle
from toolkit.language import Note, Text, note
from toolkit.numerics import SAME_DRAW, UNIT_LEFT, Floats
from toolkit.panel import Panel
from toolkit.report import Report, ReportMixin, report_table, warned
from toolkit.threads import frugal

Sign = Literal["positive", "negative"]

_MOST_NUMBERS = 20_000_000  # cells times draws that are held (160 MB, three times for the median)
_FEW = 0.8  # share of entities with a partner below which the reader is told


@dataclass(frozen=True, eq=False, repr=False)
class CurvePermutation(ReportMixin):
    """The curve beside what permuted treatments give.

    Attributes
    ----------
    observed : (3,) median estimate, share of cells significant with the expected sign, mean |t|.
    drawn : (B, 3) the same for each draw.
    p_values : (3,) (1 + draws at least as extreme) / (1 + B); the median is compared by its absolute value.
    expected : the sign.
    cells : cells estimated.
    entities, movable : entities, and those that have a partner to exchange with.
    level : p-values below 1 - level count as significant.
    warnings : what the reader must know.
    """

    observed: Floats
    drawn: Floats
    p_values: Floats
    expected: Sign
    cells: int
    entities: int
    movable: int
    level: float
    warnings: tuple[Note, ...] = ()

    def __post_init__(self) -> None:
        for array in (self.observed, self.drawn, self.p_values):
            array.setflags(write=False)

    def tidy(self) -> pd.DataFrame:
        """One row for each statistic: observed, mean and central 95% of the draws, p-value."""
        low, high = np.nanquantile(self.drawn, [0.025, 0.975], axis=0)
        return pd.DataFrame(
            {
                "statistic": ["median estimate", f"share significant and {self.expected}", "mean |t|"],
                "observed": self.observed,
                "null_mean": np.nanmean(self.drawn, axis=0),
                "null_low": low,
                "null_high": high,
                "p_value": self.p_values,
            }
        )

    def _report(self) -> Report:
        size = f"{len(self.drawn)} permutations of the treatment paths of {self.movable} of {self.entities} entities, {self.cells} cells"
        return Report(f"Permutation test of the curve: {size}", (report_table(self.tidy()),), warned(self.warnings))


@frugal
def permute_curve(
    choices: Choices,
    panel: Panel,
    *,
    rng: np.random.Generator,
    draws: int = 999,
    expected: Sign = "positive",
    blocks_by: str | None = None,
    cluster: str | Sequence[str] | None = None,
    small_sample: SmallSample = "reghdfe",
    rows: Rows = "common",
    level: float = 0.95,
) -> CurvePermutation:
    r"""Test the whole curve at once by exchanging treatment paths between entities.

    The null is that the treatment does nothing and that its paths could as well have fallen to other entities. Each draw gives entity i
    the whole path d_{p(i),t} of another one, the same exchange in every cell, and the curve is estimated anew, clustered errors included:

    * the median estimate (two-sided),
    * the share of cells that are significant with the expected sign,
    * the mean of |t|.

    Entities exchange paths only if they are seen in the same periods in every cell, so that the rows never change: lags, samples and
    gaps stay what they are. Entities without such a partner keep their path. Controls stay with their entity, so the test also reads a
    dependence between treatment and controls as part of the null being broken.

    Parameters
    ----------
    choices, cluster, small_sample, rows, level : as in :func:`specification_curve`; one cluster variable.
    panel : the panel.
    rng : numpy generator.
    draws : number of permutations.
    expected : the sign that the hypothesis predicts.
    blocks_by : a column constant within entities, for example a region; paths are exchanged only inside its groups.

    Raises
    ------
    NotEstimable
        If no two entities are seen in the same periods, or ``blocks_by`` varies within entities.
    NothingToEstimate
        If no cell can be estimated.
    UnknownOption
        For two cluster variables, or more cells times draws than memory should hold.
    MissingColumn, FormulaError, PanelError

    References
    ----------
    Simonsohn, Simmons and Nelson (2020), Specification curve analysis, Nature Human Behaviour 4.

    Examples
    --------
    >>> draw = np.random.default_rng(0)
    >>> frame = pd.DataFrame({"firm": np.repeat(np.arange(30), 5), "year": np.tile(np.arange(5), 30)})
    >>> frame = frame.assign(**{name: draw.normal(size=150) for name in ("d", "a", "b")})
    >>> frame["y"] = 0.6 * frame["d"] + frame["a"] + draw.normal(size=150)
    >>> choices = Choices("y", "d", controls=["a", "b"], effects=["firm + year"])
    >>> test = permute_curve(choices, Panel(frame, "firm", "year"), rng=np.random.default_rng(1), draws=99)
    >>> test.p_values.tolist()
    [0.01, 0.05, 0.01]
    """
    one_of("expected", expected, ("positive", "negative"))
    if draws < 1 or int(draws) != draws:
        raise UnknownOption(f"draws={draws!r} cannot be used", remedy="a whole number such as 999")
    source = panel_source(panel, "permute_curve")
    plan, options = read_choices(choices, source), curve_options(source, choices, cluster, small_sample)
    if len(next(iter(options.values())).clusters) > 1:
        raise UnknownOption("the permutation test takes one cluster variable", remedy="name one: cluster='province'")
    if choices.cells * draws > _MOST_NUMBERS:
        raise UnknownOption(
            f"{choices.cells:,} cells times {draws:,} draws are too many to hold",
            remedy=f"use at most {_MOST_NUMBERS // choices.cells:,} draws",
        )

    def every() -> Iterator[tuple[list[int], Block | str]]:
        for chosen in plan.combinations:
            yield from blocks(plan=plan, chosen=chosen, source=source, options=options[chosen.weights], rows=rows)

    seen = [found if isinstance(found, str) else found.sample.positions for _, found in every()]
    samples = [found for found in seen if not isinstance(found, str)]
    if not samples:
        raise NothingToEstimate(f"no cell can be estimated: {seen[0]}", remedy="specification_curve gives the reason of each cell")
    shuffles = shuffle(source=source, samples=samples, blocks=blocks_by, draws=draws, rng=rng)
    parts = [
        _part(block=block, group=group, plan=plan, source=source, shuffles=shuffles, level=level)
        for group, block in every()
        if isinstance(block, Block)
    ]
    return _summary(parts, shuffles, expected, level)


@dataclass(frozen=True)
class _Part:
    """m cells of one block: the curve first, then the draws.

    Attributes
    ----------
    estimates : (1 + B, m); missing where a permuted treatment is absorbed.
    positive, negative : (1 + B,) significant cells by sign.
    absolute_t : (1 + B,) sums over the cells.
    """

    estimates: Floats
    positive: Floats
    negative: Floats
    absolute_t: Floats


def _part(block: Block, group: list[int], plan: Plan, source: Source, shuffles: Shuffles, level: float) -> _Part:
    models = models_of(block, [(*plan.always, *plan.sets[at].terms) for at in group])
    conventions = conventions_of(block, models, source.entity or "")
    known = [(model, conventions[len(model.columns)]) for model in models]
    usable = [(model, info) for model, info in known if not isinstance(info, str)]
    pieces = list(partial_out(block.small, [model.columns for model, _ in usable]))
    factors, df = (np.array([getattr(info, name) for _, info in usable]) for name in ("factor_value", "df_t"))
    part = _Part(np.empty((1 + len(shuffles.donors), len(usable))), *(np.zeros(1 + len(shuffles.donors)) for _ in range(3)))
    _add(part=part, start=0, block=block, placed=block.placed, pieces=pieces, factors=factors, df=df, level=level)
    still = commutes(block, source)
    exchange = paths(source, block.sample, block.treatment if still else block.sample.raw(0) / block.scale[1])
    size = max(1, CELLS // block.sample.rows)
    for start in range(0, len(shuffles.donors), size):
        drawn = exchange.columns(shuffles.donors[start : start + size])
        drawn = drawn if still else block.prepare(drawn)
        _add(part=part, start=1 + start, block=block, placed=place(block.small, drawn), pieces=pieces, factors=factors, df=df, level=level)
    return part


def commutes(block: Block, source: Source) -> bool:
    """Whether exchanging paths and removing the effects can change their order: the exchange only permutes entities seen alike.

    It does where entity, time or nothing is absorbed and no row has another weight.
    """
    return block.sample.weights is None and block.sample.spec.absorbs_only((source.entity, source.time))


def _add(
    part: _Part,
    start: int,
    block: Block,
    placed: TreatmentCoordinates,
    pieces: Sequence[PartialledOutcome],
    factors: Floats,
    df: Floats,
    level: float,
) -> None:
    """Solve these draws in all models of the block and add them to the part from draw ``start`` on."""
    from scipy.special import stdtrit

    y, d = block.scale
    critical = stdtrit(df, 0.5 + level / 2)
    for piece in pieces:
        size = max(1, CELLS // (len(piece.sets) * (placed.inside.shape[1] + 2) ** 2))
        for first in range(0, len(placed.beside), size):
            solved = slopes(placed.some(slice(first, first + size)), piece)
            at = slice(start + first, start + first + len(solved.beta))
            with np.errstate(divide="ignore", invalid="ignore"):
                t = solved.beta / np.sqrt(factors[piece.sets] * solved.variance)
            gone = (solved.length <= UNIT_LEFT * block.treatment_size) | np.isnan(t)
            part.estimates[at, piece.sets] = np.where(gone, np.nan, solved.beta * (y / d))
            part.positive[at] += np.count_nonzero(t > critical[piece.sets], axis=1)
            part.negative[at] += np.count_nonzero(t < -critical[piece.sets], axis=1)
            part.absolute_t[at] += np.abs(t).sum(axis=1)


def _summary(parts: Sequence[_Part], shuffles: Shuffles, expected: Sign, level: float) -> CurvePermutation:
    estimates = np.concatenate([part.estimates for part in parts], axis=1)
    cells = estimates.shape[1]
    undefined = np.isnan(estimates).any(axis=1)
    if not cells or undefined[0]:
        raise NothingToEstimate(
            "a cell of the curve has no t statistic" if cells else "no cell can be estimated",
            remedy="specification_curve shows each cell and its reason",
        )
    significant = sum((getattr(part, expected) for part in parts), np.zeros(len(estimates)))
    absolute = sum((part.absolute_t for part in parts), np.zeros(len(estimates)))
    table = np.column_stack([np.median(estimates, axis=1), significant / cells, absolute / cells])
    table[undefined] = np.nan
    observed, drawn = table[0], table[1:]
    size = np.abs(drawn) >= np.abs(observed) * (1 - SAME_DRAW)
    p_values = (1 + np.count_nonzero(size | undefined[1:, None], axis=0)) / (1 + len(drawn))
    return CurvePermutation(
        observed=observed,
        drawn=drawn,
        p_values=p_values,
        expected=expected,
        cells=cells,
        entities=shuffles.entities,
        movable=shuffles.movable,
        level=level,
        warnings=tuple(_warnings(shuffles, int(undefined[1:].sum()))),
    )


def _warnings(shuffles: Shuffles, undefined: int) -> Iterator[Note]:
    if shuffles.movable < _FEW * shuffles.entities:
        text = Text(
            "Only {movable} of {entities} entities are seen in the same periods as another one; "
            "the others keep their treatment, so the test has little power.",
            "{entities}个个体中仅{movable}个与其他个体的观测时期相同；其余个体的处理变量保持不变，检验功效较低。",
        )
        yield note("few_movable", text, movable=shuffles.movable, entities=shuffles.entities)
    if undefined:
        text = Text(
            "In {draws} draws the permuted treatment is absorbed in some cell; they count as extreme.",
            "有{draws}次抽样中，置换后的处理变量在某一模型设定中被吸收，按极端值计。",
        )
        yield note("absorbed_draws", text, draws=undefined)
