"""Maps that a user brings: all units, the inset, the approval number; drawn from anything with the shape of a GeoDataFrame."""

from __future__ import annotations

import warnings
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex
from matplotlib.patches import PathPatch

from toolkit.errors import MissingColumn, PresentationError, UnknownProvince
from toolkit.language import LANGUAGES, Language
from toolkit.present.figures.maps import choropleth
from toolkit.present.figures.squares import _CODES as CODES
from toolkit.present.figures.squares import SQUARES
from toolkit.present.style import FAINT, to_png
from toolkit.present.words.labels import PROVINCES


class FakeMap(pd.DataFrame):
    """A frame with a geometry column, as geopandas has; the shapes are made-up squares, no borders of any country."""

    @property
    def geometry(self) -> pd.Series:
        return self["shape"]


class Located(FakeMap):
    """The same with a reference system of degrees."""

    crs = SimpleNamespace(is_geographic=True)


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
    west, east, south, north = (*inset.get_xlim(), *inset.get_ylim())
    assert (west, east) == (105.5, 124.0)  # degrees: the islands from Zengmu Ansha to the mainland coast
    assert (south, north) == (2.8, 24.8)
    for place in (axes, inset):
        assert sum(isinstance(p, PathPatch) for p in place.patches) == 35
    assert sum(to_hex(p.get_facecolor()) == FAINT.lower() for p in axes.patches) == 3
    assert drawing.data["value"].notna().sum() == 31
    box = drawing.figure.get_tightbbox()
    assert min(box.x0, box.y0, drawing.figure.get_figwidth() - box.x1, drawing.figure.get_figheight() - box.y1) > -0.01


def test_missing_number_warns_and_is_written_under_the_map() -> None:
    with pytest.warns(UserWarning, match="approval") as caught:
        exhibit = choropleth(fake_map(), VALUES, key="name")
    assert caught[0].filename == __file__
    assert "未注明审图号" in exhibit.draw("zh").note


def test_incomplete_map_is_refused() -> None:
    whole = fake_map()
    with pytest.raises(PresentationError, match=r"(?s)does not show Taiwan.*all 34 units"):
        choropleth(FakeMap(whole[whole["name"] != "台湾"]), VALUES, key="name", approval_no="x")


def test_projected_map_needs_its_boxes() -> None:
    with pytest.raises(PresentationError, match=r"(?s)projected and has no crs.*inset="):
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


def changed(province: str, shape: object) -> FakeMap:
    whole = fake_map()
    rows = [
        (n, shape if n in (PROVINCES[province], f"{PROVINCES[province]}省") else s)
        for n, s in zip(whole["name"], whole["shape"], strict=True)
    ]
    return FakeMap({"name": [n for n, _ in rows], "shape": [s for _, s in rows]})


def test_every_spelling_of_a_province_is_known_on_map_and_values() -> None:
    suffix = {
        "内蒙古": "自治区",
        "广西": "壮族自治区",
        "西藏": "自治区",
        "宁夏": "回族自治区",
        "新疆": "维吾尔自治区",
        "香港": "特别行政区",
        "澳门": "特别行政区",
    }
    city = ("北京", "天津", "上海", "重庆")
    whole = fake_map()
    full = [n.removesuffix("省") if isinstance(n, str) else None for n in whole["name"]]
    full = [n and n + suffix.get(n, "市" if n in city else "省") for n in full]
    wanted = choropleth(whole, VALUES, key="name", approval_no="x").draw("en").data
    for names, values in (
        (full, {"北京市": 0.0, "天津市": 1.0, "河北省": 2.0}),
        ([*(f"156{code}0000" for code in CODES), None], {11: 0.0, 120000: 1.0, "Hebei Province": 2.0}),
    ):
        drawn = choropleth(FakeMap({"name": names, "shape": whole["shape"]}), values, key="name", approval_no="x").draw("en")  # type: ignore[arg-type]
        pd.testing.assert_frame_equal(drawn.data.head(3), wanted.head(3))
        assert sum(to_hex(p.get_facecolor()) == FAINT.lower() for p in drawn.figure.axes[0].patches) == 31


def test_shapes_that_cannot_be_drawn_are_named_with_their_row() -> None:
    point, line = SimpleNamespace(coords=[(110, 30)]), SimpleNamespace(coords=[(110, 30), (111, 31)])
    for shape, words in (
        (None, "the shape of 山西 is missing or empty"),
        (SimpleNamespace(is_empty=True, exterior=None), "the shape of 山西 is missing or empty"),
        (point, "the shape of 山西 cannot be drawn: SimpleNamespace"),
        (line, "the shape of 山西 is a line, not an area"),
    ):
        with pytest.raises(PresentationError, match=rf"(?s){words}.*row 4, column name"):
            choropleth(changed("Shanxi", shape), VALUES, key="name", approval_no="x")
    for thing in ("map.shp", pd.DataFrame({"name": ["北京"]})):
        with pytest.raises(PresentationError, match=r"(?s)needs a GeoDataFrame with shapes.*read_file"):
            choropleth(thing, VALUES, key="name", approval_no="x")  # type: ignore[arg-type]


