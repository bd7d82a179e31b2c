"""Gather what the notebooks saved and stated into reports/record.json, and fill the numbers of the README from it.

record.json has stable bytes: no time, no machine, keys sorted. Its shape::

    {"01_data": {"exhibits": {"01_coverage": {"kind": "figure", "csv_sha256": "...",
                                                  "text": {"en": ["**Coverage**", "| 2010 | 2015 |"], "zh": [...]}, ...}},
                 "statements": {"coverage": {"share": 0.97, "text": {"en": "The share is 97 %.", "zh": "占比为97%。"}}}}}
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from toolkit import paths
from toolkit.agreement import difference_of_statement
from toolkit.errors import UnknownName

Record = dict[str, dict[str, dict[str, Any]]]

# <!-- value: baseline.b | .2f -->0.38<!-- /value -->; the format after the bar is optional
_MARKER = re.compile(r"(<!-- value: (?P<key>[\w-]+\.\w+(?:\.(?:en|zh))?)(?: \| (?P<form>[^>]*?))? -->)(?P<shown>.*?)(<!-- /value -->)")

# <!-- exhibits: en -->rows of a Markdown table<!-- /exhibits -->
_EXHIBITS = re.compile(r"(<!-- exhibits: (?P<language>en|zh) -->\n)(?P<shown>.*?)(<!-- /exhibits -->)", re.DOTALL)


def record_path() -> Path:
    """The committed record."""
    return paths.REPORTS / "record.json"


def own_record_path() -> Path:
    """The record of the user's own studies, beside them."""
    return paths.OWN / "record.json"


def verified_path() -> Path:
    """What ``verify`` last found of each exhibit, on this machine."""
    return paths.REPORTS / "verified.json"


def recorded() -> Record:
    """What the project and the user's own studies have recorded."""
    return read_record(record_path()) | read_record(own_record_path())


def read_record(path: Path) -> Record:
    """A record; empty if there is none."""
    if not path.exists():
        return {}
    record: Record = json.loads(path.read_text(encoding="utf-8"))
    return record


def merge(old: Record, fragments: Mapping[str, Path], notebooks: Iterable[str]) -> Record:
    """Replace the sections of the notebooks that have a fragment; drop those of notebooks that no longer exist.

    A statement that agrees with the recorded one stays as it was recorded: its last digits differ between processors.

    Parameters
    ----------
    old : the present record.
    fragments : fragment file of each notebook that has run; a notebook that saved and stated nothing has none on disk.
    notebooks : the names of all notebooks of the project.
    """
    new = {name: section for name, section in old.items() if name in set(notebooks)}
    for name, path in fragments.items():
        section = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
        known = old.get(name, {}).get("statements", {})
        stated = {key: _settled(known.get(key), entry) for key, entry in section.get("statements", {}).items()}
        new[name] = {"exhibits": section.get("exhibits", {}), "statements": stated}
    return new


def _settled(known: Mapping[str, Any] | None, now: Mapping[str, Any]) -> Mapping[str, Any]:
    return now if known is None or difference_of_statement(known, now) else known


def write_record(path: Path, record: Record) -> None:
    """Write a record: sorted, one entry a line, the same bytes for the same content."""
    paths.write_text(path, json.dumps(record, ensure_ascii=False, indent=1, sort_keys=True) + "\n")


def _statement_value(record: Record, key: str) -> Any:
    """The value ``statement.name`` of a record; ``statement.name.zh`` for one language of a text.

    Raises
    ------
    UnknownName
        If no notebook, or more than one, states it.

    Examples
    --------
    >>> _statement_value({"01_data": {"statements": {"share": {"top": 0.5}}}}, "share.top")
    0.5
    """
    statement, name, *language = key.split(".")
    holders = {notebook: part["statements"][statement] for notebook, part in record.items() if statement in part.get("statements", {})}
    found = {notebook: values[name] for notebook, values in holders.items() if name in values}
    if len(found) != 1:
        stated = sorted(f"{k}.{n}" for part in record.values() for k, values in part.get("statements", {}).items() for n in values)
        what = f"{len(found)} notebooks state the value {key!r}"
        near = difflib.get_close_matches(key, stated, n=5, cutoff=0.3)
        hint = f"near: {', '.join(near)}; " if near else ""
        raise UnknownName(what, where="reports/record.json", remedy=f"{hint}its statements name all {len(stated)}")
    value = next(iter(found.values()))
    return value[language[0]] if language else value


def fill(text: str, record: Record) -> str:
    """Replace what stands in each value marker of a text by the recorded value, and the rows of each list of exhibits.

    Examples
    --------
    >>> fill("<!-- value: share.top | .0% -->?<!-- /value -->", {"01_data": {"statements": {"share": {"top": 0.5}}}})
    '<!-- value: share.top | .0% -->50%<!-- /value -->'
    """

    def replaced(match: re.Match[str]) -> str:
        value = _statement_value(record, match["key"])
        shown = format(value, match["form"] or "")
        return f"{match[1]}{shown if isinstance(value, str) else shown.replace('-', '−')}{match[5]}"

    return _EXHIBITS.sub(lambda match: f"{match[1]}{_exhibit_rows(record, match['language'])}{match[4]}", _MARKER.sub(replaced, text))


def _exhibit_rows(record: Record, language: str) -> str:
    """One row of a Markdown table per exhibit: title, notebook, and the files in reports/ that show it and hold its numbers."""
    rows = []
    for notebook, part in sorted(record.items()):
        for name, entry in sorted(part["exhibits"].items()):
            shown = f"figures/{name}.{language}.png" if entry["kind"] == "figure" else f"tables/{name}.{language}.md"
            numbers = next(file for file in entry["files"] if file.endswith(".csv")).removeprefix("reports/")
            title = entry[f"title_{language}"].replace("<", "&lt;").replace("|", "\\|")
            rows.append(f"| {title} | `{notebook}` | [{name}]({shown}), [csv]({numbers}) |\n")
    return "".join(rows)


def fill_readme(record: Record) -> list[Path]:
    """Fill the markers of the README files and of the lists of exhibits in reports/; return those that changed.

    What ``python -m benchmarks`` recorded can be quoted beside what the notebooks state.
    """
    changed = []
    record = record | read_record(paths.ROOT / "benchmarks" / "record.json")
    for readme in (*sorted(paths.ROOT.glob("README*.md")), *sorted(paths.REPORTS.glob("EXHIBITS*.md"))):
        text = readme.read_text(encoding="utf-8")
        filled = fill(text, record)
        if filled != text:
            paths.write_text(readme, filled)
            changed.append(readme)
    return changed
