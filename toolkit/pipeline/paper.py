"""The verb ``paper``: a study as one document for Word and one for LaTeX, from its notebook, its saved exhibits and the registry."""

from __future__ import annotations

import ast
import csv
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from toolkit import paths
from toolkit.errors import DataError
from toolkit.language import LANGUAGES, Language, Text
from toolkit.pipeline import build, cache, collect, runner
from toolkit.pipeline.progress import doing
from toolkit.present.writers.document import WORDS, Block, Equation, Exhibit, Prose, pieces, write_document

_ABSTRACTS: dict[Language, str] = {"en": "**Abstract**", "zh": "**摘要**"}
_SEE = Text("See {names}.", "见{names}。")
RESULTS = Text("Results", "结果")
_METHOD, _REFERENCES = Text("Specifications", "模型设定"), Text("References", "参考文献")
_REGRESSION = Text(
    "{exhibit} regresses {outcomes} on {regressors}: {methods}. {sizes}{errors}",
    "{exhibit}以{outcomes}为被解释变量，解释变量为{regressors}，估计方法为{methods}。{sizes}{errors}",
)
_SLOPES = Text("{entity} with slopes in {other}", "{entity}及其关于{other}的异质性斜率")
_SIZES = Text("{least} to {most} observations", "观测值{least}至{most}")
_SIZE = Text("{least} observations", "观测值{least}")
_SOFTWARE = Text(
    "Computed with the innovation toolkit, version {version}; `python run.py verify` recomputes every number.",
    "由创新工具箱{version}版计算；`python run.py verify`可重新计算全部数字。",
)


def write(study: str, language: Language, jobs: int | None) -> list[str]:
    """Bring a study up to date and write it as a paper; return the files as they are shown to a reader.

    Parameters
    ----------
    study : number or name of a notebook, or an own study.
    language : of the paper.
    jobs : as in :func:`toolkit.pipeline.runner.run`.

    Raises
    ------
    UnknownName
        There is no such study, or more than one.
    NotebookFailed
        A cell of its notebook raised.
    """
    (notebook,) = runner.choose([study])
    build.build(force=False)
    library = cache.library_key()
    current = [each for each in LANGUAGES if not runner.plan([study], each, library).stale]  # the record has both languages of either
    runner.run([study], current[0] if current else language, jobs, force=False)
    own = paths.study_of(notebook)
    folder = own / "papers" if own else paths.REPORTS / "papers"
    with doing(Text("Writing the paper", "撰写论文")):
        blocks = compose(notebook, language, folder)
        word, latex = folder / f"{notebook.stem}.{language}.docx", folder / f"{notebook.stem}.{language}.tex"
        write_document(blocks, word, language)
        paths.write_text(latex, to_latex(blocks, language, folder))
    return [paths.relative(word), paths.relative(latex)]


def compose(notebook: Path, language: Language, folder: Path) -> list[Block]:
    """The paper of a notebook that has been run: prose and exhibits in their order, specifications, references."""
    record = collect.recorded().get(notebook.stem, {})
    executed = [path for each in LANGUAGES if (path := cache.executed_path(notebook.stem, each)).exists()]
    if not executed:
        raise DataError(f"{notebook.stem} has not been run", remedy=f"python run.py run {notebook.stem}")
    cells = json.loads(max(executed, key=lambda path: path.stat().st_mtime).read_text(encoding="utf-8"))["cells"]
    stated = {said: entry["text"][language] for entry in record.get("statements", {}).values() for said in entry["text"].values()}
    blocks: list[Block] = []
    for cell in cells:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            blocks += _of_prose(_prose(source, cell["metadata"], language))
            continue
        saved = [name for name in _saved(source) if name in record.get("exhibits", {})]
        blocks += [_exhibit(name, record["exhibits"][name], language, folder) for name in saved]
        if not saved:
            blocks += [Prose(stated.get(text, text)) for text in _sentences(cell)]
    blocks = _pointed(_counted(blocks), language)
    place = _before_results(blocks)
    exhibits = [block for block in blocks if isinstance(block, Exhibit)]
    return [*blocks[:place], *_method(exhibits, language), *blocks[place:], *_references(exhibits, cells, language)]


