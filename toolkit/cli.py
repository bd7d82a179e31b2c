"""The verbs of ``python -m toolkit``. Each imports what it needs when it is called, so that help appears at once."""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from toolkit.arguments import Parser, add, of_argparse, positive
from toolkit.errors import ToolkitError, UnknownOption
from toolkit.language import LANGUAGES, Language, Text, get_language, set_language

INTERRUPTED = 130
TEST_WORKERS = 2


@dataclass(frozen=True)
class Verb:
    """One verb of the command line.

    Attributes
    ----------
    name, help : as shown by ``--help``; help in both languages.
    do : carries it out and returns the exit code.
    options : adds its own arguments to its parser.
    passes_options : whether it hands options it does not know to another program, as ``given.others``.
    """

    name: str
    help: Text
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

    _say(OPEN.filled(page=build.report(_language(given), force=given.force)))
    return 0


def do_verify(given: argparse.Namespace) -> int:
    """Recompute everything and compare it with what is recorded."""
    from toolkit.pipeline import verify

    return verify.verify(given.jobs)


def do_lab(given: argparse.Namespace) -> int:
    """Open JupyterLab on the start notebook; notebooks/ and studies of the user's own are in the list at the left."""
    from toolkit import paths
    from toolkit.pipeline import lab

    command, environment = lab.command(_language(given), given.others)
    return _wait(command, cwd=str(paths.ROOT), environment=environment)


def do_paper(given: argparse.Namespace) -> int:
    """Write a study as a paper for Word and for LaTeX."""
    from toolkit.pipeline import paper

    for path in paper.write(given.study, _language(given), given.jobs):
        _say(OPEN.filled(page=path))
    return 0


def do_doctor(given: argparse.Namespace) -> int:
    """Look at what the toolkit needs of this computer."""
    from toolkit.pipeline import doctor

    return doctor.examine(_language(given))


def do_test(given: argparse.Namespace) -> int:
    """Run the tests: in two processes, or as the options say."""
    from toolkit import paths

    root = paths.LIBRARY.parent
    return _wait([sys.executable, "-m", "pytest", "-q", *_workers(given.others, root), *given.others], cwd=str(root))


# Choose the processes themselves, or wait for a person at the first failure, who wants one process and its output.
IN_ONE_PROCESS = re.compile(r"-n.*|--(numprocesses|pdb|pdbcls|trace|exitfirst|capture)(=.*)?|no:xdist|-p\s*no:xdist|-[lqvxs]*[xs][lqvxs]*")


# A file stays in one process, so that what its tests share is made once, and files keep their order: the longest comes first.
BY_FILE = ("--dist", "loadfile", "--no-loadscope-reorder")


def _workers(options: Sequence[str], root: Path) -> list[str]:
    """The options that give a test run its two processes; none where the caller chooses them, debugs, or names single files."""
    alone = any(IN_ONE_PROCESS.fullmatch(option) or (root / option.split("::")[0]).is_file() for option in options)
    return [] if alone else ["-n", str(TEST_WORKERS), *BY_FILE]


def _wait(command: Sequence[str], cwd: str, environment: Mapping[str, str] | None = None) -> int:
    """Run another program and wait; Ctrl-C reaches it directly, and it decides when to end (as in run.py, which is without the library)."""
    import signal
    import subprocess

    before = signal.getsignal(signal.SIGINT)
    if before is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, lambda *_: None)
    try:
        code = subprocess.Popen(command, cwd=cwd, env=environment).wait()
    finally:
        signal.signal(signal.SIGINT, before)
    return 128 - code if code < 0 else code


def do_check(given: argparse.Namespace) -> int:
    """Look at a file of the user's own."""
    from toolkit.data.check_file import check_file

    _language(given)
    found = check_file(given.file, given.schema or None, entity=given.entity, time=given.time)
    sys.stdout.write(found.to_json() if given.json else f"{found!r}\n")
    return int(bool(found.errors))


