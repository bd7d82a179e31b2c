"""The explorer: one indicator of the provinces in one year, as tiles, ranked bars, lines over time and a distribution.

Everything that the page shows lies in files beside it, so that it works from a folder without network: the values and what the registry
says of them (``explorer-data.js``), the specifications of the charts (in the page) and the scripts of Vega (``vega.js``).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
from markupsafe import Markup

from toolkit import glossary, paths
from toolkit.language import Language, Text
from toolkit.present.figures.squares import LETTERS, SIGNS, SQUARES, decimals_for
from toolkit.present.site import charts
from toolkit.present.site.gallery import CODEBOOK
from toolkit.present.site.shell import file_of
from toolkit.present.templates import fill
from toolkit.present.words.breaks import marks_between
from toolkit.present.words.labels import PROVINCES, REGIONS
from toolkit.registry import Registry, Variable

TABLE = "provincial_panel"
START = "rd_intensity"  # what is shown first, with the provinces of the three centres compared
COMPARED = ("BJ", "SH", "GD")
DIGITS = 6  # significant digits of a value, as in the CSV files of the exhibits
EXPLORER = Text("Explorer", "数据浏览")
LEAD = Text(
    "Choose an indicator, a year and a group. Click a province to compare it with others. The address in the browser always leads back "
    "to the view that you see.",
    "选择指标、年份与省份组，点击某一省份即可加入比较。浏览器地址随时可以恢复当前视图。",
)
WORDS = {
    "indicator": glossary.INDICATOR,
    "year": glossary.YEAR,
    "group": Text("Group of provinces", "省份组"),
    "all": Text("All provinces", "全部省份"),
    "four": Text("Four regions", "四大区域"),
    "three": Text("Three regions", "三大地带"),
    "compare": Text("Compare provinces", "比较省份"),
    "clear_all": Text("Clear the comparison", "清除比较"),
    "full": Text("At most {n} provinces can be compared; clear one first.", "最多比较{n}个省份，请先取消一个。"),
    "link": Text("Copy the link to this view", "复制本视图链接"),
    "copy_data": Text("Copy data", "复制数据"),
    "copied": Text("Copied.", "已复制。"),
    "not_copied": Text("The browser does not allow copying; use CSV.", "浏览器不允许复制，请改用CSV。"),
    "tiles": Text("The provinces in {year}", "{year}年各省份"),
    "bars": Text("Ranking in {year}", "{year}年排序"),
    "lines": Text("Over the years", "历年变化"),
    "dots": Text("Distribution in {year}", "{year}年分布"),
    "no_map": Text(
        "Equal-area tile grid, not a map; it shows no boundaries. Dashed: no data.",
        "等面积方格示意图，非地图，不表示疆域界线。虚线方格为无数据。",
    ),
    "faded": Text("Faded: outside the group.", "浅色：不在所选组内。"),
    "none": Text("no data", "无数据"),
    "missing": Text("Missing", "缺失"),
    "missing_in": Text("In {year}: {names}.", "{year}年：{names}。"),
    "nation": Text("Nation", "全国"),
    "mean": Text("Mean of the provinces", "各省均值"),
    "about_nation": Text(
        "Nation: the formula applied to the sums of the 31 provinces; none in a year in which a province is missing.",
        "全国：以31个省份合计数代入公式计算；有省份缺失的年份不计算。",
    ),
    "about_mean": Text(
        "Mean of the provinces: unweighted, over those with data in the year.",
        "各省均值：当年有数据省份的简单平均。",
    ),
    "definition": Text("Definition", "定义"),
    "formula": Text("Formula", "公式"),
    "sources": Text("Sources", "来源"),
    "breaks": Text("Breaks", "断点"),
    "weak": glossary.WEAK_SERIES,
    "marks": Text(
        "Marked in the lines: a dotted rule is a change of definition, a dashed one an abrupt move without a documented reason.",
        "折线图中点线为口径变化，虚线为无文件说明的突变。",
    ),
    "table": Text("The same as a table", "以表格显示"),
    "province": glossary.PROVINCE,
    "rank": glossary.RANK,
    "unit": Text("Unit", "单位"),
    "change": Text("Change since {year}", "较{year}年变化"),
    "alt": Text(
        "{title}, {year} ({unit}). Highest: {high}. Lowest: {low}. {reference}. Provinces with data: {n}.",
        "{title}，{year}年（{unit}）。最高：{high}。最低：{low}。{reference}。有数据省份：{n}个。",
    ),
    "source": Text("Source: provincial panel of the innovation toolkit; {sources}", "来源：创新融合计量工具分省面板；{sources}"),
    "downloads": Text("Download", "下载"),
    "wait": Text("The charts are being drawn …", "正在绘图……"),
    "no_script": Text(
        "The explorer needs JavaScript; the same figures are in the tables and in the", "数据浏览需要JavaScript；同样的数据见各表及"
    ),
    "codebook": CODEBOOK,
    "licences": Text("Licences of the scripts", "脚本许可证"),
}
GROUPS = {
    "rd": Text("R&D", "研发"),
    "fiscal": Text("Public budget", "财政支出"),
    "patents": Text("Patents, papers and technology market", "专利、论文与技术市场"),
    "ind": Text("Industrial enterprises above designated size", "规模以上工业企业"),
    "hightech": Text("High-tech industry and enterprises", "高技术产业与高新技术企业"),
    "economy": Text("Economy, people and education", "经济、人口与教育"),
}
_GROUP_OF = (
    ("hightech", "hightech"),
    ("ind_", "ind"),
    ("rd_", "rd"),
    ("fiscal", "fiscal"),
    ("patent|papers|tech_", "patents"),
    ("", "economy"),
)
_RATIO = re.compile(r"\w+ / \w+")


def explorer_page(registry: Registry, language: Language) -> Markup:
    """The body of the page: controls, four places for charts, what the registry says, and the specifications."""
    return fill(
        "explorer",
        language,
        title=EXPLORER,
        lead=LEAD,
        words=WORDS,
        groups=GROUPS,
        indicators=[(_group(variable.id), variable) for variable in indicators(registry)],
        start=START,
        four=["East", "Central", "West", "Northeast"],
        three=["East", "Central", "West"],
        regions=REGIONS,
        provinces=[(LETTERS[name], name if language == "en" else PROVINCES[name]) for name in _with_data()],
        charts=("tiles", "bars", "lines", "dots"),
        codebook=file_of("pages/codebook", language),
        config=_inert(
            {
                "language": language,
                "words": {name: text.to(language) for name, text in WORDS.items()},
                "specifications": charts.specifications(language),
                "most": len(charts.COMPARED),
                "compared": COMPARED,
            }
        ),
    )


def _inert(value: object) -> Markup:
    """JSON that can stand inside a script element."""
    return Markup(json.dumps(value, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c"))


def indicators(registry: Registry) -> list[Variable]:
    """The numbers of the provincial panel, keys left out, by group."""
    table = registry.tables[TABLE]
    found = [registry.variables[name] for name in table.columns if name not in table.keys and registry.variables[name].kind != "text"]
    return sorted(found, key=lambda variable: list(GROUPS).index(_group(variable.id)))


def _group(name: str) -> str:
    return next(group for pattern, group in _GROUP_OF if re.match(pattern, name))


def _with_data() -> list[str]:
    return [name for name in PROVINCES if name not in ("Hong Kong", "Macao", "Taiwan")]


def _data_script(panel: pd.DataFrame, registry: Registry) -> str:
    """The script that holds the values and what is known of them, for both languages.

    Parameters
    ----------
    panel : the provincial panel.
    registry : names, units, definitions, breaks and sources.
    """
    provinces = [
        {"id": LETTERS[name], "en": name, "zh": zh, "sign": SIGNS[name], "row": row, "column": column, **_regions_of(panel, name)}
        for (name, zh), (row, column) in zip(PROVINCES.items(), SQUARES.values(), strict=True)
    ]
    used = {source for variable in indicators(registry) for source in _sources(variable, registry)}
    held = {
        "provinces": provinces,
        "years": sorted(int(year) for year in panel["year"].unique()),
        "sources": {name: list(registry.sources[name].name) for name in sorted(used)},
        "indicators": {variable.id: _indicator(panel, variable, registry) for variable in indicators(registry)},
    }
    return f"window.EXPLORER = {json.dumps(held, ensure_ascii=False, separators=(',', ':'), allow_nan=False)};\n"


def _regions_of(panel: pd.DataFrame, name: str) -> dict[str, str]:
    rows = panel[panel["province"] == name]
    return {column: str(rows[column].iloc[0]) if len(rows) else "" for column in ("region4", "region3")}


def _sources(variable: Variable, registry: Registry) -> list[str]:
    """The sources of a series; of a computed one, those of the parts of its formula."""
    parts = [registry.variables[name] for name in re.findall(r"[a-z]\w*", variable.derived) if name in registry.variables]
    return list(dict.fromkeys(source for part in parts for source in _sources(part, registry))) or list(variable.sources)


def _indicator(panel: pd.DataFrame, variable: Variable, registry: Registry) -> dict[str, Any]:
    wide = panel.pivot(index="province", columns="year", values=variable.id).reindex(_with_data())
    years = [int(year) for year in wide.columns[wide.notna().any()]]
    nation = _nation(panel, variable)
    return {
        "name": list(variable.name),
        "unit": list(variable.unit),
        "definition": list(variable.definition),
        "breaks": list(variable.breaks),
        "weak": list(variable.weak),
        "formula": variable.derived,
        "sources": _sources(variable, registry),
        "marks": [[mark.year, mark.kind, *mark.text] for mark in marks_between(variable.id, years[0] - 1, years[-1])],
        "first": years[0],
        "last": years[-1],
        "digits": decimals_for(wide.to_numpy(dtype=float)),
        "reference": "mean" if nation is None else "nation",
        "nation": _plain(wide.mean() if nation is None else nation.reindex(wide.columns)),
        "values": [_plain(row) for _, row in wide.iterrows()],
    }


def _nation(panel: pd.DataFrame, variable: Variable) -> pd.Series | None:
    """The formula of a ratio applied to the sums of the provinces, by year; None for a variable that is no ratio of sums."""
    parts = sorted(set(re.findall(r"[a-z]\w*", re.sub(r"\d+e\d+", "", variable.derived))))
    if not _RATIO.search(variable.derived) or not set(parts) <= set(panel.columns):
        return None
    years = panel.groupby("year")[parts]
    sums = years.sum().where(years.count() == len(_with_data()))
    return pd.Series(sums.eval(variable.derived), index=sums.index)


def _plain(series: pd.Series) -> list[float | None]:
    return [None if pd.isna(value) else float(f"{value:.{DIGITS}g}") for value in series]


def write_files(panel: pd.DataFrame, registry: Registry, folder: Path) -> Iterator[Path]:
    """Write what the page loads; yield each file."""
    paths.write_text(folder / "explorer-data.js", _data_script(panel, registry))
    yield folder / "explorer-data.js"
    yield from _write_vega(folder)


def _write_vega(folder: Path) -> Iterator[Path]:
    """The scripts of Vega, Vega-Lite and Vega-Embed in one file, and their licences; made once for each version of the package."""
    from importlib.metadata import version

    target, first = folder / "vega.js", f"// Licences: vega.LICENSES.txt. Bundled by vl-convert {version('vl-convert-python')}\n"
    if not (target.exists() and target.open(encoding="utf-8").readline() == first):
        import vl_convert

        paths.write_text(target, first + vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;"))
    licences = folder / "vega.LICENSES.txt"
    paths.write_text(licences, (Path(__file__).parent / licences.name).read_text(encoding="utf-8"))
    yield from (target, licences)


def style_sheet() -> str:
    """The rules of the page."""
    return (Path(__file__).parent / "explorer.css").read_text(encoding="utf-8")
