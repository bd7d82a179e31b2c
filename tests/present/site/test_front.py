"""What stands in front: short, true of the record, in both languages, each beside a picture that exists."""

from __future__ import annotations

import copy
import json
import re
import string
from pathlib import Path
from typing import Any

import pytest

from toolkit.audit.verdicts import WORDS
from toolkit.language import Text
from toolkit.present.site.front import ANSWERS, CARDS, PLAIN, headline

ROOT = Path(__file__).resolve().parents[3]
RECORD: dict[str, Any] = json.loads((ROOT / "reports" / "record.json").read_text(encoding="utf-8"))
SENTENCES = [text for answer in ANSWERS.values() for text in (answer.sentence, answer.sure) if text.en]


def fields(text: str) -> list[str]:
    return sorted(name for _, name, form, _ in string.Formatter().parse(text) if name and form)


@pytest.mark.parametrize("text", SENTENCES, ids=lambda text: text.en[:30])
def test_a_sentence_holds_at_most_two_numbers_the_same_in_both_languages(text: Text) -> None:
    for sentence in re.split(r"(?<=[.!?])\s+(?=[A-Z])|(?<=。)", text.en):
        assert len(re.findall(r"\{", sentence)) <= 2, sentence
    assert fields(text.en) == fields(text.zh)


@pytest.mark.parametrize("notebook", sorted(ANSWERS))
def test_the_record_bears_the_sentence_out(notebook: str) -> None:
    answer, told = ANSWERS[notebook], RECORD[notebook]["statements"]
    assert answer.holds(told[answer.key], told)
    sentence, sure = headline(notebook, told, ())
    assert sentence.en != told[answer.key]["text"]["en"]
    assert "{" not in "".join((*sentence, *sure))
    assert not answer.figure or RECORD[notebook]["exhibits"][answer.figure]["kind"] == "figure"


def test_every_chapter_has_its_headline() -> None:
    assert sorted(ANSWERS) == sorted(path.stem for path in (ROOT / "notebooks").glob("*.ipynb"))


def test_every_verdict_has_plain_words() -> None:
    assert list(PLAIN) == list(WORDS)
    assert not any(re.search(r"reproduced|vintage|incoherent|weak", text.en) for text in PLAIN.values())


def test_two_questions_and_five_findings_have_a_figure() -> None:
    assert [name[:2] for name, answer in ANSWERS.items() if answer.question.en and answer.sure.en and answer.figure] == ["02", "03"]
    assert len([name for name in CARDS if ANSWERS[name].figure]) == 5


def test_a_sentence_that_the_values_contradict_is_not_shown() -> None:
    told = copy.deepcopy(RECORD["02_subsidy_and_rd_intensity"]["statements"])
    told["subsidy_two_way"]["year"] = 0.5
    told["subsidy_two_way"]["text"] = {"en": "Now it is larger. And more.", "zh": "现在更大。另有说明。"}
    assert headline("02_subsidy_and_rd_intensity", told, ()) == (Text("Now it is larger.", "现在更大。"), Text("", ""))


def test_a_notebook_without_an_entry_shows_what_it_states_first() -> None:
    told = {"a": {"text": {"en": "Last.", "zh": "后。"}}, "b": {"text": {"en": "It is 0.5 in the U.K. and rises. More.", "zh": "先。"}}}
    assert headline("my_study", told, ("b", "a"))[0] == Text("It is 0.5 in the U.K. and rises.", "先。")
    assert headline("my_study", {}, ()) == (Text("", ""), Text("", ""))
