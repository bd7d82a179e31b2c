"""The keys of a panel, entity and time: found in a frame, checked, and matched with those of another panel."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import TYPE_CHECKING, Protocol

from toolkit.errors import DuplicateKey, MergeMismatch, MissingColumn, PanelError
from toolkit.language import Name, Note, Text, note
from toolkit.periods import shown_time

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

    from toolkit.periods import Step

_SHOWN = 8
_JOINED = Text("Joined {columns}: {matched} of {rows} rows found a partner.", "合并{columns}：{rows}行中有{matched}行匹配成功。")
_WITHOUT = Text("Without a partner here: {names}.", "本表中未匹配的个体：{names}。")
_UNUSED = Text("Not used of the other panel: {names}.", "另一张表中未使用的个体：{names}。")
_TIMES = Text(
    "Rows without a partner of entities that both have: {here} here, {there} in the other ({examples}).",
    "两表共有个体中未匹配的行：本表{here}行，另一表{there}行（{examples}）。",
)
_NEAR = Text("{name} (nearest: {near})", "{name}（相近：{near}）")


class Keyed(Protocol):
    """What of a panel is needed to match its rows with those of another."""

    @property
    def frame(self) -> pd.DataFrame:
        """The rows, sorted by entity and time."""

    @property
    def entity(self) -> str:
        """Name of the entity."""

    @property
    def name(self) -> str:
        """What the panel is called in a message."""

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the other columns."""

    @property
    def calendar(self) -> npt.NDArray[np.int64]:
        """(n,) time as whole counts."""

    @property
    def calendar_step(self) -> Step:
        """What one step of the calendar is."""


def beside(left: Keyed, right: Keyed) -> tuple[pd.DataFrame, list[Note]]:
    """The frame of ``left`` with the columns of ``right`` beside its rows, and who found no partner.

    Raises
    ------
    PanelError, MergeMismatch
    """
    import pandas as pd

    if left.calendar_step != right.calendar_step:
        raise PanelError(
            f"one panel goes by {left.calendar_step}, the other by {right.calendar_step}",
            where=f"{left.name or 'the panel'} and {right.name or 'the other'}",
            remedy="bring both to one step first",
        )
    shared = [name for name in right.columns if name in left.frame.columns]
    if shared:
        raise PanelError(
            f"both panels have {', '.join(shared)}",
            remedy=f"rename first: other.frame.rename(columns={{{shared[0]!r}: {shared[0] + '_2'!r}}})",
        )
    mine, theirs = _keys(left), _keys(right)
    matched = mine.isin(theirs)
    if not matched.any():
        here, there = (", ".join(map(str, dict.fromkeys(p.frame[p.entity]))) for p in (left, right))
        raise MergeMismatch(
            "no row of either panel has a partner",
            where=f"{left.entity}: {here[:120]}; {right.entity}: {there[:120]}",
            remedy="bring the names to one spelling (read_panel does so for provinces, cities and codes of firms), and compare the years",
        )
    values = right.frame[list(right.columns)].set_axis(theirs).reindex(mine)
    frame = pd.concat([left.frame, values.set_axis(left.frame.index)], axis=1)
    return frame, _said(left, right, matched, ~theirs.isin(mine))


def _keys(panel: Keyed) -> pd.MultiIndex:
    import pandas as pd

    return pd.MultiIndex.from_arrays([panel.frame[panel.entity].astype(object).to_numpy(), panel.calendar])


def _said(left: Keyed, right: Keyed, matched: object, unused: object) -> list[Note]:
    """How many rows matched, and by name what did not."""
    import numpy as np

    here, there = ~np.asarray(matched), np.asarray(unused)
    mine, theirs = set(left.frame[left.entity]), set(right.frame[right.entity])
    columns = tuple(map(Name, right.columns))
    notes = [note("joined", _JOINED, columns=columns, matched=int((~here).sum()), rows=len(left.frame))]
    alone, unused_names = sorted(mine - theirs, key=str), sorted(theirs - mine, key=str)
    if alone:
        notes.append(note("join_left", _WITHOUT, names=_listed(_guess(str(name), unused_names) for name in alone)))
    if unused_names:
        notes.append(note("join_right", _UNUSED, names=_listed(map(str, unused_names))))
    shared = mine & theirs
    rows = [(p, lost & p.frame[p.entity].isin(shared).to_numpy()) for p, lost in ((left, here), (right, there))]
    if any(lost.any() for _, lost in rows):
        examples = [
            f"{name} {shown_time(int(when), p.calendar_step)}"
            for p, lost in rows
            for name, when in zip(p.frame[p.entity][lost], p.calendar[lost], strict=True)
        ]
        counts = [int(lost.sum()) for _, lost in rows]
        notes.append(note("join_times", _TIMES, here=counts[0], there=counts[1], examples=_listed(examples)))
    return notes


