"""The progress bar hands every step on, shown or not."""

from __future__ import annotations

import pytest

from toolkit.present.record import progress


@pytest.mark.parametrize("recorded", [True, False])
def test_every_step_comes_through(recorded: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("TOOLKIT_RECORD", "somewhere") if recorded else monkeypatch.delenv("TOOLKIT_RECORD", raising=False)
    assert list(progress("Counting")(iter(range(5)))) == [0, 1, 2, 3, 4]
    assert ("Counting" in capsys.readouterr().out) is not recorded
