"""Notebooks are thin: no stored output, no definitions, only the toolkit, no number typed into prose, and an honest end."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
LAST_HEADING = "What this does and does not show"
SECTIONS = {  # of a paper, in order; more exhibits and the references are added by the page
    "Question": "问题",
    "Data": "数据",
    "Design": "设计",
    "Results": "结果",
    LAST_HEADING: "本章说明了什么，没有说明什么",
}
ABSTRACT_CELLS = 3
CHINESE_SENTENCE = 30  # characters; an abstract is a paragraph, not a word

# A figure: digits with a decimal point, or before a percent sign. Years, counts of models and numbers of sections and equations may stand.
FIGURE = re.compile(r"\d+[.．]\d+\s*[%％]?|\d+\s*(?:[%％]|\\%|per\s?cent|percent)")
NOT_PROSE = re.compile(r"`[^`]*`|\$\$.*?\$\$|\$[^$]*\$|\]\([^)]*\)|https?://\S+|^#+\s+[\d.]+", re.DOTALL | re.MULTILINE)


def cells(path: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return found


def problems(found: list[dict[str, Any]]) -> list[str]:
    """Every rule that the cells of a notebook break."""
    code = [cell for cell in found if cell["cell_type"] == "code"]
    prose = ["".join(cell["source"]) for cell in found if cell["cell_type"] == "markdown"]
    told = [f"cell {number} holds output" for number, cell in enumerate(code, 1) if cell.get("outputs") or cell.get("execution_count")]
    for number, cell in enumerate(code, 1):
        told += [f"cell {number} {what}" for what in code_problems("".join(cell["source"]))]
    for text in prose:
        told += [f"number typed into prose: {typed}" for typed in FIGURE.findall(NOT_PROSE.sub(" ", text))]
    headings = [line.lstrip("# ").strip() for text in prose for line in text.splitlines() if line.startswith("#")]
    if not headings or not headings[-1].startswith(LAST_HEADING):
        told.append(f"the last heading is not {LAST_HEADING!r}")
    if not any("**Abstract** " in text for text in prose[:ABSTRACT_CELLS]):
        told.append("no English abstract at the top: a paragraph that begins with **Abstract**, before that of the **摘要**")
    if not any(len(re.findall(r"[\u4e00-\u9fff]", text)) >= CHINESE_SENTENCE for text in prose[:ABSTRACT_CELLS]):
        told.append("no Chinese abstract at the top")
    return told


def code_problems(source: str) -> list[str]:
    told = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            told.append(f"defines {node.name}")
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        told += [f"imports {name}" for name in names if name.split(".")[0] != "toolkit"]
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "tk.save" and not finished(node):
            told.append(f"saves what is not the finished exhibit of a section: {ast.unparse(node)}")
    return told


def finished(saved: ast.Call) -> bool:
    """Whether a call is ``tk.save(section.exhibit(...), "07_name")``: heads, title and notes stand in the study, its number is counted."""
    if len(saved.args) != 2 or saved.keywords:
        return False
    exhibit, name = saved.args
    if not (isinstance(exhibit, ast.Call) and isinstance(exhibit.func, ast.Attribute) and isinstance(exhibit.func.value, ast.Name)):
        return False
    words = {keyword.arg for keyword in exhibit.keywords} & {"title", "notes", "number", "heads", "names", "labels"}
    return exhibit.func.value.id != "tk" and not words and isinstance(name, ast.Constant)


FORMULA = re.compile(r"\$\$.*?\$\$|\$[^$]*\$", re.DOTALL)
NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
REFERENCE = re.compile(r"`[^`]*`|\]\([^)]*\)")
ABSTRACT = re.compile(r"^\*\*(?:Abstract|摘要)\*\*.*$", re.MULTILINE)


def lost_in_translation(found: list[dict[str, Any]]) -> list[str]:
    """Markdown cells without Chinese, or whose Chinese has other formulas, numbers, references or headings."""
    told = []
    for cell in (cell for cell in found if cell["cell_type"] == "markdown"):
        english, chinese = ABSTRACT.sub("", "".join(cell["source"])), cell["metadata"].get("zh", "")
        if not chinese:
            told.append(f"cell {cell['id']} has no text zh in its metadata")
            continue
        for what, pattern in (("formulas", FORMULA), ("references", REFERENCE), ("headings", re.compile(r"^#+(?= )", re.MULTILINE))):
            if sorted(pattern.findall(english)) != sorted(pattern.findall(chinese)):
                told.append(f"cell {cell['id']}: other {what} in Chinese")
        if set(NUMBER.findall(FORMULA.sub("", english))) != set(NUMBER.findall(FORMULA.sub("", chinese))):
            told.append(f"cell {cell['id']}: other numbers in Chinese")
    return told


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_the_narrative_exists_in_chinese(path: Path) -> None:
    assert lost_in_translation(cells(path)) == []


def test_a_translation_that_differs_is_seen() -> None:
    cell = {"cell_type": "markdown", "id": "a", "metadata": {"zh": "## 甲\n\n2015年$x$见`b`。"}, "source": ["## A\n\nIn 2015 $x$ is `b`."]}
    assert lost_in_translation([cell]) == []
    assert lost_in_translation([cell | {"metadata": {}}]) == ["cell a has no text zh in its metadata"]
    for part, what in (("2015", "numbers"), ("x", "formulas"), ("b", "references"), ("##", "headings")):
        changed = {"zh": cell["metadata"]["zh"].replace(part, "7" if part == "2015" else "c")}  # type: ignore[index]
        assert lost_in_translation([cell | {"metadata": changed}]) == [f"cell a: other {what} in Chinese"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_keeps_the_rules(path: Path) -> None:
    assert problems(cells(path)) == []


def sections(found: list[dict[str, Any]]) -> tuple[list[str], list[str]]:
    """The headings of second level in both languages."""
    prose = [cell for cell in found if cell["cell_type"] == "markdown"]
    texts = ["\n".join("".join(cell["source"]) for cell in prose), "\n".join(cell["metadata"].get("zh", "") for cell in prose)]
    english, chinese = (re.findall(r"^## (.+)$", text, re.MULTILINE) for text in texts)
    return english, chinese


def empty_sections(found: list[dict[str, Any]]) -> list[str]:
    """Sections without a sentence of their own; results consist of what stands below them."""
    texts = ["".join(cell["source"]).strip() for cell in found if cell["cell_type"] == "markdown"]
    return [text for text in texts if text.startswith("## ") and "\n" not in text and text != "## Results"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_every_chapter_reads_as_a_paper(path: Path) -> None:
    assert sections(cells(path)) == (list(SECTIONS), list(SECTIONS.values()))
    assert empty_sections(cells(path)) == []


def test_a_chapter_in_another_order_is_seen() -> None:
    swapped = [markdown(f"## {name}") | {"metadata": {"zh": f"## {SECTIONS[name]}"}} for name in ("Data", "Question", "Results")]
    assert sections(swapped) == (["Data", "Question", "Results"], ["数据", "问题", "结果"])
    assert empty_sections(swapped) == ["## Data", "## Question"]


def test_names_are_numbered() -> None:
    assert [path.name for path in NOTEBOOKS if not re.fullmatch(r"\d\d_[a-z0-9_]+\.ipynb", path.name)] == []


def markdown(text: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "source": [text]}


def test_each_planted_problem_is_seen() -> None:
    good = [
        markdown("# T\n\n**Abstract** Short.\n\n" + "摘要" * 20),
        {"cell_type": "code", "source": ["import toolkit as tk"]},
        markdown("## " + LAST_HEADING),
    ]
    assert problems(good) == []
    run = {"cell_type": "code", "source": ["import pandas as pd\ndef f(): pass"], "outputs": [{}], "execution_count": 1}
    assert problems([good[0], run, good[2]]) == ["cell 1 holds output", "cell 1 imports pandas", "cell 1 defines f"]
    assert problems([*good[:2], markdown("The share is 66.7 % and 5 per cent.\n\n## " + LAST_HEADING)]) == [
        "number typed into prose: 66.7 %",
        "number typed into prose: 5 per cent",
    ]
    for saved in ('ranking.league(f), "07_league", number=4', 'tk.frame_table(f, {}), "a"', 'shares.gap(f, title="x"), "a"', 'f, "a"'):
        assert [told[:14] for told in code_problems(f"tk.save({saved})")] == ["saves what is "], saved
    assert code_problems('tk.save(ranking.league(found), "07_league")') == []
    assert problems([*good[:2], markdown("## 2.1 Model\n\nIn 2024, $x = 0.5$ and `a=0.5`.\n\n## " + LAST_HEADING)]) == []
    assert problems(good[:2]) == [f"the last heading is not {LAST_HEADING!r}"]
    assert problems([markdown("# T\n\n**Abstract** Short."), *good[1:]]) == ["no Chinese abstract at the top"]
    assert [told[:29] for told in problems([markdown("# T\n\n" + "摘要" * 20), *good[1:]])] == ["no English abstract at the top"[:29]]
