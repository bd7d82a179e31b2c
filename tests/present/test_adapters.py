"""What is read from other libraries' private attributes, against numbers worked out by hand from their public ones."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import toolkit
from toolkit.present.tables.adapters import as_column

ROUNDING = 1e-9  # relative; the same float operations in another order


@cache
def frame() -> pd.DataFrame:
    draw = np.random.default_rng(8)
    data = pd.DataFrame({"firm": np.repeat(np.arange(30), 6), "year": np.tile(np.arange(2001, 2007), 30)})
    data["sector"] = data["firm"] % 7
    data["x"], data["z"] = draw.normal(size=180), draw.normal(size=180)
    data["twice"] = 2 * data["x"]
    data["y"] = data["x"] - 0.5 * data["z"] + data["firm"] / 10 + draw.normal(size=180)
    data.loc[[4, 9], "z"] = np.nan
    return data


def within(values: pd.Series, rows: pd.Series) -> np.ndarray:
    kept = values[rows]
    return np.asarray(kept - kept.groupby(frame().loc[rows, "firm"]).transform("mean"))


def test_pyfixest_sizes_and_each_r2() -> None:
    """R² within = 1 − RSS/TSS of the demeaned outcome, R² = 1 − RSS/TSS of the raw outcome, adjusted by N − 1 and N − K."""
    import pyfixest

    fitted = pyfixest.feols("y ~ x + z | firm", frame(), vcov={"CRV1": "firm"})
    column = as_column(fitted)
    rows = frame()["z"].notna()
    rss = float((np.asarray(fitted.resid()) ** 2).sum())
    raw = frame().loc[rows, "y"]
    r2 = 1 - rss / float(((raw - raw.mean()) ** 2).sum())
    n, parameters = int(rows.sum()), 30 + 2
    assert column.statistics["rows"] == n == 178
    assert column.statistics["r2_within"] == pytest.approx(1 - rss / float((within(frame()["y"], rows) ** 2).sum()), rel=ROUNDING)
    assert column.statistics["r2"] == pytest.approx(r2, rel=ROUNDING)
    assert column.statistics["adj_r2"] == pytest.approx(1 - (1 - r2) * (n - 1) / (n - parameters), rel=1e-6)
    assert (column.outcome, column.effects, column.method) == ("y", ("firm",), "within")
    assert column.dropped[0].rows == 2
    assert column.convention.clusters == (("firm", 30),)
    assert column.convention.df == 29


@pytest.mark.parametrize(
    ("formula", "outcome", "effects", "method"),
    [
        ("y ~ x", "y", (), "pooled"),
        ("log(exp(y)) ~ x | firm^year", "log(exp(y))", ("firm^year",), "within"),
        ("y ~ x | firm + sector^year", "y", ("firm", "sector^year"), "within"),
        ("y ~ 1 | firm | x ~ z", "y", ("firm",), "instruments"),
        ("y ~ 1 | x ~ z", "y", (), "instruments"),
    ],
)
def test_pyfixest_formulas(formula: str, outcome: str, effects: tuple[str, ...], method: str) -> None:
    import pyfixest

    column = as_column(pyfixest.feols(formula, frame().assign(year=frame()["year"] % 3), vcov="iid"))
    assert (column.outcome, column.effects, column.method) == (outcome, effects, method)


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_pyfixest_collinear_terms_and_conventions() -> None:
    import pyfixest

    assert [(term, why.to("en")) for term, why in as_column(pyfixest.feols("y ~ x + twice | firm", frame())).omitted] == [
        ("twice", "collinear")
    ]
    plain, robust = (as_column(pyfixest.feols("y ~ x", frame(), vcov=kind)) for kind in ("iid", "hetero"))
    assert (plain.convention.kind, plain.convention.factor, robust.convention.kind, robust.convention.factor) == (
        "iid",
        "RSS/(N-K)",
        "HC1",
        "N/(N-K)",
    )
    bare = pyfixest.feols("y ~ x", frame(), vcov={"CRV1": "firm"}, ssc=pyfixest.ssc(k_adj=False, G_adj=False))
    full = pyfixest.feols("y ~ x", frame(), vcov={"CRV1": "firm"})
    assert as_column(bare).convention.factor == "1"
    ratio = float(full.se()["x"] / bare.se()["x"]) ** 2
    assert ratio == pytest.approx(30 / 29 * 179 / 178, rel=ROUNDING)  # the factor that as_column(full) puts into symbols
    assert as_column(full).convention.factor == "G/(G-1)*(N-1)/(N-K)"
    both = as_column(pyfixest.feols("y ~ x", frame(), vcov={"CRV1": "firm+year"})).convention.clusters
    assert both == (("firm", 30), ("year", 6))


def panel(**options: Any) -> Any:
    from linearmodels import PanelOLS

    data = frame().dropna().set_index(["firm", "year"])
    return PanelOLS(data[["y"]], data[["x", "z"]], **options)


def test_linearmodels_names_its_other_effects() -> None:
    data = frame().dropna().set_index(["firm", "year"])
    assert as_column(panel(other_effects=data[["sector"]]).fit()).effects == ("sector",)
    assert as_column(panel(time_effects=True, other_effects=data[["sector"]]).fit()).effects == ("year", "sector")
    assert as_column(panel(entity_effects=True, time_effects=True).fit()).effects == ("firm", "year")
    assert as_column(panel().fit()).effects == ()


def test_linearmodels_clusters_and_bandwidth() -> None:
    data = frame().dropna().set_index(["firm", "year"])
    own = as_column(panel(entity_effects=True).fit(cov_type="clustered", clusters=data[["sector"]]))
    assert own.convention.clusters == (("", 7),)  # linearmodels keeps no name
    time = as_column(panel(entity_effects=True).fit(cov_type="clustered", cluster_time=True))
    assert time.convention.clusters == (("year", 6),)
    assert (
        as_column(panel(entity_effects=True).fit(cov_type="kernel", bandwidth=2)).convention.notes[0].to("en") == "Bartlett kernel, 2 lags"
    )


def test_linearmodels_degrees_of_freedom_of_the_error_variance() -> None:
    """Debiased: RSS/(N − K) with all effects counted, which turns the plain variance of the demeaned regressors into the printed one."""
    fitted = panel(entity_effects=True).fit(cov_type="unadjusted", debiased=True)
    column = as_column(fitted)
    rows = frame()["z"].notna()
    x = np.column_stack([within(frame()[name], rows) for name in ("x", "z")])
    n, parameters = int(rows.sum()), 30 + 2
    variance = float(fitted.resid_ss) / (n - parameters) * np.linalg.inv(x.T @ x)
    assert column.std_error == pytest.approx(np.sqrt(np.diag(variance)), rel=ROUNDING)
    assert (column.convention.factor, column.convention.df) == ("RSS/(N-K)", n - parameters)
    loose = as_column(panel(entity_effects=True).fit(cov_type="unadjusted", debiased=False))
    assert np.isinf(loose.convention.df)


PRIVATE = {  # attributes of other libraries that are read because there is no public one
    "present/tables/adapters.py": {
        "pyfixest": {
            "_N",
            "_na_index",
            "_collin_vars",
            "_vcov_type",
            "_vcov_type_detail",
            "_ssc_dict",
            "_clustervar",
            "_cluster_df",
            "_df_t",
            "_data",
        },
        "linearmodels": {"_debiased", "_deferred_cov", "_cov_type"},
        "the covariance of linearmodels": {"_group_debias", "_clusters"},
        "the kernel covariance of linearmodels": {"_bandwidth"},
    },
    "data/readers/stata.py": {"pandas": {"_varlist", "_fmtlist", "_lbllist"}},
}


def test_a_private_attribute_is_read_only_where_there_is_no_public_one(tmp_path: Path) -> None:
    """When a release makes one of these public, this says so."""
    pyfixest = pytest.importorskip("pyfixest")
    from pandas.io.stata import StataReader

    linear = panel(entity_effects=True).fit(cov_type="clustered", cluster_time=True)
    frame().to_stata(tmp_path / "x.dta", write_index=False)
    with StataReader(tmp_path / "x.dta") as reader:
        reader.read()
        results = {
            "pyfixest": pyfixest.feols("y ~ x | firm", frame(), vcov={"CRV1": "firm"}),
            "linearmodels": linear,
            "the covariance of linearmodels": linear._deferred_cov.__self__,
            "the kernel covariance of linearmodels": panel(entity_effects=True).fit(cov_type="kernel", bandwidth=2)._deferred_cov.__self__,
            "pandas": reader,
        }
        for file, libraries in PRIVATE.items():
            source = (Path(toolkit.__file__).parent / file).read_text(encoding="utf-8")
            nodes = list(ast.walk(ast.parse(source)))
            read = {n.attr for n in nodes if isinstance(n, ast.Attribute)} | {
                n.args[1].value
                for n in nodes
                if isinstance(n, ast.Call) and ast.unparse(n.func) == "getattr" and isinstance(n.args[1], ast.Constant)
            }
            read = {name for name in read if re.fullmatch(r"_[A-Za-z]\w*", name)}
            assert read - {"_rows"} == set().union(*libraries.values()), file  # _rows is our own
            for library, names in libraries.items():
                for name in names:
                    assert hasattr(results[library], name), (library, name)
                    public = getattr(results[library], name.lstrip("_"), None)
                    assert public is None or callable(public) or (name == "_na_index" and len(public) == 0), (library, name)
