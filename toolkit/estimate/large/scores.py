"""Scores summed by clusters, and rows with the effects removed for what sums do not give."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from itertools import combinations_with_replacement

import numpy as np

from toolkit.estimate.large.batches import OutOfOrder
from toolkit.estimate.large.engines import number
from toolkit.estimate.large.ordered import ordered_meat, ordered_products, ordered_scores
from toolkit.estimate.large.question import Moments, symmetric
from toolkit.numerics import Floats


def residual_rows(found: Moments, extra: str = "") -> str:
    """SQL of the rows with the effects removed, ``z0_``, ...: of the means where nothing is absorbed but a constant is estimated.

    The means of the larger effect are kept as a temporary table and joined.
    """
    q = found.question
    gamma = smaller_effects(found)
    if not q.large:
        taken = found.means - q.shift if q.centred else np.zeros(q.m)
        z = ", ".join(f"x{j}_ - {number(mean)} AS z{j}_" for j, mean in enumerate(taken))
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
    rows = ", ".join(f"({t}, {', '.join(map(number, found.gamma[t]))})" for t in np.flatnonzero(found.present))
    q.table.materialise("toolkit_gamma", f"SELECT * FROM (VALUES {rows}) v_(s_, {', '.join(f'g{j}_' for j in range(q.m))})")
    return "toolkit_gamma"


def products_of(found: Moments, rows: str) -> Floats:
    """(m, m) cross-products of ``z0_``, ... in relative weights, row by row."""
    q = found.question
    heads = ", ".join(f"sum({q.w}z{j}_ * z{h}_) AS q{j}_{h}" for j, h in q.pairs)
    return symmetric(q, q.table.query(f"SELECT {heads} FROM {rows}", "products of the rows"), "q", 0) / found.weight


def combination(share: Floats, letter: str = "z") -> str:
    """The combination of the columns with the shares (m,) as SQL."""
    parts = [f"({number(b)}) * {letter}{j}_" for j, b in enumerate(share) if b != 0]
    return f"({' + '.join(parts) or '0e0'})"


def meat_by_large(found: Moments, left: Sequence[Floats], right: Floats, exact: bool = False) -> tuple[Floats, int, float]:
    """Meat of the scores (left_j'z)(right'z) summed by the levels of the larger effect, how many there are, and the sum of (right'z)^2.

    The means of a level are taken out of sums, so that no row is looked at twice.
    """
    q = found.question
    if q.ordered:
        with suppress(OutOfOrder):
            meat, entities, rss = ordered_meat(found, left, right, exact)
            return meat / found.weight**2, entities, rss / found.weight
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


def meat_by(
    found: Moments, rows: str, left: Sequence[str], right: Floats, keys: Sequence[str], together: bool = False
) -> tuple[Floats, int, float]:
    """The same of rows with the effects removed, summed by any keys; by none each row is alone.

    Parameters
    ----------
    together : whether the key is the entity whose rows follow each other.
    """
    q = found.question
    pieces = f"(SELECT *, {combination(right)} AS u_ FROM {rows})"
    scores = [f"{q.w}{a} * u_" for a in left]
    return _summed(found=found, rows=pieces, scores=scores, square=f"{q.w}u_ * u_", keys=keys, together=together)


def _summed(
    found: Moments, rows: str, scores: Sequence[str], square: str, keys: Sequence[str], together: bool
) -> tuple[Floats, int, float]:
    """Meat of scores summed by keys; by runs where the key is the entity whose rows pass together."""
    q = found.question
    if together:
        with suppress(OutOfOrder):
            meat, levels, rss = ordered_scores(q, rows, [*scores, square], keys[0])
            return meat / found.weight**2, levels, rss / found.weight
    wrap = "sum({})" if keys else "{}"
    sums = "".join(f"{wrap.format(score)} AS s{j}_, " for j, score in enumerate(scores))
    group = f" GROUP BY {', '.join(keys)}" if keys else ""
    return _meat(found, f"(SELECT {sums}{wrap.format(square)} AS r_ FROM {rows}{group})", len(scores))


def _meat(found: Moments, scores: str, k: int) -> tuple[Floats, int, float]:
    pairs = list(combinations_with_replacement(range(k), 2))
    heads = ["count(*) AS n_", "sum(r_) AS r_", *(f"sum(s{j}_ * s{h}_) AS q{j}_{h}" for j, h in pairs)]
    got = found.question.table.query(f"SELECT {', '.join(heads)} FROM {scores}", "scan of the scores")
    out = np.zeros((k, k))
    for j, h in pairs:
        out[j, h] = out[h, j] = got[f"q{j}_{h}"][0]
    return out / found.weight**2, int(got["n_"][0]), float(got["r_"][0]) / found.weight


def products_by(found: Moments, rows: str, columns: Sequence[int], keys: Sequence[str], together: bool = False) -> tuple[Floats, int]:
    """Sum over the groups of ``keys`` of p p', p the (k (k + 1) / 2,) sums of the products of columns, and how many groups there are.

    All meats of scores that are products of combinations of the columns follow from it.

    Parameters
    ----------
    columns : positions, -1 for the constant. together : whether the key is the entity whose rows follow each other.
    """
    names = ["1e0" if j < 0 else f"z{j}_" for j in columns]
    scores = [f"{found.question.w}{a} * {b}" for a, b in combinations_with_replacement(names, 2)]
    meat, levels, _ = _summed(found=found, rows=rows, scores=scores, square="0e0", keys=keys, together=together)
    return meat, levels


def products_by_large(found: Moments, columns: Sequence[int]) -> tuple[Floats, int] | None:
    """The same by the entities whose rows lie together; None where the rows of a relation came in another order this time."""
    with suppress(OutOfOrder):
        sums, levels = ordered_products(found, columns)
        return sums / found.weight**2, levels
    return None
