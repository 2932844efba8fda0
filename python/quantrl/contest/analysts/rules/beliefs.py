"""The bundled beliefs, for whoever asks the rules to invent some."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from quantrl.contest.analysts.rules._belief import TEXT
from quantrl.contest.tools._bars import MEASURES


def answer(payload: Mapping[str, Any]) -> dict[str, Any]:
    """The first `count` bundled beliefs whose names and texts are not taken; the same ones numbered after that."""
    taken = set(payload["taken"])
    written: list[dict[str, Any]] = []
    turn = 1
    while len(written) < payload["count"]:
        for name, belief in _bundled().items():
            label = name if turn == 1 else f"{name}_{turn}"
            if label not in taken and len(written) < payload["count"]:
                weights = {key: belief["rule"]["weights"].get(key, 0.0) for key in (TEXT, *MEASURES)}
                written.append({"name": label, "text": belief["text"], "weights": weights})
        turn += 1
    return {"beliefs": written}


@cache
def _bundled() -> dict[str, Any]:
    return tomllib.loads((files("quantrl.contest.analysts") / "beliefs.toml").read_text(encoding="utf-8"))
