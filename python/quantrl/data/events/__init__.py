"""Event files: order-book data of any venue as one 32-byte record, checked, seekable, replayed in Rust.

`convert` makes a ``.qev`` file, `EventFile` reads it, `merge` joins files, `simulate` makes one without a market,
`simulate_pair` two around a spread,
`EventStream` its events without an end.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from quantrl.data.events._convert import Conversion, convert
    from quantrl.data.events._merge import merge
    from quantrl.data.events._simulate import Cst, Opening, Zi, simulate
    from quantrl.data.events._simulate_pair import FlowPair, SimulatedPair, simulate_pair
    from quantrl.data.events.check import EventBreach, EventCheck
    from quantrl.data.events.facts import StylisedFacts
    from quantrl.data.events.file import FLAGS, KINDS, EventFile
    from quantrl.data.events.info import EventInstrument, FileInfo
    from quantrl.data.events.replay import EventReplay
    from quantrl.data.events.stream import EventStream

_NAMES = {
    "FLAGS": "file",
    "KINDS": "file",
    "Conversion": "_convert",
    "Cst": "_simulate",
    "EventBreach": "check",
    "EventCheck": "check",
    "EventFile": "file",
    "EventInstrument": "info",
    "EventReplay": "replay",
    "EventStream": "stream",
    "FileInfo": "info",
    "FlowPair": "_simulate_pair",
    "Opening": "_simulate",
    "SimulatedPair": "_simulate_pair",
    "StylisedFacts": "facts",
    "Zi": "_simulate",
    "convert": "_convert",
    "merge": "_merge",
    "simulate": "_simulate",
    "simulate_pair": "_simulate_pair",
}

__all__ = [
    "FLAGS",
    "KINDS",
    "Conversion",
    "Cst",
    "EventBreach",
    "EventCheck",
    "EventFile",
    "EventInstrument",
    "EventReplay",
    "EventStream",
    "FileInfo",
    "FlowPair",
    "Opening",
    "SimulatedPair",
    "StylisedFacts",
    "Zi",
    "convert",
    "merge",
    "simulate",
    "simulate_pair",
]


def __getattr__(name: str) -> Any:
    if name in _NAMES:
        return getattr(importlib.import_module(f"{__name__}.{_NAMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
