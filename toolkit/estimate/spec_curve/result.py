"""The answer: one row for each cell of the curve."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from toolkit.errors import UnknownOption
from toolkit.estimate.spec_curve.choices import Choices, Rows
from toolkit.language import Note
from toolkit.report import Report, ReportMixin, ReportTable, number, warned

_CHOICES = ("outcome", "treatment", "controls", "effects", "sample", "weights")


@dataclass(frozen=True, eq=False, repr=False)
class SpecificationCurve(ReportMixin):
    """The estimates of all cells.

    Attributes
    ----------
    frame : one row for each cell. Its choices: ``outcome, treatment, controls, effects, sample, weights`` ("" for none) and ``formula``,
        which :func:`toolkit.estimate.fit` reads. Its answer: ``estimate, std_error, statistic, p_value, conf_low, conf_high, df_t, rows,
        clusters``; then ``omitted`` (controls left out, with the reason), ``dropped`` (rows left out, by reason), ``note``, and
        ``reason``: why the cell could not be estimated, "" where it was. Only cells with a reason have missing numbers.
    choices : what was asked.
    controls : the q candidates.
    includes : (cells, q) which of them each cell holds.
    clusters : the cluster variables.
    small_sample : the convention of the factor.
    rows : "common" or "own".
    level : of the intervals; p-values below 1 - level are significant.
    reference : a value to compare with, or None.
    warnings : what the reader must know.
    """

    frame: pd.DataFrame
    choices: Choices
    controls: tuple[str, ...]
    includes: NDArray[np.bool_]
    clusters: tuple[str, ...]
    small_sample: str
    rows: Rows
    level: float
    reference: float | None = None
    warnings: tuple[Note, ...] = field(default=())

    def __post_init__(self) -> None:
        self.includes.setflags(write=False)

    def __len__(self) -> int:
        return len(self.frame)

    @property
    def estimated(self) -> pd.DataFrame:
        """The rows of the frame with an estimate."""
        return self.frame[self.frame["reason"] == ""]

    @property
    def median(self) -> float:
        """Median of the estimates."""
        return float(self.estimated["estimate"].median())

    @property
    def share_significant(self) -> float:
        """Share of the estimated cells with a p-value below 1 - level."""
        return float((self.estimated["p_value"] < 1 - self.level).mean())

    @property
    def share_holding_reference(self) -> float:
        """Share of the intervals that hold the reference value.

        Raises
        ------
        UnknownOption
            If no reference was given.
        """
        if self.reference is None:
            raise UnknownOption("the curve has no reference value", remedy="specification_curve(..., reference=0.38)")
        found = self.estimated
        return float(((found["conf_low"] <= self.reference) & (self.reference <= found["conf_high"])).mean())

    def tidy(self) -> pd.DataFrame:
        """A copy of the frame."""
        return self.frame.copy()

    def glance(self) -> pd.DataFrame:
        """One row: cells, median and range of the estimates, shares of significant ones, share of intervals that hold the reference."""
        found = self.estimated
        significant = found["p_value"] < 1 - self.level
        facts: dict[str, object] = {
            "cells": len(self.frame),
            "estimated": len(found),
            "median": self.median,
            "lowest": float(found["estimate"].min()),
            "highest": float(found["estimate"].max()),
            "share_positive": float((found["estimate"] > 0).mean()),
            "share_significant": self.share_significant,
            "share_significant_positive": float((significant & (found["estimate"] > 0)).mean()),
            "share_significant_negative": float((significant & (found["estimate"] < 0)).mean()),
            "rows_least": int(found["rows"].min()),
            "rows_most": int(found["rows"].max()),
        }
        if self.reference is not None:
            facts |= {"reference": self.reference, "share_holding_reference": self.share_holding_reference}
        return pd.DataFrame([facts])

    def by(self, choice: str) -> pd.DataFrame:
        """Median, range and share of significant estimates for each value of one choice; a control is in or out.

        Parameters
        ----------
        choice : "outcome", "treatment", "effects", "sample", "weights", "controls", or one of the controls.

        Raises
        ------
        UnknownOption
        """
        if choice in self.controls:
            values = pd.Series(np.where(self.includes[:, self.controls.index(choice)], "in", "out"), name=choice)
        elif choice in _CHOICES:
            values = self.frame[choice]
        else:
            raise UnknownOption(f"{choice!r} is no choice of the curve", remedy=f"choices: {', '.join([*_CHOICES, *self.controls])}")
        found = self.estimated.assign(significant=self.estimated["p_value"] < 1 - self.level)
        groups = found.groupby(values.loc[found.index].rename(choice), sort=False)
        columns = {
            "cells": ("estimate", "size"),
            "median": ("estimate", "median"),
            "lowest": ("estimate", "min"),
            "highest": ("estimate", "max"),
            "share_significant": ("significant", "mean"),
        }
        return groups.agg(**columns).reset_index()

    def facts(self) -> list[str]:
        """What a reader must know, as sentences."""
        look = self.glance().iloc[0]
        least, most = int(look["rows_least"]), int(look["rows_most"])
        held = {"common": "common to all sets of controls", "own": "those that each set of controls has"}[self.rows]
        lines = [
            f"{int(look['estimated'])} of {len(self)} cells estimated; clustered by {' and '.join(self.clusters)} ({self.small_sample})",
            f"Rows: {least if least == most else f'{least} to {most}'}, {held}",
            f"Median {number(look['median'])}, from {number(look['lowest'])} to {number(look['highest'])}",
            f"{look['share_significant']:.1%} significant at {1 - self.level:.3g}: {look['share_significant_positive']:.1%} positive, "
            f"{look['share_significant_negative']:.1%} negative",
        ]
        if self.reference is not None:
            lines.append(f"{look['share_holding_reference']:.1%} of the {self.level:.0%} intervals include {number(self.reference)}")
        reasons = Counter(reason for reason in self.frame["reason"] if reason)
        lines += [f"Not estimated: {count} cells, {reason}" for reason, count in reasons.most_common(5)]
        return [*lines, *warned(self.warnings)]

    def _report(self) -> Report:
        return Report("Specification curve", lines=tuple(self.facts()))

    def _page(self) -> Report:
        varied = [name for name in _CHOICES if name != "controls" and self.frame[name].nunique() > 1]
        varied += [control for j, control in enumerate(self.controls) if self.includes[:, j].any()]
        return replace(self._report(), tables=tuple(self._rows(choice) for choice in varied))

    def _rows(self, choice: str) -> ReportTable:
        """The estimates by the values of one choice."""
        values = self.by(choice).itertuples(index=False, name=None)
        cells = [
            (str(value) or "none", number(median), number(lowest), number(highest), f"{significant:.1%}", str(count))
            for value, count, median, lowest, highest, significant in values
        ]
        return ReportTable((choice, "median", "lowest", "highest", "significant", "cells"), tuple(cells))
