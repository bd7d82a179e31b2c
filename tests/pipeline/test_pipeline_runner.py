"""The runner on small notebooks: what runs, what does not, what is kept, and what is said."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
from interrupts import started

from toolkit import paths
from toolkit.errors import NotebookFailed, UnknownName
from toolkit.language import Language, using_language
from toolkit.pipeline import cache, collect, forked, kernels, runner
from toolkit.pipeline.progress import Watcher

Write = Callable[..., Path]
LIBRARY = str(paths.LIBRARY.parent)


def test_a_failing_cell_stops_its_notebook_only(capsys: pytest.CaptureFixture[str], write_notebook: Write, shares: Path) -> None:
    write_notebook("02_wrong", "# Wrong", "a = 1", "# between", "b = {}\nb['不存在的列']", "never = 1")
    with pytest.raises(NotebookFailed) as failure:
        runner.run([], "en", 2, force=False)
    text = str(failure.value)
    assert "1 notebook stopped" in text
    assert "02_wrong.ipynb, code cell 2: line 2: b['不存在的列']" in text
    assert "KeyError: '不存在的列'" in text
    record = collect.read_record(collect.record_path())
    assert list(record) == ["01_shares"]
    text = {"en": "The share is 0.75.", "zh": "份额为0.75。"}
    assert record["01_shares"]["statements"] == {"share": {"top": 0.75, "text": text}}
    assert sorted(record["01_shares"]["exhibits"]) == ["01_shares", "01_table"]
    assert not cache.executed_path("02_wrong", "en").exists()
    assert list(cache.folder().glob("records/*.new.json")) == []
    executed = nbformat.read(cache.executed_path("01_shares", "en"), as_version=4)
    assert not any("TCP without encryption" in str(cell) for cell in executed.cells)
    run = json.loads((paths.REPORTS / "run.json").read_text(encoding="utf-8"))
    assert run["notebooks"]["02_wrong"] == {"failed": True}
    assert "01_shares: done, 4 code cells" in capsys.readouterr().err


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_missing_value_of_the_readme_does_not_hide_the_cell_that_failed(project: Path, write_notebook: Write, language: Language) -> None:
    readme = project / "README.md"
    readme.write_text("<!-- value: lost.b -->0.1<!-- /value -->\n", encoding="utf-8")
    wrong = write_notebook("01_wrong", "# Wrong", "1 / 0")
    with using_language(language), pytest.raises(NotebookFailed) as failure:
        runner.run([], language, 1, force=False)
    text = str(failure.value)
    assert "01_wrong.ipynb" in text
    assert "ZeroDivisionError" in text
    assert {"en": "the README is not filled", "zh": "README未填写"}[language] in text
    assert "0 notebooks state the value 'lost.b'" in text
    assert text.index("ZeroDivisionError") < text.index("lost.b")
    assert readme.read_text(encoding="utf-8") == "<!-- value: lost.b -->0.1<!-- /value -->\n"
    wrong.unlink()
    with pytest.raises(UnknownName, match=r"0 notebooks state the value 'lost\.b'"):
        runner.run([], language, 1, force=False)


def test_notebooks_start_in_order_the_longest_first(write_notebook: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is known about the time of a notebook that never ran: the one with most cells starts first."""
    for name, cells in (("01_a", 1), ("02_b", 4), ("03_c", 2), ("04_d", 5), ("05_e", 3)):
        write_notebook(name, "# Title", *["1"] * cells)
    started: list[str] = []

    async def noted(job: kernels.Job, _: object, watcher: Watcher, address: str) -> str:
        watcher.started(job.notebook.stem, 1)
        started.append(job.notebook.stem)
        return "stopped here"

    monkeypatch.setattr(kernels, "_run_cells", noted)
    with pytest.raises(NotebookFailed):
        runner.run([], "en", 1, force=False)
    assert started == ["04_d", "02_b", "05_e", "03_c", "01_a"]


def test_only_what_changed_is_run_again(write_notebook: Write, shares: Path) -> None:
    write_notebook("02_one", "# One", "1 + 1")
    assert runner.run([], "en", None, force=False) == 2
    recorded = collect.record_path().read_bytes()
    assert runner.run([], "en", None, force=False) == 0

    opened = nbformat.read(shares, as_version=4)  # as JupyterLab leaves it after a run
    opened.metadata["language_info"] = {"name": "python", "version": "3.12"}
    opened.cells[1].execution_count = 7
    nbformat.write(opened, shares)
    assert runner.run([], "en", None, force=False) == 0

    (paths.TABLES / "01_table.csv").write_text("edited\n", encoding="utf-8")
    assert runner.run([], "en", None, force=False) == 1
    (paths.FIGURES / "01_shares.zh.svg").unlink()
    assert runner.run([], "en", None, force=False) == 1
    assert collect.record_path().read_bytes() == recorded

    (paths.DATA_RAW / "new.csv").write_text("a\n1\n", encoding="utf-8")
    stale = runner.plan([], "en", cache.library_key()).stale  # the longest first, and times are those of the machine
    assert sorted(path.stem for path in stale) == ["01_shares", "02_one"]


