"""What a figure shows: its words, read off while it is drawn, and whether two pictures look alike."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from matplotlib.backend_bases import RendererBase
from matplotlib.image import imread
from matplotlib.text import Text

from toolkit.present.style import styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_SHADE: Final = (
    2.5 / 255
)  # two of 256 levels of a colour: processors mix half-transparent colours alike up to one level, and nobody sees two


class _Reader(RendererBase):
    """Draws nothing and keeps the text: one list for the figure, one for each axes, in the order in which they are drawn."""

    def __init__(self, figure: Figure) -> None:
        super().__init__()
        self._resolution = figure.dpi
        self._size = (float(figure.bbox.width), float(figure.bbox.height))
        self._open: list[list[str]] = []
        self._lines: list[str] = []
        self.blocks: list[list[str]] = []

    def open_group(self, s: str, gid: str | None = None) -> None:
        if s in {"figure", "axes"}:
            self._open.append([])
            self.blocks.append(self._open[-1])
        elif s == "text":
            self._lines = []

    def close_group(self, s: str) -> None:
        if s in {"figure", "axes"}:
            self._open.pop()
        elif s == "text" and self._lines:
            self._open[-1].append(" ".join(self._lines))

    def draw_text(self, gc: Any, x: float, y: float, s: str, *args: Any, **kwargs: Any) -> None:
        if s.strip():
            self._lines.append(s.strip())

    def get_canvas_width_height(self) -> tuple[float, float]:
        return self._size

    def points_to_pixels(self, points: Any) -> Any:
        return points * self._resolution / 72

    def draw_path(self, *args: Any, **kwargs: Any) -> None:
        """Nothing but text is of interest, here and below."""

    draw_markers = draw_path_collection = draw_quad_mesh = draw_gouraud_triangles = draw_image = draw_path


def drawn_text(figure: Figure) -> list[list[str]]:
    """The visible texts of a figure (labels of axes and ticks, legends, annotations, title and note), as they are drawn.

    There is one list for the figure itself and one for each axes that has any. The lines of a wrapped text are joined by a blank. The
    figure is as it was afterwards.

    Examples
    --------
    >>> from toolkit.present.style import new_figure, styled
    >>> with styled():
    ...     figure = new_figure("one", 1.5)
    ...     axes = figure.subplots()
    >>> axes.set(xticks=[0, 1], xticklabels=["East", "West"], yticks=[], ylabel="Share (%)")
    [...]
    >>> drawn_text(figure)
    [['East', 'West', 'Share (%)']]
    """
    with styled(), _plain_text(figure):
        reader = _Reader(figure)
        figure.draw(reader)
    return [block for block in reader.blocks if block]


@contextlib.contextmanager
def _plain_text(figure: Figure) -> Iterator[None]:
    """Text with a rim is drawn as a path, which cannot be read; the rims are restored afterwards."""
    rims = {text: text.get_path_effects() for text in figure.findobj(Text) if isinstance(text, Text) and text.get_path_effects()}
    try:
        for text in rims:
            text.set_path_effects([])
        yield
    finally:
        for text, rim in rims.items():
            text.set_path_effects(rim)


def look_alike(old: bytes, new: bytes) -> bool:
    """Whether two PNG pictures have the same size and no point at which they differ by more than two of 256 levels of a colour.

    A file that is no picture looks like none.

    Examples
    --------
    >>> from toolkit.present.style import new_figure, styled, to_png
    >>> with styled():
    ...     low, high = (to_png(new_figure("one", height)) for height in (1.0, 1.1))
    >>> look_alike(low, low), look_alike(low, high)
    (True, False)
    """
    if old == new:
        return True
    try:
        first, second = (imread(io.BytesIO(picture)) for picture in (old, new))
    except (OSError, SyntaxError):  # what Pillow raises for a broken file
        return False
    return first.shape == second.shape and bool(np.abs(first - second).max() < _SHADE)
