"""Everything that a result says about itself: one key, both languages, the same fields, and no English sentence in Chinese."""

from __future__ import annotations

import ast
import importlib
import re
import string
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import toolkit
from toolkit.estimate import (
    DynamicSettings,
    ThresholdSettings,
    conley,
    cr2,
    fit,
    fit_between,
    fit_differences,
    fit_dynamic,
    fit_instruments,
    fit_poisson,
    fit_quantile,
    fit_random,
    fit_threshold,
    permutation_test,
    wild_tests,
)
from toolkit.estimate.diagnostics import (
    breusch_pagan_effects,
    breusch_pagan_heteroskedasticity,
    f_effects,
    hausman,
    honda_effects,
    modified_wald_heteroskedasticity,
    mundlak,
    pesaran_cd,
    wooldridge_serial_correlation,
)
from toolkit.estimate.results.estimate import Estimate
from toolkit.language import Note, Text, note
from toolkit.panel import Panel
from toolkit.present import regression_table
from toolkit.present.words.words import said

PACKAGE = Path(toolkit.__file__).parent
KEY = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
CHINESE = re.compile(r"[\u4e00-\u9fff]")
PROSE = re.compile(r"[A-Za-z][a-z']+(?:[ ,;:]+[A-Za-z][a-z']+){2,}")  # three English words in a row
WITHOUT_WORDS = {"{term}: {said}"}  # templates that only put parts together


@dataclass(frozen=True)
class Call:
    """A note of the package as it is written: where, its key, the texts it may have, and the fields it is given (None if unknown)."""

    where: str
    module: str
    key: str
    texts: tuple[Text, ...]
    fields: frozenset[str] | None


def calls_in(source: str, module: str, names: dict[str, object]) -> Iterator[Call]:
    """The notes made in a module; ``names`` are its globals."""
    for node, local in _with_locals(ast.parse(source)):
        if isinstance(node.func, ast.Name) and node.func.id == "note" and len(node.args) == 2:
            key, text = node.args
            given = {keyword.arg for keyword in node.keywords}
            fields = None if None in given else frozenset(str(name) for name in given)
            where = f"{module}:{node.lineno}"
            above = {name: value for name, (line, value) in local if line < node.lineno}
            yield Call(where, module, _value(key, names), tuple(_texts(text, above, names)), fields)


Local = list[tuple[str, tuple[int, ast.expr]]]