def test_holes_stay_open_and_extra_lines_are_outlines_under_any_name() -> None:
    ring = square(100, 30, 4)
    ring.interiors = [square(101, 31, 1).exterior]  # it runs the same way round as its outline, as careless files have it
    whole = changed("Hubei", ring)
    whole["name"] = [*whole["name"][:-1], "十段线"]
    figure = choropleth(whole, {"Hubei": 1.0}, key="name", approval_no="x").draw("en").figure
    axes = figure.axes[0]
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    pixels = np.asarray(canvas.buffer_rgba())
    inside, hole = (pixels[pixels.shape[0] - 1 - int(y), int(x), :3] for x, y in axes.transData.transform([(100.5, 30.5), (101.5, 31.5)]))
    assert hole.tolist() == [255, 255, 255]
    assert inside.tolist() != [255, 255, 255]
    assert axes.patches[-1].get_facecolor()[3] == 0
    whole["shape"] = [*whole["shape"][:-1], square(135, 35, 1)]
    with pytest.raises(UnknownProvince, match=r"(?s)shape called '十段线', which is no province.*row 35, column name.*blank its name"):
        choropleth(whole, VALUES, key="name", approval_no="x")


def test_boxes_that_show_nothing_are_refused() -> None:
    with pytest.raises(PresentationError, match=r"(?s)main=\(100, 50, 90, 20\) is empty.*west < east"):
        choropleth(fake_map(), VALUES, key="name", approval_no="x", main=(100, 50, 90, 20))
    swapped = Located(fake_map())
    swapped["shape"].iloc[0].exterior.coords = [(y, x) for x, y in swapped["shape"].iloc[0].exterior.coords]
    with pytest.raises(PresentationError, match=r"(?s)neither main map nor inset shows Beijing.*longitude comes first"):
        choropleth(swapped, VALUES, key="name", approval_no="x")


def test_values_of_the_map_are_checked() -> None:
    for values, words in (
        ({"Beijing": 1.0, "北京": 2.0}, "Beijing has 2 values"),
        ({"Beijing": "high"}, "the map needs numbers"),
        ({"Beijing": np.inf}, "(?s)cannot show an infinite value.*Beijing"),
        (pd.DataFrame({"a": [1.0], "b": [2.0]}, index=["Beijing"]), "2 columns"),
    ):
        with pytest.raises(PresentationError, match=words):
            choropleth(fake_map(), values, key="name", approval_no="x")  # type: ignore[arg-type]
    missing = pd.Series({"Beijing": 1.0, "Hubei": pd.NA}, dtype="Float64")
    assert choropleth(fake_map(), missing, key="name", approval_no="x").draw("en").data["value"].notna().sum() == 1
    with pytest.warns(UserWarning, match="approval"):
        choropleth(fake_map(), VALUES, key="name", approval_no="  ")


ALBERS = "+proj=aea +lat_1=25 +lat_2=47 +lon_0=105"


@pytest.mark.parametrize("projection", [3857, ALBERS, f"{ALBERS} +units=km"])
def test_a_projected_geodataframe_finds_its_own_places(projection: int | str) -> None:
    geopandas = pytest.importorskip("geopandas", reason="maps are for users who bring geopandas")
    from shapely.geometry import LineString, MultiPolygon, Polygon

    whole = fake_map()
    shapes = [Polygon(s.exterior.coords) if hasattr(s, "exterior") else None for s in whole["shape"]]
    shapes[list(PROVINCES).index("Hainan")] = MultiPolygon(
        [Polygon(p.exterior.coords) for p in whole["shape"][list(PROVINCES).index("Hainan")].geoms]
    )
    shapes[-1] = LineString(whole["shape"].iloc[-1].coords)
    frame = geopandas.GeoDataFrame({"name": whole["name"]}, geometry=shapes, crs=4490).to_crs(projection)
    figure = choropleth(frame, VALUES, key="name", approval_no="x").draw("en").figure
    axes = figure.axes[0]
    for box in (axes, axes.child_axes[0]):
        assert box.get_aspect() == 1.0
    west, east = axes.get_xlim()
    assert west < frame.total_bounds[0]
    assert frame.total_bounds[2] < east
    assert east - west < 1.6 * (frame.total_bounds[2] - frame.total_bounds[0])
    with pytest.raises(PresentationError, match=r"(?s)projected and has no crs.*set_crs"):
        choropleth(frame.set_crs(None, allow_override=True), VALUES, key="name", approval_no="x")