def _check_options(parser: argparse.ArgumentParser) -> None:
    add(parser, "file", "a .csv, .xlsx, .dta or any other file that read_panel reads", ".csv、.xlsx、.dta等read_panel能读取的文件")
    add(
        parser,
        "--schema",
        "a table of the registry (provincial_panel), or your own schema (.yaml)",
        "登记表中的表（如provincial_panel），或自备的模式文件（.yaml）",
        default="",
    )
    entity = ("the column of provinces, cities, firms ... (default: looked for)", "省、市、企业等个体所在列（默认自动查找）")
    add(parser, "--entity", *entity, default="", metavar="COLUMN")
    time = ("the column of years, quarters or months (default: looked for)", "年、季或月所在列（默认自动查找）")
    add(parser, "--time", *time, default="", metavar="COLUMN")
    add(parser, "--json", "write everything as JSON", "以JSON格式输出", action="store_true")


def do_new(given: argparse.Namespace) -> int:
    """Begin a study of the user's own."""
    from toolkit.pipeline import new

    _say(new.create(given.study, given.data, _language(given), given.published, given.entity))
    return 0


def _new_options(parser: argparse.ArgumentParser) -> None:
    add(
        parser,
        "study",
        "its name: letters, digits and _; it becomes the folder own/STUDY",
        "名称，由字母、数字与_组成，即文件夹own/STUDY",
    )
    data = (
        "your file, which is copied (default: a few columns of provincial_panel)",
        "您的数据文件（将被复制；默认取provincial_panel的若干列）",
    )
    add(parser, "--data", *data, default="", metavar="FILE")
    entity = (
        "the column of firms, cities, provinces ... (default: looked for, in this order)",
        "企业、城市、省份等个体所在列（默认按此顺序查找）",
    )
    add(parser, "--entity", *entity, default="", metavar="COLUMN")
    published = ("begin from a published study of notebook 12, e.g. grunfeld or wages", "从第12章的某项已发表研究开始，如grunfeld或wages")
    add(parser, "--study", *published, default="", dest="published")


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
        raise UnknownOption(
            Text("claims {task!r} is no task", "claims没有{task!r}这一任务").filled(task=" ".join(task)).to(),
            remedy=Text("write: claims, claims new FILE, or claims check FILE", "写法：claims、claims new FILE或claims check FILE").to(),
        )
    if task[:1] == ["new"]:
        return claims.new(task[1], _language(given))
    file = task[1] if task else ""
    return claims.show(file=file, claim=given.claim, paper=given.paper, verdict=given.verdict, form=given.format, language=_language(given))


def do_firms(given: argparse.Namespace) -> int:
    """Run the chapter on listed firms on a folder of CSMAR tables, or on simulated ones."""
    from toolkit.pipeline import firms

    if given.simulated == bool(given.folder):
        raise UnknownOption("firms needs a folder", remedy="write: firms FOLDER with your CSMAR download, or: firms --simulated")
    _say(OPEN.filled(page=firms.study(given.folder, _language(given))))
    return 0


def do_convert(given: argparse.Namespace) -> int:
    """Write a csv of any size as Parquet beside it."""
    from toolkit.estimate.large.convert import convert

    _say(repr(convert(given.file, entity=given.entity, time=given.time, memory_limit=given.memory)))
    return 0


def _convert_options(parser: argparse.ArgumentParser) -> None:
    add(parser, "file", "a csv file; FILE.parquet is written beside it", "csv文件；旁边写出同名.parquet文件")
    entity = ("who a row is about; checked with --time to be unique", "每行所属个体；与--time一起检查唯一性")
    add(parser, "--entity", *entity, default="", metavar="COLUMN")
    add(parser, "--time", "when", "时间", default="", metavar="COLUMN")
    memory = ("what may be held in memory (default 1GB); the rest spills to disk", "内存用量上限（默认1GB），其余写入磁盘")
    add(parser, "--memory", *memory, default="1GB", metavar="SIZE")


def _firms_options(parser: argparse.ArgumentParser) -> None:
    folder = (
        "where the CSMAR download lies: archives, or .xlsx, .csv and .txt files",
        "CSMAR下载文件所在文件夹：压缩包或.xlsx、.csv、.txt文件",
    )
    add(parser, "folder", *folder, nargs="?", default="")
    simulated = ("write a folder of simulated firms into reports/firms and use it", "在reports/firms中生成模拟企业数据并使用")
    add(parser, "--simulated", *simulated, action="store_true")


