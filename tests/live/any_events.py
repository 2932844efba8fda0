"""Values for every kind of event, at the edges of what its fields hold."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from quantrl.live.codec import INTEGERS
from quantrl.live.events import KINDS


def _integers(size: int, signed: bool) -> st.SearchStrategy[int]:
    low, high = (-(1 << 8 * size - 1), (1 << 8 * size - 1) - 1) if signed else (0, (1 << 8 * size) - 1)
    return st.integers(low, high) | st.sampled_from([low, 0, 1, high])


SCALARS: dict[str, st.SearchStrategy[Any]] = {
    **{name: _integers(*shape) for name, shape in INTEGERS.items()},
    "bool": st.booleans(),
    "bytes": st.binary(max_size=40),
    "str": st.text(st.characters(codec="utf-8"), max_size=20),
}


def _of(type: str | tuple[str, ...]) -> st.SearchStrategy[Any]:
    if isinstance(type, str):
        return SCALARS[type]
    record = SCALARS[type[0]] if len(type) == 1 else st.tuples(*(SCALARS[one] for one in type))
    return st.lists(record, max_size=4).map(tuple)


VALUES = {
    number: st.tuples(*(_of(field.type) for field in kind.layout.fields)).map(kind.make)
    for number, kind in KINDS.items()
}
ONE_OF_EACH = st.fixed_dictionaries(VALUES)
