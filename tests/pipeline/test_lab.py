"""The lab: a start notebook that runs in both languages, forms that work without code, completion, and no news of Jupyter's own."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest

import toolkit as tk
from toolkit import paths
from toolkit.errors import MissingColumn, UnknownOption
from toolkit.language import LANGUAGES, Language, using_language
from toolkit.pipeline import jobs, lab, runner
from toolkit.present.exhibit import FigureExhibit
from toolkit.registry import registry

WAIT_SECONDS = 60


@pytest.fixture(autouse=True)
def nothing_made(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(jobs, "_made", {})
    monkeypatch.setattr(jobs, "_columns", [])
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_cell_of_the_start_notebook_runs(language: Language, tmp_path: Path) -> None:
    names: dict[str, Any] = {}
    with using_language(language):
        for kind, source in lab.CELLS:
            assert source.zh != source.en or kind == "code"
            if kind == "code":
                exec(source.to(language), names)
    assert (tmp_path / "word" / "tour.docx").stat().st_size > 10_000


def test_the_start_notebook_is_written_once(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(paths, "OWN", tmp_path / "own")
    path = lab.start_notebook("zh")
    assert json.loads(path.read_text(encoding="utf-8"))["cells"][0]["source"][0] == "# 从这里开始\n"
    path.write_text("mine", encoding="utf-8")
    assert lab.start_notebook("zh").read_text(encoding="utf-8") == "mine"


def test_a_regression_by_clicks_is_the_one_by_code_and_goes_to_word(tmp_path: Path) -> None:
    form = jobs.regression()
    _, outcome, regressors, _, logs, buttons, _ = form.children  # type: ignore[attr-defined]
    run, keep = buttons.children
    outcome.value, regressors.value = "rd_intensity", ("fiscal_sci_exp",)
    run.click()
    keep.click()
    logs.value = False
    run.click()
    (exhibit,) = jobs._made.values()
    by_code = tk.fit("log(rd_intensity) ~ log(fiscal_sci_exp) | province + year", tk.load("provincial_panel"), cluster="province")
    assert len(jobs._columns) == 1
    assert (exhibit.data.select_dtypes("number") == by_code.beta[0]).any().any()
    choice, file, write, _ = jobs.word().children  # type: ignore[attr-defined]
    assert choice.options == tuple(jobs._made)
    file.value = "mine"
    write.click()
    assert (tmp_path / "word" / "mine.docx").exists()


def test_a_form_names_what_is_missing_and_shows_every_measured_number() -> None:
    with pytest.raises(UnknownOption, match="other than the outcome"):
        jobs.formula_of("rd_intensity", ["rd_intensity"], [], logs=True)
    with using_language("zh"):
        _, name, _ = jobs.variable().children  # type: ignore[attr-defined]
    ids = {identity for _, identity in name.options}
    assert {"rd_intensity", "gdp"} < ids
    assert not {"adcode", "year", "province"} & ids
    assert any(text.startswith("R&D强度") for text, _ in name.options)


def test_names_of_tables_and_variables_are_completed() -> None:
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell()
    shell.user_ns.update(tk=tk, panel=tk.load("provincial_panel"))
    shell.Completer.use_jedi = False
    assert any("provincial_panel" in found for found in shell.complete('tk.tables["prov', 'tk.tables["prov')[1])
    assert any("rd_intensity" in found for found in shell.complete('panel["rd_int', 'panel["rd_int')[1])
    assert "jobs" in dir(tk)
    assert "tables" in dir(tk)


def test_a_claim_shows_itself_in_both_languages() -> None:
    found = tk.audit.audit({"he2025_subsidy_elasticity": registry().claims["he2025_subsidy_elasticity"]})
    with using_language("zh"):
        assert "财政补贴每增加1%" in found["he2025_subsidy_elasticity"]._repr_html_()
        assert "数据未公开" in repr(found)
    assert "A panel regression" in repr(found.of("he2025_subsidy_elasticity"))
    assert found._ipython_key_completions_() == ["he2025_subsidy_elasticity"]


@pytest.mark.slow
@pytest.mark.parametrize("chapter", ["14", "15", "16", "17", "18"])
def test_the_slider_of_a_chapter_draws_anew(chapter: str) -> None:
    (notebook,) = runner.choose([chapter])
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    names: dict[str, Any] = {}
    exec(code[0].replace("\n\n", "\n"), names)
    (control,) = [source for source in code if "tk.control(" in source]
    for source in code:  # what the control draws from
        if (prepared := re.match(r"(\w+) = .*", source)) and re.search(rf"\b{prepared[1]}\b", control):
            exec(prepared[0], names)
    shown = eval(control, names)
    (slider,) = shown.kwargs_widgets
    slider.value = slider.max
    assert isinstance(shown.result, FigureExhibit)


def test_a_panel_gives_a_column_and_no_rows_by_number() -> None:
    panel = tk.load("provincial_panel")
    assert panel["rd_intensity"].equals(panel.frame["rd_intensity"])
    assert panel["year"].equals(panel.frame["year"])
    with pytest.raises(MissingColumn, match="no column 'rd'"):
        panel["rd"]
    with pytest.raises(TypeError):
        iter(panel)  # type: ignore[call-overload]


def test_jupyter_shows_no_news_of_its_own() -> None:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    command, environment = lab.command("en", ["--no-browser", f"--port={port}", "--IdentityProvider.token=", "--allow-root", "README.md"])
    server = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=os.fspath(paths.ROOT))
    try:
        page = _read(f"http://127.0.0.1:{port}/lab")
        assert json.loads(_read(f"http://127.0.0.1:{port}/lab/api/news")) == {"news": []}
        assert json.loads(_read(f"http://127.0.0.1:{port}/lab/api/update")) == {"notification": None}
        settings = json.loads(_read(f"http://127.0.0.1:{port}/lab/api/settings/@jupyterlab/apputils-extension:notification"))
        assert settings["schema"]["properties"]["fetchNews"]["default"] == "false"
        assert '"news": {"disabled": true}' in page
    finally:
        server.terminate()
        server.wait(timeout=WAIT_SECONDS)


def _read(address: str) -> str:
    deadline = time.monotonic() + WAIT_SECONDS
    while True:
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:
                text: str = answer.read().decode("utf-8")
                return text
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.3)


def test_the_lab_opens_the_start_notebook_unless_a_file_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(paths, "ROOT", tmp_path)
    monkeypatch.setattr(paths, "OWN", tmp_path / "own")
    assert any(part.startswith("--LabApp.default_url=/lab/tree/own/start.zh") for part in lab.command("zh", ["--no-browser"])[0])
    command, environment = lab.command("en", ["notebooks/01_data.ipynb"])
    assert not any("default_url" in part for part in command)
    assert command[:3] == [sys.executable, "-m", "jupyterlab"]
    assert environment["TOOLKIT_LANG"] == "en"
