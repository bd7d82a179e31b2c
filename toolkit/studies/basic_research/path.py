r"""What a target share would take: the share of basic research on its past course, and the path that reaches the target.

The logarithm of the share is a random walk with the drift of a window of n yearly changes; h years ahead its interval is

.. math:: \ln s_T + h \bar d \pm t_{n-1} \, \hat\sigma \sqrt{h + h^2 / n},

the second part of the root being the doubt about the drift. To be at s* in h years, with R&D growing by g, basic research must grow by

.. math:: (s^* / s_T)^{1/h} (1 + g) - 1 .

A projection of the past, not a forecast: no policy, budget or base effect is in it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from toolkit.audit import Tables
from toolkit.language import Text
from toolkit.present.exhibit import FigureExhibit
from toolkit.present.figures.multiples import small_multiples
from toolkit.present.record import Statement, statement
from toolkit.studies.basic_research.shares import ACTIVITIES

PERCENT = 100.0
LEVEL = 0.95
HORIZON = 2035
SEARCHED = 200  # years in which the target is looked for
WINDOWS = {"all": None, "ten": 10, "five": 5}
_NAMES = {
    "all": Text("Growth of all years known", "按全部年份的增速"),
    "ten": Text("Growth of the last ten years", "按近十年的增速"),
    "five": Text("Growth of the last five years", "按近五年的增速"),
    "projected": Text("projected", "外推"),
    "needed": Text("needed for {target:g}%", "达到{target:g}%所需路径"),
}


@dataclass(frozen=True)
class Path:
    """Projections and needs.

    Attributes
    ----------
    paths : window, year, line ("projected" or "needed"), share, low, high (per cent).
    needs : window (index), changes (n), drift (% a year, of the share), growth of R&D and low, high of its mean (% a year), needed (growth
        of basic research, % a year) with needed_low and needed_high, reached (the year the middle meets the target; missing
        when that is more than 200 years ahead).
    target, last_year, last_share : per cent where a share.
    money : basic research in the last year, and at the target share of that year's R&D, 100 million yuan.
    """

    paths: pd.DataFrame
    needs: pd.DataFrame
    target: float
    last_year: int
    last_share: float
    money: tuple[float, float]

    def at(self, window: str, year: int) -> pd.Series:
        """The projection of a window in a year."""
        rows = self.paths
        return rows[(rows["window"] == window) & (rows["line"] == "projected") & (rows["year"] == year)].iloc[0]


def drift(changes: NDArray[np.float64], ahead: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Middle and half-width of the change of a random walk with drift after ``ahead`` steps.

    Examples
    --------
    >>> middle, half = drift(np.array([1.0, 3.0]), np.array([0.0, 2.0]))
    >>> middle.tolist(), half.round(2).tolist()
    ([0.0, 4.0], [0.0, 35.94])
    """
    from scipy.stats import t

    n = len(changes)
    spread = float(t.ppf((1 + LEVEL) / 2, n - 1)) * float(changes.std(ddof=1))
    return ahead * changes.mean(), spread * np.sqrt(ahead + ahead**2 / n)


def run(series: pd.DataFrame, target: float | None = None) -> Path:
    """From the table ``national_series``.

    Parameters
    ----------
    target : share in per cent; by default the lower end of what the paper gives for the United States.
    """
    if target is None:
        target = Tables().claim("chen2025_basic_us_16_18").low_end.middle
    known = series.dropna(subset=list(ACTIVITIES)).set_index("year")
    total = known[list(ACTIVITIES)].sum(axis=1)
    share = PERCENT * known["rd_basic"] / total
    last, years = int(share.index[-1]), HORIZON - int(share.index[-1])
    ahead = np.arange(years + 1, dtype=np.float64)
    paths, needs = [], []
    for window, length in WINDOWS.items():
        steps, grown = (np.diff(np.log(values.to_numpy()))[-(length or len(values)) :] for values in (share, total))
        middle, half = drift(steps, ahead)
        now = np.log(share.iloc[-1])
        needed = np.exp(now + ahead / years * (np.log(target) - now))
        for line, (centre, low, high) in {
            "projected": (np.exp(now + middle), np.exp(now + middle - half), np.exp(now + middle + half)),
            "needed": (needed, needed, needed),
        }.items():
            paths.append(
                pd.DataFrame({"window": window, "line": line, "year": last + ahead.astype(int), "share": centre, "low": low, "high": high})
            )
        needs.append(_needs(window, steps=steps, grown=grown, last=last, gap=float(np.log(target) - now)))
    return Path(
        paths=pd.concat(paths, ignore_index=True),
        needs=pd.DataFrame(needs).set_index("window"),
        target=target,
        last_year=last,
        last_share=float(share.iloc[-1]),
        money=(float(known["rd_basic"].iloc[-1]), target / PERCENT * float(total.iloc[-1])),
    )


