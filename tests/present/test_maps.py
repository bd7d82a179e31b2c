"""Maps that a user brings: all units, the inset, the approval number; drawn from anything with the shape of a GeoDataFrame."""

from __future__ import annotations

import warnings
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from matplotlib.patches import PathPatch

from toolkit.errors import MissingColumn, PresentationError, UnknownProvince
from toolkit.language import LANGUAGES, Language
from toolkit.present.figures.grid import SQUARES
from toolkit.present.maps import SOUTH_CHINA_SEA, choropleth
from toolkit.present.places import PROVINCES
from toolkit.present.style import FAINT, to_png


class FakeMap(pd.DataFrame):
    """A frame with a geometry column, as geopandas has; the shapes are made-up squares, no borders of any country."""

    @property
    def geometry(self) -> pd.Series:
        return self["shape"]


def square(west: float, south: float, side: float) -> SimpleNamespace:
    ring = [(west, south), (west + side, south), (west + side, south + side), (west, south + side), (west, south)]
    return SimpleNamespace(exterior=SimpleNamespace(coords=ring), interiors=[])


def fake_map(scale: float = 1.0) -> FakeMap:
    rows = [(PROVINCES[p], square((75 + 6 * column) * scale, (50 - 3.6 * row) * scale, 3 * scale)) for p, (row, column) in SQUARES.items()]
    island = SimpleNamespace(geoms=[square(112 * scale, 8 * scale, scale), square(115 * scale, 10 * scale, scale)])
    dash = SimpleNamespace(coords=[(110 * scale, 5 * scale), (111 * scale, 8 * scale)])
    rows[list(PROVINCES).index("Hainan")] = ("海南省", island)
    return FakeMap({"name": [n for n, _ in rows] + [None], "shape": [s for _, s in rows] + [dash]})


VALUES = {p: float(i) for i, p in enumerate(list(PROVINCES)[:31])}


@pytest.mark.parametrize("language", LANGUAGES)
def test_approved_map_carries_number_inset_and_all_units(language: Language) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        drawing = choropleth(fake_map(), VALUES, "rd_intensity", key="name", approval_no="GS(2024)0650号", title="T").draw(language)
        assert to_png(drawing.figure)[:4] == b"\x89PNG"
    assert "GS(2024)0650号" in drawing.note
    assert ("审图号" in drawing.note) == (language == "zh")
    axes = drawing.figure.axes[0]
    (inset,) = axes.child_axes
    assert (*inset.get_xlim(), *inset.get_ylim()) == (SOUTH_CHINA_SEA[0], SOUTH_CHINA_SEA[2], SOUTH_CHINA_SEA[1], SOUTH_CHINA_SEA[3])
    for place in (axes, inset):
        assert sum(isinstance(p, PathPatch) for p in place.patches) == 35
    assert sum(to_hex(p.get_facecolor()) == FAINT.lower() for p in axes.patches) == 3
    assert drawing.data["value"].notna().sum() == 31
    box = drawing.figure.get_tightbbox()
    assert min(box.x0, box.y0, drawing.figure.get_figwidth() - box.x1, drawing.figure.get_figheight() - box.y1) > -0.01


def test_missing_number_warns_and_is_written_under_the_map() -> None:
    with pytest.warns(UserWarning, match="approval"):
        exhibit = choropleth(fake_map(), VALUES, key="name")
    assert "未注明审图号" in exhibit.draw("zh").note


def test_incomplete_map_is_refused() -> None:
    whole = fake_map()
    with pytest.raises(PresentationError, match=r"(?s)does not show Taiwan.*all 34 units"):
        choropleth(FakeMap(whole[whole["name"] != "台湾"]), VALUES, key="name", approval_no="x")


def test_projected_map_needs_its_boxes() -> None:
    with pytest.raises(PresentationError, match=r"(?s)projected.*inset="):
        choropleth(fake_map(1e5), VALUES, key="name", approval_no="x")
    boxes = {"main": (7e6, 1e6, 1.4e7, 5.5e6), "inset": (1.05e7, 3e5, 1.24e7, 2.5e6)}
    figure = choropleth(fake_map(1e5), VALUES, key="name", approval_no="x", **boxes).draw("en").figure  # type: ignore[arg-type]
    assert figure.axes[0].get_aspect() == 1.0


def test_bad_names_columns_and_values_are_named() -> None:
    with pytest.raises(MissingColumn, match="'province'"):
        choropleth(fake_map(), VALUES)
    with pytest.raises(UnknownProvince, match="Ohio"):
        choropleth(fake_map(), {"Ohio": 1.0}, key="name", approval_no="x")
    with pytest.raises(UnknownProvince, match="俄亥俄"):
        choropleth(FakeMap({"name": ["俄亥俄"], "shape": [square(0, 0, 1)]}), VALUES, key="name", approval_no="x")
    with pytest.raises(PresentationError, match="no value"):
        choropleth(fake_map(), {"Beijing": np.nan}, key="name", approval_no="x")
