"""A table of registry data names the changes of definition inside its years by itself, and no other table does."""

from __future__ import annotations

import pickle
from functools import cache

import pytest

from toolkit.data import load
from toolkit.estimate import fit, fit_between
from toolkit.language import Language
from toolkit.panel import Panel
from toolkit.present import describe, describe_within, regression_table
from toolkit.present.exhibit import TableExhibit

FORMULA = "log(rd_intensity) ~ log(fiscal_total_exp) | province + year"
HEAD = {"en": "Changes inside the years shown", "zh": "所示年份内的口径变化与突变"}


@cache
def panel() -> Panel:
    return load("provincial_panel")


def notes(exhibit: TableExhibit, language: Language = "en") -> str:
    return "\n".join(note for note in exhibit.table(language).notes if note.startswith(HEAD[language]))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_regression_over_a_break_is_noted(language: Language) -> None:
    said = notes(regression_table(fit(FORMULA, panel().between(2010, 2023))), language)
    assert "2015" in said  # the jump of local budgets
    assert "2018" in said  # the census moves R&D, of which intensity is made


def test_rows_decide_and_not_the_panel() -> None:
    """The years are those of the rows that entered: a mark in the first year is no step inside them."""
    after = fit(FORMULA, panel().between(2018, 2023))
    assert notes(regression_table(after)) == ""
    both = notes(regression_table([after, fit(FORMULA, panel().between(2014, 2017))]))
    assert "2015" in both
    assert "2018" in both  # no column crosses it, but the table sets one side beside the other
    means = regression_table(fit_between("log(rd_intensity) ~ log(fiscal_total_exp)", panel().between(2010, 2023), covariance="HC1"))
    assert "2015" in notes(means)


def test_descriptions_note_it_too() -> None:
    for table in (describe, describe_within):
        assert "2015" in notes(table(panel().between(2010, 2023), ["fiscal_total_exp"]))
        assert notes(table(panel().between(2015, 2023), ["fiscal_total_exp"])) == ""


def test_other_data_and_estimates_without_rows_say_nothing() -> None:
    own = Panel(panel().between(2010, 2023).frame.copy(), "province", "year", origin="own")
    assert notes(regression_table(fit(FORMULA, own))) == ""
    estimate = fit(FORMULA, panel().between(2010, 2023))
    assert notes(regression_table(pickle.loads(pickle.dumps(estimate)))) == ""
