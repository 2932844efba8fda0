"""Nothing lies about unused: what no line of the package calls is public, called by name, or gone."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

vulture = pytest.importorskip("vulture", reason="the development group is not installed")

ROOT = Path(__file__).parents[1]
# Found by a library, or, a final class, as the member of a family that its file is named after.
DECORATED = [
    "@*validator*",
    "@*.command*",
    "@*.callback*",
    "@*.get*",
    "@*.post*",
    "@*.exception_handler*",
    "@final",
]

# Names that something calls although no line of the package names them, by who calls them.
CALLED = {
    "Python": {"__getattr__", "__dir__"},
    "an executor": {"decide_fold", "run_shard"},
    "logging and urllib": {"handleError", "redirect_request"},
    "Stable-Baselines3 and Gymnasium": {
        "_build_mlp_extractor",
        "_get_samples",
        "_on_rollout_start",
        "_on_step",
        "_on_training_start",
        "_predict",
        "_sample_action",
        "env_is_wrapped",
        "env_method",
        "make_q_net",
        "make_quantile_net",
        "set_attr",
        "step_async",
        "step_wait",
    },
    "gates that feeds which are pushed will stand on": {"Segments"},
    "a table that names it": {"AllActionDQN", "QuantilePolicy", "StockQRDQN", "ValuePolicy", "train_one"},
    "one method an event": {"_allocated", "_data_scored", "_docs", "_rated", "_research_scored", "on_start"},
    "pydantic": {"_without_default_steps"},
    "the settings of a batch, read by name": {"at_mid"},
}

# Methods of public classes and functions of public modules that are there for a user alone.
PUBLIC = {
    "cancel_all",
    "check_matured",  # which training rows there may be, by the clock: what tests hold the trainers to
    "check_row",
    "from_feed",
    "from_file",
    "from_frame",
    "from_wide",
    "index_at",
    "journal_bytes",
    "krippendorff_alpha",
    "log2",
    "log_normal",
    "model_text",
    "n_orders",
    "ou",
    "power3",
    "spearman",
    "to_parquet",
    "to_vectorbt",
    "with_engine",
}

# Constants whose neighbours in one assignment are used, or that say a rule of a file format.
CONSTANTS = {"CASH_BOUND", "MOST_BY_SPECTRUM", "SCALE", "STATS"}


def exported() -> Iterator[str]:
    """What an `__all__` of the package lists."""
    for file in (ROOT / "python").rglob("*.py"):
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.Assign) and any(
                isinstance(target, ast.Name) and target.id == "__all__" for target in node.targets
            ):
                yield from ast.literal_eval(node.value)


def unused() -> dict[str, str]:
    """Where each unused name is. Fields are not judged: whoever is given a record may read any of them."""
    finder = vulture.Vulture(ignore_decorators=DECORATED)
    finder.scavenge([str(ROOT / "python"), str(ROOT / "strategies")])
    public = set(exported())
    return {
        item.name: f"{Path(item.filename).relative_to(ROOT)}:{item.first_lineno}"
        for item in finder.get_unused_code(min_confidence=60)
        if item.name not in public and (item.typ not in ("variable", "attribute") or item.name.isupper())
    }


def test_nothing_is_unused_and_no_excuse_is_stale() -> None:
    found = unused()
    excused = set.union(*CALLED.values()) | PUBLIC | CONSTANTS
    assert {name: where for name, where in found.items() if name not in excused} == {}
    assert excused - found.keys() == set()
