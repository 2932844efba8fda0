"""The results page says what ``results.json`` says, and no more."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from io import StringIO
from typing import Any

import numpy as np
import pytest

from agents.sharpe_portfolio.worlds import FEW, Constant, Jitter, independent, oracle, study
from quantrl.agents.sharpe_portfolio.evaluation import wording
from quantrl.agents.sharpe_portfolio.evaluation.assess import assess
from quantrl.agents.sharpe_portfolio.evaluation.evaluate import EvalReport
from quantrl.agents.sharpe_portfolio.evaluation.overfitting import overfitting
from quantrl.agents.sharpe_portfolio.evaluation.page import results_page

ORIGIN: dict[str, Any] = {
    "run": {
        "id": "study-1a2b3c4d",
        "train": {"algo": "ppo", "net": "asset_conv", "steps": 300000},
        "seeds": [0, 1],
        "command": "quantrl train sharpe_portfolio",
        "code_version": "v",
    },
    "data": {"source": "sample world", "id": "0f" * 32, "flags": ["survivors"]},
    "missing": [],
    "command": "quantrl evaluate study-1a2b3c4d",
}


def _results(policies: dict[int, Any], seed: int = 1) -> dict[str, Any]:
    return {**copy.deepcopy(ORIGIN), **assess(study(independent(seed), policies), FEW)}


@pytest.fixture(scope="module")
def still():
    return _results({0: Constant(0, 0.5, 0, -0.5), 1: Constant(0, 0.4, 0, 0)})


@pytest.fixture(scope="module")
def skilled():
    panel = independent(1)
    return _results({0: oracle(panel), 1: oracle(panel)})


def _numbers(value: Any) -> Iterator[float]:
    if isinstance(value, dict):
        for one in value.values():
            yield from _numbers(one)
    elif isinstance(value, list):
        for one in value:
            yield from _numbers(one)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield float(value)


_FORMS = (
    wording.ratio,
    wording.percent,
    wording.p_value,
    wording.amount,
    lambda v: f"{v:,g}",
    lambda v: f"{v:,.0f}",
)
_CELL = re.compile(r"-?\d[\d,]*\.?\d*(?: %)?")


def test_every_number_in_a_table_is_in_the_results(skilled, still):
    for found in (skilled, still):
        figures = {key: value for key, value in found.items() if key != "series"}
        known = {form(value) for value in _numbers(figures) for form in _FORMS}
        known |= {f"{len(found['folds'])}", f"{len(found['run']['seeds'])}"}
        rows = [line for line in results_page([found]).splitlines() if line.startswith("| ")]
        checked = 0
        for line in rows[2:]:
            first, *cells = line.strip("| ").split(" | ")
            if first in ("Trained with", "Evaluated with", "Data", "Code", "Test dates", "Sharpe ratio at"):
                continue
            for cell in cells:
                for number in _CELL.findall(cell.replace("95 %", "")):
                    assert number in known, f"{number} in {line}"
                    checked += 1
        assert checked > 150


def test_the_page_changes_with_the_results(skilled):
    changed = copy.deepcopy(skilled)
    changed["agent"]["summary"]["sharpe"] = 1.23456
    assert "| **Agent** | 1.23 |" in results_page([changed])
    assert "| **Agent** | 1.23 |" not in results_page([skilled])


def test_negative_findings_come_first(skilled, still):
    page = results_page([skilled, still])
    headings = re.findall(r"^## (.+)$", page, re.MULTILINE)
    assert headings[0] == "Negative findings"
    assert headings[-1] == "Choice among configurations"
    assert len(headings) == 4


def test_a_constant_policy_prints_not_dynamic(still):
    page = results_page([still])
    assert "the policy is not dynamic" in page
    assert "the policy is dynamic" not in page
    assert "The agent beats no baseline" in page
    assert "Beats, at" not in page


def test_beats_needs_the_adjusted_p_value(skilled):
    page = results_page([skilled])
    assert "Beats, at a Holm-adjusted p-value below 0.05: Equal weight, every bar" in page
    assert "the policy is dynamic" in page
    doubtful = copy.deepcopy(skilled)
    doubtful["beats"] = []
    for row in doubtful["baselines"]:
        row["versus"]["p_holm"] = 0.06 if row["versus"]["p_holm"] is not None else None
    page = results_page([doubtful])
    assert "Beats, at" not in page
    assert "Ahead, but not beyond chance by the adjusted p-value: Equal weight, every bar (0.060)" in page


def test_commands_data_and_costs_are_named(still):
    page = results_page([still])
    for text in (
        "`quantrl train sharpe_portfolio`",
        "`quantrl evaluate study-1a2b3c4d`",
        "0f" * 32,
        "survivors",
        "10 bp a side",
        "1970-07-22 to 1971-05-31, 314 bars, 3 folds",
        "2 a fold, 300,000 steps each",
    ):
        assert text in page


def test_what_went_wrong_is_said(still):
    broken = copy.deepcopy(still)
    broken["missing"] = [{"fold": 2, "seed": 1, "status": "diverged"}]
    broken["absent"] = ["hrp_252"]
    broken["baselines"][0]["failures"] = 3
    broken["trials"] |= {"n": 90, "unfinished": 7}
    page = results_page([broken])
    assert "Runs without a policy: fold 2 seed 1 (diverged)." in page
    assert "skfolio is not installed: hrp_252." in page
    assert "Equal weight, every bar: the solver failed 3 times and the last weights were held." in page
    assert "7 of 90 trials were not finished; all count." in page


def test_the_audit_closes_the_page(still):
    page = results_page([still], "| item | value |")
    assert page.endswith("## What the released artefacts show\n\n| item | value |\n")
    assert "released artefacts" not in results_page([still])


def test_overfitting_needs_eight_configurations_on_the_same_dates(still):
    def with_noise(seed: int) -> dict[str, Any]:
        one = copy.deepcopy(still)
        one["series"]["returns"]["agent"] = np.random.default_rng(seed).normal(0, 0.01, 314).tolist()
        return one

    eight = [with_noise(seed) for seed in range(8)]
    (row,) = overfitting(eight)
    assert row["configurations"] == 8
    assert 0.0 <= row["pbo"] <= 1.0
    assert f"| 8 | 314 | {row['pbo']:.3f} |" in results_page(eight)
    (few,) = overfitting(eight[:7])
    assert few["pbo"] is None
    assert "needs 8" in results_page(eight[:7])
    elsewhere = copy.deepcopy(still)
    elsewhere["data"]["id"] = "other"
    assert [group["configurations"] for group in overfitting([*eight, elsewhere])] == [8, 1]


def test_the_terminal_table_says_the_same(skilled):
    from rich.console import Console

    shown = StringIO()
    Console(width=200, file=shown).print(EvalReport(skilled).table())
    text = shown.getvalue()
    assert wording.ratio(skilled["agent"]["summary"]["sharpe"]) in text
    assert "Beats, at a Holm-adjusted" in text
    assert EvalReport(skilled).page() == results_page([skilled])


def test_zero_has_no_sign():
    assert (wording.ratio(-1e-9), wording.percent(-1e-9), wording.ratio(-0.01)) == ("0.00", "0.0 %", "-0.01")
    assert wording.ratio(None) == wording.BLANK


def test_random_actions_are_reported_as_they_are():
    page = results_page([_results({0: Jitter(0), 1: Jitter(1)}, seed=3)])
    assert "The agent beats no baseline" in page
