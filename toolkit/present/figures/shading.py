"""Values to colours for tiles and maps, and the bar that explains them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from toolkit.present import formats
from toolkit.present.figures.canvas import wrap
from toolkit.present.style import DIVERGING, INK, SEQUENTIAL

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap, Normalize
    from matplotlib.figure import Figure

Palette = Literal["sequential", "diverging", "quantile"]
PALETTES: tuple[Palette, ...] = ("sequential", "diverging", "quantile")


@dataclass(frozen=True)
class Shading:
    """Values to colours: the colour map, its scale, and the limits of the classes if there are classes."""

    colours: Colormap
    scale: Normalize
    classes: tuple[float, ...] = ()

    def colour(self, value: float) -> str:
        """The colour of ``value`` as #rrggbb."""
        from matplotlib.colors import to_hex

        return to_hex(self.colours(self.scale(value)))


def shading_of(values: NDArray[np.float64], palette: Palette, centre: float) -> Shading:
    """The shading that covers all finite ``values``: light to dark, around ``centre``, or in five classes of equal size.

    Quantiles that coincide are joined; with a single class left, light to dark is used.
    """
    import matplotlib
    from matplotlib.colors import BoundaryNorm, LinearSegmentedColormap, ListedColormap, Normalize, TwoSlopeNorm

    seen = values[np.isfinite(values)]
    low, high = float(seen.min()), float(seen.max())
    if palette == "diverging":
        reach = max(high - centre, centre - low) or 1.0
        return Shading(matplotlib.colormaps[DIVERGING], TwoSlopeNorm(centre, centre - reach, centre + reach))
    source = matplotlib.colormaps[SEQUENTIAL](np.linspace(0.04, 0.92, 256))
    limits = np.unique(np.quantile(seen, np.linspace(0, 1, 6)))
    if palette == "quantile" and len(limits) > 2:
        shades = ListedColormap(source[np.linspace(0, 255, len(limits) - 1).astype(int)])
        return Shading(shades, BoundaryNorm(limits, len(limits) - 1), tuple(float(limit) for limit in limits))
    margin = 0.0 if high > low else 0.5 * (abs(high) or 1.0)
    return Shading(LinearSegmentedColormap.from_list("sequential", source), Normalize(low - margin, high + margin))


def common_power(values: NDArray[np.float64]) -> int:
    """The power of ten that is taken out of values that would be too long to write: a multiple of three, 0 from 0.01 to a million.

    Examples
    --------
    >>> common_power(np.array([2.5e9, np.nan])), common_power(np.array([999_999.0])), common_power(np.array([-3e-5]))
    (9, 0, -6)
    """
    largest = float(np.nanmax(np.abs(values)))
    if largest == 0 or 0.01 <= largest < 1e6:
        return 0
    return 3 * math.floor(math.log10(largest) / 3)


def decimals_for(values: NDArray[np.float64]) -> int:
    """Digits after the point with which values can be told apart at a glance.

    Examples
    --------
    >>> decimals_for(np.array([0.28, 6.58])), decimals_for(np.array([21.5])), decimals_for(np.array([3.0, 7.0]))
    (2, 1, 0)
    """
    largest = float(np.nanmax(np.abs(values)))
    whole = bool(np.all(np.isnan(values) | (values == np.round(values))))
    return 0 if largest >= 100 or whole else 1 if largest >= 20 else 2


def scale_bar(figure: Figure, panels: list[Axes], shading: Shading, legend: str, digits: int) -> None:
    """A horizontal bar under the panels with the colours, their values (or class limits), and the label with its unit."""
    from matplotlib.cm import ScalarMappable

    shades = ScalarMappable(norm=shading.scale, cmap=shading.colours)
    bar = figure.colorbar(shades, ax=panels, location="bottom", fraction=0.035, pad=0.015, aspect=45, shrink=0.72)
    if shading.classes:
        bar.set_ticks(list(shading.classes), labels=[formats.fixed(limit, digits) for limit in shading.classes])
    bar.outline.set_visible(False)
    bar.ax.tick_params(labelsize=7, color=INK)
    bar.set_label(wrap(legend, float(figure.get_figwidth()) * 0.8, 8.0), fontsize=8)


def with_power(legend: str, power: int) -> str:
    """The legend with the power of ten that was taken out of the values.

    Examples
    --------
    >>> with_power("GDP (yuan)", 9), with_power("GDP", 0)
    ('GDP (yuan) [$\\\\times 10^{9}$]', 'GDP')
    """
    return rf"{legend} [$\times 10^{{{power}}}$]".strip() if power else legend
