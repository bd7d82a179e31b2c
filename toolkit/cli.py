"""The verbs of ``python -m toolkit``. Each imports what it needs when it is called, so that help appears at once."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from toolkit.errors import ToolkitError, UnknownOption
from toolkit.language import LANGUAGES, Language, get_language, set_language

INTERRUPTED = 130


@dataclass(frozen=True)
class Verb:
    """One verb of the command line.

    Attributes
    ----------
    name, help : as shown by ``--help``.
    do : carries it out and returns the exit code.
    options : adds its own arguments to its parser.
    passes_options : whether it hands options it does not know to another program, as ``given.others``.
    """

    name: str
    help: str
    do: Callable[[argparse.Namespace], int]
    options: Callable[[argparse.ArgumentParser], None] = lambda parser: None
    passes_options: bool = False


def do_all(given: argparse.Namespace) -> int:
    """Build the data, run the notebooks, write the site; the site is written also when a notebook fails."""
    from toolkit.pipeline import build, runner

    build.build(force=given.force)
    try:
        runner.run([], _language(given), given.jobs, given.force)
    finally:
        if not isinstance(sys.exc_info()[1], KeyboardInterrupt):
            do_report(given)
    return 0


def do_build(given: argparse.Namespace) -> int:
    """Build the tables of data_processed/ from data_raw/."""
    from toolkit.pipeline import build

    build.build(force=given.force)
    return 0


def do_run(given: argparse.Namespace) -> int:
    """Run notebooks and record what they found."""
    from toolkit.pipeline import build, runner

    build.build(force=False)
    runner.run(given.notebook, _language(given), given.jobs, given.force)
    return 0


def do_report(given: argparse.Namespace) -> int:
    """Write the site from the executed notebooks and the exhibits."""
    from toolkit.pipeline import build

    index = build.report(_language(given), force=given.force)
    _say(f"Open {index}")
    return 0


def do_verify(given: argparse.Namespace) -> int:
    """Recompute everything and compare it with what is recorded."""
    from toolkit.pipeline import verify

    return verify.verify(given.jobs)


def do_lab(given: argparse.Namespace) -> int:
    """Open JupyterLab on notebooks/; studies of the user's own are one folder up."""
    import subprocess

    from toolkit import paths

    environment = {**os.environ, "TOOLKIT_LANG": _language(given)}
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, [str(paths.LIBRARY.parent), os.environ.get("PYTHONPATH")]))
    places = [f"--ServerApp.root_dir={paths.ROOT}", f"--ServerApp.preferred_dir={paths.NOTEBOOKS}"]
    process = subprocess.Popen([sys.executable, "-m", "jupyterlab", *places, *given.others], env=environment)
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:  # JupyterLab asks for confirmation itself
            continue


def do_check(given: argparse.Namespace) -> int:
    """Look at a file of the user's own."""
    from toolkit.data.check_file import check_file

    _language(given)
    found = check_file(given.file, given.schema or None, entity=given.entity, time=given.time)
    sys.stdout.write(found.to_json() if given.json else f"{found!r}\n")
    return int(bool(found.errors))


def _check_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", help="a .csv, .xlsx, .dta or any other file that read_panel reads")
    parser.add_argument("--schema", default="", help="a table of the registry (provincial_panel), or your own schema (.yaml)")
    parser.add_argument("--entity", default="", metavar="COLUMN", help="the column of provinces, cities, firms ... (default: looked for)")
    parser.add_argument("--time", default="", metavar="COLUMN", help="the column of years, quarters or months (default: looked for)")
    parser.add_argument("--json", action="store_true", help="write everything as JSON")


def do_new(given: argparse.Namespace) -> int:
    """Begin a study of the user's own."""
    from toolkit.pipeline import new

    _say(new.create(given.study, given.data, _language(given), given.published))
    return 0


def _new_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("study", help="its name: letters, digits and _; it becomes the folder own/STUDY")
    parser.add_argument(
        "--data", default="", metavar="FILE", help="your file, which is copied (default: a few columns of provincial_panel)"
    )
    parser.add_argument("--study", default="", dest="published", help="begin from a published study of notebook 12, e.g. grunfeld or wages")


def do_codebook(given: argparse.Namespace) -> int:
    """Show what is known about a variable."""
    from toolkit.data import codebook

    _say(repr(codebook(given.name)))
    return 0


def do_claims(given: argparse.Namespace) -> int:
    """Audit the statements of the papers, or of a list of one's own."""
    from toolkit.pipeline import claims

    task = list(given.task)
    if task and (task[0] not in ("check", "new") or len(task) != 2):
        raise UnknownOption(f"claims {' '.join(task)!r} is no task", remedy="write: claims, claims new FILE, or claims check FILE")
    if task[:1] == ["new"]:
        return claims.new(task[1], _language(given))
    file = task[1] if task else ""
    return claims.show(file=file, claim=given.claim, paper=given.paper, verdict=given.verdict, form=given.format, language=_language(given))


