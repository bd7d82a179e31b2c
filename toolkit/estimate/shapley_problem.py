"""The rows, columns and blocks of a decomposition of R squared, read and checked."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from toolkit.errors import FormulaError, NothingToEstimate, TooFewClusters, UnknownOption
from toolkit.estimate.coalitions import Coalition
from toolkit.estimate.design import DesignColumn, Level
from toolkit.estimate.groups import Grouping
from toolkit.estimate.kernels import make_absorber, norms
from toolkit.estimate.linear import centre, require_rows, require_variation
from toolkit.estimate.omission import ROUNDING, flat_reason, is_flat
from toolkit.estimate.options import read_options
from toolkit.estimate.sample import Sample, select
from toolkit.estimate.source import source_of
from toolkit.estimate.spec import Spec, parse, refuse_instruments, refuse_slopes

if TYPE_CHECKING:
    import pandas as pd

    from toolkit.panel import Panel

Floats = NDArray[np.float64]
Blocks = Mapping[str, Sequence[str]]

MOST_COALITIONS = 100_000


@dataclass(frozen=True)
class Problem:
    """Rows and columns with the effects still in them, and the blocks.

    Attributes
    ----------
    sample : the rows; its matrix holds the outcome and the m columns as they are.
    blocks : k names.
    members : the columns of each block, numbered from 1.
    clusters : cluster variables asked for.
    """

    sample: Sample
    blocks: tuple[str, ...]
    members: tuple[Coalition, ...]
    clusters: tuple[str, ...]

    def units(self, purpose: str) -> tuple[str, Grouping]:
        """The cluster variable and its groups; ``purpose`` is the calling function, for messages.

        Raises
        ------
        UnknownOption
            If there is none.
        TooFewClusters
            If there are fewer than two clusters.
        """
        if len(self.clusters) != 1:
            raise UnknownOption(
                f"{purpose} takes clusters of one column, not of {' and '.join(self.clusters) or 'none'}",
                remedy="name one: cluster='state'",
            )
        name, groups = self.clusters[0], self.sample.clusters[0]
        if groups.levels < 2:
            raise TooFewClusters(
                f"{purpose} by {name} needs at least two clusters; there is {groups.levels}",
                where=f"{self.sample.rows} rows",
                remedy="cluster by a variable with more groups",
            )
        return name, groups

    def gram(self) -> tuple[Floats, int]:
        """(1 + m, 1 + m) cross-products with the effects (or the mean) removed, and the rows less the absorbed effects.

        Works on a copy of the rows.

        Raises
        ------
        NothingToEstimate
            The outcome or a regressor does not vary within the effects.
        EmptySample
            There are not more rows than columns and effects.
        """
        sample = replace(self.sample, matrix=self.sample.matrix.copy())
        matrix, weights = sample.matrix, sample.weights
        moments = centre(matrix, weights)
        rank = 1
        if sample.effects:
            absorber = make_absorber(sample.effects, weights)
            absorber.demean(matrix)
            rank = absorber.rank
        require_variation(sample, moments, sample.named_effects)
        flat = is_flat(norms(matrix[1:], weights), moments.varying[1:], moments.size[1:])
        if flat.any():
            j = int(flat.argmax())
            constant = bool(moments.varying[j + 1] <= ROUNDING * moments.size[j + 1])
            reason = flat_reason(sample.raw(j), constant, sample.named_effects, weights)
            raise NothingToEstimate(
                f"{sample.names[j]} cannot explain anything: {reason}",
                where=sample.spec.formula,
                remedy="leave it out of the formula and its block, or absorb fewer effects",
            )
        require_rows(sample, len(sample.columns), rank)
        root = matrix if weights is None else matrix * np.sqrt(weights)
        return root @ root.T, sample.rows - rank


def read_problem(formula: str, data: Panel | pd.DataFrame, blocks: Blocks, cluster: str | None, weights: str | None) -> Problem:
    """Rows, columns and blocks of one decomposition.

    Raises
    ------
    FormulaError, UnknownOption, NothingToEstimate, EmptySample, MissingColumn, NotNumeric
    """
    spec = refuse_slopes(refuse_instruments(parse(formula), "decompose_r2"), "decompose_r2")
    if not spec.effects and not spec.intercept:
        raise FormulaError(
            "an R squared without a constant compares with zero, not with the mean", where=formula, remedy="keep the constant"
        )
    home = _homes(spec, blocks)
    source = source_of(data)
    options = read_options(source, "cluster", cluster, weights, "reghdfe", None)
    sample = select(spec, source, options)
    of_column = [home[_term_text(column)] for column in sample.columns]
    members = tuple(tuple(1 + i for i, name in enumerate(of_column) if name == block) for block in blocks)
    hollow = [name for name, columns in zip(blocks, members, strict=True) if not columns]
    if hollow:
        raise NothingToEstimate(f"block {hollow[0]!r} has no column: its categories have one level", where=formula, remedy="leave it out")
    size = sum(2 ** len(columns) for columns in members) * 2 ** (len(members) - 1)
    if size > MOST_COALITIONS:
        raise UnknownOption(
            f"{len(members)} blocks with {len(of_column)} columns have {size:,} coalitions",
            remedy=f"form fewer or smaller blocks: at most {MOST_COALITIONS:,} coalitions",
        )
    return Problem(sample, tuple(blocks), members, options.clusters)


def _homes(spec: Spec, blocks: Blocks) -> dict[str, str]:
    """Term -> the block that it is in, each exactly once."""
    if not blocks:
        raise UnknownOption("there are no blocks", remedy='name them: {"push": ["log(patents)"], "pull": ["log(gdp)"]}')
    known = [term.text for term in spec.terms]
    home: dict[str, str] = {}
    for name, terms in blocks.items():
        if isinstance(terms, str) or not terms:
            raise UnknownOption(f"block {name!r} is {terms!r}, not a list of terms", remedy=f'write {{"{name}": ["x", "log(z)"]}}')
        for term in parse(f"{spec.outcome} ~ {' + '.join(terms)}").terms:
            if term.text not in known:
                near = difflib.get_close_matches(term.text, known, 2, 0.5)
                hint = f"did you mean {' or '.join(near)}?" if near else f"terms: {', '.join(known)}"
                raise FormulaError(f"block {name!r} names {term.text}, which the formula does not have", where=spec.formula, remedy=hint)
            if term.text in home:
                raise FormulaError(
                    f"{term.text} is in block {home[term.text]!r} and in block {name!r}", where=spec.formula, remedy="keep it in one"
                )
            home[term.text] = name
    missing = [text for text in known if text not in home]
    if missing:
        raise FormulaError(f"{missing[0]} is in no block", where=spec.formula, remedy="put it in a block, or absorb it as an effect")
    return home


def _term_text(column: DesignColumn) -> str:
    """The term that a design column was written out from."""
    return ":".join(part.category.text if isinstance(part, Level) else part.text for part in column.parts)
