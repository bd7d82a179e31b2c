"""The words read off a figure are those that a reader sees."""

from __future__ import annotations

from matplotlib.patheffects import withStroke

from toolkit.present.style import new_figure, styled, to_png
from toolkit.present.words.drawn import drawn_text


def test_everything_shown_is_read_and_nothing_hidden() -> None:
    with styled():
        figure = new_figure("two", 3.0)
        left, right, unseen = figure.subplots(1, 3)
        left.plot([0, 1], [0, 1], label="R&D 研发")
        left.legend(title="Series")
        left.set(xlabel="Year", ylabel="Share\n(%)", title="A", xticks=[0, 1], xticklabels=["East", "东部"], yticks=[])
        left.annotate("with a rim", (0.5, 0.5)).set_path_effects([withStroke(linewidth=2)])
        left.text(0.2, 0.2, "hidden", visible=False)
        right.set(xticks=[2, 9], xlim=(0, 5), yticks=[], xlabel="$x^2$")  # 9 lies outside
        unseen.text(0.5, 0.5, "in hidden axes")
        unseen.set_visible(False)
        figure.suptitle("Title")
    before = to_png(figure)
    settled = to_png(figure)  # the first drawing computes the layout
    words = drawn_text(figure)
    assert words[0] == ["Title"]
    assert sorted(words[1]) == sorted(["R&D 研发", "Series", "Year", "Share (%)", "A", "East", "东部", "with a rim"])
    assert sorted(words[2]) == sorted(["2", "$x^2$"])
    assert len(words) == 3
    assert drawn_text(figure) == words
    assert to_png(figure) == settled
    assert before[:4] == settled[:4]


def test_figures_of_the_same_data_differ_by_their_words() -> None:
    def shown(label: str) -> list[list[str]]:
        with styled():
            figure = new_figure("one", 1.5)
            axes = figure.subplots()
            axes.plot([0, 1], [0, 1], label=label)
            axes.legend()
        return drawn_text(figure)

    assert shown("level") != shown("growth")
    assert shown("level") == shown("level")