def test_what_is_current_depends_on_language_lock_and_cells(project: Path, write_notebook: Write) -> None:
    notebook = write_notebook("01_one", "# One", "1 + 1")
    library = cache.library_key()
    key = cache.notebook_key(notebook, library, "en")
    assert cache.notebook_key(notebook, library, "zh") != key
    (project / "requirements.lock").write_text("numpy==2.4.7\n", encoding="utf-8")
    assert cache.library_key() != library
    write_notebook("01_one", "# One", "1 + 2")
    assert cache.notebook_key(notebook, library, "en") != key


def test_a_removed_notebook_leaves_the_record(write_notebook: Write, shares: Path) -> None:
    gone = write_notebook("02_one", "# One", "1 + 1")
    runner.run([], "en", None, force=False)
    gone.unlink()
    runner.run([], "en", None, force=False)
    assert list(collect.read_record(collect.record_path())) == ["01_shares"]


def test_notebooks_are_chosen_by_number_or_name(write_notebook: Write) -> None:
    for name in ("01_data", "02_subsidy", "02_extra"):
        write_notebook(name, "# " + name)
    assert [path.stem for path in runner.choose(["01", "notebooks/02_extra.ipynb"])] == ["01_data", "02_extra"]
    with pytest.raises(UnknownName, match="'02' fits 2 notebooks"):
        runner.choose(["02"])
    with pytest.raises(UnknownName, match="did you mean: 02_subsidy"):
        runner.choose(["02_subsidies"])


def test_a_kernel_that_dies_is_named(write_notebook: Write) -> None:
    write_notebook("01_dies", "# Dies", "import os, sys\nprint('last words', file=sys.__stderr__, flush=True)\nos._exit(3)")
    with pytest.raises(NotebookFailed, match=r"01_dies\.ipynb, code cell 1: the kernel died"):
        runner.run([], "en", None, force=False)


@pytest.mark.skipif(os.name == "nt", reason="sends a POSIX signal")
def test_ctrl_c_shuts_kernels_down_and_keeps_what_is_finished(tmp_path: Path, write_notebook: Write) -> None:
    write_notebook("01_quick", "# Quick", "1 + 1")
    write_notebook("03_other", "# Other", "1 + 1")
    write_notebook("02_slow", "# Slow", "import os, time\nopen('pid', 'w').write(str(os.getpid()))\ntime.sleep(60)")
    code = "from toolkit.pipeline import runner; runner.run([], 'en', 2, False)"
    environment = {**os.environ, "TOOLKIT_ROOT": str(tmp_path), "PYTHONPATH": os.pathsep.join([LIBRARY, os.environ.get("PYTHONPATH", "")])}
    process = started([sys.executable, "-c", code], env=environment)
    pid = paths.NOTEBOOKS / "pid"
    quick = cache.folder() / "entries" / "01_quick.en.json"
    deadline = time.monotonic() + 60
    while not (pid.exists() and pid.read_text() and quick.exists()) and time.monotonic() < deadline:
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=30)
    assert process.returncode != 0
    assert "02_slow: failed" not in stderr
    time.sleep(0.2)
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid.read_text()), 0)
    assert not cache.executed_path("02_slow", "en").exists()
    assert cache.recall("01_quick.en") is not None
    assert cache.recall("02_slow.en") is None
    assert [path.name for path in paths.REPORTS.rglob(".*") if path.is_file()] == []


def test_copies_of_the_library_are_kernels_of_their_own(write_notebook: Write) -> None:
    """Three notebooks are worth copying the library for: each has its process, its names, its record and its language."""
    seen = (
        "import builtins, json, os, sys\n"
        "told = [os.getpid(), os.getppid(), hasattr(builtins, 'mark'), os.environ['TOOLKIT_RECORD']]\n"
        "json.dump(told, open({!r}, 'w'))"
    )
    for name in ("01_a", "02_b", "03_c", "04_d"):
        write_notebook(name, f"# {name}", seen.format(f"{name}.json"), "builtins.mark = 1\n'toolkit.estimate' in sys.modules")
    runner.run([], "en", 2, force=False)
    told = [json.loads((paths.NOTEBOOKS / f"{name}.json").read_text()) for name in ("01_a", "02_b", "03_c", "04_d")]
    assert len({pid for pid, *_ in told}) == 4
    assert [marked for _, _, marked, _ in told] == [False] * 4
    assert len({record for *_, record in told}) == 4
    executed = nbformat.read(cache.executed_path("01_a", "en"), as_version=4)
    assert executed.cells[2].outputs[0].data["text/plain"] == str(forked.AVAILABLE)
    if forked.AVAILABLE:
        source = {parent for _, parent, *_ in told}
        assert len(source) == 1
        for pid in (*source, *(pid for pid, *_ in told)):
            with pytest.raises(ProcessLookupError):
                os.kill(pid, 0)


def test_a_copy_that_dies_is_named_and_takes_no_other_with_it(write_notebook: Write) -> None:
    write_notebook("01_dies", "# Dies", "import os\nos._exit(3)")
    for name in ("02_b", "03_c"):
        write_notebook(name, f"# {name}", "1 + 1")
    with pytest.raises(NotebookFailed, match=r"01_dies\.ipynb, code cell 1: the kernel died"):
        runner.run([], "en", 2, force=False)
    assert cache.recall("02_b.en") is not None
    assert cache.recall("03_c.en") is not None
