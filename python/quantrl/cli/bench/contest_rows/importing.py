"""C8: what the names of a contest cost a fresh process, and that no client of a model comes with them."""

from __future__ import annotations

import importlib.util
import subprocess
import sys

import numpy as np

from quantrl.cli.bench.harness import Contender
from quantrl.cli.bench.imports import fresh
from quantrl.cli.bench.rate import Check, Goal, RateCase
from quantrl.typing import FloatArray

OURS, NAMES, PEER = "import quantrl.contest", "its names, used", "import pydantic_ai"
PROGRAM = "from quantrl.contest import ContestConfig, ContestTrade, load_planted"
HEAVY = ("pydantic_ai", "openai", "lightgbm")
LIMIT_S = 0.6


def case(size: str) -> RateCase:
    """Imports a second; `size` changes nothing."""
    contenders = [Contender(OURS, lambda: fresh(OURS)), Contender(NAMES, lambda: fresh(PROGRAM))]
    absent = {}
    if importlib.util.find_spec("pydantic_ai") is None:
        absent = {PEER: "not installed here"}
    else:
        contenders.append(Contender(PEER, lambda: fresh("import pydantic_ai")))
    return RateCase(
        "C8",
        f"{OURS} in a fresh process; names are loaded when first used",
        "imports",
        tuple(contenders),
        (Goal(OURS, 1.0 / LIMIT_S),),
        (Check(f"none of {', '.join(HEAVY)}", _loaded, lambda: np.zeros(len(HEAVY)), 0.0),),
        absent,
    )


def _loaded() -> FloatArray:
    """(packages,) 1 for each that was loaded."""
    shown = subprocess.run(
        [sys.executable, "-c", f"{PROGRAM}; import sys; print(*(int(m in sys.modules) for m in {HEAVY!r}))"],
        capture_output=True,
        text=True,
        check=True,
    )
    return np.array([float(flag) for flag in shown.stdout.split()])
