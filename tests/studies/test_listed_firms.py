"""The chapter on listed firms, run on simulated ones whose elasticity is known."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from toolkit.cli import main
from toolkit.data.firms import read_firms, write_simulated
from toolkit.data.firms.choices import read_choices
from toolkit.estimate import fit
from toolkit.language import LANGUAGES, set_language
from toolkit.present.words.drawn import drawn_text
from toolkit.studies.listed_firms import designs, exhibits
from toolkit.studies.listed_firms.designs import Results

TRUTH = 0.2


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_simulated(tmp_path_factory.mktemp("csmar"), firms=120)


@pytest.fixture(scope="module")
def results(folder: Path) -> Results:
    return designs.run(read_firms(folder))


def test_the_right_design_finds_the_truth_and_the_others_miss_it(results: Results) -> None:
    answer = {name: design.answer for name, design in results.designs.items()}
    assert results.firms.choices.truth == TRUTH
    assert abs(answer["own_two_way"].estimate - TRUTH) < 2.5 * answer["own_two_way"].std_error
    assert answer["own_two_way"].std_error < 0.05
    for name in ("pooled", "industry", "own_pooled", "two_way"):
        assert answer[name].low > TRUTH, name


def test_what_the_grant_on_the_left_side_adds_is_its_share(results: Results) -> None:
    frame = results.sample.panel.frame
    share = (frame["rd_grants"] / (frame["rd_intensity"] * frame["revenue"])).mean()
    own, total = (results.ladder[name].coefficient("log(rd_grants)").estimate for name in ("own_two_way", "two_way"))
    # d ln(O + S) = s d ln S + (1 - s) d ln O
    assert total == pytest.approx(share + (1 - share) * own, abs=0.03)


def test_two_way_is_that_of_dummies(results: Results) -> None:
    frame = results.sample.panel.frame
    x = np.column_stack(
        [
            np.log(frame["rd_grants"]),
            np.log(frame["assets"]),
            frame[["leverage", "roa"]],
            pd.get_dummies(frame["firm"]),
            pd.get_dummies(frame["year"]).iloc[:, 1:],
        ]
    ).astype(float)
    slope = np.linalg.lstsq(x, np.log(frame["rd_intensity"].to_numpy()), rcond=None)[0][0]
    assert results.designs["two_way"].answer.estimate == pytest.approx(slope, abs=1e-9)


def test_the_mean_of_the_industry_leaves_the_own_firm_out(results: Results) -> None:
    everyone, frame = results.firms.panel.frame, results.sample.panel.frame
    row = frame.iloc[17]
    others = everyone[(everyone["industry"] == row["industry"]) & (everyone["year"] == row["year"]) & (everyone["firm"] != row["firm"])]
    assert row[designs.OTHERS] == pytest.approx(np.log(others["rd_grants"]).mean())


def test_every_design_that_was_asked_for_stands_in_the_figure(results: Results) -> None:
    assert results.refused == ()
    expected = {*designs.NAMES, "rule_words", "rule_electronics"}
    assert set(results.designs) == expected
    data = exhibits.figure(results).draw("en").data
    assert set(data["design"]) == expected
    assert results.curve.frame.shape[0] == 2 * 3 * 8 * 3 * 2


def test_the_summary_of_the_curve_is_counted_by_hand(results: Results) -> None:
    cells = results.curve.frame[results.curve.frame["effects"] == "firm + year"]
    line = designs.summary(results.curve).loc["firm + year"]
    assert line["cells"] == len(cells) == 96
    assert line["median"] == pytest.approx(np.median(cells["estimate"]))
    assert line["holds"] == pytest.approx(100 * np.mean((cells["conf_low"] <= 0.38) & (cells["conf_high"] >= 0.38)))


def test_a_design_that_cannot_be_estimated_is_named(results: Results) -> None:
    found = designs.run(replace(results.firms, panel=results.firms.panel.between(2021, 2022)))
    names = {name for name, _ in found.refused}
    assert {"difference", "system", "total"} <= names
    assert not names & set(found.designs)
    assert exhibits.dynamics(found) is None
    assert "Not estimable" in exhibits.figure(found).draw("en").note
    assert "无法估计" in exhibits.figure(found).draw("zh").note


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_exhibit_notes_that_its_firms_are_simulated(results: Results, language: str) -> None:
    word = {"en": "Simulated", "zh": "模拟"}[language]
    for figure in (exhibits.figure(results), exhibits.curve(results)):
        drawing = figure.draw(language)  # type: ignore[arg-type]
        assert drawing.title.startswith(word)
        words = " ".join(text for block in drawn_text(drawing.figure) for text in block)
        assert "0.38" in words
        assert word in words
    tables = [exhibits.files(results.firms), exhibits.dropped(results.firms)]
    tables += [made(results) for made in (exhibits.rules, exhibits.description, exhibits.ladder)]  # type: ignore[operator]
    tables += [table for made in (exhibits.instruments, exhibits.dynamics) if (table := made(results)) is not None]
    assert len(tables) == 7
    for table in tables:
        assert word in table.table(language).caption  # type: ignore[arg-type]
        assert any(word in note for note in table.table(language).notes)  # type: ignore[arg-type]
    assert getattr(exhibits.finding(results).text, language).startswith(word)


def test_real_firms_are_not_called_simulated(results: Results, tmp_path: Path) -> None:
    assert read_choices(tmp_path).truth is None
    firms = replace(results.firms, choices=read_choices(tmp_path))
    for exhibit in (exhibits.files(firms), exhibits.dropped(firms), exhibits.ladder(replace(results, firms=firms))):
        shown = str(exhibit.table("en"))
        assert "imulated" not in shown
        assert "CSMAR" in shown


def test_the_verb_writes_under_the_folder(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--lang", "zh", "firms", str(folder)]) == 0
    set_language("en")
    out = folder / "results"
    assert capsys.readouterr().out.strip() == f"打开{out / 'index.html'}"
    assert {path.suffix for path in out.iterdir()} == {".html", ".csv", ".png", ".docx", ".woff2"}
    assert len(list(out.glob("*.docx"))) == 7
    page = (out / "index.html").read_text(encoding="utf-8")
    assert page.count("<img") == 2
    assert page.count("<table") == 7
    panel = pd.read_csv(out / "panel.csv", dtype={"firm": str})
    assert panel["firm"].str.len().eq(6).all()
    estimate = fit("log(rd_intensity) ~ log(rd_grants) + log(assets) + leverage + roa | firm + year", panel, cluster="firm")
    shown = pd.read_csv(out / "1_designs.csv").set_index("design")["estimate"]
    assert estimate.coefficient("log(rd_grants)").estimate == pytest.approx(shown["two_way"], abs=1e-4)


def test_nothing_licensed_enters_the_project(capsys: pytest.CaptureFixture[str]) -> None:
    from toolkit import paths

    assert main(["firms", str(paths.DATA_RAW)]) == 1
    assert "must not lie inside the project" in capsys.readouterr().err
    assert main(["firms"]) == 1
    assert "--simulated" in capsys.readouterr().err