def _needs(window: str, *, steps: NDArray[np.float64], grown: NDArray[np.float64], last: int, gap: float) -> dict[str, object]:
    """One row of the needs; the interval of mean growth is that of its drift alone."""
    from scipy.stats import t

    n, years, mean = len(grown), HORIZON - last, float(grown.mean())
    half = float(t.ppf((1 + LEVEL) / 2, n - 1)) * float(grown.std(ddof=1)) / np.sqrt(n)
    ends = {"": mean, "_low": mean - half, "_high": mean + half}
    wait = gap / steps.mean() if steps.mean() > 0 else np.inf
    return {
        "window": window,
        "changes": n,
        "drift": PERCENT * np.expm1(steps.mean()),
        **{f"growth{end}": PERCENT * np.expm1(value) for end, value in ends.items()},
        **{f"needed{end}": PERCENT * np.expm1(gap / years + value) for end, value in ends.items()},
        "reached": last + np.ceil(wait) if wait <= SEARCHED else np.nan,
    }


def projections(results: Path) -> FigureExhibit:
    """The projections of the three windows with their intervals, and the needed path."""
    return small_multiples(
        results.paths,
        "year",
        "share",
        "window",
        group="line",
        band=("low", "high"),
        columns=3,
        y_label=Text("Basic research in R&D (%)", "基础研究占R&D经费比重（%）"),
        names={**_NAMES, "needed": _NAMES["needed"].filled(target=results.target)},
        title=Text(
            "Simulation: the share of basic research on its past course, and what a target takes", "模拟：基础研究比重的外推与目标路径"
        ),
        notes=[
            Text(
                "Projected, not observed, from {year} on: a random walk with the drift of each window; bands are 95% intervals with the "
                "doubt about the drift, wide where they rest on few years. The target is the lower end of the share that the paper gives "
                "for the United States.",
                "{year}年以后为外推而非观测：带漂移的随机游走，阴影为95%区间（含漂移项的不确定性），年份少则区间宽。目标取论文所述美国比重的下限。",
            ).filled(year=results.last_year)
        ],
    )


def finding(results: Path) -> Statement:
    """Where the past leads, and what the target needs."""
    end = {name: results.at(name, HORIZON) for name in WINDOWS}
    needs = results.needs.to_dict("index")
    ten, five = needs["ten"], needs["five"]
    return statement(
        "basic_path",
        Text(
            "This is a projection. On the course of the last ten years the share of {last:.1f}% would be {ten:.1f}% in {horizon} ("
            "{ten_low:.1f} to {ten_high:.1f}), on that of all years {all:.1f}% ({all_low:.1f} to {all_high:.1f}); {target:g}% would be "
            "met in {reached:.0f} and {reached_five:.0f} at the drift of ten and of five years. To be there in {horizon}, basic research "
            "would have to grow by {needed:.0f}% a year ({needed_low:.0f} to {needed_high:.0f}, depending on how fast all R&D grows); R&D "
            "as a whole grew by {growth:.0f}%. At the R&D of {year} the target takes {more:,.0f} hundred million yuan more than the "
            "{now:,.0f} that were spent.",
            "外推结果：按近十年走势，比重将由{last:.1f}%升至{horizon}年的{ten:.1f}%（{ten_low:.1f}%至{ten_high:.1f}%），按全部年份为{all:.1f}%"
            "（{all_low:.1f}%至{all_high:.1f}%）；按近十年与近五年的漂移，分别到{reached:.0f}年和{reached_five:.0f}年才达到{target:g}%。要在{horizon}年达到，"
            "基础研究经费须年均增长{needed:.0f}%（随R&D总量增速不同为{needed_low:.0f}%至{needed_high:.0f}%），而R&D总量年均增长{growth:.0f}%。"
            "按{year}年R&D总量，目标意味着在现有{now:,.0f}亿元之外再增加{more:,.0f}亿元。",
        ),
        last=results.last_share,
        horizon=HORIZON,
        ten=float(end["ten"]["share"]),
        ten_low=float(end["ten"]["low"]),
        ten_high=float(end["ten"]["high"]),
        all=float(end["all"]["share"]),
        all_low=float(end["all"]["low"]),
        all_high=float(end["all"]["high"]),
        target=results.target,
        reached=float(ten["reached"]),
        reached_five=float(five["reached"]),
        needed=float(ten["needed"]),
        needed_low=float(ten["needed_low"]),
        needed_high=float(ten["needed_high"]),
        growth=float(ten["growth"]),
        year=results.last_year,
        now=results.money[0],
        more=results.money[1] - results.money[0],
    )