def do_firms(given: argparse.Namespace) -> int:
    """Run the chapter on listed firms on a folder of CSMAR tables, or on simulated ones."""
    from toolkit.pipeline import firms

    if given.simulated == bool(given.folder):
        raise UnknownOption("firms needs a folder", remedy="write: firms FOLDER with your CSMAR download, or: firms --simulated")
    _say(f"Open {firms.study(given.folder, _language(given))}")
    return 0


def _firms_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", nargs="?", default="", help="where the CSMAR download lies: archives, or .xlsx, .csv and .txt files")
    parser.add_argument("--simulated", action="store_true", help="write a folder of simulated firms into reports/firms and use it")


def _claims_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "task", nargs="*", metavar="new|check FILE", help="write a template, or audit the list in FILE (.xlsx, .csv or .yaml)"
    )
    parser.add_argument("--claim", default="", metavar="ID", help="the full reasoning on one claim")
    parser.add_argument("--paper", default="", metavar="PAPER", help="only the claims of one paper, e.g. chen2025")
    parser.add_argument("--verdict", default="", metavar="VERDICT", help="only those with one verdict, e.g. contradicted")
    parser.add_argument("--format", default="", choices=("csv", "html", "md"), help="write CSV, a page or Markdown to standard output")


def _run_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("notebook", nargs="*", help="01, 01_data or notebooks/01_data.ipynb (default: all)")


def _codebook_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", help="id of a variable, e.g. fiscal_sci_exp")


VERBS: tuple[Verb, ...] = (
    Verb("all", "build, run and report (the default)", do_all),
    Verb("build", "build the tables of data_processed/ from data_raw/", do_build),
    Verb("run", "run the notebooks that are not up to date", do_run, _run_options),
    Verb("report", "write reports/index.html and its pages", do_report),
    Verb("verify", "recompute everything and compare it with what is recorded", do_verify),
    Verb("lab", "open JupyterLab on notebooks/ (passes its options on)", do_lab, passes_options=True),
    Verb("claims", "audit the statements of the papers, or of a list of your own", do_claims, _claims_options),
    Verb("firms", "listed firms, from a CSMAR download of your own", do_firms, _firms_options),
    Verb("check", "look at a file of your own: keys, types, units, outliers", do_check, _check_options),
    Verb("new", "begin a study of your own in own/STUDY, which runs at once", do_new, _new_options),
    Verb("codebook", "show what is known about a variable", do_codebook, _codebook_options),
)


def parser() -> argparse.ArgumentParser:
    """The argument parser with all verbs.

    >>> parser().parse_args(["--lang", "zh", "run", "02", "--force"]).lang
    'zh'
    """
    main_parser = argparse.ArgumentParser(prog="python -m toolkit", description="From official figures to tables, figures and pages.")
    _common(main_parser, lang=None, force=False, jobs=None)
    subparsers = main_parser.add_subparsers(dest="verb", metavar="VERB")
    for verb in VERBS:
        subparser = subparsers.add_parser(verb.name, help=verb.help, description=verb.help)
        # suppressed defaults: an option given before the verb must not be overwritten
        _common(subparser, lang=argparse.SUPPRESS, force=argparse.SUPPRESS, jobs=argparse.SUPPRESS)
        verb.options(subparser)
    return main_parser


def _common(parser: argparse.ArgumentParser, lang: str | None, force: bool | str, jobs: str | None) -> None:
    parser.add_argument("--lang", choices=LANGUAGES, default=lang, help="language of labels and titles (default: TOOLKIT_LANG or en)")
    parser.add_argument("--force", action="store_true", default=force, help="redo also what is up to date")
    parser.add_argument("--jobs", type=_positive, default=jobs, metavar="N", help="notebooks at a time (default: one for each core)")


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number


def _language(given: argparse.Namespace) -> Language:
    if given.lang:
        set_language(given.lang)
    return get_language()


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out a verb; an error that has a name is shown in its own lines, without traceback.

    Returns
    -------
    int
        0 if all went well, 1 after an error or a difference, 130 after Ctrl-C.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a console that cannot show Chinese must not stop the run
    command_line = parser()
    given, others = command_line.parse_known_args(arguments)
    given.others = others
    verb = next(verb for verb in VERBS if verb.name == (given.verb or "all"))
    if others and not verb.passes_options:
        command_line.error(f"unrecognized arguments: {' '.join(others)}")
    try:
        return verb.do(given)
    except ToolkitError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("stopped; what was finished is kept, nothing is half-written\n")
        return INTERRUPTED
