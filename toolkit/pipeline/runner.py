"""Run the notebooks that are not up to date, in parallel, and record what they found."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from toolkit import paths
from toolkit.errors import NotebookFailed, UnknownName
from toolkit.language import Language, Text
from toolkit.pipeline import cache, collect
from toolkit.pipeline.progress import line, watching

if TYPE_CHECKING:
    from toolkit.pipeline.kernels import Job, Result


@dataclass(frozen=True)
class Plan:
    """What a run has to do.

    Attributes
    ----------
    notebooks : the notebooks asked for.
    stale : those among them that must run, the slowest first.
    keys : the content key of each notebook asked for, by name.
    """

    notebooks: tuple[Path, ...]
    stale: tuple[Path, ...]
    keys: dict[str, str]


def choose(names: Sequence[str]) -> list[Path]:
    """The notebooks that the names mean: ``02``, ``02_subsidy``, ``notebooks/02_subsidy.ipynb``, ``my_study``; all if there is no name.

    Raises
    ------
    UnknownName
        If a name fits no notebook, or more than one.
    """
    known = cache.notebooks()
    if not names:
        return known
    chosen = []
    for name in names:
        stem = Path(name).name.removesuffix(".ipynb")
        fitting = [path for path in known if path.stem == stem] or [path for path in known if path.stem.startswith(stem)]
        if len(fitting) != 1:
            stems = [path.stem for path in known]
            near = [path.stem for path in fitting] or get_close_matches(stem, stems, cutoff=0.3) or stems
            what = f"{name!r} is no notebook" if not fitting else f"{name!r} fits {len(fitting)} notebooks"
            raise UnknownName(what, where=paths.relative(paths.NOTEBOOKS), remedy=f"did you mean: {', '.join(near) or 'there is none yet'}")
        chosen.append(fitting[0])
    return sorted(set(chosen))


def plan(names: Sequence[str], language: Language, library: str) -> Plan:
    """Compare the notebooks with what is cached."""
    notebooks = choose(names)
    keys = {path.stem: cache.notebook_key(path, library, language) for path in notebooks}
    stale = [path for path in notebooks if not cache.current(_entry(path, language), keys[path.stem])]
    return Plan(tuple(notebooks), tuple(_slowest_first(stale, language)), keys)


def run(names: Sequence[str], language: Language, jobs: int | None, force: bool) -> int:
    """Bring the executed notebooks, their exhibits and the record up to date; return how many notebooks were executed.

    Parameters
    ----------
    names : notebooks as in :func:`choose`; all of them if empty.
    language : language of labels, notes and titles.
    jobs : how many notebooks at a time; by default one for each core.
    force : execute also what is up to date.

    Raises
    ------
    NotebookFailed
        If a cell of one or more notebooks raised; the other notebooks have been executed and recorded. A value of the README that is
        then missing is named after the cells, for the cell that failed may be the one that states it.
    UnknownName
        If no cell raised and a value that the README quotes is not stated.
    """
    start = time.monotonic()
    library = cache.library_key()
    work = plan(names, language, library)
    stale = work.notebooks if force else work.stale
    failures: list[str] = []
    unfilled: list[str] = []
    if stale:
        others = Text(" (the others are up to date)", "（其余已是最新）") if len(stale) < len(work.notebooks) else Text("", "")
        running = Text("Running {stale} of {all} notebooks{others}", "运行{all}个笔记本中的{stale}个{others}")
        line(running.filled(stale=len(stale), all=len(work.notebooks), others=others))
        failures = _execute(stale, work, language, min(jobs or os.cpu_count() or 1, len(stale)))
    else:
        line(Text("{count} notebooks are up to date", "{count}个笔记本均为最新").filled(count=len(work.notebooks)))
    _record(work, language)
    if stale:
        _describe_run(work, language, time.monotonic() - start)
    try:
        collect.fill_readme(collect.read_record(collect.record_path()))
    except UnknownName as missing:
        if not failures:
            raise
        unfilled = [Text("the README is not filled: {what}", "README未填写：{what}").filled(what=missing.what).to()]
    if failures:
        stopped = Text("1 notebook stopped at a cell that raised", "1个笔记本在单元格处出错")
        several = Text("{count} notebooks stopped at a cell that raised", "{count}个笔记本在单元格处出错").filled(count=len(failures))
        remedy = Text("open it with `python run.py lab`", "用`python run.py lab`打开查看")
        raise NotebookFailed(
            (stopped if len(failures) == 1 else several).to(), where="\n  ".join([*failures, *unfilled]), remedy=remedy.to()
        )
    return len(stale)


def _entry(notebook: Path, language: Language) -> str:
    return f"{notebook.stem}.{language}"


def _slowest_first(notebooks: Sequence[Path], language: Language) -> list[Path]:
    """So that the longest does not start last; of those that never ran, the one with most code cells."""

    def length(path: Path) -> tuple[float, int]:
        entry = cache.recall(_entry(path, language))
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        return entry.seconds if entry else float("inf"), sum(cell["cell_type"] == "code" for cell in cells)

    return sorted(notebooks, key=length, reverse=True)


def _execute(notebooks: Sequence[Path], work: Plan, language: Language, parallel: int) -> list[str]:
    """Execute notebooks and keep the results of each as it ends; return the errors."""
    from toolkit.pipeline.kernels import execute

    errors: list[str] = []

    def finished(result: Result) -> None:
        if result.error:
            errors.append(result.error)
        else:
            _keep(result, work.keys[result.notebook.stem], language)

    for notebook in notebooks:
        cache.forget(_entry(notebook, language))
        _new_fragment(notebook, language).parent.mkdir(parents=True, exist_ok=True)
        _new_fragment(notebook, language).unlink(missing_ok=True)
    try:
        with watching() as watcher:
            execute([_job(notebook, language) for notebook in notebooks], parallel, watcher, finished)
    finally:
        for notebook in notebooks:
            _new_fragment(notebook, language).unlink(missing_ok=True)
    return sorted(errors)


def _job(notebook: Path, language: Language) -> Job:
    from toolkit.pipeline.kernels import Job

    environment = {"TOOLKIT_RECORD": str(_new_fragment(notebook, language)), "TOOLKIT_LANG": language}
    return Job(notebook, cache.executed_path(notebook.stem, language), environment)


def _new_fragment(notebook: Path, language: Language) -> Path:
    return cache.fragment_path(notebook.stem, language).with_suffix(".new.json")


def _keep(result: Result, key: str, language: Language) -> None:
    """Keep what a notebook recorded, and an entry that says which inputs it belongs to."""
    new, fragment = _new_fragment(result.notebook, language), cache.fragment_path(result.notebook.stem, language)
    if not new.exists():
        paths.write_text(new, "{}\n")
    new.replace(fragment)
    files = [cache.executed_path(result.notebook.stem, language), fragment, *_exhibit_files(fragment)]
    cache.store(_entry(result.notebook, language), cache.Entry(key, cache.hash_files(files), round(result.seconds, 1)))


def _exhibit_files(fragment: Path) -> list[Path]:
    exhibits = json.loads(fragment.read_text(encoding="utf-8")).get("exhibits", {})
    return [paths.ROOT / file for entry in exhibits.values() for file in entry["files"]]


def _record(work: Plan, language: Language) -> None:
    """Bring record.json up to date with the notebooks whose cached results are current."""
    done = [path for path in work.notebooks if cache.current(_entry(path, language), work.keys[path.stem])]
    own = {path.stem for path in cache.own_notebooks()}
    for target, names in (
        (collect.record_path(), [path.stem for path in cache.notebooks() if path.stem not in own]),
        (collect.own_record_path(), sorted(own)),
    ):
        old = collect.read_record(target)
        new = collect.merge(old, {path.stem: cache.fragment_path(path.stem, language) for path in done if path.stem in names}, names)
        if new != old:
            collect.write_record(target, new)


def _describe_run(work: Plan, language: Language, seconds: float) -> None:
    """Write reports/run.json: what this run ran on. It differs from machine to machine and is ignored by git."""
    import platform
    from importlib import metadata

    names = ("numpy", "scipy", "pandas", "statsmodels", "linearmodels", "pyfixest", "within-py", "matplotlib", "seaborn", "jupyterlab")
    entries = {path.stem: cache.recall(_entry(path, language)) for path in work.notebooks}
    description = {
        "language": language,
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "cores": os.cpu_count(),
        "lock": cache.hash_files([paths.ROOT / "requirements.lock"])["requirements.lock"],
        "versions": {name: metadata.version(name) for name in names},
        "seconds": round(seconds, 1),
        "notebooks": {name: {"seconds": entry.seconds} if entry else {"failed": True} for name, entry in entries.items()},
    }
    paths.write_text(paths.REPORTS / "run.json", json.dumps(description, indent=1, ensure_ascii=False) + "\n")
