"""Which two instruments have a spread worth trading: tests of all pairs on one window, corrected for their number.

A step of research, before any training. It needs statsmodels (``quantrl[baselines]``), imported when first used.
"""

from __future__ import annotations

from quantrl.agents.dqn_statarb.pairs._select import select_pairs
from quantrl.agents.dqn_statarb.pairs.candidates import Candidates
from quantrl.agents.dqn_statarb.pairs.reading import read_candidates
from quantrl.agents.dqn_statarb.pairs.selection import REASONS, PairSelection, PairTest

__all__ = ["REASONS", "Candidates", "PairSelection", "PairTest", "read_candidates", "select_pairs"]
