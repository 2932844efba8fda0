"""S1 to S3: tests for superiority, rank correlation and the lab, beside a peer where there is one."""

from __future__ import annotations

from quantrl.cli.bench.selection_rows import superior, tau, whole

ROUNDS = 5
ROWS = (superior, tau, whole)
