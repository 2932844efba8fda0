"""Market data that cannot leak: `Panel`, `View`, sources, samples and quality checks.

Names are imported when first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from quantrl.data._read import check_quality, load, read, read_csv, read_parquet
    from quantrl.data._write import write
    from quantrl.data.clock import CloseTime
    from quantrl.data.instrument import Instrument
    from quantrl.data.panel import Panel
    from quantrl.data.quality.report import CODES, Finding, QualityReport
    from quantrl.data.reveal import Reveal
    from quantrl.data.samples import load_sample, sample_names, sample_path, sample_summary
    from quantrl.data.sources.synthetic import synthetic
    from quantrl.data.view import View

_NAMES = {
    "CODES": "quality.report",
    "CloseTime": "clock",
    "Finding": "quality.report",
    "Instrument": "instrument",
    "Panel": "panel",
    "QualityReport": "quality.report",
    "Reveal": "reveal",
    "View": "view",
    "check_quality": "_read",
    "load": "_read",
    "load_sample": "samples",
    "read": "_read",
    "read_csv": "_read",
    "read_parquet": "_read",
    "sample_names": "samples",
    "sample_path": "samples",
    "sample_summary": "samples",
    "synthetic": "sources.synthetic",
    "write": "_write",
}

__all__ = [
    "CODES",
    "CloseTime",
    "Finding",
    "Instrument",
    "Panel",
    "QualityReport",
    "Reveal",
    "View",
    "check_quality",
    "load",
    "load_sample",
    "read",
    "read_csv",
    "read_parquet",
    "sample_names",
    "sample_path",
    "sample_summary",
    "synthetic",
    "write",
]


def __getattr__(name: str) -> Any:
    if name in _NAMES:
        return getattr(importlib.import_module(f"{__name__}.{_NAMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
