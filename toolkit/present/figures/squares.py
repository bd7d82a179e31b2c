"""What the tile grids share: provinces in rows and panels in columns, and 34 squares with a name and a text in each.

Their colours follow from values as those of maps do, and a bar explains them.
"""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from toolkit.data.provinces import canonical, is_province
from toolkit.errors import PresentationError, UnknownProvince
from toolkit.language import Language, Text
from toolkit.present.figures.canvas import text_width, wrap
from toolkit.present.style import DIVERGING, INK, MUTED, SEQUENTIAL, WIDTHS, Width, ink_on
from toolkit.present.words import formats
from toolkit.present.words.labels import PROVINCES, province_label

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


def shading_of(values: NDArray[np.float64], palette: Palette, neutral: float) -> Shading:
    """The shading that covers all finite ``values``: light to dark, around ``neutral``, or in five classes of equal size.

    Quantiles that coincide are joined; with a single class left, light to dark is used.
    """
    import matplotlib
    from matplotlib.colors import BoundaryNorm, LinearSegmentedColormap, ListedColormap, Normalize, TwoSlopeNorm

    seen = values[np.isfinite(values)]
    low, high = float(seen.min()), float(seen.max())
    if palette == "diverging":
        reach = max(high - neutral, neutral - low) or 1.0  # both sides alike, so that equal distances have equal depth
        return Shading(matplotlib.colormaps[DIVERGING], TwoSlopeNorm(neutral, neutral - reach, neutral + reach))
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


def scale_bar(figure: Figure, panels: list[Axes], *, shading: Shading, legend: str, digits: int) -> None:
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


_ROWS: Final = (
    "........黑",
    ".......吉.",
    "....蒙.辽..",
    "新..宁晋京津..",
    ".甘.陕豫冀鲁..",
    "藏青川渝鄂皖苏沪.",
    "..云贵湘赣浙.台",
    "...桂粤闽...",
    "...琼澳港...",
)
_SIGNS: Final = "京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川贵云藏陕甘青宁新港澳台"
_CODES: Final = (
    *(11, 12, 13, 14, 15, 21, 22, 23, 31, 32, 33, 34, 35, 36, 37, 41, 42, 43, 44, 45, 46, 50, 51, 52, 53, 54, 61, 62, 63, 64, 65),
    *(81, 82, 71),
)
_LETTERS: Final = "BJTJHESXNMLNJLHLSHJSZJAHFJJXSDHAHBHNGDGXHICQSCGZYNXZSNGSQHNXXJHKMOTW"
_FULL: Final = re.compile(r"特别行政区$|省$| SAR$| Province$| Special Administrative Region$")  # of the units outside the tables
_BY_CODE: Final = {f"{code}0000": name for code, name in zip(_CODES, PROVINCES, strict=True)}


def _square(sign: str) -> tuple[int, int]:
    return next((row, line.index(sign)) for row, line in enumerate(_ROWS) if sign in line)


SQUARES: Final[dict[str, tuple[int, int]]] = {name: _square(sign) for name, sign in zip(PROVINCES, _SIGNS, strict=True)}
"""English name -> (row from the top, column from the left), both from 0."""


LETTERS: Final[dict[str, str]] = {name: _LETTERS[2 * i : 2 * i + 2] for i, name in enumerate(PROVINCES)}
"""English name -> the two letters of ISO 3166-2:CN."""

SIGNS: Final[dict[str, str]] = dict(zip(PROVINCES, _SIGNS, strict=True))
"""English name -> the one character that stands for the province in Chinese."""


def province_of(key: object) -> str:
    """The English name of a province that is given by any of its names or codes.

    Known are English and Chinese names, short or full (内蒙古, 内蒙古自治区, Hebei Province), the six-digit code, its first two digits, and
    the code with the country before it (156110000) that official maps use.

    Raises
    ------
    UnknownProvince
        with near names.

    Examples
    --------
    >>> province_of("内蒙古"), province_of(610000), province_of("香港特别行政区")
    ('Inner Mongolia', 'Shaanxi', 'Hong Kong')
    """
    text = str(key).strip().removesuffix(".0")
    if text.isdigit():
        code = text.removeprefix("156") if len(text) == 9 else text + "0000" if len(text) == 2 else text
        if code in _BY_CODE:
            return _BY_CODE[code]
        raise UnknownProvince(f"{text} is not the code of a province", remedy="use six digits, for example 110000 for Beijing")
    name = province_label(text, "en")
    if name not in SQUARES and is_province(text):
        return canonical(text)
    name = name if name in SQUARES else province_label(_FULL.sub("", text), "en")
    if name not in SQUARES:
        near = difflib.get_close_matches(text, [*PROVINCES, *PROVINCES.values()], n=3, cutoff=0.4)
        remedy = f"did you mean {' or '.join(near)}?" if near else "use names such as Inner Mongolia or 内蒙古, or six-digit codes"
        raise UnknownProvince(f"{text!r} is not the name of a province", remedy=remedy)
    return name


Values = Mapping[str, float] | Mapping[int, float] | pd.Series | pd.DataFrame
NO_DATA: Final = Text("no data", "无数据")
_NO_MAP: Final = Text(
    "Equal-area tile grid, not a map; it shows no boundaries. Dashed: no data.",
    "等面积方格示意图，非地图，不表示疆域界线。虚线方格为无数据。",
)
_LETTERS_USED: Final = Text("Letters: ISO 3166-2:CN. ", "")
_LARGEST, _SMALLEST = 7.5, 5.4  # points: of all texts in squares; of names before they give way to two letters
_MOST_PANELS = 9


