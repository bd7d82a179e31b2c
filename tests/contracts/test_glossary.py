"""One English word, one Chinese word: the texts of the package against each other."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

import toolkit
from toolkit import glossary
from toolkit.language import Text

PACKAGE = Path(toolkit.__file__).parent

BY_CONTEXT: dict[str, tuple[set[str], str]] = {
    ", ": ({"、", "，", "——"}, "between the parts of a list, between clauses, before a name"),
    "year": ({"年", "年份"}, "a length of time, a column"),
    "contradicted": ({"与官方数据矛盾", "矛盾"}, "the verdict in full and as a word in a table"),
}
"""English -> (its Chinese words, what tells them apart)."""

LABELS = "present/words/labels.py"  # names of role columns, which happen to be words of tables too


def literal_texts() -> dict[str, dict[str, list[str]]]:
    """English -> Chinese -> where, of every ``Text`` written with two plain strings."""
    found: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Text" and len(node.args) == 2:
                pair = [part.value for part in node.args if isinstance(part, ast.Constant)]
                if len(pair) == 2:
                    found[str(pair[0])][str(pair[1])].append(f"{path.relative_to(PACKAGE).as_posix()}:{node.lineno}")
    return found


def test_a_word_has_one_translation_or_a_reason() -> None:
    several = {english: dict(places) for english, places in literal_texts().items() if len(places) > 1}
    wrong = {english: places for english, places in several.items() if set(places) != BY_CONTEXT.get(english, (set(),))[0]}
    assert not wrong
    assert not set(BY_CONTEXT) - set(several)  # no reason outlives its word


def test_a_word_of_the_glossary_is_written_there_only() -> None:
    words = {value.en for value in vars(glossary).values() if isinstance(value, Text)}
    again = {
        english: [place for where in places.values() for place in where if not place.startswith(("glossary.py", LABELS))]
        for english, places in literal_texts().items()
        if english in words
    }
    assert not {english: places for english, places in again.items() if places}


def test_the_glossary_has_no_word_twice() -> None:
    words = [value.en for value in vars(glossary).values() if isinstance(value, Text)]
    assert len(words) == len(set(words)) > 40
