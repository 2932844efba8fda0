"""The banner of a contest before anybody has answered: from who is to answer."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from quantrl.contest.config import ContestConfig
    from quantrl.contest.llm.protocol import Kind

_KINDS: dict[str, Kind] = {"rules": "rules", "local": "local", "scripted": "scripted"}


def banner_of(config: ContestConfig) -> str:
    """One line; it says of every kind of analyst that a config names what it is."""
    from quantrl.contest.analysts_of import models_of, record_of
    from quantrl.contest.llm.record import Record
    from quantrl.contest.report._banner import words

    llm = config.llm
    if llm.mode == "replay" and llm.replay is not None:
        about = Record(record_of(Path(llm.replay))).about
        return words("replay", str(about.get("model", "")), str(about.get("since", "")))
    found = dict.fromkeys((_KINDS.get(one.provider, "llm"), one.model) for one in models_of(config))
    said = [words(kind, model) for kind, model in found]
    return said[0] if len(said) == 1 else f"Mixed run. {' '.join(said)}"