def by_province(values: Mapping[str, object] | Mapping[int, object] | pd.Series | pd.DataFrame) -> pd.DataFrame:
    """The values under the English names of their provinces, one column per panel, in the order given.

    Raises
    ------
    UnknownProvince
    PresentationError
        if a province occurs twice, or there are no or more than nine panels.

    Examples
    --------
    >>> by_province({"北京": 6.58}).index.tolist()
    ['Beijing']
    """
    table = values if isinstance(values, pd.DataFrame) else pd.Series(dict(values), dtype="object").rename("value").to_frame()
    if not 1 <= table.shape[1] <= _MOST_PANELS:
        raise PresentationError(f"a tile grid has one to nine panels, not {table.shape[1]}", remedy="choose fewer columns")
    names = [province_of(key) for key in table.index]
    twice = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    if twice:
        raise PresentationError(
            f"{twice[0]} has {names.count(twice[0])} values", remedy="pass one value per province, for example of one year"
        )
    return table.set_axis(names, axis=0)


def numbers_by_province(values: Values, figure: str) -> pd.DataFrame:
    """34 provinces x panels, missing where nothing is given.

    Raises
    ------
    UnknownProvince
    PresentationError
        as :func:`by_province`; on text, an infinite value, or a panel without any value.
    """
    table = by_province(values)
    try:
        numbers = table.where(table.notna(), np.nan).astype("float64")
    except (TypeError, ValueError) as error:
        raise PresentationError(f"{figure} needs numbers: {error}", remedy="convert the values first") from error
    infinite = np.isinf(numbers.to_numpy()).any(axis=1)
    if infinite.any():
        raise PresentationError(
            f"{figure} cannot show an infinite value", where=str(numbers.index[int(infinite.argmax())]), remedy="check the division"
        )
    bare = [str(panel) for panel in numbers.columns if numbers[panel].isna().all()]
    if bare:
        where = f"panel {bare[0]}" if numbers.shape[1] > 1 else ""
        raise PresentationError(f"{figure} has no value to show", where=where, remedy="choose a variable and a year with data")
    return numbers.reindex(list(PROVINCES))


@dataclass(frozen=True)
class Grid:
    """How panels of tiles stand: ``across`` and ``down``, each ``side`` inches wide."""

    across: int
    down: int
    side: float

    @property
    def square(self) -> float:
        """Inches of one square; nine of them and a margin make a panel."""
        return self.side / 9.4

    def height(self, below: float) -> float:
        """Inches of the figure, with the heads of the panels and what stands ``below`` them."""
        return min(9.4, self.down * (self.side + 0.22) + below)


def grid_of(panels: int, width: Width) -> Grid:
    """How many panels stand side by side, and how large they are."""
    across = 1 if width == "one" or panels == 1 else 2 if panels <= 4 else 3
    return Grid(across, math.ceil(panels / across), min(WIDTHS[width] / across, 5.2))


def long_by_panel(table: pd.DataFrame, value: str) -> pd.DataFrame:
    """One row for each province and panel; the column of the numbers or classes is called ``value``."""
    parts = [pd.DataFrame({"province": table.index, "panel": panel, value: table[panel].to_numpy()}) for panel in table.columns]
    return pd.concat(parts, ignore_index=True)


def fitting(texts: Iterable[str], inches: float) -> float:
    """The size in points at which the widest of ``texts`` fills ``inches``, at most 7.5."""
    return min(_LARGEST, _LARGEST * inches / max(text_width(text, _LARGEST) for text in texts))


def square_names(square: float, language: Language) -> tuple[dict[str, str], str]:
    """What is written in squares ``square`` inches wide, and what a note must say.

    Names are short, or two letters where English names would be too small to read.
    """
    names = {name: province_label(name, language) for name in PROVINCES}
    names |= {"Inner Mongolia": "In. Mong.", "Heilongjiang": "Heilongj."} if language == "en" else {}
    if language == "en" and fitting(names.values(), square * 0.8) < _SMALLEST:
        return LETTERS, _LETTERS_USED.to(language) + _NO_MAP.to(language)
    return names, _NO_MAP.to(language)


def draw_squares(
    axes: Axes, *, texts: Mapping[str, str], colours: Mapping[str, str], square: float, names: Mapping[str, str], language: Language
) -> None:
    """34 squares, each ``square`` inches wide, with all names in one size and all texts in one size.

    ``texts`` and ``colours`` (#rrggbb) are by province; one that is in neither is white and dashed.
    """
    from matplotlib.patches import Rectangle

    empty = NO_DATA.to(language)
    name_size, text_size = fitting(names.values(), square * 0.8), fitting(texts.values(), square * 0.8)
    for name in PROVINCES:
        row, column = SQUARES[name]
        there = name in texts
        # each square is one unit wide with 4 % of white on each side; the name stands in its upper third, the text in its lower
        colour = colours[name] if there else "white"
        tile = Rectangle((column + 0.04, row + 0.04), 0.92, 0.92, facecolor=colour, edgecolor="white" if there else MUTED, linewidth=0.8)
        tile.set_linestyle("-" if there else (0, (2.5, 1.8)))
        axes.add_patch(tile)
        ink = ink_on(colour) if there else MUTED
        size = text_size if there else min(text_size, fitting([empty], square * 0.8))
        axes.text(column + 0.5, row + 0.32, names[name], ha="center", va="center", fontsize=name_size, color=ink)
        axes.text(column + 0.5, row + 0.69, texts.get(name, empty), ha="center", va="center", fontsize=size, color=ink)
    axes.set(xlim=(-0.05, 9.05), ylim=(9.05, -0.05), aspect="equal")
