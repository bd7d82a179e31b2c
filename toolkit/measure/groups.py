"""The groups of a decomposition: labels as codes, refused by name where a group cannot be decomposed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from toolkit.errors import MeasureError
from toolkit.measure.values import named, same_rows
from toolkit.numerics import Floats


@dataclass(frozen=True)
class Groups:
    """Units cut into K groups.

    Attributes
    ----------
    codes : (n,) group of each unit, 0..K-1.
    names : K names, sorted as text; in the order of the categories when the labels are categorical.
    """

    codes: NDArray[np.intp]
    names: tuple[str, ...]

    def sums(self, values: Floats) -> Floats:
        """(K,) sum of ``values`` (n,) in each group."""
        return np.bincount(self.codes, values, minlength=len(self.names)).astype(np.float64, copy=False)


def checked_groups(groups: ArrayLike, values: ArrayLike, weights: Floats, what: str) -> Groups:
    """The groups of ``values``, each with at least one unit and a positive weight.

    Parameters
    ----------
    groups : (n,) labels of any kind; a categorical keeps its order.
    values : (n,) as the caller gave them, to compare the index.
    weights : (n,) checked weights.

    Raises
    ------
    MeasureError
        On a missing or blank label, another length or index than the values, a category without units, or a group without weight.
    """
    if np.ndim(groups) > 1:
        raise MeasureError(f"{what} got a table of shape {np.shape(groups)} as groups", remedy="give one column of labels")
    labels = groups if isinstance(groups, pd.Series) else pd.Series(groups)
    if len(labels) != weights.size:
        raise MeasureError(f"{what} got {weights.size} values and {len(labels)} groups", remedy="give one group per value")
    same_rows(values, groups, "groups", what)
    codes, names = _coded(labels)
    unknown = codes < 0
    if unknown.any():
        raise MeasureError(
            f"a group is missing in {what}: {int(unknown.sum())} units have no label",
            where=f"first at {named(labels.index[int(np.argmax(unknown))])}",
            remedy="give each unit a group, or leave these units out and say so",
        )
    held = np.bincount(codes, minlength=len(names))
    share = np.bincount(codes, weights, minlength=len(names))
    for k, name in enumerate(names):
        if held[k] == 0:
            raise MeasureError(
                f"{what} got an empty group: no unit is in {name!r}", remedy="groups.cat.remove_unused_categories(), or check the filter"
            )
        if share[k] == 0:
            raise MeasureError(f"{what} got a group without weight: {name!r}", remedy="leave the group out, or correct the weights")
    return Groups(codes, names)


def _coded(labels: pd.Series) -> tuple[NDArray[np.intp], tuple[str, ...]]:
    """Codes (-1 where a label is missing or blank) and names; labels that read alike are one group."""
    if isinstance(labels.dtype, pd.CategoricalDtype):
        found, texts = labels.cat.codes.to_numpy(), [str(level) for level in labels.cat.categories]
        names = list(dict.fromkeys(texts))
    else:
        found, levels = pd.factorize(labels)
        texts = [str(level) for level in levels]
        names = sorted(set(texts))
    names = [name for name in names if name.strip()]
    place = {name: k for k, name in enumerate(names)}
    lookup = np.array([*(place.get(text, -1) for text in texts), -1], dtype=np.intp)
    return lookup[found], tuple(names)
