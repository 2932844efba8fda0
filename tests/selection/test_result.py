"""The run folder: every file of it, and that its numbers are those of the accounts."""

from __future__ import annotations

import hashlib
import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from rich.console import Console

from quantrl import metrics
from quantrl.errors import AuditError, ConfigError
from quantrl.report.schema import check_report
from quantrl.runs import Trial, TrialLedger
from quantrl.selection import Contest, leaderboard
from quantrl.selection._book import COST, EQUITY
from quantrl.selection.lifecycle import STATES
from quantrl.units import iso_date
from selection.toy import Breaking, agents, contest, finished, market, quick


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("runs") / "toy"
    root.mkdir()
    finished().write(root, run="toy-1", command="make toy", config_toml='name = "toy"\n')
    finished().seal(root, run="toy-1", command="make toy")
    return root


@pytest.fixture(scope="module")
def report(folder: Path) -> Any:
    return json.loads((folder / "report.json").read_text())


def test_files_and_manifest(folder: Path) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    files = {f.name for f in folder.iterdir()} - {"manifest.json"}
    assert files == {
        "audit.jsonl", "config.toml", "decisions.parquet", "equity.parquet", "fills.parquet", "ledger.parquet",
        "log.txt", "metrics.json", "report.json",
    }  # fmt: skip
    assert set(manifest["files"]) == files
    for name, sha in manifest["files"].items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == sha
    for key, value in {"schema": 1, "id": "toy-1", "kind": "contest", "status": "done", "seed": 5}.items():
        assert manifest[key] == value
    assert manifest["data_id"] == finished().panel.id


def test_the_report_fits_its_schema(report: Any) -> None:
    check_report(report)
    assert json.dumps(report, allow_nan=False)
    assert [b["name"] for b in report["books"]] == [
        "contest", "equal_weight", "follow_the_leader", "follow_the_leader_5", "random_k", "delay_1", "buy_and_hold",
    ]  # fmt: skip
    assert report["audit"]["breaches"] == 0
    assert report["audit"]["max_residual"] < 1e-9
    assert report["audit"]["decisions"] == 600
    assert report["settings"]["selection"]["score"]["half_life"] == 21.0


def test_measures_are_those_of_the_accounts(report: Any) -> None:
    result = finished()
    for book in report["books"]:
        account = result.book(book["name"])
        for name, measure in account.measures.items():
            if name in book["measures"]:
                assert book["measures"][name]["value"] == pytest.approx(measure.value, rel=1e-9)
    expected = metrics.intervals(result.accounts.returns, periods_per_year=252.0, block=10.0, seed=5)
    low, high = expected["sharpe"]
    assert report["books"][0]["measures"]["sharpe"]["low"] == pytest.approx(low[0], rel=1e-12)
    assert report["books"][0]["measures"]["sharpe"]["high"] == pytest.approx(high[0], rel=1e-12)
    gap = metrics.sharpe_difference(
        result.accounts.returns[:, 1],
        result.accounts.returns[:, 0],
        periods_per_year=252.0,
        block=10.0,
        seed=5,
    )
    assert report["books"][1]["sharpe_minus_contest"]["value"] == pytest.approx(gap.value, rel=1e-9)
    assert report["books"][1]["sharpe_minus_contest"]["low"] == pytest.approx(gap.low, rel=1e-9)


def test_leaderboard_rows(report: Any) -> None:
    result = finished()
    rows = {row["agent"]: row for row in report["leaderboard"]}
    assert [row["pos"] for row in report["leaderboard"]] == list(range(1, 11))
    assert set(rows) == set(result.labels)
    funded = {result.labels[i] for i in result.last.selected}
    for i, label in enumerate(result.labels):
        row = rows[label]
        assert row["capital"] == result.shares[-1, i]
        assert row["pos_low"] <= row["pos_high"]
        assert row["state"] in STATES
        assert (row["reasons"] == []) == (label in funded)
        assert row["rows"] == 598
        assert row["funded_share"] == pytest.approx((result.shares[:, i] > 0).mean())
        assert 0 <= row["dsr"] <= row["psr"] <= 1
    chance = sum(row["p_top_k"] for row in rows.values())
    assert chance == pytest.approx(2.0)
    assert any("copy of" in reason for row in rows.values() for reason in row["reasons"])


def test_what_agents_stated_and_spent_and_how_they_last_changed(report: Any) -> None:
    result = finished()
    rows = {row["agent"]: row for row in report["leaderboard"]}
    noise = result.ledger.frame(int(result.time[-1])).filter(pl.col("agent") == "noise").sort("decided")
    paid = ((noise["gross"] - noise["cost"]) > 0).to_numpy().astype(float)
    errors = [np.mean((paid - p) ** 2) for p in (noise["belief"].to_numpy(), paid.mean())]
    assert rows["noise"]["brier_skill"] == pytest.approx(1 - errors[0] / errors[1])
    assert rows["noise"]["brier_skill"] < 0
    adopted = result.shares[:, result.labels.index("noise")].any()
    assert (rows["noise"]["tokens"], rows["noise"]["usd"]) == (
        (7.0, pytest.approx(0.01)) if adopted else (None, None)
    )
    assert rows["tilt5"]["tokens"] is rows["tilt5"]["brier_skill"] is None
    for label, row in rows.items():
        told = [
            (line["now"], move)
            for line in map(json.loads, result.trail.lines[: result.n_bars])
            for move in line["transitions"]
            if result.labels[move["agent"]] == label
        ]
        change = row["last_change"]
        assert (change is None) == (not told)
        if change is not None:
            assert (change["from"], change["to"]) == (told[-1][1]["from"], told[-1][1]["to"])
            assert change["to"] == row["state"]
            assert change["date"] == iso_date(told[-1][0])


