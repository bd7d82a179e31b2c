"""The paper: numbered exhibits that the text points to, in Word and in LaTeX, opened by LibreOffice where there is one."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest

import toolkit as tk
from toolkit import paths
from toolkit.language import LANGUAGES, Language
from toolkit.pipeline import cache, collect, paper
from toolkit.present.writers.document import Exhibit, Prose, to_word, write_document
from toolkit.registry import registry

SOFFICE = shutil.which("soffice")
CODE = (
    "import toolkit as tk",
    'tk.save(tk.trend_lines(frame, "year", "gdp"), "demo_lines")',
    'tk.save(tk.regression_table([pooled, within]), "demo_estimates")',
    'tk.statement("demo", text)',
    'tk.save(tk.describe(panel, [*names]), "demo_description")',
)
PROSE = (
    ("# Demo\n\n**Abstract** One sentence.", "# 示例\n\n**摘要** 一句话。"),
    (
        "## Model\n\n$$y_{it} = \\frac{a + b}{\\beta} x_{it}$$\n\nwith $\\alpha_i$.",
        "## 模型\n\n$$y_{it} = \\frac{a + b}{\\beta} x_{it}$$\n\n其中$\\alpha_i$。",
    ),
    ("## Results\n\nWhat comes out.", "## 结果\n\n所得结果。"),
)


@pytest.fixture
def blocks(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[Language, list[Any]]:
    """The paper of a small study that has run, in both languages."""
    for name, folder in (("ROOT", ""), ("TABLES", "reports/tables"), ("FIGURES", "reports/figures"), ("REPORTS", "reports")):
        monkeypatch.setattr(paths, name, tmp_path / folder)
    panel = tk.load("provincial_panel")
    monkeypatch.setenv("TOOLKIT_RECORD", str(tmp_path / "fragment.json"))
    nation = panel.frame.groupby("year", as_index=False)["gdp"].sum()
    tk.save(tk.trend_lines(nation, "year", "gdp", title=tk.Text("Growth of the sum", "总量增长")), "demo_lines")
    formula = "log(rd_intensity) ~ log(fiscal_sci_exp)"
    estimates = [tk.fit(formula + effects, panel, cluster="province") for effects in ("", " | province + year")]
    tk.save(tk.regression_table(estimates), "demo_estimates")
    tk.save(tk.describe(panel, ["rd_intensity", "gdp"]), "demo_description")
    tk.statement("demo", tk.Text("The slope is {b:.3f}.", "斜率为{b:.3f}。"), b=estimates[1].beta[0])
    fragment = json.loads((tmp_path / "fragment.json").read_text(encoding="utf-8"))
    monkeypatch.setattr(collect, "recorded", lambda: {"demo": fragment})
    said = fragment["statements"]["demo"]["text"]["en"]
    cells = [{"cell_type": "markdown", "source": en, "metadata": {"zh": zh}} for en, zh in PROSE]
    cells += [{"cell_type": "code", "source": source, "metadata": {}, "outputs": []} for source in CODE]
    cells[-2]["outputs"] = [{"output_type": "execute_result", "data": {"text/markdown": said}}]
    executed = tmp_path / "demo.ipynb"
    executed.write_text(json.dumps({"cells": cells}), encoding="utf-8")
    monkeypatch.setattr(cache, "executed_path", lambda name, language: executed)
    return {language: paper.compose(Path("demo.ipynb"), language, tmp_path / "papers") for language in LANGUAGES}


def word(blocks: list[Any], language: Language, folder: Path) -> tuple[Path, str]:
    path = folder / "papers" / f"demo.{language}.docx"
    write_document(blocks, path, language)
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        return path, archive.read("word/document.xml").decode("utf-8")


def shown(xml: str) -> list[str]:
    """The paragraphs of a document as text."""
    return ["".join(re.findall(r"<w:t[^>]*>([^<]*)</w:t>", part)) for part in re.findall(r"<w:p>.*?</w:p>", xml, re.DOTALL)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_exhibits_are_numbered_apart_and_pointed_to(blocks: dict[Language, list[Any]], language: Language) -> None:
    exhibits = [block for block in blocks[language] if isinstance(block, Exhibit)]
    assert [(block.kind, block.number) for block in exhibits] == [("figure", 1), ("table", 1), ("table", 2)]
    texts = [block.text for block in blocks[language] if isinstance(block, Prose)]
    pointed = [name for text in texts for name in re.findall(r"\{\{([\w-]+)\}\}", text)]
    assert {block.name for block in exhibits} == set(pointed)
    assert not any(re.match(r"(Table|表)\s*\d", block.title) for block in exhibits)


def test_the_specification_is_the_one_that_ran(blocks: dict[Language, list[Any]]) -> None:
    texts = {language: [block.text for block in blocks[language] if isinstance(block, Prose)] for language in LANGUAGES}
    english = next(text for text in texts["en"] if "regresses" in text)
    assert "regresses ln R&D intensity on ln Fiscal S&T expenditure: Pooled OLS; Fixed effects (Province, Year)" in english
    assert "434 observations" in english
    assert "clustered by province" in english
    chinese = next(text for text in texts["zh"] if "被解释变量" in text)
    assert "混合OLS；固定效应（省份、年份）" in chinese
    assert "聚类到省份层面" in chinese
    assert any(text == "斜率为0.270。见表2。" or text.startswith("斜率为") for text in texts["zh"])  # stated in English, printed in Chinese


def test_references_are_the_sources_of_the_variables(blocks: dict[Language, list[Any]]) -> None:
    texts = [block.text for block in blocks["en"] if isinstance(block, Prose)]
    listed = {found[1] for text in texts if (found := re.match(r"\[(\w+)\] ", text))}
    expected = {source for name in ("rd_intensity",) for source in registry().variables[name].sources}
    assert expected - {"DERIVED"} <= listed
    assert all(text.strip() for text in texts)


@pytest.mark.parametrize("language", LANGUAGES)
def test_word_has_captions_fields_and_no_loose_end(blocks: dict[Language, list[Any]], language: Language, tmp_path: Path) -> None:
    _, xml = word(blocks[language], language, tmp_path)
    marked = re.findall(r'w:bookmarkStart w:id="\d+" w:name="(\w+)"', xml)
    pointed = re.findall(r"REF (\w+) ", xml)
    assert len(marked) == len(set(marked)) == 3
    assert set(pointed) <= set(marked)
    assert len(pointed) >= 3
    paragraphs = shown(xml)
    captions = [text for text in paragraphs if re.match(r"(Table|Figure) \d\. |[表图]\d  ", text)]
    assert len(captions) == 3
    assert xml.index("Descriptive statistics" if language == "en" else "描述性统计") < xml.rindex("<w:tbl>")  # above its table
    assert xml.index("<w:drawing>") < xml.index("Growth of the sum</w:t>" if language == "en" else "总量增长</w:t>")  # below the figure
    assert "$" not in "".join(paragraphs)
    assert "{{" not in xml


@pytest.mark.parametrize("language", LANGUAGES)
def test_latex_refers_to_labels_it_has(blocks: dict[Language, list[Any]], language: Language, tmp_path: Path) -> None:
    text = paper.to_latex(blocks[language], language, tmp_path)
    labels, pointed = re.findall(r"\\label\{([^}]*)\}", text), re.findall(r"\\ref\{([^}]*)\}", text)
    assert len(labels) == len(set(labels)) == 3
    assert set(pointed) == set(labels)
    begun, ended = re.findall(r"\\begin\{(\w+)\}", text), re.findall(r"\\end\{(\w+)\}", text)
    assert sorted(begun) == sorted(ended)
    bare = re.sub(r"\\[{}\\]", "", text)
    assert bare.count("{") == bare.count("}")
    assert ("ctexart" in text) == (language == "zh")
    picture = re.search(r"\\includegraphics\[[^]]*\]\{([^}]*)\}", text)
    assert picture is not None
    assert (tmp_path / "papers" / picture[1]).exists()


def test_the_title_is_cut_off_and_the_plot_stays(tmp_path: Path) -> None:
    from PIL import Image

    picture = Image.new("L", (200, 160), 255)
    picture.paste(0, (10, 5, 150, 21))  # a title
    picture.paste(0, (10, 60, 190, 150))  # a plot
    picture.save(tmp_path / "a.png")
    cut = Image.open(paper._without_title(tmp_path / "a.png", tmp_path / "b.png"))
    assert cut.size == (200, 160 - 60 + 6)


def test_an_equation_becomes_text_with_raised_letters() -> None:
    (line,) = to_word(r"\beta_{it}^2 = \frac{a+b}{c}")
    assert re.sub("<[^>]*>", "", line) == "βit2 = (a + b)/c"
    assert line.count('"subscript"') == 2
    assert line.count('"superscript"') == 1
    assert len(to_word(r"\begin{aligned} a &= b \\ c &= d \end{aligned}")) == 2


@pytest.mark.skipif(SOFFICE is None, reason="LibreOffice is not installed here")
@pytest.mark.parametrize("language", LANGUAGES)
def test_libreoffice_opens_it_without_a_warning_and_makes_a_pdf(
    blocks: dict[Language, list[Any]], language: Language, tmp_path: Path
) -> None:
    path, _ = word(blocks[language], language, tmp_path)
    command = [str(SOFFICE), "--headless", f"-env:UserInstallation={(tmp_path / 'office').as_uri()}", "--convert-to", "pdf"]
    done = subprocess.run([*command, "--outdir", str(tmp_path), str(path)], capture_output=True, text=True, timeout=120, check=True)
    told = [line for line in done.stderr.splitlines() if line and "javaldx" not in line]  # about Java, which is not needed
    assert told == []
    made = path.with_suffix(".pdf").name
    pdf = tmp_path / made
    assert pdf.read_bytes()[:5] == b"%PDF-"
    if shutil.which("pdftotext"):
        text = subprocess.run(["pdftotext", "-layout", str(pdf), "-"], capture_output=True, text=True, check=True).stdout
        assert re.search(r"Table 1\." if language == "en" else r"表\s*1", text)
        assert "Error" not in text