def _with_locals(tree: ast.AST) -> Iterator[tuple[ast.Call, Local]]:
    """Every call, with the local names of its function in order: (name, (line, what it is assigned))."""
    inside: dict[int, Local] = {}
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef):
            assigned = [node for node in ast.walk(function) if isinstance(node, ast.Assign)]
            local = sorted((pair for node in assigned for pair in _assigned(node.targets[0], node.value)), key=lambda pair: pair[1][0])
            inside |= {id(node): local for node in ast.walk(function) if isinstance(node, ast.Call)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield node, inside.get(id(node), [])


def _assigned(target: ast.expr, value: ast.expr) -> Local:
    if isinstance(target, ast.Name):
        return [(target.id, (target.lineno, value))]
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
        return [pair for one, its in zip(target.elts, value.elts, strict=True) for pair in _assigned(one, its)]
    return []


def _value(node: ast.expr, names: dict[str, object]) -> str:
    return str(eval(ast.unparse(node), names))


def _texts(node: ast.expr, local: dict[str, ast.expr], names: dict[str, object]) -> Iterator[Text]:
    if isinstance(node, ast.IfExp):
        yield from _texts(node.body, local, names)
        yield from _texts(node.orelse, local, names)
    elif isinstance(node, ast.Name) and node.id in local:
        yield from _texts(local[node.id], local, names)
    elif isinstance(node, ast.Subscript):
        yield from names[ast.unparse(node.value)].values()  # type: ignore[attr-defined]
    else:
        found = eval(ast.unparse(node), names)
        assert isinstance(found, Text)
        yield found


def faults(calls: Sequence[Call]) -> list[str]:
    """What is wrong with these notes."""
    found, homes = [], {}  # type: ignore[var-annotated]
    for call in calls:
        if not KEY.fullmatch(call.key):
            found.append(f"{call.where}: the key {call.key!r} is not snake_case")
        home = homes.setdefault(call.key, call.module)
        if home != call.module:
            found.append(f"{call.where}: the key {call.key!r} is also one of {home}")
        for text in call.texts:
            english, chinese = (_fields(part) for part in text)
            if not text.en.strip() or (not CHINESE.search(text.zh) and text.en not in WITHOUT_WORDS):
                found.append(f"{call.where}: {text} is not in both languages")
            if english != chinese:
                found.append(f"{call.where}: {text} has other fields in Chinese")
            if call.fields is not None and english != call.fields:
                found.append(f"{call.where}: {text} is given {sorted(call.fields)}")
            if PROSE.search(re.sub(r"\{[^}]*\}", "", text.zh)):
                found.append(f"{call.where}: {text.zh} has an English sentence")
    return found


def _fields(template: str) -> frozenset[str]:
    return frozenset(name for _, name, _, _ in string.Formatter().parse(template) if name is not None)


def every_call() -> list[Call]:
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        source = path.read_text(encoding="utf-8")
        if path.name != "language.py" and re.search(r"\bnote\(", source):
            name = ".".join(("toolkit", *path.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(".__init__")
            found += list(calls_in(source, name, vars(importlib.import_module(name))))
    return found


def test_every_note_has_both_languages_the_same_fields_and_one_key() -> None:
    calls = every_call()
    assert len(calls) > 90
    assert not faults(calls)


def test_notes_are_made_in_one_way() -> None:
    """A note built by hand escapes the test above; the one place that hands a key on is named here."""
    made = [str(path.relative_to(PACKAGE)) for path in PACKAGE.rglob("*.py") if re.search(r"(?<!\w)Note\(\w", path.read_text("utf-8"))]
    assert set(made) <= {"language.py", "estimate/inference/wild_scheme.py"}


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ('note("few", Text("few {n}", "少{n}"), m=1)', "is given"),
        ('note("few", Text("few {n}", "少"), n=1)', "other fields"),
        ('note("few", Text("few", "few"))', "both languages"),
        ('note("Few ones", Text("few", "少"))', "snake_case"),
        ('note("few", Text("few", "少：there are too few"))', "English sentence"),
        ('def f(x):\n    text = Text("a", "甲") if x else Text("b", "b")\n    return note("few", text)', "both languages"),
    ],
)
def test_a_planted_fault_is_found(source: str, fault: str) -> None:
    (found,) = faults(list(calls_in(source, "planted", {"Text": Text, "note": note})))[:1]
    assert fault in found


def test_a_key_has_one_home() -> None:
    text = 'note("few", Text("few", "少"))'
    two = [call for module in ("one", "other") for call in calls_in(text, module, {"Text": Text, "note": note})]
    assert "also one of" in faults(two)[0]


RNG = np.random.default_rng(11)
FIRMS, YEARS = 18, 8
BASE = pd.DataFrame({"firm": np.repeat([f"f{i:02d}" for i in range(FIRMS)], YEARS), "year": np.tile(np.arange(2000, 2000 + YEARS), FIRMS)})
BASE = BASE.assign(**{name: RNG.normal(size=len(BASE)) for name in ("x", "z", "q", "u")})
BASE = BASE.assign(
    y=BASE["x"] + BASE["u"],
    positive=np.where(BASE["z"] > 0.5, -1.0, np.exp(BASE["z"])),
    count=RNG.poisson(np.exp(0.3 * BASE["x"])) * (BASE["firm"] != "f03"),
    shut=((BASE["year"] == 2001) & (BASE["firm"] < "f09")) * RNG.uniform(1, 2, len(BASE)),
    fixed=np.repeat(RNG.normal(size=FIRMS), YEARS),
    lon=np.repeat(RNG.uniform(100, 120, FIRMS), YEARS),
    lat=np.repeat(RNG.uniform(25, 40, FIRMS), YEARS),
    bloc=np.repeat(np.arange(FIRMS) % 4, YEARS),
    sector=np.repeat(np.arange(FIRMS) % 3, YEARS) + 10 * (np.tile(np.arange(YEARS), FIRMS) % 2),
    copy=2 * BASE["x"],
)
BASE.loc[BASE["shut"] > 0, "count"] = 0
PANEL = Panel(BASE, "firm", "year")
MOVED = BASE.assign(d=BASE["z"] - BASE["q"] + BASE["u"] / 10, w=BASE["z"] + BASE["q"])
SHORT = Panel(
    pd.DataFrame({"firm": np.repeat(np.arange(60), 3), "year": np.tile(np.arange(3), 60), **{n: RNG.normal(size=180) for n in "xy"}}),
    "firm",
    "year",
)


def long_dynamic() -> Estimate:
    return fit_dynamic(
        "y ~ L(y, 1) + x",
        PANEL,
        gmm={"y": (1, None)},
        iv=["L(y, 1)"],
        settings=DynamicSettings(estimator="system", steps=2, covariance="conventional", transformation="orthogonal_deviations"),
    )


def two_thresholds() -> Estimate:
    flat = PANEL.assign(q=BASE["q"].round(0))
    return fit_threshold(
        "y ~ x | firm", flat, variable="q", settings=ThresholdSettings(draws=20, thresholds=2), rng=np.random.default_rng(1)
    ).estimate


def edge_threshold() -> Estimate:
    edge = PANEL.assign(y=BASE["x"] * np.where(BASE["q"] > 1.0, 5.0, 0.5) + BASE["u"])
    return fit_threshold("y ~ x | firm", edge, variable="q", settings=ThresholdSettings(draws=0, trim=0.2)).estimate


ESTIMATES: dict[str, Callable[[], Estimate]] = {
    "pooled": lambda: fit("y ~ x + log(positive) + L(z, 1) + copy", PANEL, cluster="bloc"),
    "cross-section": lambda: fit("y ~ x", BASE),
    "two-way xtreg": lambda: fit("y ~ x + fixed + I(fixed + year) | firm + year", PANEL, cluster=["year", "sector"], small_sample="xtreg"),
    "three-way": lambda: fit("y ~ x | firm + year + sector", PANEL),
    "driscoll-kraay": lambda: fit("y ~ x | firm", PANEL, covariance="driscoll_kraay"),
    "many coefficients": lambda: fit("y ~ x + z + q + L(x, 1) + L(z, 1)", PANEL, cluster="bloc"),
    "perfect": lambda: fit("copy ~ x | firm", PANEL),
    "between": lambda: fit_between("y ~ x", PANEL, weighting="periods"),
    "random": lambda: fit_random("u ~ x", PANEL),
    "differences": lambda: fit_differences("y ~ x + fixed", PANEL),
    "poisson three-way": lambda: fit_poisson("count ~ x + shut | firm + year + sector", PANEL),
    "weak instruments": lambda: fit_instruments("y ~ 1 | x ~ z + q + I(2 * z)", BASE),
    "weak, two": lambda: fit_instruments("y ~ 1 | x + u ~ z + q", BASE),
    "contradicting instruments": lambda: fit_instruments("w ~ 1 | d ~ z + q", MOVED),
    "dynamic": long_dynamic,
    "static dynamic": lambda: fit_dynamic("y ~ x", PANEL, gmm={"x": (2, 3)}),
    "few values threshold": two_thresholds,
    "edge threshold": edge_threshold,
    "quantile": lambda: fit_quantile("y ~ x | firm", SHORT)[0.5],
    "quantile bootstrap": lambda: fit_quantile("y ~ x | firm", PANEL, rng=np.random.default_rng(1), draws=50)[0.5],
    "cr2": lambda: cr2(fit("y ~ x | firm", PANEL), PANEL),
    "conley": lambda: conley(fit("y ~ x", PANEL), PANEL, longitude="lon", latitude="lat", cutoff_km=500, lags=2),
    "conley uniform": lambda: conley(fit("y ~ x", PANEL), PANEL, longitude="lon", latitude="lat", cutoff_km=900, lags=1, kernel="uniform"),
}
KNOWN = re.compile(r"wild bootstrap|log t|Santos Silva|Anderson–Rubin|rk Wald F|small_sample='xtreg'")


def in_chinese(notes: Sequence[Note]) -> None:
    """Fail on an English sentence in the Chinese of these notes."""
    assert all(isinstance(each, Note) for each in notes)
    for chinese in said(notes, "zh"):
        assert not PROSE.search(KNOWN.sub("", chinese)), chinese


@pytest.mark.parametrize("name", ESTIMATES)
def test_what_estimates_note_is_in_chinese_too(name: str) -> None:
    estimate = ESTIMATES[name]()
    in_chinese(estimate.warnings)
    in_chinese(estimate.covariance.notes)
    in_chinese([drop.reason for drop in estimate.counts.dropped])
    in_chinese([gone.reason for gone in estimate.omitted])
    if hasattr(estimate, "weak"):
        in_chinese(estimate.weak.notes)
    for line in regression_table([estimate]).table("zh").notes:
        assert not PROSE.search(KNOWN.sub("", line)), line


def test_the_estimates_above_reach_most_keys() -> None:
    """So that the test before looks at something: the keys met, of those that the estimators have."""
    seen: set[str] = set()
    for make in ESTIMATES.values():
        estimate = make()
        dropped, omitted = [d.reason for d in estimate.counts.dropped], [o.reason for o in estimate.omitted]
        seen |= {each.key for each in (*estimate.warnings, *estimate.covariance.notes, *dropped, *omitted)}
    assert seen >= {
        *("few_clusters", "uncounted_effects", "no_joint_test", "perfect_fit", "cross_section", "bartlett"),
        *("weighted_by_periods", "swamy_arora", "zeros_predicted", "predicted", "always_zero", "non_positive", "no_period"),
        *("collinear_with", "no_variation", "no_change", "instrument_dropped", "weak_effective_f", "weak_rk_wald_f"),
        *("under_identified", "instruments_contradict", "many_instruments", "few_entities_gmm", "no_windmeijer", "static_model"),
        *("lag_correlated", "standard_correlated", "threshold_at_edge", "few_threshold_values", "threshold_not_rejected"),
        *("short_panel", "cluster_bootstrap", "satterthwaite", "conley_kernel", "conley_lags", "orthogonal_deviations"),
    }, sorted(seen)


def test_effects_whose_rank_is_a_bound_are_reported_in_chinese(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("toolkit.estimate.solve.engines.EXACT_RANK_LEVELS", 0)  # as if the three effects had very many levels
    for estimate in (
        fit("y ~ x | firm + year + sector", PANEL),
        fit_poisson("count ~ x | firm + year + sector", PANEL),
        fit_instruments("y ~ 1 | firm + year + sector | x ~ z", PANEL),
    ):
        (bound,) = (each for each in estimate.warnings if each.key == "redundant_effects")
        assert "lower bound" in str(bound)
        in_chinese([bound])


def test_tests_and_bootstraps_speak_chinese() -> None:
    within, pooled = fit("y ~ x | firm + year", PANEL), fit("y ~ x", PANEL)
    few = fit("y ~ x | firm", PANEL, cluster="bloc")
    for weights in ("rademacher", "webb"):
        tests = wild_tests(few, PANEL, weights=weights, draws=99, rng=np.random.default_rng(1))
        in_chinese([tests.method, *tests.warnings])
    dealt = permutation_test(few, PANEL, "x", by="entity", draws=99, rng=np.random.default_rng(1))
    in_chinese(dealt.warnings)
    plain = fit("y ~ x | firm", PANEL, covariance="iid")
    for test in (
        hausman(plain, fit_random("y ~ x", PANEL, covariance="iid")),
        mundlak(fit_random("y ~ x", PANEL), PANEL),
        pesaran_cd(within, PANEL),
        wooldridge_serial_correlation(within, PANEL),
        modified_wald_heteroskedasticity(fit("y ~ x | firm", PANEL), PANEL),
        breusch_pagan_heteroskedasticity(pooled, PANEL),
        breusch_pagan_effects(pooled, PANEL),
        honda_effects(pooled, PANEL),
        f_effects(within, PANEL),
    ):
        assert test.notes
        in_chinese(test.notes)