def _claims_options(parser: argparse.ArgumentParser) -> None:
    task = ("write a template, or audit the list in FILE (.xlsx, .csv or .yaml)", "写出模板，或审查FILE（.xlsx、.csv或.yaml）中的论断")
    add(parser, "task", *task, nargs="*", metavar="new|check FILE")
    add(parser, "--claim", "the full reasoning on one claim", "某条论断的完整推理", default="", metavar="ID")
    add(parser, "--paper", "only the claims of one paper, e.g. chen2025", "只看一篇论文，如chen2025", default="", metavar="PAPER")
    verdict = ("only those with one verdict, e.g. contradicted", "只看某一结论，如contradicted")
    add(parser, "--verdict", *verdict, default="", metavar="VERDICT")
    form = ("write CSV, a page or Markdown to standard output", "向标准输出写CSV、网页或Markdown")
    add(parser, "--format", *form, default="", choices=("csv", "html", "md"))


def _run_options(parser: argparse.ArgumentParser) -> None:
    notebook = ("01, 01_data or notebooks/01_data.ipynb (default: all)", "01、01_data或notebooks/01_data.ipynb（默认全部）")
    add(parser, "notebook", *notebook, nargs="*")


def _paper_options(parser: argparse.ArgumentParser) -> None:
    study = ("number or name of a notebook (02), or a study of your own", "笔记本的编号或名称（如02），或自己的研究")
    add(parser, "study", *study)


def _codebook_options(parser: argparse.ArgumentParser) -> None:
    add(parser, "name", "id of a variable, e.g. fiscal_sci_exp", "变量代码，如fiscal_sci_exp")


OPEN = Text("Open {page}", "打开{page}")
VERBS: tuple[Verb, ...] = (
    Verb("all", Text("build, run and report (the default)", "依次执行build、run与report（默认）"), do_all),
    Verb("build", Text("build the tables of data_processed/ from data_raw/", "由data_raw/生成data_processed/中的数据表"), do_build),
    Verb("run", Text("run the notebooks that are not up to date", "运行尚未更新的笔记本"), do_run, _run_options),
    Verb("report", Text("write reports/index.html and its pages", "生成reports/index.html及各页面"), do_report),
    Verb("verify", Text("recompute everything and compare it with what is recorded", "全部重新计算，并与记录逐项比对"), do_verify),
    Verb("test", Text("run the tests (--slow: also the slow ones)", "运行测试（--slow：含耗时测试）"), do_test, passes_options=True),
    Verb("lab", Text("open JupyterLab on a start notebook", "打开JupyterLab与入门笔记本"), do_lab, passes_options=True),
    Verb("paper", Text("write a study as a paper for Word and LaTeX", "将一项研究写成Word与LaTeX论文"), do_paper, _paper_options),
    Verb(
        "claims",
        Text("audit the statements of the papers, or of a list of your own", "审查论文或自备清单中的论断"),
        do_claims,
        _claims_options,
    ),
    Verb("firms", Text("listed firms, from a CSMAR download of your own", "用自备的CSMAR数据研究上市公司"), do_firms, _firms_options),
    Verb(
        "convert",
        Text("write a csv of any size as Parquet, types and keys checked", "将任意大小的csv转为Parquet，并检查类型与主键"),
        do_convert,
        _convert_options,
    ),
    Verb(
        "check",
        Text("look at a file of your own: keys, types, units, outliers", "检查自备文件：主键、类型、单位、异常值"),
        do_check,
        _check_options,
    ),
    Verb(
        "new", Text("begin a study of your own in own/STUDY, which runs at once", "在own/STUDY新建可立即运行的研究"), do_new, _new_options
    ),
    Verb("codebook", Text("show what is known about a variable", "查看变量说明"), do_codebook, _codebook_options),
    Verb("doctor", Text("look at what the toolkit needs of this computer", "检查本机是否满足运行条件"), do_doctor),
)
ABOUT = Text("From official figures to tables, figures and pages.", "从官方数据到表格、图形与网页。")


