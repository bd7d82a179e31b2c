"""One style for all figures: the packaged Chinese font, a palette that also reads in grey, journal widths, identical bytes on every run.

Nothing here touches the pyplot state or leaves a trace in the matplotlib settings of the caller: figures are drawn inside
:func:`styled`, on :class:`matplotlib.figure.Figure` objects that need no display, and are turned into bytes by :func:`to_png`
and :func:`to_svg`.
"""

from __future__ import annotations

import contextlib
import io
import threading
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal

from toolkit.errors import PresentationError, UnknownOption

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FONT: Final = "Noto Sans SC"
PNG_DPI: Final = 200

# Colours from dark to light in nearly equal steps of CIE lightness, so that their order survives a grey print; told apart under
# deuteranopia, protanopia and tritanopia as well (tests/present/test_style.py measures all four).
PALETTE: Final[tuple[str, ...]] = ("#14304F", "#C0462A", "#1E9A8A", "#E8A33D", "#7A3177", "#A9D3EE")
MARKERS: Final[tuple[str, ...]] = ("o", "s", "^", "D", "v", "P")
LineStyle = str | tuple[int, tuple[int, ...]]
LINES: Final[tuple[LineStyle, ...]] = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (8, 2)))
HATCHES: Final[tuple[str, ...]] = ("", "///", "...", "xx", "\\\\\\", "++")
INK: Final = "#222222"
MUTED: Final = "#6B6B6B"
FAINT: Final = "#C9C9C9"
CLAIM: Final = "#B3261E"
SEQUENTIAL: Final = "YlGnBu"
DIVERGING: Final = "RdBu_r"

Width = Literal["one", "two"]
WIDTHS: Final[dict[str, float]] = {"one": 3.46, "two": 7.09}  # inches: 88 mm and 180 mm, the columns of most journals

# What ``seaborn.set_theme(context="paper", style="ticks")`` sets and we leave (a test compares). Written out, because importing seaborn
# takes longer than drawing a figure; only the heat maps need it.
_TICKS: Final[dict[str, object]] = {
    "axes.facecolor": "white",
    "axes.grid": False,
    "axes.spines.bottom": True,
    "axes.spines.left": True,
    "font.sans-serif": ["Arial", "DejaVu Sans", "Liberation Sans", "Bitstream Vera Sans", "sans-serif"],
    "grid.linestyle": "-",
    "legend.title_fontsize": 9.6,
    "lines.solid_capstyle": "round",
    "patch.edgecolor": "w",
    "patch.force_edgecolor": True,
    "patch.linewidth": 0.8,
    "xtick.bottom": True,
    "xtick.direction": "out",
    "xtick.minor.size": 3.2,
    "xtick.minor.width": 0.8,
    "xtick.top": False,
    "ytick.direction": "out",
    "ytick.left": True,
    "ytick.minor.size": 3.2,
    "ytick.minor.width": 0.8,
    "ytick.right": False,
}
_SETTINGS: Final[dict[str, object]] = {
    "font.family": FONT,
    "figure.dpi": PNG_DPI,
    "savefig.dpi": PNG_DPI,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": "#555555",
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.unicode_minus": True,  # the packaged font has U+2212; SimHei, the usual choice, does not
    "mathtext.fontset": "stix",
    "pdf.fonttype": 42,  # with type 3, Chinese in a PDF cannot be copied or searched
    "svg.fonttype": "path",  # an SVG looks the same on a computer that has no Chinese font
    "svg.hashsalt": "innovation-toolkit",  # element ids are random otherwise, and no two files alike
    "font.size": 8.5,
    "axes.labelsize": 8.5,
    "axes.titlesize": 9,
    "axes.titlelocation": "left",
    "figure.titlesize": 10.5,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "legend.fontsize": 8,
    "legend.frameon": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.7,
    "xtick.major.width": 0.7,
    "ytick.major.width": 0.7,
    "xtick.major.size": 3,
    "ytick.major.size": 3,
    "lines.linewidth": 1.4,
    "lines.markersize": 4.5,
    "hatch.linewidth": 0.6,
    "grid.color": "#E4E4E4",
    "grid.linewidth": 0.6,
    "axes.axisbelow": True,
    "figure.constrained_layout.h_pad": 0.05,
    "figure.constrained_layout.w_pad": 0.05,
}

_THEME: Final[Any] = _TICKS | _SETTINGS
_drawing = threading.RLock()


def font_file() -> Path:
    """The file of the Chinese font that comes with ``pylopdf-fonts-zh-cn``.

    Raises
    ------
    PresentationError
        if the package or its file is not installed.

    Examples
    --------
    >>> font_file().name
    'NotoSansSC-Regular.otf'
    """
    remedy = "install the pinned environment again: delete .venv and run `python run.py`"
    try:
        from pylopdf_fonts_zh_cn import sans_path
    except ImportError as error:
        raise PresentationError("the Chinese font is missing: package pylopdf-fonts-zh-cn is not installed", remedy=remedy) from error
    path = Path(sans_path())
    if not path.is_file():
        raise PresentationError("the Chinese font is missing", where=path.name, remedy=remedy)
    return path


