r"""Grouped scans: all that least squares with one or two absorbed effects needs of the rows, and nothing of the size of the rows.

With the sums of each level i of the larger effect, the sums of each level t of the smaller one, and the total cross-products,

.. math:: \tilde X'\tilde X = X'X - \sum_i \frac{S_i S_i'}{w_i} - (R - B)'\gamma, \qquad (D - A)\,\gamma = R - B

where S_i and R_t are the sums of the columns, w_it the weight of a pair, A = sum_i w_i. w_i.' / w_i, B = sum_i w_i. S_i' / w_i and D the
diagonal of the weights of the levels t. Columns are shifted by the means of a sample first, so that large means cost no digits.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations_with_replacement
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from toolkit.errors import EmptySample, NotConverged
from toolkit.estimate.large.table import WORD, LargeTable, mask_word
from toolkit.numerics import Floats

PAIRS = 4_000_000  # pairs of levels that are looked at together where bit masks do not serve
CLOSE = 1e-6  # share of a column (squared length) below which the difference of sums has lost six of sixteen digits


@dataclass(frozen=True)
class Question:
    """What is scanned.

    Attributes
    ----------
    table : the data.
    rows : SQL of all rows. usable : the condition that a row is used.
    columns : SQL of the m columns, outcome first.
    weight : SQL of the weight, "" without weights.
    large, small : SQL of the keys of the larger and the smaller effect; "" where there is none.
    levels : how many codes the smaller effect has (those of its key run from 0).
    absorbed : whether the smaller effect is absorbed; otherwise it is only counted.
    single_pairs : whether a pair of levels has one row at most.
    keep_single : whether levels with one row stay.
    centred : whether the model has a constant or effects, so that means are taken out.
    shift : (m,) what is taken from the columns.
    without : codes of the smaller effect whose rows left as singletons.
    """

    table: LargeTable
    rows: str
    usable: str
    columns: tuple[str, ...]
    weight: str
    large: str
    small: str
    levels: int
    absorbed: bool
    single_pairs: bool
    keep_single: bool
    centred: bool
    shift: Floats
    without: tuple[int, ...] = ()

    @property
    def m(self) -> int:
        """Number of columns."""
        return len(self.columns)

    @property
    def pairs(self) -> list[tuple[int, int]]:
        """Positions (j, h) with j <= h, the cross-products of the columns."""
        return list(combinations_with_replacement(range(self.m), 2))

    @property
    def w(self) -> str:
        """The weight as a factor of a product in SQL, and :attr:`mass` as a sum."""
        return "wt_ * " if self.weight else ""

    @property
    def mass(self) -> str:
        """Sum of the weights."""
        return "sum(wt_)" if self.weight else "CAST(count(*) AS DOUBLE)"

    def used(self, extra: str = "") -> str:
        """SQL of the rows that are used: ``x0_``, ... (shifted), ``wt_``, ``e_``, ``s_`` and ``extra``."""
        parts = [f"({c}) - {float(s)!r}::DOUBLE AS x{j}_" for j, (c, s) in enumerate(zip(self.columns, self.shift, strict=True))]
        parts += [f"{self.weight} AS wt_"] if self.weight else []
        parts += [f"{self.large} AS e_"] if self.large else []
        parts += [f"{self.small} AS s_"] if self.small else []
        parts += [extra] if extra else []
        inner = f"(SELECT {', '.join(parts)} FROM {self.rows} WHERE {self.usable})"
        return f"(SELECT * FROM {inner} WHERE s_ NOT IN ({', '.join(map(str, self.without))}))" if self.without else inner


@dataclass
class Large:
    """What the levels of the larger effect add up to: those that stay, and apart from them those with one row.

    Attributes
    ----------
    levels : levels that stay. squares : (m, m) sum of S S' / w. means, products : (m,) and (m, m) sums over levels of their means and of
    the products of their means.
    overlap, crossed : A (T, T) and B (T, m). shares, overlap_of_shares, crossed_of_means : (T,), (T, T), (T, m), with w_it / w_i in the
    place of w_it and each level counted once.
    single_rows : (T,) levels with one row, by the level of the smaller effect. single_sums : (T, m). single_products : (m, m).
    single_weights : (T,) their weights. single_logs : sum of the logarithms of these.
    """

    levels: int
    squares: Floats
    means: Floats
    products: Floats
    overlap: Floats
    crossed: Floats
    shares: Floats
    overlap_of_shares: Floats
    crossed_of_means: Floats
    single_rows: Floats
    single_sums: Floats
    single_products: Floats
    single_weights: Floats
    single_logs: float = 0.0


def _empty(m: int, T: int) -> Large:
    return Large(
        levels=0,
        squares=np.zeros((m, m)),
        means=np.zeros(m),
        products=np.zeros((m, m)),
        overlap=np.zeros((T, T)),
        crossed=np.zeros((T, m)),
        shares=np.zeros(T),
        overlap_of_shares=np.zeros((T, T)),
        crossed_of_means=np.zeros((T, m)),
        single_rows=np.zeros(max(T, 1)),
        single_sums=np.zeros((max(T, 1), m)),
        single_products=np.zeros((m, m)),
        single_weights=np.zeros(max(T, 1)),
    )


def symmetric(question: Question, found: dict[str, Any], prefix: str, row: int) -> Floats:
    """(m, m) from the columns ``prefix_j_l`` of an answer."""
    out = np.zeros((question.m, question.m))
    for j, h in question.pairs:
        out[j, h] = out[h, j] = found[f"{prefix}{j}_{h}"][row]
    return out


def by_large(question: Question) -> Large:
    """Scan the rows by the larger effect."""
    if question.small and (question.weight or not question.single_pairs) and question.absorbed:
        return _by_pairs(question)
    return _by_masks(question)


def _by_masks(q: Question) -> Large:
    """Levels are grouped by the set of periods in which they are seen, so that nothing of their number is kept."""
    words = -(-q.levels // WORD) if q.small else 0
    sums = ", ".join(f"sum({q.w}x{j}_) AS S{j}_" for j in range(q.m))
    masks = "".join(f", {mask_word('s_', w)} AS b{w}_" for w in range(words))
    logs = ", sum(ln(wt_)) AS l_" if q.weight else ", 0.0 AS l_"
    inner = f"(SELECT count(*) AS n_, {q.mass} AS W_{logs}, {sums}{masks} FROM {q.used()} GROUP BY e_)"
    heads = [
        "count(*) AS a_",
        "sum(W_) AS W_",
        "sum(l_) AS l_",
        *(f"sum(S{j}_) AS s{j}_" for j in range(q.m)),
        *(f"sum(S{j}_ / W_) AS m{j}_" for j in range(q.m)),
        *(f"sum(S{j}_ * S{h}_ / W_) AS q{j}_{h}" for j, h in q.pairs),
        *(f"sum((S{j}_ / W_) * (S{h}_ / W_)) AS p{j}_{h}" for j, h in q.pairs),
    ]
    keys = ["n_ = 1", *(f"b{w}_" for w in range(words))]
    chosen = ", ".join(["n_ = 1 AS one_", *keys[1:], *heads])
    found = q.table.query(f"SELECT {chosen} FROM {inner} GROUP BY {', '.join(keys)}", "scan by entity")
    T = q.levels if q.small else 0
    out = _empty(q.m, T)
    one = np.asarray(found["one_"], dtype=bool) & (not q.keep_single)
    stay = np.flatnonzero(~one)
    a = np.asarray(found["a_"], dtype=np.float64)
    means = np.stack([np.asarray(found[f"m{j}_"], dtype=np.float64) for j in range(q.m)], axis=1)
    out.levels, out.means = int(a[stay].sum()), means[stay].sum(axis=0)
    for j, h in q.pairs:
        out.squares[j, h] = out.squares[h, j] = np.asarray(found[f"q{j}_{h}"])[stay].sum()
        out.products[j, h] = out.products[h, j] = np.asarray(found[f"p{j}_{h}"])[stay].sum()
        out.single_products[j, h] = out.single_products[h, j] = np.asarray(found[f"q{j}_{h}"])[one].sum()
    out.single_logs = float(np.asarray(found["l_"], dtype=np.float64)[one].sum())
    weights = np.asarray(found["W_"], dtype=np.float64)
    single_sums = np.stack([np.asarray(found[f"s{j}_"], dtype=np.float64) for j in range(q.m)], axis=1)
    if not T:
        out.single_rows[0], out.single_sums[0], out.single_weights[0] = a[one].sum(), single_sums[one].sum(axis=0), weights[one].sum()
        return out
    bits = [np.asarray(found[f"b{w}_"], dtype=np.int64) for w in range(words)]
    for block in _blocks(stay, max(1, 20_000_000 // max(T, 1))):
        seen = _unpacked(bits, block, T)
        n = seen.sum(axis=1)
        scaled = seen * (a[block] / n)[:, None]
        out.overlap += seen.T @ scaled
        out.crossed += seen.T @ means[block]
        out.shares += scaled.sum(axis=0)
        out.overlap_of_shares += seen.T @ (scaled / n[:, None])
        out.crossed_of_means += seen.T @ (means[block] / n[:, None])
    at = np.flatnonzero(one)
    for block in _blocks(at, max(1, 20_000_000 // max(T, 1))):
        seen = _unpacked(bits, block, T)
        out.single_rows += seen.T @ a[block]
        out.single_sums += seen.T @ single_sums[block]
        out.single_weights += seen.T @ weights[block]
    return out


def _blocks(rows: NDArray[np.intp], size: int) -> Iterator[NDArray[np.intp]]:
    for start in range(0, len(rows), size):
        yield rows[start : start + size]


def _unpacked(words: Sequence[NDArray[np.int64]], rows: NDArray[np.intp], levels: int) -> Floats:
    """(len(rows), levels) ones where the bit of a level is set."""
    parts = [((word[rows][:, None] >> np.arange(WORD)) & 1) for word in words]
    return np.concatenate(parts, axis=1)[:, :levels].astype(np.float64)


def _by_pairs(q: Question) -> Large:
    """The same from the weights of all pairs, in portions of the levels of the larger effect."""
    from scipy.sparse import csr_matrix

    out = _empty(q.m, q.levels)
    total = int(q.table.query(f"SELECT count(*) AS n FROM {q.rows} WHERE {q.usable}")["n"][0])
    portions = -(-total // PAIRS)
    sums = ", ".join(f"sum({q.w}x{j}_) AS S{j}_" for j in range(q.m))
    logs = "sum(ln(wt_))" if q.weight else "0.0"
    for portion in range(portions):
        part = f" WHERE hash(e_) % {portions} = {portion}" if portions > 1 else ""
        cells = q.table.query(
            f"SELECT e_, s_, count(*) AS n_, {q.mass} AS W_, {logs} AS l_, {sums} FROM {q.used()}{part} GROUP BY e_, s_", "scan by entity"
        )
        codes, levels = pd.factorize(_keys(cells["e_"]))
        N = len(levels)
        s, weight = np.asarray(cells["s_"], dtype=np.intp), np.asarray(cells["W_"], dtype=np.float64)
        X = np.stack([np.asarray(cells[f"S{j}_"], dtype=np.float64) for j in range(q.m)], axis=1)
        rows = np.bincount(codes, np.asarray(cells["n_"], dtype=np.float64), N)
        one = (rows == 1) & (not q.keep_single)
        alone = one[codes]
        out.single_rows += np.bincount(s[alone], minlength=q.levels)
        for j in range(q.m):
            out.single_sums[:, j] += np.bincount(s[alone], X[alone, j], q.levels)
        out.single_products += X[alone].T @ (X[alone] / weight[alone, None])
        out.single_weights += np.bincount(s[alone], weight[alone], q.levels)
        out.single_logs += float(np.asarray(cells["l_"], dtype=np.float64)[alone].sum())
        mass = np.bincount(codes, weight, N)
        S = np.stack([np.bincount(codes, X[:, j], N) for j in range(q.m)], axis=1)
        keep = ~one
        mean = S / mass[:, None]
        out.levels += int(keep.sum())
        out.squares += S[keep].T @ mean[keep]
        out.means += mean[keep].sum(axis=0)
        out.products += mean[keep].T @ mean[keep]
        table = csr_matrix((weight, (codes, s)), shape=(N, q.levels))[np.flatnonzero(keep)]
        shares = table.multiply(1.0 / mass[keep][:, None]).tocsr()
        out.overlap += (table.T @ shares).toarray()
        out.crossed += table.T @ mean[keep]
        out.shares += np.asarray(shares.sum(axis=0)).ravel()
        out.overlap_of_shares += (shares.T @ shares).toarray()
        out.crossed_of_means += shares.T @ mean[keep]
    return out


def _keys(values: Any) -> Any:
    """Keys as pandas can tell them apart; a combination of columns comes as dictionaries."""
    array = np.ma.getdata(values)
    if array.dtype == object and len(array) and isinstance(array[0], dict):
        return np.array([str(tuple(v.values())) for v in array], dtype=object)
    return array


@dataclass
class Small:
    """What the levels of the smaller effect add up to (one level where there is none).

    Attributes
    ----------
    rows, weight, logs : (T,) counts, weights, logarithms of weights. sums : (T, m). products : (m, m) over all.
    """

    rows: Floats
    weight: Floats
    logs: Floats
    sums: Floats
    products: Floats


def by_small(q: Question) -> Small:
    """Scan the rows by the smaller effect."""
    heads = [
        "count(*) AS n_",
        f"{q.mass} AS W_",
        f"{'sum(ln(wt_))' if q.weight else '0.0'} AS l_",
        *(f"sum({q.w}x{j}_) AS s{j}_" for j in range(q.m)),
        *(f"sum({q.w}x{j}_ * x{h}_) AS q{j}_{h}" for j, h in q.pairs),
    ]
    key, group = ("s_", " GROUP BY s_") if q.small else ("0", "")
    found = q.table.query(f"SELECT {key} AS k_, {', '.join(heads)} FROM {q.used()}{group}", "scan by period")
    T = max(q.levels, 1)
    out = Small(rows=np.zeros(T), weight=np.zeros(T), logs=np.zeros(T), sums=np.zeros((T, q.m)), products=np.zeros((q.m, q.m)))
    if not int(np.sum(found["n_"])):
        return out
    code = np.asarray(found["k_"], dtype=np.intp)
    for name, target in (("n_", out.rows), ("W_", out.weight), ("l_", out.logs)):
        target[code] = np.asarray(found[name], dtype=np.float64)
    for j in range(q.m):
        out.sums[code, j] = np.asarray(found[f"s{j}_"], dtype=np.float64)
    for j, h in q.pairs:
        out.products[j, h] = out.products[h, j] = np.asarray(found[f"q{j}_{h}"], dtype=np.float64).sum()
    return out


@dataclass
class Moments:
    """The rows of a question as sums, singletons left out; weights relative (mean one).

    Attributes
    ----------
    rows, weight, logs : rows, mean weight, and sum of the logarithms of the relative weights.
    means, size, varying : (m,) mean, raw and centred length of each column.
    gram, within : (m, m) cross-products of the centred columns, and with the effects removed.
    gamma : (T, m) effects of the smaller effect.
    large, small : what they were made of. present : (T,) whether a level of the smaller effect has rows.
    rank : independent effects.
    used : rows that can be used, singletons among them. singles : rows dropped as singletons of the "large" and of
    the "small" effect; of ``question.without`` how many left in the "first" round, and how many "before" the larger effect was looked at.
    """

    rows: int
    weight: float
    logs: float
    means: Floats
    size: Floats
    varying: Floats
    gram: Floats
    within: Floats
    gamma: Floats
    large: Large | None
    small: Small
    present: NDArray[np.bool_]
    rank: int
    question: Question
    singles: dict[str, int]
    used: int


def moments(q: Question, small_first: bool) -> Moments:
    """Scan until no singleton is left, and solve for the smaller effect.

    Parameters
    ----------
    small_first : whether the smaller effect stands before the larger one, whose singletons then leave first.

    Raises
    ------
    EmptySample, EstimationError, NotConverged
    """
    singles = {"large": 0, "small": 0}
    small = by_small(q)
    used = int(small.rows.sum())
    while True:
        if not small.rows.sum():
            raise EmptySample(
                "no row is left", where=q.table.label, remedy="look for a column that is missing in every row, or use fewer lags"
            )
        if small_first and not any(singles.values()) and q.absorbed and not q.keep_single and (small.rows == 1).any():
            q, small = _without(q, np.flatnonzero(small.rows == 1), singles, np.zeros(len(small.rows)))
            singles["before"] = len(q.without)
            continue
        if not q.large:
            large = None
            break
        large = by_large(q)
        alone = np.flatnonzero(small.rows - large.single_rows == 1) if q.absorbed and not q.keep_single else np.empty(0, np.intp)
        if not len(alone):
            break
        q, small = _without(q, alone, singles, large.single_rows)
    if large is not None:
        singles["large"] += int(large.single_rows.sum())
    return _solved(q=q, small=small, large=large, singles=singles, used=used)


def _without(q: Question, codes: NDArray[np.intp], singles: dict[str, int], single_rows: Floats) -> tuple[Question, Small]:
    singles["small"] += len(codes)
    singles["large"] += int(single_rows[codes].sum())
    singles.setdefault("first", len(codes))
    q = replace(q, without=(*q.without, *map(int, codes)))
    return q, by_small(q)


def _solved(q: Question, small: Small, large: Large | None, singles: dict[str, int], used: int) -> Moments:
    rows, mass, logs, sums, products = small.rows, small.weight, float(small.logs.sum()), small.sums, small.products
    if large is not None:
        rows, mass, sums = rows - large.single_rows, mass - large.single_weights, sums - large.single_sums
        products, logs = products - large.single_products, logs - large.single_logs
    n, weight = int(rows.sum()), float(mass.sum())
    if not n:
        raise EmptySample("no row is left: every level of the effects is seen once", remedy="absorb fewer effects")
    offset = sums.sum(axis=0) / weight
    gram = products - weight * np.outer(offset, offset)
    centred = np.maximum(np.diag(gram), 0.0)
    size = np.sqrt(np.maximum(np.diag(products) + 2 * q.shift * sums.sum(axis=0) + weight * q.shift**2, 0.0))
    within, gamma, rank, present = gram.copy(), np.zeros((len(rows), q.m)), 0, rows > 0
    if large is not None:
        within = products - large.squares
        rank = large.levels
    if large is not None and q.absorbed:
        right = sums - large.crossed
        gamma, components = _smaller(mass, large.overlap, right, present)
        within = within - gamma.T @ right
        rank += int(present.sum()) - components
    scale = weight / n
    return Moments(
        rows=n,
        weight=scale,
        logs=float(logs - n * np.log(scale)) if q.weight else 0.0,
        means=q.shift + offset,
        size=size / np.sqrt(scale),
        varying=np.sqrt(centred / scale),
        gram=gram / scale,
        within=within / scale,
        gamma=gamma,
        large=large,
        small=small,
        present=present,
        rank=rank,
        question=q,
        singles=singles,
        used=used,
    )


def _smaller(mass: Floats, overlap: Floats, right: Floats, present: NDArray[np.bool_]) -> tuple[Floats, int]:
    """Effects (T, m) of the smaller effect, one level of each connected component at zero, and the number of components."""
    from scipy.linalg import LinAlgError, cho_factor, cho_solve
    from scipy.sparse import csr_matrix
    from scipy.sparse.csgraph import connected_components

    at = np.flatnonzero(present)
    labels = connected_components(csr_matrix(overlap[np.ix_(at, at)] > 0), directed=False)[1]
    _, references = np.unique(labels, return_index=True)
    free = np.delete(at, references)
    gamma = np.zeros_like(right)
    if len(free):
        try:
            gamma[free] = cho_solve(cho_factor((np.diag(mass) - overlap)[np.ix_(free, free)]), right[free])
        except LinAlgError:
            raise NotConverged(
                "the two absorbed effects cannot be told apart numerically",
                remedy="look for weights of very different size, or absorb one effect",
            ) from None
    return gamma, len(references)


def residual_rows(found: Moments, extra: str = "") -> str:
    """SQL of the rows with the effects removed, ``z0_``, ...: of the means where nothing is absorbed but a constant is estimated.

    The means of the larger effect are kept as a temporary table and joined.
    """
    q = found.question
    gamma = smaller_effects(found)
    if not q.large:
        taken = found.means - q.shift if q.centred else np.zeros(q.m)
        z = ", ".join(f"x{j}_ - {float(mean)!r}::DOUBLE AS z{j}_" for j, mean in enumerate(taken))
        return f"(SELECT *, {z} FROM {q.used(extra)})"
    plain = ", ".join(f"x{j}_ - g{j}_ AS y{j}_" for j in range(q.m)) if gamma else ", ".join(f"x{j}_ AS y{j}_" for j in range(q.m))
    join = f"JOIN {gamma} USING (s_)" if gamma else ""
    shifted = f"(SELECT *, {plain} FROM {q.used(extra)} {join})"
    means = ", ".join(f"sum({q.w}y{j}_) / {q.mass} AS m{j}_" for j in range(q.m))
    having = "" if q.keep_single else "HAVING count(*) > 1"
    q.table.materialise("toolkit_means", f"SELECT e_, {means} FROM {shifted} GROUP BY e_ {having}", "means by entity")
    z = ", ".join(f"y{j}_ - m{j}_ AS z{j}_" for j in range(q.m))
    return f"(SELECT *, {z} FROM {shifted} JOIN toolkit_means USING (e_))"


def smaller_effects(found: Moments) -> str:
    """The effects of the smaller effect as a small table in SQL, "" where it is not absorbed."""
    q = found.question
    if not (q.large and q.small and q.absorbed):
        return ""
    rows = ", ".join(f"({t}, {', '.join(f'{float(g)!r}::DOUBLE' for g in found.gamma[t])})" for t in np.flatnonzero(found.present))
    q.table.materialise("toolkit_gamma", f"SELECT * FROM (VALUES {rows}) v_(s_, {', '.join(f'g{j}_' for j in range(q.m))})")
    return "toolkit_gamma"


def products_of(found: Moments, rows: str) -> Floats:
    """(m, m) cross-products of ``z0_``, ... in relative weights, row by row."""
    q = found.question
    heads = ", ".join(f"sum({q.w}z{j}_ * z{h}_) AS q{j}_{h}" for j, h in q.pairs)
    return symmetric(q, q.table.query(f"SELECT {heads} FROM {rows}", "products of the rows"), "q", 0) / found.weight


def combination(share: Floats, letter: str = "z") -> str:
    """The combination of the columns with the shares (m,) as SQL."""
    parts = [f"({float(b)!r}::DOUBLE) * {letter}{j}_" for j, b in enumerate(share) if b != 0]
    return f"({' + '.join(parts) or '0.0::DOUBLE'})"


def meat_by_large(found: Moments, left: Sequence[Floats], right: Floats) -> tuple[Floats, int, float]:
    """Meat of the scores (left_j'z)(right'z) summed by the levels of the larger effect, how many there are, and the sum of (right'z)^2.

    The means of a level are taken out of sums, so that no row is looked at twice.
    """
    q = found.question
    gamma = smaller_effects(found)
    weight = "wt_, " if q.weight else ""
    y = ", ".join(f"x{j}_ - g{j}_ AS y{j}_" if gamma else f"x{j}_ AS y{j}_" for j in range(q.m))
    join = f"JOIN {gamma} USING (s_)" if gamma else ""
    shifted = f"(SELECT e_, {weight}{y} FROM {q.used()} {join})"
    scores = "".join(f", {combination(a, 'y')} AS a{j}_" for j, a in enumerate(left))
    pieces = f"(SELECT e_, {weight}{combination(right, 'y')} AS u_{scores} FROM {shifted})"
    sums = "".join(f"sum({q.w}a{j}_ * u_) - sum({q.w}a{j}_) * sum({q.w}u_) / {q.mass} AS s{j}_, " for j in range(len(left)))
    having = "" if q.keep_single else "HAVING count(*) > 1"
    levels = f"(SELECT {sums}sum({q.w}u_ * u_) - sum({q.w}u_) * sum({q.w}u_) / {q.mass} AS r_ FROM {pieces} GROUP BY e_ {having})"
    return _meat(found, levels, len(left))


def meat_by(found: Moments, rows: str, left: Sequence[str], right: Floats, keys: Sequence[str]) -> tuple[Floats, int, float]:
    """The same of rows with the effects removed, summed by any keys; by none each row is alone."""
    q = found.question
    pieces = f"(SELECT *, {combination(right)} AS u_ FROM {rows})"
    wrap = "sum({})" if keys else "{}"
    sums = "".join(wrap.format(f"{q.w}{a} * u_") + f" AS s{j}_, " for j, a in enumerate(left))
    group = f" GROUP BY {', '.join(keys)}" if keys else ""
    return _meat(found, f"(SELECT {sums}{wrap.format(q.w + 'u_ * u_')} AS r_ FROM {pieces}{group})", len(left))


def _meat(found: Moments, scores: str, k: int) -> tuple[Floats, int, float]:
    pairs = list(combinations_with_replacement(range(k), 2))
    heads = ["count(*) AS n_", "sum(r_) AS r_", *(f"sum(s{j}_ * s{h}_) AS q{j}_{h}" for j, h in pairs)]
    got = found.question.table.query(f"SELECT {', '.join(heads)} FROM {scores}", "scan of the scores")
    out = np.zeros((k, k))
    for j, h in pairs:
        out[j, h] = out[h, j] = got[f"q{j}_{h}"][0]
    return out / found.weight**2, int(got["n_"][0]), float(got["r_"][0]) / found.weight


def products_by(found: Moments, rows: str, columns: Sequence[str], keys: Sequence[str]) -> tuple[Floats, int]:
    """Sum over the groups of ``keys`` of p p', p the (k (k + 1) / 2,) sums of the products of columns, and how many groups there are.

    All meats of scores that are products of combinations of the columns follow from it.
    """
    q = found.question
    wrap = "sum({})" if keys else "{}"
    pairs = list(combinations_with_replacement(columns, 2))
    sums = ", ".join(f"{wrap.format(f'{q.w}{a} * {b}')} AS s{i}_" for i, (a, b) in enumerate(pairs))
    group = f" GROUP BY {', '.join(keys)}" if keys else ""
    meat, levels, _ = _meat(found, f"(SELECT {sums}, 0.0 AS r_ FROM {rows}{group})", len(pairs))
    return meat, levels
