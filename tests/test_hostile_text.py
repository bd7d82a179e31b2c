"""Text made to do harm: HTML in names and labels, formulas and relations without end, names without measure, YAML that is a program."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import toolkit as tk
from toolkit import paths
from toolkit.arithmetic import NotArithmetic, parse
from toolkit.audit.relations import evaluate
from toolkit.errors import FormulaError, PresentationError, RegistryError
from toolkit.estimate.formula.spec import parse as parse_formula
from toolkit.present.exhibit import TableExhibit, save
from toolkit.present.record import statement
from toolkit.present.tables.table import Cell, Row, Table
from toolkit.present.writers import to_docx, to_html, to_latex, to_markdown
from toolkit.registry.read import read_yaml

SCRIPT = "<script>alert(1)</script>"
PICTURE = "<img src=x onerror=alert(1)>"


def hostile_table() -> Table:
    return Table(SCRIPT, (Row((Cell(PICTURE, "label"), Cell(SCRIPT))),), (Row((Cell(SCRIPT, "label"), Cell(PICTURE))),), (SCRIPT, PICTURE))


@pytest.mark.parametrize("write", [to_html, to_markdown])
def test_no_element_enters_a_table(write: object) -> None:
    text = write(hostile_table())  # type: ignore[operator]
    assert "<script" not in text
    assert "<img" not in text
    assert "alert(1)" in text


def test_a_sign_that_opens_no_element_is_written_as_before() -> None:
    row = Row((Cell("p", "label"), Cell("<0.001")))
    assert "\\<0.001" in to_markdown(Table("A", (row,), (row,)))


def test_no_command_of_latex_enters_a_table() -> None:
    row = Row((Cell("\\input{/etc/passwd}", "label"), Cell("$\\write18{ls}$")))
    text = to_latex(Table("A", (row,), (row,)))
    assert "\\input" not in text
    assert "\\write" not in text


def test_a_statement_shows_a_name_and_does_not_run_it() -> None:
    told = statement("who", "The first is {name}.", name=PICTURE)
    assert told._repr_markdown_() == "The first is &lt;img src=x onerror=alert(1)>."


def test_columns_with_names_of_html_are_shown_as_names() -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"firm": np.repeat(list("abcdef"), 5), "year": np.tile(range(5), 6), SCRIPT: rng.normal(size=30)})
    frame["y"] = rng.normal(size=30)
    panel = tk.Panel(frame, "firm", "year")
    table = tk.regression_table([tk.fit(f"y ~ `{SCRIPT}`", panel, cluster="firm")], labels={"y": PICTURE})
    for shown in (table._repr_html_(), panel._repr_html_(), to_markdown(table.table())):
        assert "<script" not in shown
        assert "<img" not in shown


def test_a_figure_holds_no_element_of_html() -> None:
    from toolkit.present.style import to_svg

    frame = pd.DataFrame({"firm": np.repeat(list("ab"), 5), "year": np.tile(range(2000, 2005), 2), "y": np.arange(10.0)})
    drawn = tk.trend_lines(frame, "year", "y", "firm", labels={"y": SCRIPT}).draw("en")
    assert b"<script" not in to_svg(drawn.figure)


def test_characters_that_no_document_can_hold_do_not_stop_it(tmp_path: Path) -> None:
    row = Row((Cell("a\x00b\x0bc", "label"), Cell("1\x1f")))
    to_docx(Table("x\x02", (row,), (row,), ("n\x03",)), tmp_path / "a.docx")
    assert (tmp_path / "a.docx").stat().st_size > 0


@pytest.mark.parametrize(
    "text",
    ["+".join(["1"] * 20_000) + " = 3", "-" * 20_000 + "1 = 3", "-" * 900 + "1 = 3", "(" * 20_000 + "1" + ")" * 20_000 + " = 3"],
    ids=["sum", "signs", "fewer signs", "brackets"],
)
def test_a_relation_without_end_is_refused_in_a_few_words(text: str) -> None:
    with pytest.raises(FormulaError) as refused:
        evaluate(text, lambda name: pytest.fail(name))
    assert len(str(refused.value)) < 500


def test_a_sum_of_as_many_parts_as_are_allowed_is_computed() -> None:
    assert parse("+".join(["1"] * 300)).value(float) == 300
    with pytest.raises(NotArithmetic, match="more than 300 parts"):
        parse("+".join(["1"] * 301))


@pytest.mark.parametrize("formula", ["y ~ " + "*".join(f"x{i}" for i in range(40)), "y ~ " + ":".join(["L(x, 0:40)"] * 6)])
def test_a_product_of_too_many_terms_is_refused_at_once(formula: str) -> None:
    start = time.monotonic()
    with pytest.raises(FormulaError, match="more than 2,000 terms"):
        parse_formula(formula)
    assert time.monotonic() - start < 1


@pytest.mark.parametrize("name", ["x" * 300, "../x", "a/b", "a\0b", ""])
def test_a_name_that_no_file_can_bear_is_refused(name: str) -> None:
    with pytest.raises(PresentationError):
        save(TableExhibit(lambda language: hostile_table(), pd.DataFrame()), name)


YAML = {
    "tag": ("a: !!python/object/apply:os.system ['touch pwned']\n", "not valid YAML"),
    "aliases": ("a: &a [x, x]\nb: &b [*a, *a]\n", r"a reference, \*a"),
    "depth": ("a: " + "[" * 100_000 + "]" * 100_000, "more than 30 levels"),
    "dashes": ("a:\n  " + "- " * 100_000 + "1", "more than 30 levels"),
    "digits": ("a: " + "1" * 100_000, "not valid YAML"),
    "no day": ("a: 2020-13-45\n", "not valid YAML"),
}


@pytest.mark.parametrize("kind", YAML)
def test_yaml_that_does_more_than_state_is_refused(tmp_path: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text, word = YAML[kind]
    (tmp_path / "a.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(RegistryError, match=word):
        read_yaml(tmp_path / "a.yaml")
    assert not (tmp_path / "pwned").exists()


def test_yaml_of_absurd_size_is_refused(tmp_path: Path) -> None:
    with (tmp_path / "a.yaml").open("wb") as stream:
        stream.truncate(20_000_000)
    with pytest.raises(RegistryError, match="larger than"):
        read_yaml(tmp_path / "a.yaml")


def test_what_a_killed_process_left_is_removed_and_what_a_living_one_writes_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DATA_PROCESSED", "REPORTS", "OWN"):
        monkeypatch.setattr(paths, name, tmp_path / name)
    code = (
        "import os, signal, pathlib; from toolkit import paths\n"
        f"with paths.replacing(pathlib.Path({str(tmp_path / 'REPORTS' / 'figures' / 'a.en.png')!r})):\n"
        "    os.kill(os.getpid(), signal.SIGKILL)"
    )
    if os.name == "nt":
        pytest.skip("no SIGKILL")
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode != 0
    folder = tmp_path / "REPORTS" / "figures"
    assert len(list(folder.iterdir())) == 1
    (folder / ".gitignore").write_text("x", encoding="utf-8")
    with paths.replacing(folder / "b.png") as mine:
        assert paths.remove_left() == 1
        assert sorted(file.name for file in folder.iterdir()) == sorted([".gitignore", mine.name])
