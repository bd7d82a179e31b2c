"""The scans by effect as grouped SQL: for rows in any order, and for any engine."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from toolkit.estimate.large.question import Large, Question, Small, empty
from toolkit.estimate.large.table import WORD, mask_word
from toolkit.numerics import Floats

NAMED = re.compile(r"(U?(TINY|SMALL|BIG)?INT(EGER)?|VARCHAR)$")  # entities that an answer names as the rows do
PAIRS = 4_000_000  # pairs of levels that are looked at together where bit masks do not serve


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
    logs = ", sum(ln(wt_)) AS l_" if q.weight else ", 0e0 AS l_"
    first = q.origin is not None and not q.keep_single and NAMED.match(q.table.types[str(q.table.entity)]) is not None
    key = ", e_" if first else ""
    inner = f"(SELECT count(*) AS n_, {q.mass} AS W_{logs}, {sums}{masks}{key} FROM {q.used()} GROUP BY e_)"
    # S_j: sums of column j over a level, W: its weight. Levels with the same periods come back as one row of these sums
    heads = [
        "count(*) AS a_",
        "sum(W_) AS W_",
        "sum(l_) AS l_",
        *(f"sum(S{j}_) AS s{j}_" for j in range(q.m)),
        *(f"sum(S{j}_ / W_) AS m{j}_" for j in range(q.m)),
        *(f"sum(S{j}_ * S{h}_ / W_) AS q{j}_{h}" for j, h in q.pairs),
        *(f"sum((S{j}_ / W_) * (S{h}_ / W_)) AS p{j}_{h}" for j, h in q.pairs),
    ]
    heads += ["min(CASE WHEN n_ = 1 THEN e_ END) AS f_"] if first else []
    keys = ["n_ = 1", *(f"b{w}_" for w in range(words))]
    chosen = ", ".join(["n_ = 1 AS one_", *keys[1:], *heads])
    found = q.table.query(f"SELECT {chosen} FROM {inner} GROUP BY {', '.join(keys)}", "scan by entity")
    T = q.levels if q.small else 0
    out = empty(q.m, T)
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
    # T: levels of the smaller effect; a mask unpacked to ones gives overlaps and crossings as matrix products, block by block
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
    if first and len(at):
        names = np.ma.getdata(found["f_"])[at]
        earliest = int(np.argmin(names)) if names.dtype != object else min(range(len(at)), key=lambda i: names[i])
        out.first = names[earliest], int(np.flatnonzero(_unpacked(bits, at[[earliest]], T)[0])[0])
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

    out = empty(q.m, q.levels)
    total = int(q.table.query(f"SELECT count(*) AS n FROM {q.rows} WHERE {q.usable}")["n"][0])
    portions = -(-total // PAIRS)
    sums = ", ".join(f"sum({q.w}x{j}_) AS S{j}_" for j in range(q.m))
    logs = "sum(ln(wt_))" if q.weight else "0e0"
    for portion in range(portions):
        part = f" WHERE abs(hash(e_) % {portions}) = {portion}" if portions > 1 else ""
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


def by_small(q: Question) -> Small:
    """Scan the rows by the smaller effect."""
    heads = [
        "count(*) AS n_",
        f"{q.mass} AS W_",
        f"{'sum(ln(wt_))' if q.weight else '0e0'} AS l_",
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
