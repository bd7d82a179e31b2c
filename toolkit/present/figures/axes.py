"""Number axes that can be read: thousands separated, no bare exponent in a corner, years as whole numbers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from matplotlib.ticker import LogLocator, MaxNLocator, NullLocator, ScalarFormatter

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure


class Thousands(ScalarFormatter):
    """Plain numbers up to a million, separated by thousands from 10,000; a common power of ten outside that range."""

    def __init__(self) -> None:
        super().__init__(useOffset=False, useMathText=False)
        self.set_powerlimits((-4, 6))

    def __call__(self, x: float, pos: int | None = None) -> str:
        """The text of a tick at ``x``."""
        text: str = super().__call__(x, pos)
        whole, point, rest = text.partition(".")
        digits = whole.lstrip("−-")
        if not digits.isdigit() or len(digits) < 5:
            return text
        return f"{whole[: len(whole) - len(digits)]}{int(digits):,}{point}{rest}"


def plain(x: float, _position: float | None = None) -> str:
    """A tick of a log axis: 0.5, 20, 5,000; as a power of ten only outside 0.0001 to ten million.

    Examples
    --------
    >>> plain(0.5), plain(5000.0), plain(2e9)
    ('0.5', '5,000', '2e9')
    """
    if 1e-4 <= x < 1e7:
        return f"{x:,.0f}" if x >= 1 and float(x).is_integer() else f"{x:g}"
    return f"{x:.0e}".replace("e+0", "e").replace("e+", "e").replace("e-0", "e−").replace("e-", "e−")


def number_axis(axis: Axis, most: int = 7) -> None:
    """Ticks of a linear axis of quantities."""
    axis.set_major_locator(MaxNLocator(nbins=most, steps=[1, 2, 2.5, 5, 10]))
    axis.set_major_formatter(Thousands())


def log_axis(axis: Axis) -> None:
    """Ticks of a logarithmic axis that is already filled: every decade, and 2 and 5 between them when few decades are seen."""
    low, high = axis.get_view_interval()
    few = math.log10(high / low) < 3.2
    axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if few else (1.0,), numticks=12))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(plain)


def year_axis(axis: Axis, most: int = 9) -> None:
    """Ticks of an axis of years: whole numbers without separators."""
    axis.set_major_locator(MaxNLocator(nbins=most, integer=True, min_n_ticks=1))
    axis.set_major_formatter("{x:.0f}")


def powers_into_labels(figure: Figure) -> None:
    """Move the power of ten of an axis from its corner, where it hides the legend, into the label of the axis."""
    for axes in figure.axes:
        for axis in (axes.xaxis, axes.yaxis):
            formatter = axis.get_major_formatter()
            ticks = axis.get_tick_params()
            if isinstance(formatter, Thousands) and (ticks.get("labelleft") or ticks.get("labelbottom")):
                formatter.set_locs(list(axis.get_majorticklocs()))
                power = formatter.get_offset()
                axis.get_offset_text().set_visible(False)
                if power:
                    exponent = int(power.partition("e")[2].replace("−", "-"))
                    axis.set_label_text(rf"{axis.get_label_text()} [$\times 10^{{{exponent}}}$]".strip())


def reference_line(axes: Axes, value: float, direction: str, *, colour: str, style: str = "--", label: str | None = None) -> None:
    """A thin line across the axes at ``value`` on the axis named by ``direction`` ("x" or "y")."""
    draw = axes.axvline if direction == "x" else axes.axhline
    draw(value, color=colour, linestyle=style, linewidth=1.0, label=label, zorder=1.5)
