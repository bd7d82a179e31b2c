"""The verb ``firms``: from a folder of CSMAR tables to tables for Word, figures and a page, all under that folder."""

from __future__ import annotations

from html import escape
from pathlib import Path

from toolkit import paths
from toolkit.data.firms import read_firms, write_simulated
from toolkit.errors import UnknownOption
from toolkit.language import Language, Text
from toolkit.pipeline.progress import doing, line
from toolkit.present.exhibit import FigureExhibit, TableExhibit, csv_text

RESULTS = "results"
_STYLE = (
    '@font-face{font-family:"Page SC";src:url("sans-sc.woff2")}@font-face{font-family:"Noto Serif SC";src:url("serif-sc.woff2")}'
    'body{max-width:70em;margin:2em auto;padding:0 1em;font-family:Helvetica,Arial,"Page SC",sans-serif;line-height:1.5}img{max-width:100%}'
)


def study(folder: str, language: Language) -> str:
    """Run the chapter and return its page, as it is shown to a reader.

    Parameters
    ----------
    folder : with the tables; empty for simulated firms, which are written to reports/firms.
    language : of tables, figures and the page.

    Raises
    ------
    UnknownOption
        The folder lies where the repository would take up what is in it.
    ToolkitError
        As :func:`toolkit.data.firms.read_firms` and :func:`toolkit.studies.listed_firms.designs.run`.
    """
    place = Path(folder) if folder else write_simulated(paths.REPORTS / "firms")
    if place.resolve().is_relative_to(paths.ROOT.resolve()) and not place.resolve().is_relative_to(paths.REPORTS.resolve()):
        raise UnknownOption(
            "licensed tables must not lie inside the project", where=paths.relative(place), remedy="move the folder out of the project"
        )
    from toolkit.present.site.write import chinese_characters, write_fonts
    from toolkit.studies.listed_firms import designs, exhibits

    with doing(Text("Reading the tables", "读取数据表")):
        firms = read_firms(place)
    left = Text("{count} firm-years left; estimating", "保留{count}个企业—年份观测，开始估计")
    with doing(left.filled(count=len(firms.panel))):
        results = designs.run(firms)
    shown: dict[str, TableExhibit | FigureExhibit | None] = {
        "1_designs": exhibits.figure(results),
        "2_regressions": exhibits.ladder(results),
        "3_instruments": exhibits.instruments(results),
        "4_dynamics": exhibits.dynamics(results),
        "5_specifications": exhibits.curve(results),
        "6_dropped": exhibits.dropped(firms),
        "7_rules": exhibits.rules(results),
        "8_description": exhibits.description(results),
        "9_files": exhibits.files(firms),
    }
    told = exhibits.finding(results).text.to(language)
    parts = [_written(exhibit, place / RESULTS / name, language) for name, exhibit in shown.items() if exhibit is not None]
    page = place / RESULTS / "index.html"
    numbers = results.sample.panel.frame.select_dtypes("number").assign(firm=results.sample.panel.frame["firm"])
    paths.write_text(place / RESULTS / "panel.csv", csv_text(numbers))
    head = f'<!doctype html><html lang="{language}"><meta charset="utf-8"><title>{escape(told[:60])}</title><style>{_STYLE}</style>'
    text = f"{head}<p>{escape(told)}</p>{''.join(parts)}</html>\n"
    write_fonts(chinese_characters([text]), page.parent)
    (page.parent / "characters.txt").unlink()  # what the site compares its fonts with
    paths.write_text(page, text)
    line(told)
    return paths.relative(page)


def _written(exhibit: TableExhibit | FigureExhibit, path: Path, language: Language) -> str:
    """Write a table for Word or a figure, and its numbers; return what the page shows."""
    from toolkit.present.style import to_png
    from toolkit.present.writers import to_docx, to_html

    if isinstance(exhibit, TableExhibit):
        table = exhibit.table(language)
        to_docx(table, path.with_suffix(".docx"))
        paths.write_text(path.with_suffix(".csv"), csv_text(exhibit.data))
        return to_html(table)
    drawing = exhibit.draw(language)
    with paths.replacing(path.with_suffix(".png")) as temporary:
        temporary.write_bytes(to_png(drawing.figure))
    paths.write_text(path.with_suffix(".csv"), csv_text(drawing.data))
    return f'<img src="{path.name}.png" alt="{escape(drawing.title)}">'
