"""python -m toolkit claims: table, reasoning, filters, formats, a user's list, exit codes."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from audited import whole

from toolkit import cli
from toolkit.audit import run
from toolkit.language import set_language
from toolkit.pipeline import claims as verb
from toolkit.registry import registry

CLAIM = "chen2025_basic_share_691"
LIST = """\
share:
  paper: me2025
  section: "1"
  statement: Basic research was {value} % of R&D.
  indicator: share
  kind: statistic
  comparator: "="
  value: "{value}"
  unit: "%"
  place: China
  testability: A
  test: {{series: national_series.basic_share, time: 2024}}
"""


@pytest.fixture(autouse=True)
def once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The audit of the registry is computed once for all tests; the language is that of the call."""
    audit = run.audit
    monkeypatch.setattr(verb, "audit", lambda claims, watch: whole() if claims is registry().claims else audit(claims, watch))
    set_language("en")


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = cli.main(["claims", *arguments])
    out, err = capsys.readouterr()
    set_language("en")
    return code, out, err


def test_the_table_lists_every_claim_and_counts_them(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = told(capsys)
    assert code == 0
    assert f"{len(registry().claims)} claims: " in out
    assert CLAIM in out


def test_filters(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = told(capsys, "--paper", "he2025", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert {row["paper"] for row in rows} == {"he2025"}
    for word in ("incoherent", "not tested yet", "自相矛盾"):
        code, out, _ = told(capsys, "--verdict", word, "--format", "csv")
        assert code == 0
        assert len({row["verdict"] for row in csv.DictReader(io.StringIO(out))}) == 1


def test_the_reasoning_names_paper_source_data_and_code_in_both_languages(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = told(capsys, "--claim", CLAIM)
    assert code == 0
    for word in ("Chen et al. (2025)", "S01", "national_series.basic_share 2024", "toolkit.audit.", "reproduced at another vintage"):
        assert word in out
    _, out, _ = told(capsys, "--claim", CLAIM, "--lang", "zh")
    for word in ("陈亚平等", "以其他版本复现", "数据：national_series.basic_share 2024"):
        assert word in out


@pytest.mark.parametrize("form", ["csv", "md", "html"])
def test_formats_hold_every_claim(capsys: pytest.CaptureFixture[str], form: str) -> None:
    code, out, _ = told(capsys, "--format", form)
    assert code == 0
    plain = out.replace("\\_", "_")
    assert [name for name in registry().claims if name not in plain] == []


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--claim", "chen2025_basic_share_69"), (CLAIM, "there is no claim")),
        (("--paper", "chen2024"), ("there is no paper", "chen2025")),
        (("--verdict", "false"), ("there is no verdict", "contradicted")),
        (("chek", "x"), ("is no task", "claims check FILE")),
        (("check", "nowhere.yaml"), ("there is no such file", "nowhere.yaml")),
    ],
)
def test_errors_are_named_and_nothing_is_written(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], words: tuple[str, ...]
) -> None:
    code, out, err = told(capsys, *arguments)
    assert (code, out) == (1, "")
    for word in (*words, "remedy"):
        assert word in err


@pytest.mark.parametrize(("value", "code", "word"), [("6.88", 0, "reproduced"), ("6.98", 1, "contradicted")])
def test_a_list_of_ones_own(capsys: pytest.CaptureFixture[str], tmp_path: Path, value: str, code: int, word: str) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(LIST.format(value=value), encoding="utf-8")
    assert told(capsys, "check", str(path))[0] == code
    _, out, _ = told(capsys, "check", str(path), "--format", "csv")
    assert [row["verdict"] for row in csv.DictReader(io.StringIO(out))] == [word]


def test_a_mistake_in_the_list_names_file_and_line(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("\n" + LIST.format(value="6.88").replace("kind: statistic", "kind: guess"), encoding="utf-8")
    code, out, err = told(capsys, "check", str(path), "--format", "csv")
    assert (code, out) == (1, "")
    assert "mine.yaml, line 2, entry share" in err
    assert "'guess' is none of" in err