@cache
def _register_font() -> None:
    from matplotlib import font_manager

    font_manager.fontManager.addfont(font_file())


@contextlib.contextmanager
def styled() -> Iterator[None]:
    """Apply the style inside the block and restore every matplotlib setting of the caller after it.

    One thread draws at a time, because matplotlib keeps its settings in one global table.

    Examples
    --------
    >>> import matplotlib
    >>> before = dict(matplotlib.rcParams)
    >>> with styled():
    ...     inside = matplotlib.rcParams["font.family"]
    >>> inside, dict(matplotlib.rcParams) == before
    (['Noto Sans SC'], True)
    """
    import matplotlib
    from cycler import cycler

    _register_font()
    with _drawing, matplotlib.rc_context(_THEME | {"axes.prop_cycle": cycler(color=PALETTE)}):
        yield


def new_figure(width: Width, height: float) -> Figure:
    """An empty figure, one or two journal columns wide, with its own Agg canvas; call it inside :func:`styled`.

    Parameters
    ----------
    width : ``"one"`` (88 mm) or ``"two"`` (180 mm) columns.
    height : inches.

    Raises
    ------
    UnknownOption
        if ``width`` is none of the two.

    Examples
    --------
    >>> with styled():
    ...     figure = new_figure("one", 2.5)
    >>> [round(float(side), 2) for side in figure.get_size_inches()]
    [3.46, 2.5]
    """
    if width not in WIDTHS:
        raise UnknownOption(f"there is no figure width {width!r}", remedy="use 'one' (88 mm) or 'two' (180 mm)")
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDTHS[width], height), dpi=PNG_DPI, layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def _bytes(figure: Figure, kind: Literal["png", "svg", "pdf"], metadata: dict[str, str | None]) -> bytes:
    buffer = io.BytesIO()
    with styled():
        figure.savefig(buffer, format=kind, dpi=PNG_DPI, metadata=metadata)
    return buffer.getvalue()


def to_png(figure: Figure) -> bytes:
    """The figure as PNG; the same figure gives the same bytes on every run.

    Examples
    --------
    >>> with styled():
    ...     figure = new_figure("one", 1.0)
    >>> to_png(figure)[1:4], to_png(figure) == to_png(figure)
    (b'PNG', True)
    """
    return _bytes(figure, "png", {"Software": None})


def to_svg(figure: Figure) -> bytes:
    """The figure as SVG with text as outlines; the same figure gives the same bytes on every run.

    Examples
    --------
    >>> with styled():
    ...     figure = new_figure("one", 1.0)
    >>> to_svg(figure).startswith(b"<?xml")
    True
    """
    return _bytes(figure, "svg", {"Date": None, "Creator": None})


def to_pdf(figure: Figure) -> bytes:
    """The figure as PDF with searchable text, for a journal; the same figure gives the same bytes on every run.

    Examples
    --------
    >>> with styled():
    ...     figure = new_figure("one", 1.0)
    >>> to_pdf(figure).startswith(b"%PDF")
    True
    """
    return _bytes(figure, "pdf", {"CreationDate": None, "ModDate": None, "Producer": None, "Creator": None})


def lightness(colour: str) -> float:
    """CIE lightness L* of a colour, 0 (black) to 100 (white): its grey in a black-and-white print.

    Examples
    --------
    >>> [round(lightness(c)) for c in ("black", "#777777", "white")]
    [0, 50, 100]
    """
    from matplotlib.colors import to_rgb

    red, green, blue = (v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in to_rgb(colour))
    luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    return 116 * luminance ** (1 / 3) - 16 if luminance > 0.008856 else 903.3 * luminance


def ink_on(colour: str) -> str:
    """Black or white, whichever is read more easily on ``colour``.

    Examples
    --------
    >>> ink_on("#14304F"), ink_on("#A9D3EE")
    ('white', '#222222')
    """
    return "white" if lightness(colour) < 58 else INK


def text_colour(colour: str) -> str:
    """``colour`` itself, or a darker shade of it where letters in it would be too pale on white.

    Examples
    --------
    >>> text_colour("#14304F"), lightness(text_colour("#A9D3EE")) < 56
    ('#14304f', True)
    """
    from matplotlib.colors import to_hex, to_rgb

    shade = to_hex(colour)
    while lightness(shade) >= 56:
        red, green, blue = to_rgb(shade)
        shade = to_hex((0.9 * red, 0.9 * green, 0.9 * blue))
    return shade
