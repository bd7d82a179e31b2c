"""The frame around every figure: title above, note below, both wrapped to the width; a layout that is computed once and then kept."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from toolkit.present.style import FONT, INK, MUTED

if TYPE_CHECKING:
    from matplotlib.axes import Axes
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


def caption(figure: Figure, title: str, note: str) -> None:
    """Write ``title`` above and ``note`` below the figure, wrapped; an empty text takes no room."""
    width = float(figure.get_figwidth()) * (1 - 2.5 * _MARGIN)
    if title:
        figure.suptitle(wrap(title, width, TITLE_SIZE), x=_MARGIN, ha="left", fontsize=TITLE_SIZE, color=INK, linespacing=1.25)
    if note:
        figure.supxlabel(wrap(note, width, NOTE_SIZE), x=_MARGIN, ha="left", fontsize=NOTE_SIZE, color=MUTED, linespacing=1.35)


def settle(figure: Figure) -> None:
    """Compute the layout and keep it: what is placed afterwards, in pixels, stays where it is put."""
    engine = figure.get_layout_engine()
    if engine is not None:
        engine.execute(figure)
    figure.set_layout_engine("none")


def legend_above(axes: Axes, columns: int | None = None) -> None:
    """A legend in one or more rows between title and axes, where no data can be hidden; nothing if there is nothing to name.

    Without ``columns`` as many entries stand in a row as fit in the width of the figure.
    """
    handles, names = axes.get_legend_handles_labels()
    if not names:
        return
    figure = axes.get_figure(root=True)
    room = float(figure.get_figwidth()) * 0.86 if figure is not None else 6.0
    widest = max(text_width(name, 8.0) for name in names) + 0.45
    axes.legend(
        handles,
        names,
        loc="lower left",
        bbox_to_anchor=(0.0, 1.0),
        ncols=columns or max(1, min(len(names), int(room / widest))),
        handlelength=2.4,
        columnspacing=1.2,
        borderaxespad=0.3,
        borderpad=0.2,
    )