def test_no_claim_of_skill_is_made(report: Any) -> None:
    said = [*report["claims"], *(row["claim"] for row in report["leaderboard"])]
    assert len(said) == 12
    for word in ("winner", "skill", "beats"):
        assert not any(word in claim for claim in said)
    for claim in said[2:]:
        assert claim in (
            "not distinguishable from equal weight over 600 bars",
            "ahead of equal weight: interval excludes 0 (single comparison, not corrected for 10 agents)",
            "behind equal weight: interval excludes 0 (single comparison, not corrected for 10 agents)",
        )


def test_frames(folder: Path) -> None:
    result = finished()
    decisions = pl.read_parquet(folder / "decisions.parquet")
    assert decisions.columns == [
        "decided", "effective", *(f"w:{n}" for n in result.panel.instruments), *(f"c:{a}" for a in result.labels), "gross",
    ]  # fmt: skip
    assert decisions["effective"].to_list() == [*result.time[1:].tolist(), None]
    np.testing.assert_allclose(decisions["gross"], result.targets[:, 0].sum(axis=1))
    equity = pl.read_parquet(folder / "equity.parquet")
    assert equity.columns[:2] == ["time", "book:contest"]
    np.testing.assert_array_equal(equity["agent:noise"], result.shadows[:, 8, EQUITY])
    fills = pl.read_parquet(folder / "fills.parquet")
    assert fills.columns == ["time", "decided", "instrument", "units", "price", "fee", "slippage"]
    assert (fills["fee"] + fills["slippage"]).sum() == pytest.approx(result.books[:, 0, COST].sum())
    assert (fills["time"] > fills["decided"]).all()


def test_netting_is_accounted_for(folder: Path) -> None:
    found = json.loads((folder / "metrics.json").read_text())["netting"]
    assert found["saving_bps_year"] == pytest.approx(
        found["own_cost_bps_year"] - found["netted_cost_bps_year"]
    )
    assert found["saving_bps_year"] > 0
    cost = finished().accounts.value("book:contest", "cost_bps_year")
    assert found["netted_cost_bps_year"] == pytest.approx(cost, rel=0.01)


def test_trials_are_counted(tmp_path: Path) -> None:
    result = contest(market(80)).run()
    ledger = TrialLedger(tmp_path)
    ledger.append([Trial("rules/momentum", result.panel.id, "w", str(i), 0) for i in range(40)])
    (tmp_path / "run").mkdir()
    report = result.write(tmp_path / "run")
    assert report["trials"] == {"this_run": 10, "on_data": 40}
    given = result.write(tmp_path / "run", trials={"this_run": 10, "on_data": 4000})
    few, many = ({r["agent"]: r["dsr"] for r in one["leaderboard"]} for one in (report, given))
    assert all(many[agent] < few[agent] for agent in few if few[agent] is not None)


def test_a_short_run_has_undefined_numbers_and_no_infinite_ones(tmp_path: Path) -> None:
    for bars in (1, 2, 3, 8):
        result = contest(market(bars)).run()
        report = result.write(tmp_path)
        check_report(json.loads((tmp_path / "report.json").read_text()))
        assert len(report["leaderboard"]) == 10


def test_accounts_that_cannot_be_reproduced_are_refused() -> None:
    result = contest(market(60)).run()
    result.books[40, 0, EQUITY] *= 1 + 1e-12
    with pytest.raises(AuditError, match="contest, bar 40"):
        result.book()
    with pytest.raises(ConfigError, match="expected one of contest"):
        result.book("nobody")
    with pytest.raises(ConfigError, match="expected one of rules"):
        result.shadow("nobody")


def test_annual_numbers_need_periods_per_year(tmp_path: Path) -> None:
    panel = market(30).with_settings(periods_per_year=None)
    with pytest.raises(ConfigError, match="periods_per_year"):
        Contest(["rules/equal_weight"], panel, fill="next_close").run().write(tmp_path)


def test_leaderboard_as_a_table(folder: Path) -> None:
    console = Console(width=200, file=io.StringIO())
    console.print(leaderboard(finished()).table())
    text = console.file.getvalue()
    assert all(label in text for label in finished().labels)
    assert [r["agent"] for r in leaderboard(folder).rows] == [
        r["agent"] for r in leaderboard(finished()).rows
    ]


def test_failures_are_told(tmp_path: Path) -> None:
    result = contest(market(80), entrants=[*agents(), ("odd", Breaking([20, 30]))], pipeline=quick()).run()
    report = result.write(tmp_path)
    assert any(w.startswith("odd: 2 decisions failed, first on") for w in report["warnings"])
    assert (tmp_path / "log.txt").read_text().count("ValueError: no quote today") == 3


def test_who_was_funded_is_told_by_the_trail_not_by_its_capital() -> None:
    """An allocator may give a funded agent nothing: it is still judged as one that is to stay."""
    result = contest(market().head(326), pipeline=quick(), baselines=False).run()
    last = json.loads(result.trail.lines[-1])
    assert last["gates"]["reasons"][7] == ["psr"]
    assert last["scores"]["psr"][7] < 0.3
    assert 7 in json.loads(result.trail.lines[-2])["selected"]
    shares = result.shares.copy()
    shares[-2] = 0.0
    (row,) = (r for r in leaderboard(replace(result, shares=shares)).rows if r["agent"] == result.labels[7])
    assert row["reasons"] == ["PSR 0.18 under 0.30"]
