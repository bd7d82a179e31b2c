r"""Synthetic control and synthetic difference-in-differences, for one or few treated entities, with placebo inference.

With Y the outcome table, N0 controls, N1 treated, T0 periods before and T1 after, unit weights :math:`\omega` and period weights
:math:`\lambda` on the simplex give

.. math:: \hat\tau = \Big(\bar Y_{tr,post} - \sum_t \lambda_t \bar Y_{tr,t}\Big)
                     - \sum_i \omega_i \Big(\bar Y_{i,post} - \sum_t \lambda_t Y_{it}\Big)

* synthetic did: :math:`\omega` minimises :math:`\sum_{t \le T_0} (\omega_0 + \sum_i \omega_i Y_{it} - \bar Y_{tr,t})^2 + \zeta^2 T_0
  \|\omega\|^2` with :math:`\zeta = (N_1 T_1)^{1/4} \hat\sigma`, the standard deviation of the controls' first differences before the
  treatment; :math:`\lambda` the same over controls, with a ridge that only makes it unique
* synthetic control: no :math:`\omega_0`, no ridge worth the name, no :math:`\lambda`; matched on outcomes alone
* did: equal weights

Each minimum is exact: over the simplex :math:`\|A w - b\|` is the length of :math:`(A - b 1') w`, and non-negative least squares finds it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from toolkit.errors import EstimationError, UnknownOption
from toolkit.estimate.rows.options import Counts, one_of
from toolkit.estimate.treatment.adoption import NEVER, Adoption, read_adoption, without_always_treated
from toolkit.language import Note, Text, note
from toolkit.numerics import SAME_DRAW, Floats
from toolkit.panel import Panel
from toolkit.report import Report, ReportMixin, ReportTable, number, p_number, report_table, warned
from toolkit.threads import frugal

Weighting = Literal["synthetic did", "synthetic control", "did"]
WEIGHTINGS: tuple[Weighting, ...] = ("synthetic did", "synthetic control", "did")

_RIDGE = 1e-6  # share of sigma in the ridges that only make weights unique, as in the R package synthdid
_NO_WEIGHT = 1e-6


@dataclass(frozen=True, eq=False, repr=False)
class SyntheticEstimate(ReportMixin):
    """An average effect on the treated with the weights of its controls.

    Attributes
    ----------
    weighting : "synthetic did", "synthetic control" or "did".
    outcome, treatment : terms.
    estimate : average effect over treated entities and periods.
    std_error : standard deviation of the placebo effects.
    p_value : (1 + #{placebo effects at least as large}) / (1 + placebos).
    p_ratio : the same for the ratio of root mean squared gaps after and before the treatment (Abadie, Diamond and Hainmueller 2010).
    units : cohort, entity, weight of the controls with any.
    periods : cohort, period, weight before the treatment.
    paths : cohort, period, treated, synthetic, gap; the synthetic path is shifted to the treated one before the treatment (by the period
        weights), but for "synthetic control".
    placebos : (b,) placebo effects.
    counts : rows, entities, periods, clusters, and what was dropped.
    warnings : what the reader must know.
    """

    weighting: Weighting
    outcome: str
    treatment: str
    estimate: float
    std_error: float
    p_value: float
    p_ratio: float
    units: pd.DataFrame
    periods: pd.DataFrame
    paths: pd.DataFrame
    placebos: Floats = field(repr=False)
    counts: Counts
    warnings: tuple[Note, ...] = ()

    def tidy(self) -> pd.DataFrame:
        """One row: weighting, estimate, std_error, p_value, p_ratio, placebos."""
        row = (self.weighting, self.estimate, self.std_error, self.p_value, self.p_ratio, len(self.placebos))
        return pd.DataFrame([row], columns=["weighting", "estimate", "std_error", "p_value", "p_ratio", "placebos"])

    def _report(self) -> Report:
        head = f"{self.weighting}: effect of {self.treatment} on {self.outcome}"
        cells = (number(self.estimate), number(self.std_error), p_number(self.p_value), p_number(self.p_ratio), str(len(self.placebos)))
        table = ReportTable(("estimate", "placebo s.e.", "placebo p", "p of the ratio", "placebos"), (cells,))
        largest = self.units.sort_values("weight", ascending=False, kind="stable").head(8)
        return Report(head, (table, report_table(largest)), warned(self.warnings))


@dataclass(frozen=True, eq=False)
class _Block:
    """One cohort: its effect, weights, gaps."""

    effect: float
    unit: Floats
    period: Floats
    treated: Floats
    synthetic: Floats


@frugal
def synthetic_control(
    outcome: str,
    panel: Panel,
    *,
    treatment: str,
    rng: np.random.Generator,
    weighting: Weighting = "synthetic did",
    placebos: int = 200,
) -> SyntheticEstimate:
    """The effect on one or few treated entities against weighted never-treated ones; see the head of this module.

    Cohorts are estimated one by one and averaged by their treated entities and periods. A placebo gives the treated periods to as many
    controls, drawn without the treated; with one treated entity each control is a placebo once, and nothing is drawn.

    Parameters
    ----------
    outcome : a term, ``"log(packs)"``.
    panel : balanced.
    treatment : a column of 0 and 1, or the first treated period of each entity.
    rng : for the placebos.
    weighting : see the head of this module.
    placebos : drawn with several treated entities.

    Raises
    ------
    EstimationError
        For holes in the panel (the first is named), fewer than two periods before the treatment, or no more controls than treated.

    References
    ----------
    Abadie, Diamond and Hainmueller (2010), Journal of the American Statistical Association 105(490); Arkhangelsky, Athey, Hirshberg, Imbens
    and Wager (2021), American Economic Review 111(12).

    Examples
    --------
    >>> draw = np.random.default_rng(5)
    >>> frame = pd.DataFrame({"state": np.repeat(np.arange(20), 12), "year": np.tile(np.arange(2000, 2012), 20)})
    >>> frame["d"] = 1 * ((frame["state"] == 0) & (frame["year"] >= 2008))
    >>> frame["y"] = draw.normal(size=20)[frame["state"]] + draw.normal(size=240) + 5 * frame["d"]
    >>> found = synthetic_control("y", Panel(frame, "state", "year"), treatment="d", rng=draw)
    >>> len(found.placebos), found.p_value
    (19, 0.05)
    """
    one_of("weighting", weighting, WEIGHTINGS)
    if placebos < 1 or int(placebos) != placebos:
        raise UnknownOption(f"placebos={placebos!r} cannot be used", remedy="a whole number such as 200")
    adoption = without_always_treated(read_adoption(f"{outcome} ~ 1", panel, treatment, purpose="synthetic_control"))
    table, onset = adoption.outcome, adoption.onset
    _refuse(adoption)
    control, treated = np.flatnonzero(onset == NEVER), np.flatnonzero(onset < NEVER)
    blocks = _blocks(table, onset, adoption.periods, weighting)
    effect, ratio = _average(blocks, onset, adoption.periods)
    drawn = _placebo_units(control, len(treated), placebos, rng)
    inside = np.array(
        [
            _average(_blocks(table[i], o, adoption.periods, weighting), o, adoption.periods)
            for i, o in _placebo(control, drawn, onset[treated])
        ]
    )
    cohorts = list(blocks)
    before = {g: adoption.periods[adoption.periods < g] for g in cohorts}
    units = [
        (adoption.shown(g), adoption.names[i], w) for g in cohorts for i, w in zip(control, blocks[g].unit, strict=True) if w > _NO_WEIGHT
    ]
    periods = [(adoption.shown(g), adoption.shown(t), w) for g in cohorts for t, w in zip(before[g], blocks[g].period, strict=True)]
    paths = [
        (adoption.shown(g), adoption.shown(t), a, b, a - b)
        for g in cohorts
        for t, a, b in zip(adoption.periods, blocks[g].treated, blocks[g].synthetic, strict=True)
    ]
    return SyntheticEstimate(
        weighting=weighting,
        outcome=adoption.sample.spec.outcome,
        treatment=treatment,
        estimate=effect,
        std_error=float(np.sqrt(((inside[:, 0] - inside[:, 0].mean()) ** 2).mean())),
        p_value=_p(inside[:, 0], effect),
        p_ratio=_p(inside[:, 1], ratio),
        units=pd.DataFrame(units, columns=["cohort", "entity", "weight"]),
        periods=pd.DataFrame(periods, columns=["cohort", "period", "weight"]),
        paths=pd.DataFrame(paths, columns=["cohort", "period", "treated", "synthetic", "gap"]),
        placebos=inside[:, 0],
        counts=adoption.counts(),
        warnings=(*(n for n in adoption.notes if n.key not in ("few_clusters", "few_treated", "cohort_of_one")), *_few(len(control))),
    )


def _refuse(adoption: Adoption) -> None:
    if not adoption.seen.all():
        i, t = np.argwhere(~adoption.seen)[0]
        raise EstimationError(
            "synthetic controls need a balanced panel",
            where=f"no row of {adoption.names[i]} in {adoption.shown(adoption.periods[t])}",
            remedy="keep the entities seen in all periods, or fewer periods",
        )
    controls, treated = int((adoption.onset == NEVER).sum()), int((adoption.onset < NEVER).sum())
    if controls <= treated:
        raise EstimationError(
            f"{controls} never-treated entities are too few for placebos of {treated} treated ones",
            where=adoption.sample.spec.formula,
            remedy="use event_study, which is made for many treated entities",
        )
    first = adoption.cohorts[0]
    if (adoption.periods < first).sum() < 2:
        raise EstimationError(
            f"the cohort {adoption.shown(first)} has fewer than two periods before its treatment",
            where=f"first period {adoption.shown(adoption.periods[0])}",
            remedy="use earlier periods, or leave out that cohort",
        )


def _few(controls: int) -> tuple[Note, ...]:
    if controls >= 20:
        return ()
    text = Text(
        "With {count} controls no placebo p-value is below {least:.2g}.",
        "对照仅{count}个，安慰剂检验的p值不会低于{least:.2g}。",
    )
    return (note("few_controls", text, count=controls, least=1 / (1 + controls)),)


def _p(placebos: Floats, observed: float) -> float:
    return float(1 + np.count_nonzero(np.abs(placebos) >= abs(observed) * (1 - SAME_DRAW))) / (1 + len(placebos))


def _placebo_units(control: NDArray[np.intp], treated: int, count: int, rng: np.random.Generator) -> NDArray[np.intp]:
    """(placebos, treated) positions among the controls."""
    if treated == 1:
        return np.arange(len(control))[:, None]
    return np.stack([rng.permutation(len(control))[:treated] for _ in range(count)])


def _placebo(
    control: NDArray[np.intp], drawn: NDArray[np.intp], dates: NDArray[np.int64]
) -> list[tuple[NDArray[np.intp], NDArray[np.int64]]]:
    """Entities and their first treated periods in each placebo; the treated are not among them."""
    made = []
    for positions in drawn:
        onset = np.full(len(control), NEVER)
        onset[positions] = dates
        made.append((control, onset))
    return made


def _average(blocks: dict[int, _Block], onset: NDArray[np.int64], periods: NDArray[np.int64]) -> tuple[float, float]:
    """Effect over treated entities and periods, and the ratio of root mean squared gaps after and before."""
    weights = np.array([(onset == g).sum() * (periods >= g).sum() for g in blocks], dtype=np.float64)
    effects = np.array([b.effect for b in blocks.values()])
    squares = [((b.treated - b.synthetic) ** 2, periods >= g) for g, b in blocks.items()]
    after = np.average([s[late].mean() for s, late in squares], weights=weights)
    before = np.average([s[~late].mean() for s, late in squares], weights=weights)
    return float(weights @ effects / weights.sum()), float(np.sqrt(after / max(before, 1e-300)))


def _blocks(table: Floats, onset: NDArray[np.int64], periods: NDArray[np.int64], weighting: Weighting) -> dict[int, _Block]:
    return {int(g): _block(table[onset == NEVER], table[onset == g], periods < g, weighting) for g in np.unique(onset[onset < NEVER])}


def _block(control: Floats, treated: Floats, before: NDArray[np.bool_], weighting: Weighting) -> _Block:
    path, early, late = treated.mean(axis=0), control[:, before], control[:, ~before]
    n0, t0 = early.shape
    if weighting == "did":
        unit, period = np.full(n0, 1 / n0), np.full(t0, 1 / t0)
    else:
        sigma = float(np.std(np.diff(early, axis=1), ddof=1)) if t0 > 1 else 0.0
        strong = weighting == "synthetic did"
        ridge = ((len(treated) * late.shape[1]) ** 0.25 if strong else _RIDGE) * sigma
        unit = _simplex(early.T, path[before], ridge**2 * t0, strong)
        period = _simplex(early, late.mean(axis=1), (_RIDGE * sigma) ** 2 * n0, True) if strong else np.zeros(t0)
    synthetic = unit @ control
    shift = float(period @ (path - synthetic)[before])
    return _Block(
        effect=float((path - synthetic)[~before].mean()) - shift, unit=unit, period=period, treated=path, synthetic=synthetic + shift
    )


def _simplex(A: Floats, b: Floats, ridge: float, level: bool) -> Floats:
    """Weights w >= 0 with sum one that minimise \\|A w - b\\|^2 + ridge \\|w\\|^2, up to a constant if ``level``."""
    from scipy.optimize import nnls

    if level:
        A, b = A - A.mean(axis=0), b - b.mean()
    # with sum one, A w - b = (A - b 1')w: non-negative least squares towards zero, the sum kept by a row of ones
    rest = np.vstack([A - b[:, None], np.sqrt(ridge) * np.eye(A.shape[1])])
    size = float(np.sqrt((rest**2).sum(axis=0).mean())) or 1.0
    found = nnls(np.vstack([rest / size, np.ones(A.shape[1])]), np.append(np.zeros(len(rest)), 1.0), maxiter=50 * A.shape[1])[0]
    return np.asarray(found / found.sum())
