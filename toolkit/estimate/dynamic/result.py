"""The estimate of a dynamic panel model: an Estimate with its instruments and specification tests."""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape

import pandas as pd

from toolkit.estimate.dynamic.declarations import Declarations, DynamicSettings
from toolkit.estimate.dynamic.diagnostics import SpecificationTest
from toolkit.estimate.dynamic.instruments import InstrumentSet
from toolkit.estimate.result import Estimate
from toolkit.estimate.show import as_html, as_text, number, p_equation

_STYLES = {"gmm": "GMM-style", "effects": "its own instrument"}
EQUATIONS = {"difference": "difference equation", "level": "level equation", "both": "both equations"}


@dataclass(frozen=True, eq=False, repr=False)
class DynamicEstimate(Estimate):
    """A GMM estimate, with everything that is needed to judge it.

    Attributes
    ----------
    settings : how it was estimated.
    declared : the instruments as they were declared.
    instruments : where the instruments come from; their counts add up to ``statistics["instruments"]``.
    tests : overidentification (Hansen, Sargan, differences for groups of instruments), serial correlation, Wald.
    """

    settings: DynamicSettings = field(default_factory=DynamicSettings)
    declared: Declarations = field(default=Declarations((), (), ()), repr=False)
    instruments: tuple[InstrumentSet, ...] = ()
    tests: tuple[SpecificationTest, ...] = ()

    def tests_frame(self) -> pd.DataFrame:
        """One row per test: test, statistic, df (0 for a normal z), p_value, hypothesis."""
        rows = [(t.name, t.statistic, t.df, t.p_value, t.hypothesis) for t in self.tests]
        return pd.DataFrame(rows, columns=["test", "statistic", "df", "p_value", "hypothesis"])

    def instruments_frame(self) -> pd.DataFrame:
        """One row per set of instruments: term, style, equation, what, count."""
        rows = [(s.term, s.style, s.equation, s.what, s.count) for s in self.instruments]
        return pd.DataFrame(rows, columns=["term", "style", "equation", "what", "count"])

    def report(self) -> list[str]:
        """Instruments and tests, one line each."""
        lines = [f"{sum(s.count for s in self.instruments)} instruments"]
        for s in self.instruments:
            if s.style != "iv":
                lines.append(f"  {s.count} from {s.term} ({_STYLES[s.style]}{', ' + s.what if s.what else ''}; {EQUATIONS[s.equation]})")
        for equation, words in EQUATIONS.items():
            standard = [s for s in self.instruments if s.style == "iv" and s.equation == equation]
            if standard:
                lines.append(f"  {sum(s.count for s in standard)} standard ({', '.join(s.term for s in standard)}; {words})")
        for t in self.tests:
            statistic = f"chi2({t.df}) = {number(t.statistic)}" if t.df else f"z = {number(t.statistic)}"
            lines.append(f"{t.name}: {statistic}, {p_equation(t.p_value)}")
        return lines

    def __repr__(self) -> str:
        return "\n".join([as_text(self), *self.report()])

    def _repr_html_(self) -> str:
        return as_html(self) + f'<p style="font-size:smaller">{"<br>".join(escape(line) for line in self.report())}</p>'
