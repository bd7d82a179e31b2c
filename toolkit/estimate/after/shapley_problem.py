r"""The rows, columns and blocks of a decomposition of R squared, read and checked.

The decomposition is a game over blocks of regressors: the R squared of every coalition from one Gram matrix, and the shares that follow
from it.

The worth of a coalition S of columns is its R squared, v(S) = c_S' C_SS^+ c_S / c_yy, from cross-products with the effects removed.

.. math:: \phi_j = \sum_{S \not\ni j} \frac{|S|! (k - |S| - 1)!}{k!} [v(S \cup j) - v(S)], \qquad \sum_j \phi_j = v(K)
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import comb
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from toolkit.errors import FormulaError, NothingToEstimate, TooFewClusters, UnknownOption
from toolkit.estimate.formula.spec import Spec, parse, refuse_instruments, refuse_slopes
from toolkit.estimate.linear.least_squares import centre, require_rows, require_variation
from toolkit.estimate.rows.grouping import Grouping
from toolkit.estimate.rows.options import Options
from toolkit.estimate.rows.sample import Sample, select
from toolkit.estimate.rows.source import source_of
from toolkit.estimate.solve.absorb import make_absorber
from toolkit.estimate.solve.kernels import norms
from toolkit.estimate.solve.omission import flat_reason, is_flat
from toolkit.numerics import SIZE_LEFT, UNIT_LEFT, Floats

if TYPE_CHECKING:
    import pandas as pd

    from toolkit.panel import Panel

Coalition = tuple[int, ...]

SAME_R2 = 1e-12  # differences of R squared below this are rounding


def worths(grams: Floats, coalitions: Sequence[Coalition]) -> Floats:
    """(draws, c) R squared of the outcome on each coalition of columns.

    Collinear columns count once: what is measured is the space that they span.

    Parameters
    ----------
    grams : (draws, 1 + m, 1 + m) cross-products, the outcome first; the outcome must vary.
    coalitions : c tuples of columns 1..m.

    Examples
    --------
    >>> worths(np.array([[[4.0, 2.0, 0.0], [2.0, 2.0, 0.0], [0.0, 0.0, 1.0]]]), [(), (1,), (2,), (1, 2)]).tolist()
    [[0.0, 0.5, 0.0, 0.5]]
    """
    # b: draws, i and j: columns, the outcome first; correlations, so that ranks do not hang on units
    own = np.sqrt(np.maximum(np.einsum("bii->bi", grams), 0.0))
    scale = np.where(own > 0, own, 1.0)
    correlation = grams / (scale[:, :, None] * scale[:, None, :])
    found = np.zeros((len(grams), len(coalitions)))
    for place, coalition in enumerate(coalitions):
        if coalition:
            at = list(coalition)
            # R squared of the coalition: squared correlations along its principal axes, those without variance left out
            values, vectors = np.linalg.eigh(correlation[:, at][:, :, at])
            along = np.einsum("bij,bi->bj", vectors, correlation[:, at, 0])
            found[:, place] = np.where(values > UNIT_LEFT, along**2 / np.where(values > UNIT_LEFT, values, 1.0), 0.0).sum(axis=1)
    return found


@dataclass(frozen=True)
class Game:
    """The arithmetic of coalitions of ``players`` players: coalition number s holds player j where bit j of s is one."""

    players: int

    @property
    def coalitions(self) -> list[Coalition]:
        """The 2^k coalitions as tuples of players."""
        return [tuple(j for j in range(self.players) if s >> j & 1) for s in range(2**self.players)]

    def without(self, *absent: int) -> Iterator[int]:
        """Numbers of the coalitions that none of ``absent`` is in."""
        return (s for s in range(2**self.players) if not any(s >> j & 1 for j in absent))

    @cached_property
    def weights(self) -> Floats:
        """(k, 2^k) so that the Shapley values are ``weights @ worth``."""
        found = np.zeros((self.players, 2**self.players))
        for j in range(self.players):
            for s in self.without(j):
                weight = 1.0 / (self.players * comb(self.players - 1, s.bit_count()))
                found[j, s | 1 << j] += weight
                found[j, s] -= weight
        return found

    def increments(self, worth: Floats) -> Floats:
        """(k, k) mean gain of player j (column) over the coalitions of s others (row s): conditional dominance.

        The mean of column j is its Shapley value.
        """
        found = np.zeros((self.players, self.players))
        for j in range(self.players):
            for s in self.without(j):
                found[s.bit_count(), j] += (worth[s | 1 << j] - worth[s]) / comb(self.players - 1, s.bit_count())
        return found

    def complete(self, worth: Floats) -> NDArray[np.bool_]:
        """(k, k) whether player i (row) adds at least as much as j to every coalition of the others, and more to one."""
        found = np.zeros((self.players, self.players), dtype=bool)
        for i in range(self.players):
            for j in range(self.players):
                if i != j:
                    ahead = np.array([worth[s | 1 << i] - worth[s | 1 << j] for s in self.without(i, j)])
                    found[i, j] = bool((ahead >= -SAME_R2).all() and (ahead > SAME_R2).any())
        return found


def block_coalitions(blocks: Sequence[Coalition]) -> list[Coalition]:
    """The columns of each of the 2^k coalitions of whole blocks."""
    return [tuple(column for j in coalition for column in blocks[j]) for coalition in Game(len(blocks)).coalitions]


def owen_terms(blocks: Sequence[Coalition]) -> tuple[list[Coalition], Floats]:
    """Coalitions of columns, and weights (m, c) so that the Owen values of the m columns are ``weights @ worth``.

    The other blocks enter whole or not at all, the columns of the own block one by one (Owen 1977); the values of the columns of a block
    add up to the Shapley value of the block. Columns are numbered from 1, as in ``blocks``.
    """
    index: dict[Coalition, int] = {}
    entries: list[tuple[int, int, float]] = []
    outer = Game(len(blocks))
    for j, block in enumerate(blocks):
        inner = Game(len(block))
        for others in outer.without(j):
            outside = tuple(column for i in range(len(blocks)) if others >> i & 1 for column in blocks[i])
            share = 1.0 / (outer.players * comb(outer.players - 1, others.bit_count()))
            for s, members in enumerate(inner.coalitions):
                coalition = tuple(sorted((*outside, *(block[i] for i in members))))
                place = index.setdefault(coalition, len(index))
                entries += [(block[i] - 1, place, share * inner.weights[i, s]) for i in range(len(block))]
    weights = np.zeros((sum(map(len, blocks)), len(index)))
    for row, place, weight in entries:
        weights[row, place] += weight
    return list(index), weights


Blocks = Mapping[str, Sequence[str]]

_MOST_COALITIONS = 100_000


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
            constant = bool(moments.varying[j + 1] <= SIZE_LEFT * moments.size[j + 1])
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
    options = Options.read(source, cluster=cluster, weights=weights)
    sample = select(spec, source, options)
    of_column = [home[column.term] for column in sample.columns]
    members = tuple(tuple(1 + i for i, name in enumerate(of_column) if name == block) for block in blocks)
    hollow = [name for name, columns in zip(blocks, members, strict=True) if not columns]
    if hollow:
        raise NothingToEstimate(f"block {hollow[0]!r} has no column: its categories have one level", where=formula, remedy="leave it out")
    size = sum(2 ** len(columns) for columns in members) * 2 ** (len(members) - 1)
    if size > _MOST_COALITIONS:
        raise UnknownOption(
            f"{len(members)} blocks with {len(of_column)} columns have {size:,} coalitions",
            remedy=f"form fewer or smaller blocks: at most {_MOST_COALITIONS:,} coalitions",
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
