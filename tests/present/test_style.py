"""The style: a palette that survives a grey print and colour blindness, settings that leave no trace, equal bytes on every run."""

from __future__ import annotations

import itertools
import threading
from types import SimpleNamespace

import matplotlib
import numpy as np
import pytest

from toolkit.errors import PresentationError, UnknownOption
from toolkit.present import style

LEAST_LIGHTNESS_STEP = 9.0  # L* units; neighbours in a grey print are told apart from about 5 on
LEAST_COLOUR_DISTANCE = 12.0  # CIE76; 2.3 is just noticeable
# Machado, Oliveira & Fernandes (2009), full severity, linear RGB
VISION = {
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
    "normal": np.eye(3).tolist(),
}
TO_XYZ = np.array([[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]])


def lab(colour: str, vision: str) -> np.ndarray:
    rgb = np.array(matplotlib.colors.to_rgb(colour))
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    seen = np.clip(np.array(VISION[vision]) @ linear, 0, 1)
    ratio = TO_XYZ @ seen / np.array([0.95047, 1.0, 1.08883])
    f = np.where(ratio > 0.008856, np.cbrt(ratio), 7.787 * ratio + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def test_palette_reads_in_grey() -> None:
    for a, b in itertools.combinations(style.PALETTE, 2):
        assert abs(style.lightness(a) - style.lightness(b)) > LEAST_LIGHTNESS_STEP, (a, b)


@pytest.mark.parametrize("vision", VISION)
def test_palette_is_told_apart(vision: str) -> None:
    for a, b in itertools.combinations(style.PALETTE, 2):
        assert np.linalg.norm(lab(a, vision) - lab(b, vision)) > LEAST_COLOUR_DISTANCE, (a, b)


def test_markers_lines_and_hatches_differ() -> None:
    for marks in (style.MARKERS, style.LINES, style.HATCHES):
        assert len(set(marks)) == len(style.PALETTE)


@pytest.mark.parametrize("name", [style.SEQUENTIAL])
def test_sequential_colours_darken_steadily(name: str) -> None:
    colours = [matplotlib.colors.to_hex(c) for c in matplotlib.colormaps[name](np.linspace(0, 1, 40))]
    assert (np.diff([style.lightness(c) for c in colours]) < 0).all()


def test_settings_are_restored_also_after_an_error() -> None:
    before = dict(matplotlib.rcParams)

    def fail_inside() -> None:
        with style.styled():
            assert matplotlib.rcParams["font.family"] == [style.FONT]
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_inside()
    assert dict(matplotlib.rcParams) == before
    assert matplotlib.colors.to_hex("b") == "#0000ff"


def test_two_threads_do_not_mix_their_settings() -> None:
    before = dict(matplotlib.rcParams)
    sizes: list[int] = []

    def work() -> None:
        with style.styled():
            figure = style.new_figure("one", 1.0)
            figure.suptitle("研发强度")
        sizes.append(len(style.to_png(figure)))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(sizes)) == 1
    assert dict(matplotlib.rcParams) == before


def test_pyplot_knows_no_figure() -> None:
    from matplotlib import pyplot

    with style.styled():
        style.new_figure("two", 2.0)
    assert pyplot.get_fignums() == []


def test_same_drawing_gives_same_bytes() -> None:
    def draw() -> tuple[bytes, bytes, bytes]:
        with style.styled():
            figure = style.new_figure("one", 1.5)
            axes = figure.add_subplot()
            axes.bar([1, 2], [3, 4], hatch="//")
            axes.set_title("创新 −1 β ²")
        return style.to_png(figure), style.to_svg(figure), style.to_pdf(figure)

    assert draw() == draw()


def test_svg_holds_no_date_and_no_font_name() -> None:
    with style.styled():
        figure = style.new_figure("one", 1.0)
        figure.suptitle("年份")
    text = style.to_svg(figure).decode("utf-8")
    assert "<dc:date>" not in text
    assert "font-family" not in text


def test_missing_font_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "pylopdf_fonts_zh_cn", SimpleNamespace(sans_path=lambda: "/nowhere/NotoSansSC-Regular.otf"))
    with pytest.raises(PresentationError, match=r"(?s)Chinese font is missing.*NotoSansSC-Regular\.otf.*run\.py"):
        style.font_file()


def test_missing_font_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "pylopdf_fonts_zh_cn", None)
    with pytest.raises(PresentationError, match="pylopdf-fonts-zh-cn is not installed"):
        style.font_file()


def test_unknown_width_is_named() -> None:
    with pytest.raises(UnknownOption, match="three"):
        style.new_figure("three", 2.0)  # type: ignore[arg-type]


def test_ink_is_readable_everywhere() -> None:
    for share in np.linspace(0, 1, 60):
        for name in (style.SEQUENTIAL, style.DIVERGING):
            colour = matplotlib.colors.to_hex(matplotlib.colormaps[name](share))
            assert abs(style.lightness(colour) - style.lightness(style.ink_on(colour))) > 38


def test_the_theme_is_that_of_seaborn_but_for_what_we_set() -> None:
    import seaborn

    theme = {**seaborn.plotting_context("paper"), **seaborn.axes_style("ticks")}
    with style.styled():
        ours = dict(matplotlib.rcParams)
    assert {key for key, value in theme.items() if ours[key] != value and ours[key] != pytest.approx(value, abs=1e-9)} == {
        *("axes.edgecolor", "axes.labelcolor", "text.color", "xtick.color", "ytick.color", "grid.color", "font.family"),
        *("font.size", "axes.labelsize", "axes.titlesize", "legend.fontsize", "xtick.labelsize", "ytick.labelsize"),
        *("axes.linewidth", "grid.linewidth", "lines.linewidth", "lines.markersize", "axes.spines.right", "axes.spines.top"),
        *("xtick.major.size", "xtick.major.width", "ytick.major.size", "ytick.major.width"),
        "image.cmap",  # every figure names its colours
    }