def _saved(source: str) -> Iterator[str]:
    """The names under which a cell saves exhibits."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "save" and len(node.args) > 1:
            name = node.args[1]
            if isinstance(name, ast.Constant):
                yield str(name.value)


def _prose(source: str, metadata: Mapping[str, Any], language: Language) -> str:
    """The text of a cell in one language; an abstract may stand in both languages in one cell."""
    marked = {each: [text for text in source.split("\n\n") if text.startswith(mark)] for each, mark in _ABSTRACTS.items()}
    if language == "zh" and metadata.get("zh"):
        title, *rest = str(metadata["zh"]).split("\n\n")
        given = [] if any(text.startswith(_ABSTRACTS["zh"]) for text in rest) else marked["zh"]
        return "\n\n".join([title, *given, *rest])
    return "\n\n".join(text for text in source.split("\n\n") if not (marked["en"] and text in marked["zh"]))


def _of_prose(text: str) -> Iterator[Block]:
    for paragraph in re.split(r"\n{2,}", text.strip()):
        heading = re.match(r"(#{1,4})\s+(.*)", paragraph)
        if heading:
            yield Prose(heading[2].strip(), len(heading[1]))
            paragraph = paragraph[heading.end() :].strip()
        for place, part in enumerate(re.split(r"\$\$(.+?)\$\$", paragraph, flags=re.DOTALL)):
            if part.strip():
                yield Equation(part.strip()) if place % 2 else Prose(" ".join(part.split()))


def _sentences(cell: Mapping[str, Any]) -> Iterator[str]:
    for output in cell.get("outputs", []):
        text = "".join(output.get("data", {}).get("text/markdown", ""))
        if text:
            yield text.replace("&lt;", "<")


def _exhibit(name: str, entry: Mapping[str, Any], language: Language, folder: Path) -> Exhibit:
    """A recorded exhibit with its files; numbers are given later."""
    files = {Path(file).suffix: paths.ROOT / file for file in entry["files"] if f".{language}." in file}
    title = re.sub(r"^(Table|表)\s*[\d.]+[.\s]*", "", entry[f"title_{language}"])
    if entry["kind"] == "figure":
        picture = _without_title(files[".png"], folder / "figures" / files[".png"].name)
        return Exhibit(kind="figure", number=0, name=name, title=title, file=picture)
    notes = [line for line in entry["text"][language] if line and not line.startswith(("**", "|"))]
    plain = tuple(re.sub(r"^\*(?:Notes:|注：)\*\s*", "", line).replace("\\", "") for line in notes)
    tex = files[".tex"].read_text(encoding="utf-8")
    return Exhibit(kind="table", number=0, name=name, title=title, file=files[".docx"], tex=tex, notes=plain)


def _without_title(picture: Path, target: Path) -> Path:
    """A copy of a picture without the title drawn on top: in a paper the title is the caption.

    The title is what is drawn above the first blank band as high as half a line of it.
    """
    import numpy as np
    from PIL import Image

    with Image.open(picture) as image:
        ink = np.any(np.asarray(image.convert("L")) < 250, axis=1)
        drawn = np.flatnonzero(ink)
        line = int(np.argmin(np.asarray(ink)[drawn[0] :]))  # height of its first line
        gaps = np.diff(drawn)
        below = np.flatnonzero(gaps > max(line * 0.6, 8))
        top = int(drawn[below[0] + 1]) - 6 if len(below) else 0
        target.parent.mkdir(parents=True, exist_ok=True)
        with paths.replacing(target) as temporary:
            image.crop((0, top, image.width, image.height)).save(temporary, format="PNG", dpi=image.info.get("dpi", (200, 200)))
    return target


def _counted(blocks: Sequence[Block]) -> list[Block]:
    """Tables and figures numbered apart, in their order."""
    places = dict.fromkeys(WORDS, 0)
    counted = []
    for block in blocks:
        if isinstance(block, Exhibit):
            places[block.kind] += 1
            block = replace(block, number=places[block.kind])
        counted.append(block)
    return counted


def _pointed(blocks: Sequence[Block], language: Language) -> list[Block]:
    """The paragraph before a run of exhibits ends with a sentence that points to them; where there is none, one is made."""
    pointed: list[Block] = []
    for place, block in enumerate(blocks):
        if isinstance(block, Exhibit) and not isinstance(blocks[place - 1], Exhibit):
            names = []
            for following in blocks[place:]:
                if not isinstance(following, Exhibit):
                    break
                names.append("{{" + following.name + "}}")
            see = _SEE.to(language).format(names=(", " if language == "en" else "、").join(names))
            last = pointed[-1] if pointed else Prose("", 1)
            if isinstance(last, Prose) and not last.level:
                pointed[-1] = Prose(f"{last.text}{' ' if language == 'en' else ''}{see}")
            else:
                pointed.append(Prose(see))
        pointed.append(block)
    return pointed


def _before_results(blocks: Sequence[Block]) -> int:
    """Where the results begin, behind the design; without such a heading, where the second section begins."""
    sections = [(place, block.text) for place, block in enumerate(blocks) if isinstance(block, Prose) and block.level == 2]
    results = [place for place, text in sections if text in RESULTS]
    return (results or [place for place, _ in sections[1:]] or [len(blocks)])[0]


def _method(exhibits: Sequence[Exhibit], language: Language) -> Iterator[Block]:
    """What each regression table ran, from the file of its numbers."""
    described = [text for exhibit in exhibits if exhibit.kind == "table" and (text := _specification(exhibit, language))]
    if described:
        yield Prose(_METHOD.to(language), 3)
        yield from map(Prose, described)


def _specification(exhibit: Exhibit, language: Language) -> str:
    from toolkit.present.words.labels import label
    from toolkit.present.words.words import METHODS
    from toolkit.registry import registry

    names = {variable.id: variable.short if variable.short.en else variable.name for variable in registry().variables.values()}
    rows = _rows(exhibit)
    if not rows or not {"column", "outcome", "method", "effects", "part", "name"} <= set(rows[0]):
        return ""
    comma = ", " if language == "en" else "、"

    def named(terms: Sequence[str]) -> str:
        return comma.join(dict.fromkeys(label(term, language, names) for term in terms))

    def effect(term: str) -> str:
        slopes = re.fullmatch(r"(\w+)\[(\w+)\]", term)
        if slopes:
            return _SLOPES.to(language).format(entity=named([slopes[1]]), other=named([slopes[2]]))
        return named([term.replace("^", ":")])

    def method(row: Mapping[str, str]) -> str:
        ran = METHODS[row["method"]].to(language) if row["method"] in METHODS else row["method"]
        effects = comma.join(effect(term) for term in re.split(r"\s*\+\s*", row["effects"]) if term)
        return ran + ((f" ({effects})" if language == "en" else f"（{effects}）") if effects else "")

    terms = [row["name"] for row in rows if row["part"] == "coefficient" and row["name"] not in ("Intercept", "(Intercept)")]
    sizes = sorted({int(float(row["value"])) for row in rows if row["part"] == "statistic" and row["name"] == "rows" and row["value"]})
    sized = (_SIZE if len(sizes) == 1 else _SIZES).to(language).format(least=sizes[0], most=sizes[-1]) if sizes else ""
    sentence = _REGRESSION.to(language).format(
        exhibit="{{" + exhibit.name + "}}",
        outcomes=named([row["outcome"] for row in rows]),
        regressors=named(terms),
        methods=("; " if language == "en" else "；").join(dict.fromkeys(map(method, rows))),
        sizes=sized + ((". " if language == "en" else "。") if sized else ""),
        errors=exhibit.notes[0] if exhibit.notes else "",
    )
    return sentence.strip()


def _rows(exhibit: Exhibit) -> list[dict[str, str]]:
    """The numbers behind an exhibit, as they were saved."""
    name = exhibit.file.parent.parent / "tables" / f"{exhibit.name}.csv"
    file = name if exhibit.kind == "table" else paths.FIGURES / f"{exhibit.name}.csv"
    if not file.exists():
        return []
    with file.open(encoding="utf-8", newline="") as opened:
        return list(csv.DictReader(opened))


def _references(exhibits: Sequence[Exhibit], cells: Sequence[Mapping[str, Any]], language: Language) -> Iterator[Block]:
    """The papers whose statements the study examines and the publications behind its variables: those whose ids its code names."""
    from toolkit import __version__
    from toolkit.registry import registry

    known = registry()
    code = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
    studies = set(re.findall(r"toolkit\.studies\.(\w+)", code))
    files = [file for name in sorted(studies) for file in sorted((paths.LIBRARY / "studies" / name).glob("*.py"))]
    words = set(re.findall(r"[A-Za-z]\w+", "\n".join([code, *(file.read_text(encoding="utf-8") for file in files)])))
    for exhibit in exhibits:
        words |= {cell for row in _rows(exhibit) for cell in row.values() if cell}
    examined = {known.claims[word].paper for word in words & set(known.claims)}
    measured = {source for word in words & set(known.variables) if "_" in word for source in known.variables[word].sources}
    yield Prose(_REFERENCES.to(language), 2)
    for paper in (known.papers[name] for name in sorted(examined)):
        parts = (paper.authors, paper.title, paper.outlet)
        written = [part.to(language) for part in parts]
        yield Prose(
            f"{written[0]} ({paper.year}). {written[1]}. {written[2]}." if language == "en" else f"{'. '.join(written)}, {paper.year}."
        )
    for source in (known.sources[name] for name in sorted(measured - {"DERIVED"})):
        yield Prose(f"[{source.id}] {source.publisher}. {source.name.to(language)}.")
    yield Prose(_SOFTWARE.to(language).format(version=__version__))


def to_latex(blocks: Sequence[Block], language: Language, folder: Path) -> str:
    """The paper as one LaTeX file; pictures are named relative to ``folder``."""
    from toolkit.present.writers.latex import escape

    parts = []
    labels = {block.name: block for block in blocks if isinstance(block, Exhibit)}

    def prose(text: str) -> str:
        marks = {"bold": r"\textbf{%s}", "italic": r"\emph{%s}", "code": r"\texttt{%s}", "plain": "%s"}
        written = []
        for kind, piece in pieces(text):
            if kind == "math":
                written.append(f"${piece}$")
            elif kind == "ref":
                gap = "~" if language == "en" else ""
                written.append(rf"{WORDS[labels[piece].kind].to(language)}{gap}\ref{{{_label(labels[piece])}}}")
            else:
                written.append(marks[kind] % escape(piece))
        return "".join(written)

    for block in blocks:
        if isinstance(block, Prose) and block.level:
            command = {1: "title", 2: "section", 3: "subsection", 4: "subsubsection"}[block.level]
            parts.append(rf"\{command}{{{prose(block.text)}}}" + (r"\date{}\maketitle" if block.level == 1 else ""))
        elif isinstance(block, Prose):
            parts.append(prose(block.text))
        elif isinstance(block, Equation):
            parts.append(f"\\[\n{block.tex}\n\\]")
        elif block.kind == "table":
            head, caption, rest = re.split(r"(\\caption\{.*\})\n", block.tex, maxsplit=1)
            parts.append(f"{head}{caption}\\label{{{_label(block)}}}\n{rest}")
        else:
            picture = Path("figures") / block.file.name
            parts.append(
                "\\begin{figure}[htbp]\n\\centering\n"
                f"\\includegraphics[width=\\linewidth]{{{picture.as_posix()}}}\n"
                f"\\caption{{{escape(block.title)}}}\\label{{{_label(block)}}}\n\\end{{figure}}"
            )
    document = "ctexart" if language == "zh" else "article"
    head = [
        f"% {Text('Compile twice with XeLaTeX or LuaLaTeX.', '用XeLaTeX或LuaLaTeX编译两次。').to(language)}",
        rf"\documentclass[11pt,a4paper]{{{document}}}",
        r"\usepackage{amsmath,amssymb,graphicx,booktabs,threeparttable,adjustbox,rotating,geometry}",
        *([r"\usepackage{fontspec}"] if language == "en" else []),
        r"\geometry{margin=2.54cm}",
        r"\begin{document}",
    ]
    return "\n".join(head) + "\n\n" + "\n\n".join(parts) + "\n\n\\end{document}\n"


def _label(exhibit: Exhibit) -> str:
    return f"{'tab' if exhibit.kind == 'table' else 'fig'}:{exhibit.name}"
