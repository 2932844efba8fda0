"""S1 to S6: tests for superiority, rank correlation, the lab, overfitting, Elo-MMR and decisions, beside peers."""

from __future__ import annotations

from quantrl.cli.bench.selection_rows import decision, elo, overfit, superior, tau, whole

ROUNDS = 5
ROWS = (superior, tau, whole, overfit, elo, decision)
