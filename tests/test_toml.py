"""Whatever a config holds is read back as it was."""

from __future__ import annotations

import tomllib

from hypothesis import given, settings
from hypothesis import strategies as st

from quantrl.toml import dump

_TEXT = st.text(st.characters(codec="utf-8"), max_size=8)
_SCALAR = (
    st.booleans() | st.integers(-(2**62), 2**62) | st.floats(allow_nan=False, allow_infinity=False) | _TEXT
)
_VALUE = st.recursive(
    _SCALAR | st.lists(_SCALAR, max_size=3),
    lambda inner: (
        st.dictionaries(_TEXT, inner, max_size=3)
        | st.lists(st.dictionaries(_TEXT, inner, max_size=2), min_size=1, max_size=3)
    ),
    max_leaves=8,
)


@settings(max_examples=60)
@given(st.dictionaries(_TEXT, _VALUE, max_size=5))
def test_reads_back(table: dict[str, object]) -> None:
    assert tomllib.loads(dump(table)) == table


def test_looks_like_a_config() -> None:
    table = {
        "name": "demo",
        "data": {"sample": "us20"},
        "agents": [{"id": "rules/momentum", "params": {"lookback": 63}}],
    }
    assert dump(table) == (
        'name = "demo"\n\n[data]\nsample = "us20"\n\n[[agents]]\nid = "rules/momentum"\n\n'
        "[agents.params]\nlookback = 63\n"
    )
