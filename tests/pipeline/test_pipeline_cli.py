"""The command line: quick help, named errors, exit codes."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from toolkit import cli, errors, language, paths
from toolkit.pipeline import build, runner, verify

MOST_MODULES = 150  # about 90 without numpy; what is imported is what makes a start slow
LIBRARY = str(paths.LIBRARY.parent)


def toolkit(root: Path, *arguments: str, options: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    search = os.pathsep.join(filter(None, [LIBRARY, os.environ.get("PYTHONPATH")]))
    environment = {**os.environ, "TOOLKIT_ROOT": str(root), "PYTHONPATH": search, "PYTHONUTF8": "1"}
    command = [sys.executable, *options, "-m", "toolkit", *arguments]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", env=environment, cwd=root, check=False)


def test_help_names_every_verb_and_loads_little(tmp_path: Path) -> None:
    done = toolkit(tmp_path, "--help", options=("-X", "importtime"))
    assert done.returncode == 0
    assert all(verb.name in done.stdout and verb.help.en in done.stdout for verb in cli.VERBS)
    modules = [line.rpartition("|")[2].strip() for line in done.stderr.splitlines() if line.startswith("import time:")]
    assert "toolkit.cli" in modules
    assert {"pandas", "scipy", "matplotlib", "nbclient", "mistune"} & set(modules) == set()
    assert len(modules) < MOST_MODULES


def test_an_error_has_three_lines_and_no_traceback(tmp_path: Path) -> None:
    (tmp_path / "data_raw").mkdir()
    done = toolkit(tmp_path, "build")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "\nerror: " in done.stderr
    assert "  where:  " in done.stderr
    assert "  remedy: " in done.stderr
    assert toolkit(tmp_path, "verify").stderr.startswith("error: nothing is recorded yet")


@pytest.mark.parametrize("verb", ["", *(verb.name for verb in cli.VERBS)])
def test_help_is_chinese_where_it_is_asked_for(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    with language.using_language("en"), pytest.raises(SystemExit) as end:
        cli.main([*filter(None, [verb]), "--help", "--lang", "zh"])
    shown = capsys.readouterr().out
    assert end.value.code == 0
    assert "选项" in shown
    assert not re.search(r"\b(the|of|show|and|usage|options)\b", shown), shown


def test_a_wrong_verb_is_named_with_the_nearest_and_all_of_them(tmp_path: Path) -> None:
    for spoken, words in (("en", "there is no verb 'verfy'; did you mean verify?"), ("zh", "没有'verfy'这一命令；是否为verify？")):
        done = toolkit(tmp_path, "verfy", "--lang", spoken)
        assert done.returncode == 2
        assert words in done.stderr
        assert all(verb.name in done.stderr for verb in cli.VERBS)
        assert {"test", "lab", "doctor", "paper"} < {verb.name for verb in cli.VERBS}
    assert "did you mean" not in toolkit(tmp_path, "zzz").stderr


def test_quiet_leaves_results_and_errors_only(tmp_path: Path) -> None:
    (tmp_path / "data_raw").mkdir()
    loud, quiet = (toolkit(tmp_path, "build", *options) for options in ((), ("--quiet",)))
    assert loud.stderr.startswith("Building data ...\nerror: ")
    assert loud.stderr.removeprefix("Building data ...\n") == quiet.stderr


def test_a_chinese_run_speaks_chinese(tmp_path: Path) -> None:
    (tmp_path / "data_raw").mkdir()
    assert toolkit(tmp_path, "build", "--lang", "zh").stderr.startswith("生成数据……\n错误：")
    failed = toolkit(tmp_path, "verify", "--lang", "zh").stderr
    assert failed == "错误：尚无记录\n  位置：reports/record.json\n  办法：请先运行`python run.py`\n"


def test_a_language_that_is_none_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOOLKIT_LANG", "fr")
    done = toolkit(tmp_path, "--help")
    assert (done.returncode, done.stderr.splitlines()[0]) == (1, "error: there is no language 'fr'")


def test_a_wrong_verb_or_option_is_refused(tmp_path: Path) -> None:
    assert toolkit(tmp_path, "reprot").returncode == 2
    assert "'abc' is no whole number; write for example 2" in toolkit(tmp_path, "--jobs", "abc").stderr
    assert "unrecognized arguments: --port 1" in toolkit(tmp_path, "build", "--port", "1").stderr
    assert "invalid choice: 'fr'" in toolkit(tmp_path, "run", "--lang", "fr").stderr
    assert "must be at least 1" in toolkit(tmp_path, "--jobs", "0").stderr


def test_options_stand_before_or_after_the_verb() -> None:
    for arguments in (["--lang", "zh", "--jobs", "3", "run", "02", "--force"], ["run", "02", "--jobs", "3", "--lang", "zh", "--force"]):
        given = cli.parser().parse_args(arguments)
        assert (given.verb, given.notebook, given.lang, given.jobs, given.force) == ("run", ["02"], "zh", 3, True)
    given = cli.parser().parse_args([])
    assert (given.verb, given.lang, given.jobs, given.force) == (None, None, None, False)


def test_the_site_is_written_although_a_notebook_fails(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def fails(*arguments: object) -> int:
        raise errors.NotebookFailed("1 notebook stopped", where="01.ipynb, code cell 2", remedy="open it")

    monkeypatch.setattr(build, "build", lambda force: True)
    monkeypatch.setattr(runner, "run", fails)
    monkeypatch.setattr(build, "report", lambda language, force: "reports/index.html")
    assert cli.main([]) == 1
    out, err = capsys.readouterr()
    assert "Open reports/index.html" in out
    assert err == "error: 1 notebook stopped\n  where:  01.ipynb, code cell 2\n  remedy: open it\n"


@pytest.mark.parametrize("code", [0, 1])
def test_the_exit_code_of_verify_is_passed_on(monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    monkeypatch.setattr(verify, "verify", lambda jobs: code)
    assert cli.main(["verify"]) == code


@pytest.mark.parametrize(
    ("options", "shared"),
    [
        ([], True),
        (["--slow"], True),
        (["--durations=10"], True),
        (["-k", "within"], True),
        (["-rs", "-v"], True),
        (["tests/estimate"], True),
        (["-n", "4"], False),
        (["-n0"], False),
        (["--numprocesses=3"], False),
        (["-x"], False),
        (["-vsx", "--slow"], False),
        (["--pdb"], False),
        (["--capture=no"], False),
        (["-p", "no:xdist"], False),
        (["tests/test_keys.py"], False),
        (["--slow", "tests/test_keys.py::test_what_cannot_be_joined"], False),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_tests_run_in_two_processes_unless_the_options_ask_for_one(
    monkeypatch: pytest.MonkeyPatch, options: list[str], shared: bool
) -> None:
    called: list[str] = []
    monkeypatch.setattr(cli, "_wait", lambda command, cwd: called.extend(command) or 0)
    assert cli.main(["test", *options]) == 0
    assert called[called.index("-q") + 1 :] == ["-n", "2", *cli.BY_FILE] * shared + options


def test_ctrl_c_is_130(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def interrupted(force: bool) -> Callable[[], None]:
        raise KeyboardInterrupt

    monkeypatch.setattr(build, "build", interrupted)
    assert cli.main(["build"]) == 130
    assert "nothing is half-written" in capsys.readouterr().err


def test_the_codebook_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["codebook", "fiscal_sci_exp"]) == 0
    assert "fiscal_sci_exp" in capsys.readouterr().out
    assert cli.main(["codebook", "fiscal_sci_ex"]) == 1
    assert "fiscal_sci_exp" in capsys.readouterr().err
