"""run.py on small projects without network: a wheel made here, a toolkit that only repeats its arguments."""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest
from interrupts import started

SCRIPT = Path(__file__).resolve().parent.parent / "run.py"
BASE = getattr(sys, "_base_executable", sys.executable)
HAS_PIP = subprocess.run([BASE, "-m", "pip", "--version"], capture_output=True, check=False).returncode == 0
OLD_PYTHONS = sorted((Path.home() / ".pyenv" / "versions").glob("3.[89].*/bin/python"))
SECOND_RUN_SECONDS = 0.2 + 0.3  # the promise, and room for a loaded machine; the start of two interpreters is in it

needs_pip = pytest.mark.skipif(not HAS_PIP, reason="the Python of this environment has no pip")

TOOLKIT = """
import sys
if sys.argv[1:] == ["wait"]:
    import time
    try:
        print("waiting", flush=True)
        time.sleep(30)
    except KeyboardInterrupt:
        raise SystemExit(130)
if sys.argv[1:2] == ["exit"]:
    raise SystemExit(int(sys.argv[2]))
import demo
print("toolkit", sys.argv[1:], demo.VALUE, sys.prefix)
"""


def wheel(folder: Path) -> tuple[Path, str]:
    path = folder / "demo-1.0-py3-none-any.whl"
    files = {
        "demo.py": "VALUE = 42\n",
        "demo-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n",
        "demo-1.0.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "demo-1.0.dist-info/RECORD"
    lines = []
    for name, text in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
        lines.append(f"{name},sha256={digest},{len(text)}")
    files[record] = "\n".join([*lines, f"{record},,"]) + "\n"
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    return path, hashlib.sha256(path.read_bytes()).hexdigest()


def written(root: Path) -> Path:
    """Write a project."""
    (root / "toolkit").mkdir(parents=True)
    shutil.copy(SCRIPT, root / "run.py")
    (root / "toolkit" / "__main__.py").write_text(TOOLKIT, encoding="utf-8")
    (root / "pyproject.toml").write_text(
        '[project]\nname = "demo"\nrequires-python = ">=3.11"\ndependencies = ["demo"]\n', encoding="utf-8"
    )
    path, digest = wheel(root)
    (root / "requirements.lock").write_text(f"./{path.name} --hash=sha256:{digest}\n", encoding="utf-8")
    return root


NAME = "a project 项目"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return written(tmp_path / NAME)


@pytest.fixture(scope="module")
def set_up_once(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A folder and a copy of the project that was set up in it: an environment works only where it was made."""
    place, copy = tmp_path_factory.mktemp("place"), tmp_path_factory.mktemp("copy") / NAME
    done = run(written(place / NAME))
    assert done.returncode == 0, done.stderr
    shutil.copytree(place / NAME, copy, symlinks=True)
    return place, copy


@pytest.fixture
def ready(set_up_once: tuple[Path, Path]) -> Path:
    """The project as it is after its first run, in the place of that run."""
    place, copy = set_up_once
    shutil.rmtree(place)
    place.mkdir()
    return Path(shutil.copytree(copy, place / NAME, symlinks=True))


def run(project: Path, *arguments: str, python: str = BASE, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    environment |= {"PYTHONUTF8": "1", **variables}
    command = [python, str(project / "run.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True, encoding="utf-8", cwd=project.parent, env=environment, check=False)


def test_help_sets_nothing_up(project: Path) -> None:
    done = run(project, "--help")
    assert done.returncode == 0
    assert "python run.py test" in done.stdout
    assert "首次运行" in done.stdout
    assert not (project / ".venv").exists()


def test_help_a_slip_of_the_hand_and_the_doctor_need_no_environment() -> None:
    environment = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "TOOLKIT_LANG")} | {"PYTHONUTF8": "1"}
    answers = {}
    for arguments in (("--help",), ("help", "--lang", "zh"), ("verfy",), ("--jobs", "abc"), ("run", "--help")):
        command = [BASE, "-I", str(SCRIPT), *arguments]
        answers[arguments] = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", env=environment, check=False)
    assert [done.returncode for done in answers.values()] == [0, 0, 2, 2, 0]
    assert not any("Setting up" in done.stderr for done in answers.values())
    assert "paper" in answers["--help",].stdout
    assert "将一项研究写成Word与LaTeX论文" in answers["help", "--lang", "zh"].stdout
    assert "there is no verb 'verfy'; did you mean verify?" in answers["verfy",].stderr
    assert "test, lab" in answers["verfy",].stderr
    assert "'abc' is no whole number" in answers["--jobs", "abc"].stderr


@needs_pip
def test_first_run_sets_up_and_the_second_starts_at_once(project: Path) -> None:
    first = run(project, "hello", "--x", "1")
    assert first.returncode == 0, first.stderr
    assert f"toolkit ['hello', '--x', '1'] 42 {project / '.venv'}" in first.stdout
    assert "Setting up .venv" in first.stderr
    assert "建立 .venv" in first.stderr
    assert "WARNING" not in first.stderr
    start = time.monotonic()
    second = run(project)
    seconds = time.monotonic() - start
    assert second.returncode == 0
    assert second.stderr == ""
    assert "toolkit [] 42" in second.stdout
    assert seconds < SECOND_RUN_SECONDS
    assert not (project / ".venv.old").exists()


@needs_pip
def test_exit_codes_are_passed_on(ready: Path) -> None:
    assert run(ready, "exit", "0").returncode == 0
    assert run(ready, "exit", "7").returncode == 7


@needs_pip
def test_a_rebuild_names_what_has_changed(ready: Path) -> None:
    pyproject = ready / "pyproject.toml"
    text = pyproject.read_text(encoding="utf-8")
    pyproject.write_text(text + "[tool.ruff]\nline-length = 99\n", encoding="utf-8")
    assert run(ready).stderr == ""  # settings of tools do not matter
    pyproject.write_text(text.replace('"demo"]', '"demo>=1"]'), encoding="utf-8")
    rebuilt = run(ready)
    assert "Changed since .venv was made: pyproject.toml." in rebuilt.stderr
    assert rebuilt.returncode == 0
    lock = ready / "requirements.lock"
    lock.write_text("# the same, with a comment\n" + lock.read_text(encoding="utf-8"), encoding="utf-8")
    assert "Changed since .venv was made: requirements.lock." in run(ready).stderr


@needs_pip
def test_a_moved_project_is_set_up_again(ready: Path) -> None:
    moved = ready.with_name("moved")
    ready.rename(moved)
    done = run(moved)
    assert "Changed since .venv was made: project folder." in done.stderr
    assert str(moved / ".venv") in done.stdout


@needs_pip
def test_failing_pip_leaves_nothing_half_made(project: Path) -> None:
    lock = project / "requirements.lock"
    good = lock.read_text(encoding="utf-8")
    lock.write_text(good.replace("sha256:", "sha256:00")[: len(good) - 2] + "\n", encoding="utf-8")
    done = run(project)
    assert done.returncode == 1
    assert "pip could not install" in done.stderr
    assert "pip 未能安装" in done.stderr
    assert "  pip: " in done.stderr
    assert not (project / ".venv").exists()
    lock.write_text(good, encoding="utf-8")
    assert run(project).returncode == 0


@needs_pip
def test_failing_pip_brings_the_old_environment_back(ready: Path) -> None:
    before = (ready / ".venv" / "set-up.json").read_text(encoding="utf-8")
    lock = ready / "requirements.lock"
    good = lock.read_text(encoding="utf-8")
    lock.write_text("./missing-1.0-py3-none-any.whl --hash=sha256:" + "0" * 64 + "\n", encoding="utf-8")
    assert run(ready).returncode == 1
    assert (ready / ".venv" / "set-up.json").read_text(encoding="utf-8") == before
    lock.write_text(good, encoding="utf-8")
    assert run(ready).stderr == ""


@needs_pip
def test_an_unfinished_environment_is_made_again(ready: Path) -> None:
    (ready / ".venv" / "set-up.json").unlink()  # written last: without it the set-up was broken off
    done = run(ready)
    assert "Setting up .venv" in done.stderr
    assert done.returncode == 0


@needs_pip
def test_two_shells_do_not_build_at_once(project: Path) -> None:
    command = [BASE, str(project / "run.py")]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8") for _ in range(2)]
    answers = [process.communicate(timeout=120) for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert sum("Setting up .venv" in stderr for _, stderr in answers) == 1
    assert all("42" in stdout for stdout, _ in answers)


def test_a_python_without_pip_is_told_what_to_install(project: Path, tmp_path: Path) -> None:
    (tmp_path / "nopip" / "pip").mkdir(parents=True)
    (tmp_path / "nopip" / "pip" / "__init__.py").write_text("raise ImportError\n", encoding="utf-8")
    done = run(project, PYTHONPATH=str(tmp_path / "nopip"))
    assert done.returncode == 1
    assert "sudo apt install python3-pip" in done.stderr
    assert "没有 pip" in done.stderr
    assert not (project / ".venv").exists()


@pytest.mark.skipif(not OLD_PYTHONS, reason="there is no older Python here")
def test_a_wrong_python_gets_one_sentence(project: Path) -> None:
    done = run(project, python=str(OLD_PYTHONS[0]))
    assert done.returncode == 1
    assert done.stderr.startswith("Python 3.11, 3.12 or 3.13 is needed; this is 3.")
    assert "需要 Python" in done.stderr
    assert len(done.stderr.splitlines()) == 2


@needs_pip
@pytest.mark.skipif(os.name == "nt", reason="sends a POSIX signal")
def test_ctrl_c_ends_with_130(ready: Path) -> None:
    command = [BASE, str(ready / "run.py"), "wait"]
    process = started(command, start_new_session=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "waiting\n"
    os.killpg(process.pid, signal.SIGINT)
    _, stderr = process.communicate(timeout=20)
    assert process.returncode == 130
    assert "Traceback" not in stderr


@pytest.mark.skipif(os.name == "nt", reason="sends a POSIX signal")
def test_the_exit_code_survives_ctrl_c_at_the_very_end() -> None:
    """A program that interrupts its parent as it ends: once in a hundred times its exit code was lost, and 0 came back."""
    code = f"""
import importlib.util, sys
spec = importlib.util.spec_from_file_location("script", {str(SCRIPT)!r})
script = importlib.util.module_from_spec(spec)
spec.loader.exec_module(script)
script.PYTHON = sys.executable
ending = "import os, signal; os.kill(os.getppid(), signal.SIGINT); os._exit(130)"
print({{script.run(["-I", "-S", "-c", ending]) for _ in range(100)}})
"""
    process = started([sys.executable, "-c", code])
    out, stderr = process.communicate(timeout=120)
    assert out == "{130}\n", stderr