def _guess(name: str, others: Iterable[object]) -> Note | str:
    near = difflib.get_close_matches(name, [str(other) for other in others], n=1, cutoff=0.5)
    return note("near", _NEAR, name=name, near=near[0]) if near else name


def _listed(names: Iterable[object]) -> tuple[object, ...]:
    found = list(names)
    return (*found[:_SHOWN], f"… ({len(found)})") if len(found) > _SHOWN else tuple(found)


def nearest_steps(entities: pd.Series, calendar: npt.NDArray[np.int64]) -> int:
    """The fewest steps between two rows of an entity, 0 if each has one row."""
    import numpy as np

    keys = entities.to_numpy()
    apart = np.diff(calendar)[keys[1:] == keys[:-1]]
    return int(apart.min()) if len(apart) else 0


def with_roles(frame: pd.DataFrame, roles: tuple[str, str], label: str) -> pd.DataFrame:
    """A copy with both roles as columns; names that the index shares with columns are taken off the index."""
    import pandas as pd

    out = frame.copy(deep=False)  # the columns are shared until one of the two is written to
    names = list(out.index.names)
    for column in reversed(roles):
        if column in out.columns:
            _refuse_two(out, column, names, label)
        elif column in names:
            out.insert(0, column, out.index.get_level_values(column).array)
        else:
            index = f"; index: {', '.join(map(str, names))}" if any(n is not None for n in names) else ""
            unnamed = isinstance(out.index, pd.MultiIndex) and not index
            raise MissingColumn(
                f"{label} has no column {column!r} to serve as {'entity' if column == roles[0] else 'time'}",
                where=f"columns: {', '.join(map(str, out.columns))}{index}",
                remedy=f"the index has {len(names)} levels without a name: name them with frame.rename_axis(index={list(roles)!r})"
                if unnamed
                else "name an existing column, or a level of the index",
            )
    out.index = out.index.set_names([None if n in out.columns else n for n in names])
    return out


def _refuse_two(frame: pd.DataFrame, column: str, names: list[object], label: str) -> None:
    """Raise PanelError where a role is two columns, or a column and another level of the index."""
    import pandas as pd

    if isinstance(frame[column], pd.DataFrame):
        raise PanelError(f"{label} has {frame[column].shape[1]} columns named {column!r}", remedy="rename them apart")
    if column not in names:
        return
    level = pd.Series(frame.index.get_level_values(column)).astype(object)
    differs = (level != frame[column].astype(object).reset_index(drop=True)).to_numpy()
    if differs.any():
        row = int(differs.argmax())
        raise PanelError(
            f"{label} has {column!r} as a column and in the index, and they differ",
            where=f"first in row {row + 1}: {frame[column].iloc[row]} and {level.iloc[row]}",
            remedy=f"drop one of them: frame.reset_index({column!r}, drop=True), or frame.drop(columns={column!r})",
        )


def ascending(entities: pd.Series, calendar: npt.NDArray[np.int64]) -> bool:
    """Whether the rows stand in the order of entity and time without a repetition; False for entities of a kind that is not compared."""
    import numpy as np
    import pandas as pd

    if not (pd.api.types.is_numeric_dtype(entities.dtype) or isinstance(entities.dtype, pd.StringDtype)):
        return False
    before, after = entities.array[:-1], entities.array[1:]
    same = np.asarray(after == before, dtype=bool)
    return bool(((calendar[1:] > calendar[:-1]) | ~same).all() and np.asarray(after[~same] > before[~same], dtype=bool).all())


def refuse_repeated(frame: pd.DataFrame, given: pd.Series, entity: str, time: str, label: str) -> None:
    """Raise DuplicateKey where an entity and time occur twice; what the column said is shown where it was taken to a longer step."""
    twice = frame.duplicated([entity, time]).to_numpy()
    if not twice.any():
        return
    first = frame.loc[twice, [entity, time]].sort_values([entity, time], kind="stable")
    unit, when = first[entity].iloc[0], first[time].iloc[0]
    same = ((frame[entity] == unit) & (frame[time] == when)).to_numpy()
    written = [str(value) for value in dict.fromkeys(given[same])]
    also = f", written as {' and '.join(written[:3])}" if len(written) > 1 else ""
    raise DuplicateKey(
        f"{label} has {int(twice.sum())} repeated {entity}-{time} rows",
        where=f"first: {entity} {unit}, {time} {when}{also}",
        remedy=f"keep one row per {entity} and {time}, or aggregate before making the panel",
    )
