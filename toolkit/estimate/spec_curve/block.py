"""All models that share outcome, treatment, effects, weights and rows: the rows are chosen and rid of the effects once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from toolkit.errors import EstimationError, NothingToEstimate
from toolkit.estimate.formula.spec import Spec
from toolkit.estimate.linear.least_squares import centre, require_rows, require_variation, uncounted_effects
from toolkit.estimate.rows.options import CovarianceInfo, Options, collinear_with
from toolkit.estimate.rows.sample import Sample, select
from toolkit.estimate.rows.source import Source
from toolkit.estimate.solve.absorb import make_absorber
from toolkit.estimate.solve.covariance import cluster_info, counted_effects, signed_clusters
from toolkit.estimate.solve.kernels import Absorber, norms
from toolkit.estimate.solve.omission import CLEARLY_INDEPENDENT, flat_reason, independent, is_flat
from toolkit.estimate.spec_curve.compress import Compressed, TreatmentCoordinates, compress
from toolkit.language import Note
from toolkit.numerics import SIZE_LEFT, Floats


@dataclass(frozen=True)
class Block:
    """The rows of several models, compressed.

    Attributes
    ----------
    sample : the n rows. Its matrix is used up.
    options : how standard errors are computed.
    absorber : the absorbed effects, None if there are none.
    small : outcome, constant (where nothing is absorbed) and all controls of which something is left, each of length one.
    treatment : (n,) the treatment, effects removed, root weights multiplied in, of length one; ``placed`` is it in the basis.
    scale : (outcome, treatment) lengths that were divided out.
    outcome_size : raw length of the outcome, the measure of rounding.
    treatment_size : length of the treatment about its mean over that without effects.
    names : names of the columns of ``small``, then of the treatment.
    sizes : their raw lengths over their lengths without effects.
    flat : (name, reason) of the controls of which nothing is left.
    """

    sample: Sample
    options: Options
    absorber: Absorber | None
    small: Compressed
    treatment: Floats
    placed: TreatmentCoordinates
    scale: tuple[float, float]
    outcome_size: float
    treatment_size: float
    names: tuple[str, ...]
    sizes: Floats
    flat: dict[str, Note]

    @property
    def constant(self) -> tuple[int, ...]:
        """Position of the constant in ``small``; nothing where effects are absorbed."""
        return () if self.sample.effects else (1,)

    @property
    def rank(self) -> int:
        """Independent absorbed effects."""
        return self.absorber.rank if self.absorber else 0

    def counted(self, entity: str) -> int:
        """How many absorbed effects count in K."""
        sample = self.sample
        return counted_effects(effects=sample.named_effects, rank=self.rank, entity=entity, clusters=sample.clusters, options=self.options)

    def uncounted(self, entity: str) -> list[Note]:
        """The warning of effects that ought to count."""
        return uncounted_effects(self.sample.named_effects, entity, self.sample.clusters, self.options)

    def prepare(self, treatments: Floats) -> Floats:
        """``treatments`` (B, n) with effects removed and root weights multiplied in; works in place."""
        w = self.sample.weights
        treatments -= (treatments.mean(axis=1) if w is None else (treatments @ w) / w.sum())[:, None]
        if self.absorber:
            self.absorber.demean(treatments)
        if w is not None:
            treatments *= np.sqrt(w)
        return treatments


def make_block(spec: Spec, source: Source, options: Options, outside: tuple[Note, NDArray[np.bool_]] | None) -> Block:
    """Choose the rows of ``spec``, remove its effects, and compress. The first regressor is the treatment.

    Raises
    ------
    EmptySample, NothingToEstimate, NotConverged, TooFewClusters, EstimationError
    """
    sample = select(spec, source, options, outside=outside)
    cluster_info(n=sample.rows, df_residual=sample.rows, counted=0, clusters=sample.clusters, options=options)
    matrix, w = sample.matrix, sample.weights
    moments = centre(matrix, w)
    absorber = make_absorber(sample.effects, w) if sample.effects else None
    if absorber:
        absorber.demean(matrix)
    require_variation(sample, moments, sample.named_effects)
    lengths = norms(matrix, w)
    gone = is_flat(lengths, moments.varying, moments.size)
    reasons = {
        sample.names[j - 1]: flat_reason(
            sample.raw(j - 1), bool(moments.varying[j] <= SIZE_LEFT * moments.size[j]), sample.named_effects, w
        )
        for j in range(1, len(matrix))
        if gone[j]
    }
    if gone[1]:
        raise NothingToEstimate(
            f"the treatment {sample.names[0]} cannot be estimated: {reasons[sample.names[0]]}",
            where=spec.formula,
            remedy="absorb fewer effects, or use a treatment that varies within them",
        )
    if w is not None:
        matrix *= np.sqrt(w)
    standing = [j for j in range(2, len(matrix)) if not gone[j]]
    order = [0, *standing, 1]
    treatment = matrix[1] / lengths[1]
    for to, row in enumerate(order[:-1]):  # in place, because a large new array costs more than the arithmetic
        np.divide(matrix[row], lengths[row], out=matrix[to])
    matrix[len(order) - 1] = treatment
    scaled = matrix[: len(order)]
    names, sizes = [sample.spec.outcome, *(sample.names[j - 1] for j in [*standing, 1])], moments.size[order] / lengths[order]
    if not sample.effects:
        ones = np.ones(sample.rows) if w is None else np.sqrt(w)
        scaled = np.insert(scaled, 1, ones / np.linalg.norm(ones), axis=0)
        names.insert(1, "")
        sizes = np.insert(sizes, 1, 1.0)
    small, placed = compress(scaled, signed_clusters(sample.clusters, options))
    return Block(
        sample=sample,
        options=options,
        absorber=absorber,
        small=small,
        treatment=treatment,
        placed=placed,
        scale=(float(lengths[0]), float(lengths[1])),
        outcome_size=float(moments.size[0]),
        treatment_size=float(moments.varying[1] / lengths[1]),
        names=tuple(names),
        sizes=sizes,
        flat=reasons,
    )


@dataclass(frozen=True)
class Model:
    """One set of controls in a block.

    Attributes
    ----------
    columns : columns of ``small`` that are regressors, the constant included; without those that say the same as others.
    omitted : (name, reason).
    """

    columns: tuple[int, ...]
    omitted: tuple[tuple[str, Note], ...]


def models_of(block: Block, sets: Sequence[Sequence[str]]) -> list[Model]:
    """Which columns each set of terms keeps, by the rule of the core: treatment first, then in the order written.

    Where all columns together are clearly independent so are those of any set; only otherwise each set is looked at.
    """
    owner = {column.text: column.term for column in block.sample.columns[1:]}
    standing = [(j, block.names[j]) for j in range(1 + len(block.constant), len(block.names) - 1)]
    owners = [owner[name] for _, name in standing]
    treatment = np.append(block.placed.inside[0], block.placed.beside[0])
    rows = np.vstack([treatment, *(np.append(block.small.columns[:, j], 0.0) for j, _ in standing)])
    correlation = rows @ rows.T
    clear = bool(np.linalg.eigvalsh(correlation)[0] > CLEARLY_INDEPENDENT)
    found = []
    for terms in sets:
        wanted = set(terms)
        at = [i for i, term in enumerate(owners, start=1) if term in wanted]
        omitted = [(name, reason) for name, reason in block.flat.items() if owner[name] in wanted]
        if not clear and np.linalg.eigvalsh(correlation[np.ix_([0, *at], [0, *at])])[0] <= CLEARLY_INDEPENDENT:
            names = [block.names[-1], *(standing[i - 1][1] for i in at)]
            sizes = block.sizes[[-1, *(standing[i - 1][0] for i in at)]]
            kept, partners = independent(rows[[0, *at]], sizes, None)
            omitted += [(names[i], collinear_with([names[p] for p in with_])) for i, with_ in partners.items()]
            at = [at[i - 1] for i in kept if i]
        found.append(Model((*block.constant, *(standing[i - 1][0] for i in at)), tuple(omitted)))
    return found


def conventions_of(block: Block, models: Sequence[Model], entity: str) -> dict[int, CovarianceInfo | str]:
    """For each number of columns the small-sample convention, or why models of that size cannot be estimated."""
    sample, rank, options = block.sample, block.rank, block.options
    effects = block.counted(entity)
    found: dict[int, CovarianceInfo | str] = {}
    for size in {len(model.columns) for model in models}:
        try:
            require_rows(sample, 1 + size, rank)
            found[size] = cluster_info(
                n=sample.rows,
                df_residual=sample.rows - 1 - size - rank,
                counted=1 + size + effects,
                clusters=sample.clusters,
                options=options,
            )
        except EstimationError as error:
            found[size] = error.what
    return found