def parser(program: str = "python -m toolkit") -> argparse.ArgumentParser:
    """The argument parser with all verbs, its help in the current language.

    >>> parser().parse_args(["--lang", "zh", "run", "02", "--force"]).lang
    'zh'
    """
    main_parser = Parser(prog=program, description=ABOUT.to())
    Parser.verbs = tuple(verb.name for verb in VERBS)
    _common(main_parser, lang=None, force=False, jobs=None, quiet=False)
    subparsers = main_parser.add_subparsers(dest="verb", metavar="VERB")
    for verb in VERBS:
        subparser = subparsers.add_parser(verb.name, help=verb.help.to(), description=verb.help.to())
        # suppressed defaults: an option given before the verb must not be overwritten
        absent = argparse.SUPPRESS
        _common(subparser, lang=absent, force=absent, jobs=absent, quiet=absent)
        verb.options(subparser)
    return main_parser


def _common(parser: argparse.ArgumentParser, *, lang: str | None, force: bool | str, jobs: str | None, quiet: bool | str) -> None:
    language = ("language of everything shown (default: TOOLKIT_LANG or en)", "显示语言（默认取TOOLKIT_LANG，否则为en）")
    add(parser, "--lang", *language, choices=LANGUAGES, default=lang)
    add(parser, "--force", "redo also what is up to date", "已是最新者也重做", action="store_true", default=force)
    number = ("notebooks at a time (default: one for each core)", "同时运行的笔记本数（默认每核一个）")
    add(parser, "--jobs", *number, type=positive, default=jobs, metavar="N")
    add(parser, "--quiet", "say nothing but results and errors", "只显示结果与错误", action="store_true", default=quiet)


def _language(given: argparse.Namespace) -> Language:
    if given.lang:
        set_language(given.lang)
    return get_language()


def _say(text: str | Text) -> None:
    sys.stdout.write((text.to() if isinstance(text, Text) else text) + "\n")


def understood(arguments: Sequence[str], program: str = "python -m toolkit") -> argparse.Namespace:
    """The arguments as they were meant; ends the program with the help, or with what is wrong, in the language they ask for.

    The language is needed before anything is parsed: help and errors are in it too.
    """
    for place, argument in enumerate(arguments):
        wanted = argument.removeprefix("--lang=") if argument.startswith("--lang=") else ""
        if argument == "--lang":
            wanted = "".join(arguments[place + 1 : place + 2])
        if wanted in LANGUAGES:
            set_language(wanted)
    try:
        command_line = parser(program)
    except ToolkitError as error:  # TOOLKIT_LANG names no language
        sys.stderr.write(f"error: {error}\n")
        raise SystemExit(1) from None
    if list(arguments[:1]) == ["help"]:
        arguments = ["--help"]
    given, given_others = command_line.parse_known_args(arguments)
    given.others = given_others
    verb = _chosen(given)
    if given_others and not verb.passes_options:
        command_line.error(of_argparse("unrecognized arguments: %s") % " ".join(given_others))
    return given


def _chosen(given: argparse.Namespace) -> Verb:
    return next(verb for verb in VERBS if verb.name == (given.verb or "all"))


def main(arguments: Sequence[str] | None = None, program: str = "python -m toolkit") -> int:
    """Carry out a verb; an error that has a name is shown in its own lines, without traceback.

    Returns
    -------
    int
        0 if all went well, 1 after an error or a difference, 2 for arguments that nobody understands, 130 after Ctrl-C.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a console that cannot show Chinese must not stop the run
    given = understood(sys.argv[1:] if arguments is None else arguments, program)
    if given.quiet:
        os.environ["TOOLKIT_QUIET"] = "1"  # for the processes that a verb starts as well
    try:
        return _chosen(given).do(given)
    except ToolkitError as error:
        sys.stderr.write(
            f"{Text('error: ', '错误：').to()}{error.told(Text('where:  ', '位置：').to(), Text('remedy: ', '办法：').to())}\n"
        )
        return 1
    except KeyboardInterrupt:
        stopped = Text("stopped; what was finished is kept, nothing is half-written", "已中止；已完成的部分保留，没有写到一半的文件")
        sys.stderr.write(stopped.to() + "\n")
        return INTERRUPTED
