"""Event studies as a figure and as columns of a regression table."""

from __future__ import annotations

import numpy as np
import pytest

from tests.estimate.treatment.designs import counties
from toolkit.errors import PresentationError
from toolkit.estimate import EventStudy, event_study
from toolkit.language import Text
from toolkit.present import event_study_plot, regression_table


@pytest.fixture(scope="module")
def studies() -> list[EventStudy]:
    return [
        event_study("lemp ~ 1", counties(), treatment="first_treat", estimator=estimator, rng=np.random.default_rng(1), leads=2, lags=2)
        for estimator in ("two-way", "callaway-santanna")
    ]


def test_the_figure_holds_every_effect_and_says_what_it_is_measured_against(studies: list[EventStudy]) -> None:
    exhibit = event_study_plot(studies)
    english, chinese = exhibit.draw("en"), exhibit.draw("zh")
    two_way = english.data[english.data["study"] == "Two-way effects"]
    np.testing.assert_array_equal(two_way["estimate"], studies[0].tidy()["estimate"])
    assert "zero at event time -1" in english.note
    assert "share the coefficient" in english.note
    assert "基期" in chinese.note
    assert [t.get_text() for t in chinese.figure.axes[0].get_legend().get_texts()] == ["双向固定效应", "Callaway–Sant'Anna"]


def test_names_are_needed_for_two_studies_of_one_kind(studies: list[EventStudy]) -> None:
    with pytest.raises(PresentationError, match="same estimator"):
        event_study_plot([studies[0], studies[0]])
    with pytest.raises(PresentationError, match="no event study"):
        event_study_plot([])
    named = event_study_plot({Text("short", "短"): studies[0], "long": studies[0]}).draw("zh")
    assert [t.get_text() for t in named.figure.axes[0].get_legend().get_texts()] == ["短", "long"]


def test_the_table_has_one_row_for_each_event_time(studies: list[EventStudy]) -> None:
    table = regression_table(studies).table("en")
    cells = {row.cells[0].text: [cell.text for cell in row.cells[1:]] for row in table.body if row.cells[0].text}
    assert cells["Event time 0"] == [
        f"{study.tidy().set_index('event_time').loc[0, 'estimate']:.3f}".replace("-", "−") for study in studies
    ]
    assert "Event time −1" in cells
    assert "Average effect on the treated" in cells
    chinese = [row.cells[0].text for row in regression_table(studies).table("zh").body]
    assert "相对时期−2" in chinese
    assert "平均效应（按批次）" in chinese
