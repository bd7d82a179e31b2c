"""The result of :func:`toolkit.estimate.quantile.fit.fit_quantile`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pandas as pd

from toolkit.errors import UnknownOption
from toolkit.estimate.result import Estimate


@dataclass(frozen=True, eq=False, repr=False)
class QuantileFit:
    """Estimates at several quantiles.

    Attributes
    ----------
    quantiles : in increasing order.
    estimates : one per quantile, method "quantile".
    location, scale : coefficients of the conditional mean and of the scale, for fits with absorbed effects; None without.
    """

    quantiles: tuple[float, ...]
    estimates: tuple[Estimate, ...]
    location: Estimate | None = None
    scale: Estimate | None = None

    def __iter__(self) -> Iterator[Estimate]:
        return iter(self.estimates)

    def __len__(self) -> int:
        return len(self.estimates)

    def __getitem__(self, quantile: float) -> Estimate:
        """The estimate at a quantile, for example ``fit[0.5]``."""
        for q, estimate in zip(self.quantiles, self.estimates, strict=True):
            if abs(q - quantile) < 1e-12:
                return estimate
        raise UnknownOption(
            f"there is no estimate at the quantile {quantile:g}", remedy=f"it has {', '.join(f'{q:g}' for q in self.quantiles)}"
        )

    def tidy(self, level: float = 0.95) -> pd.DataFrame:
        """One row per quantile and coefficient: quantile, term, estimate, std_error, statistic, p_value, conf_low, conf_high."""
        frames = [e.tidy(level).assign(quantile=q) for q, e in zip(self.quantiles, self.estimates, strict=True)]
        frame = pd.concat(frames, ignore_index=True)
        return frame[["quantile", *frame.columns.drop("quantile")]]

    def __repr__(self) -> str:
        from toolkit.estimate.show import facts

        head = f"quantile: {self.estimates[0].spec.formula}"
        return "\n".join([head, self.tidy().round(4).to_string(index=False), *facts(self.estimates[0])])

    def _repr_html_(self) -> str:
        return "".join(f"<h4>Quantile {q:g}</h4>{e._repr_html_()}" for q, e in zip(self.quantiles, self.estimates, strict=True))
