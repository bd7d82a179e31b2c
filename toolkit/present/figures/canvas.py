"""The sheet a figure is drawn on: size, heading, caption, axes."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import cycle
from typing import TYPE_CHECKING, Final

import numpy as np
from matplotlib.ticker import LogLocator, MaxNLocator, NullLocator, ScalarFormatter

from toolkit.language import Language, Text, text_in
from toolkit.present.exhibit import Drawing, FigureExhibit
from toolkit.present.figures.inputs import axis_text, name_of, require_choice
from toolkit.present.style import CLAIM, FONT, INK, MUTED, WIDTHS, LineStyle, Width, new_figure, styled
from toolkit.present.words.naming import Labels, Names, Notes, Texts, listed, names_for

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure

TITLE_SIZE: Final = 10.5
NOTE_SIZE: Final = 7.0
_MARGIN: Final = 0.012  # of the figure width, left and right of title and note
_NOT_FIRST: Final = frozenset("，。；：、！？）》」』”’％%,.;:!?)]}")  # signs that must not open a line
_NOT_LAST: Final = frozenset("（《「『“‘([{")  # signs that must not close a line


@lru_cache(maxsize=4096)
def text_width(text: str, size: float) -> float:
    """Width of one line of text in inches at ``size`` points, in the packaged font.

    Examples
    --------
    >>> from toolkit.present.style import styled
    >>> with styled():
    ...     round(text_width("研发强度", 9.0) * 72)
    36
    """
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import text_to_path

    width, _, _ = text_to_path.get_text_width_height_descent(text, FontProperties(family=FONT, size=size), ismath=False)
    return float(width) / 72


def _pieces(line: str) -> list[str]:
    """Cut a line where it may be broken: after blanks, and on both sides of a Chinese character."""
    pieces: list[str] = []
    breakable = True
    for sign in line:
        wide = unicodedata.east_asian_width(sign) in "WF"
        opens = bool(pieces) and pieces[-1][-1] in _NOT_LAST
        if not pieces or ((breakable or wide) and sign not in _NOT_FIRST and not opens and sign != " "):
            pieces.append(sign)
        else:
            pieces[-1] += sign
        breakable = wide or sign == " "
    return pieces


def wrap(text: str, inches: float, size: float) -> str:
    """Break ``text`` into lines of at most ``inches`` at ``size`` points; Chinese is broken between characters, English between words.

    A single word that is wider than the line is cut. Line feeds in the text are kept.

    Examples
    --------
    >>> from toolkit.present.style import styled
    >>> with styled():
    ...     wrap("注：数据来源：国家统计局。", 1.0, 10.0).splitlines()
    ['注：数据来源：', '国家统计局。']
    """
    lines: list[str] = []
    for paragraph in text.split("\n"):
        current = ""
        for piece in _pieces(paragraph):
            if current and text_width((current + piece).rstrip(), size) > inches:
                lines.append(current.rstrip())
                current = ""
            while text_width(piece.rstrip(), size) > inches and len(piece) > 1:
                cut = max(1, int(len(piece) * inches / text_width(piece, size)) - 1)
                lines.append(piece[:cut])
                piece = piece[cut:]
            current += piece
        lines.append(current.rstrip())
    return "\n".join(lines)


def longest_line(texts: Iterable[str], size: float) -> float:
    """Width in inches of the widest line of several texts."""
    return max(text_width(line, size) for text in texts for line in text.split("\n"))


def row_height(names: Iterable[str], size: float, least: float) -> float:
    """Inches from row to row at which the tallest of the wrapped row names does not touch its neighbours, at least ``least``."""
    return max(least, max(name.count("\n") + 1 for name in names) * size * 1.3 / 72 + 0.04)


def _grow(figure: Figure, inches: float) -> None:
    """Make room for text without taking it from the plot."""
    figure.set_figheight(float(figure.get_figheight()) + inches)


def caption(figure: Figure, title: str, note: str) -> None:
    """Write ``title`` above and ``note`` below the figure, wrapped to its width, and make the figure taller by what they need."""
    width = float(figure.get_figwidth()) * (1 - 2.5 * _MARGIN)
    if title:
        lines = wrap(title, width, TITLE_SIZE)
        figure.suptitle(lines, x=_MARGIN, ha="left", fontsize=TITLE_SIZE, color=INK, linespacing=1.25)
        _grow(figure, 0.08 + _inches_high(lines, TITLE_SIZE))
    if note:
        lines = wrap(note, width, NOTE_SIZE)
        figure.supxlabel(lines, x=_MARGIN, ha="left", fontsize=NOTE_SIZE, color=MUTED, linespacing=1.35)
        _grow(figure, 0.08 + _inches_high(lines, NOTE_SIZE))


def _inches_high(lines: str, size: float) -> float:
    return (lines.count("\n") + 1) * size * 1.45 / 72


def settle(figure: Figure) -> None:
    """Compute the layout and keep it: what is placed afterwards, in pixels, stays where it is put."""
    engine = figure.get_layout_engine()
    if engine is not None:
        engine.execute(figure)
        if any(axes.get_aspect() != "auto" for axes in figure.axes):
            engine.execute(figure)  # squares change their size with the first layout
    figure.set_layout_engine(None)  # with "none" a placeholder stays, for which every saving draws the figure twice


def legend_above(axes: Axes, columns: int | None = None, left: float = 0.6) -> None:
    """A legend between title and axes, where no data can be hidden; nothing if there is nothing to name.

    Long names are wrapped; without ``columns`` as many stand in a row as fit. The figure becomes taller by what the legend needs.
    ``left`` is the room in inches that the labels of the vertical axis take.
    """
    handles, names = axes.get_legend_handles_labels()
    figure = axes.get_figure(root=True)
    if not names or figure is None:
        return
    room = float(figure.get_figwidth()) - left - 0.1
    names = [wrap(name, room - 0.5, 8.0) for name in names]
    widest = longest_line(names, 8.0) + 0.45
    across = columns or max(1, min(len(names), int(room / widest)))
    axes.legend(
        handles,
        names,
        loc="lower left",
        bbox_to_anchor=(0.0, 1.0),
        ncols=across,
        handlelength=2.4,
        columnspacing=1.2,
        borderaxespad=0.3,
        borderpad=0.2,
    )
    rows = [names[start :: math.ceil(len(names) / across)] for start in range(math.ceil(len(names) / across))]
    _grow(figure, 0.08 + sum(max(_inches_high(name, 9.0) for name in row) for row in rows))


_BLANK: Final = 0.06  # inches between the labels of two ticks


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


def _powers_into_labels(figure: Figure) -> None:
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


def _space_ticks(figure: Figure) -> None:
    """Fewer ticks on a horizontal axis of numbers where their labels would stand closer than a blank."""
    for axes in figure.axes:
        axis, locator = axes.xaxis, axes.xaxis.get_major_locator()
        if not axes.axison or not isinstance(locator, MaxNLocator) or not isinstance(axis.get_major_formatter(), Thousands):
            continue
        for most in (6, 5, 4, 3, 2):
            if _ticks_apart(figure, axis):
                break
            locator.set_params(nbins=most)


def _ticks_apart(figure: Figure, axis: Axis) -> bool:
    low, high = sorted(axis.get_view_interval())
    places = [float(tick) for tick in axis.get_majorticklocs() if low <= tick <= high]
    labels = axis.get_ticklabels()
    if len(places) < 3 or not labels or not axis.get_tick_params().get("labelbottom"):
        return True
    at = axis.axes.transData.transform([(place, 0.0) for place in places])[:, 0] / figure.dpi
    half = [text_width(text, labels[0].get_fontsize()) / 2 for text in axis.get_major_formatter().format_ticks(places)]
    return all(at[i + 1] - at[i] - half[i] - half[i + 1] >= _BLANK for i in range(len(places) - 1))


def reference_line(axes: Axes, value: float, direction: str, *, colour: str, style: LineStyle = "--", label: str | None = None) -> None:
    """A thin line across the axes at ``value`` on the axis named by ``direction`` ("x" or "y")."""
    draw = axes.axvline if direction == "x" else axes.axhline
    draw(value, color=colour, linestyle=style, linewidth=1.0, label=label, zorder=1.5)


_DASHES: Final[tuple[LineStyle, ...]] = ("--", ":", "-.", (0, (5, 1, 1, 1, 1, 1)), (0, (8, 2)))


def draw_references(axes: Axes, references: Iterable[tuple[float, str | Text]], direction: str, sheet: Sheet) -> None:
    """Lines across the axes at the values to compare with, named in the legend and told apart by their dashes."""
    for (value, text), dashes in zip(references, cycle(_DASHES), strict=False):
        reference_line(axes, value, direction, colour=CLAIM, style=dashes, label=sheet.say(text))


def row_axis(axes: Axes, names: Sequence[str], *, size: float | None = None, head: float = 0.0) -> None:
    """A vertical axis of named rows, the first on top, with ``head`` rows left free above it."""
    axes.set_ylim(len(names) - 0.5, -0.5 - head)
    axes.set_yticks(np.arange(len(names)), names)
    axes.tick_params(axis="y", length=0, **({} if size is None else {"labelsize": size}))


@dataclass(frozen=True)
class Sheet:
    """What every figure has, in one language: title, notes, width, and what its keys and columns are called.

    Attributes
    ----------
    language : of all texts.
    title, notes : what the caller wants above and below.
    width : journal columns.
    names : texts of the caller for keys (values of columns, ids in rows and panels); they come before everything else.
    known : labels of columns and ids.
    """

    language: Language
    title: str | Text
    notes: tuple[str | Text, ...]
    width: Width
    names: Texts
    known: Names

    @property
    def inches(self) -> float:
        """Width of the figure."""
        return WIDTHS[self.width]

    def say(self, text: str | Text) -> str:
        """A text in the language of the sheet."""
        return text_in(text, self.language)

    def sentences(self, texts: Iterable[Text]) -> str:
        """Texts one after the other; Chinese sentences have no blank between them."""
        return ("" if self.language == "zh" else " ").join(map(self.say, texts))

    def name(self, key: object) -> str:
        """What a key is called."""
        return self.say(self.names[str(key)]) if str(key) in self.names else name_of(key, self.language, self.known)

    def row_names(self, keys: Iterable[object], share: float, size: float) -> list[str]:
        """The names of rows at ``size`` points, wrapped to a ``share`` of the width."""
        return [wrap(self.name(key), self.inches * share, size) for key in keys]

    def axis(self, column: str, instead: str | Text | None = None) -> str:
        """The label of the axis of a column: its name and unit, or what the caller wants instead."""
        return axis_text(column, self.language, self.known) if instead is None else self.say(instead)

    def figure(self, height: float) -> Figure:
        """An empty figure, ``height`` inches high before title and notes."""
        return new_figure(self.width, height)

    def finish(self, figure: Figure, data: pd.DataFrame, *said: str) -> Drawing:
        """Write title and notes, last what the figure has ``said`` of itself, and settle the layout.

        What is placed by pixels is drawn after this.
        """
        title, notes = self.say(self.title), "\n".join(text for text in (*map(self.say, self.notes), *said) if text)
        caption(figure, title, notes)
        _powers_into_labels(figure)
        settle(figure)
        _space_ticks(figure)
        return Drawing(figure, data.copy(), title, notes)


def on_sheet(
    paint: Callable[[Sheet], Drawing],
    *data: object,
    title: str | Text,
    notes: Notes,
    width: Width,
    names: Texts | None,
    labels: Labels,
) -> FigureExhibit:
    """The exhibit that ``paint`` draws, on a sheet in the language asked for.

    Parameters
    ----------
    paint : draws everything between title and notes, and returns what :meth:`Sheet.finish` gave it.
    data : what is drawn; if it comes from the registry, its labels hold.
    title, notes, width, names, labels : as in every figure, see :mod:`toolkit.present.figures`.

    Raises
    ------
    UnknownOption
        for another width, or a word that is no set of labels.
    """
    require_choice(width, tuple(WIDTHS), "width")
    own, paragraphs = names or {}, listed(notes)
    known = names_for(labels, *data).and_own(own)

    def painted(language: Language) -> Drawing:
        with styled():
            return paint(Sheet(language=language, title=title, notes=paragraphs, width=width, names=own, known=known))

    return FigureExhibit(painted)
