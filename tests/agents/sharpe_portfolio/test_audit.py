"""Replay and audit of a released backtest: on a generated file always, on the released one where it is at hand."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from quantrl import _core
from quantrl.agents.sharpe_portfolio import audit_released, replay_released
from quantrl.agents.sharpe_portfolio.audit import ReleasedAudit, audit_markdown
from quantrl.errors import ConfigError, DataError, OrderError
from reference.released_rules import Released, as_published, frame_of, generate, softmax01, walk

EXPECTED = 1e-12


@pytest.fixture(scope="module")
def made() -> Released:
    return generate()


@pytest.fixture(scope="module")
def audit(made: Released) -> ReleasedAudit:
    return audit_released(made.result, made.relatives, made.baselines)


@pytest.fixture(scope="module")
def released(shared_data: Path) -> ReleasedAudit:
    folder = shared_data / "paper_2412_18563"
    files = ("ppo_result", "price_relatives", "baselines")
    return audit_released(*(folder / f"{name}.parquet" for name in files))


def _values(audit: ReleasedAudit, key: str) -> dict[str, float]:
    return next(item.values for item in audit.items if item.key == key)


def _found(audit: ReleasedAudit, key: str) -> str:
    return next(item.found for item in audit.items if item.key == key)


# --- replay of a generated file


@pytest.mark.parametrize("names", [1, 3, 10, 14])
def test_every_column_is_replayed(names: int) -> None:
    replay = replay_released(generate(names, names=names).result)
    assert max(replay.errors.values()) <= EXPECTED
    assert replay.reproduced


def test_arithmetic_value(made: Released, audit: ReleasedAudit) -> None:
    result = audit.replay.result
    expected = walk(result.relatives[1:], result.weights[1:], geometric=False, guard=0.0)["value"]
    np.testing.assert_allclose(audit.replay.arithmetic[1:], expected, rtol=EXPECTED)
    assert _values(audit, "value")["arithmetic"] > made.result["portfolio_value"][-1]


@pytest.mark.parametrize(
    "column", ["reward", "cost", "portfolio_value", "market_value", "weights_std", "steps"]
)
def test_a_changed_cell_is_found(made: Released, column: str) -> None:
    wrong = made.result.with_columns(
        pl.when(pl.col("steps") == 60).then(pl.col(column) + 1e-4).otherwise(pl.col(column)).alias(column)
    )
    replay = replay_released(wrong)
    assert not replay.reproduced
    assert replay.errors[column] == pytest.approx(1e-4, rel=1e-6)


def test_parquet_csv_and_the_authors_csv_say_the_same(made: Released, tmp_path: Path) -> None:
    made.result.write_parquet(tmp_path / "a.parquet")
    made.result.write_csv(tmp_path / "a.csv")
    (tmp_path / "b.csv").write_text(as_published(made.result))
    for name in ("a.parquet", "a.csv", "b.csv"):
        replay = replay_released(tmp_path / name)
        assert replay.result.assets == ("CASH", *made.relatives.columns[1:])
        assert max(replay.errors.values()) <= EXPECTED
        assert replay.result.dates[0] == np.datetime64("2020-05-30")


# --- audit of a generated file


def test_true_dates(made: Released, audit: ReleasedAudit) -> None:
    dates = audit.dates
    assert dates is not None
    assert dates.offsets == (made.shift,)
    assert (dates.matched, dates.outside) == (99, 30)
    assert dates.first == audit.replay.result.dates[0] + np.timedelta64(made.shift, "D")
    assert dates.last == made.relatives["date"].to_numpy()[-1]
    assert dates.at_labels > 0.01


def test_labels_that_are_right() -> None:
    right = generate(shift=0, tail=0)
    audit = audit_released(right.result, right.relatives)
    assert audit.dates is not None
    assert audit.dates.offsets == (0,)
    assert (audit.dates.matched, audit.dates.at_labels) == (129, 0.0)


def test_relatives_of_another_market(made: Released) -> None:
    audit = audit_released(made.result, generate(7).relatives)
    assert audit.dates is None
    assert _found(audit, "offset").startswith("absent: the relatives of the result are not")


def test_absent_inputs_are_said_to_be(made: Released) -> None:
    audit = audit_released(made.result)
    assert {item.key for item in audit.items if item.absent} == {"closes", "dates", "offset", "baselines"}
    assert "no table of relatives" in _found(audit, "dates")
    assert "no baselines" in _found(audit, "baselines")


def test_baselines_without_relatives(made: Released) -> None:
    audit = audit_released(made.result, None, made.baselines)
    assert audit.baselines is not None
    assert all(np.isnan(one.error) and np.isnan(one.arithmetic) for one in audit.baselines)
    assert "absent: no relatives" in audit_markdown(audit)


def test_baselines(made: Released, audit: ReleasedAudit) -> None:
    assert audit.baselines is not None
    assert [one.name for one in audit.baselines] == ["one", "two", "two again"]
    assert max(one.error for one in audit.baselines) <= EXPECTED
    assert _found(audit, "identical") == "two and two again"
    assert "the other 21 series are not in the table" in _found(audit, "baselines")
    values = np.array([1.0, *made.baselines.filter(pl.col("strategy") == "two")["value"]])
    returns = np.diff(np.log(values))
    assert audit.baselines[1].sharpe == pytest.approx(np.sqrt(252) * returns.mean() / returns.std())


def test_sharpe_convention(made: Released, audit: ReleasedAudit) -> None:
    returns = made.result["log_return"].to_numpy()
    for found, of in ((audit.sharpe_from_reset, returns), (audit.sharpe, returns[1:])):
        assert found == pytest.approx(np.sqrt(252) * of.mean() / of.std())


def test_static_portfolios(made: Released, audit: ReleasedAudit) -> None:
    result, ratios = audit.replay.result, []
    for corner in itertools.product((0.0, 1.0), repeat=5):
        target = np.tile(softmax01(np.array(corner)), (128, 1))
        returns = walk(result.relatives[1:], target)["log_return"]
        ratios.append(np.sqrt(252) * returns.mean() / returns.std())
    assert audit.crowd is not None
    np.testing.assert_allclose(np.sort(audit.crowd.ratios), np.sort(ratios), rtol=1e-9)
    assert _values(audit, "static")["share"] == np.mean(np.array(ratios) >= audit.sharpe)


def test_many_names_draw_their_corners() -> None:
    audit = audit_released(generate(names=14).result)
    assert audit.crowd is not None
    assert not audit.crowd.complete
    assert len(audit.crowd.ratios) == 2048
    assert "a draw of" in next(item.item for item in audit.items if item.key == "static")


def test_logits(audit: ReleasedAudit) -> None:
    found = audit.policy
    assert found is not None
    # Means of 2 and -1 are always clipped, 0.4 never: one pattern, and a first risky logit of the noise's spread.
    assert (found.days, found.same) == (128, 128)
    assert found.spread == pytest.approx(0.1, rel=0.2)
    assert abs(found.autocorrelation) < 0.25


def test_weights_that_are_no_softmax(made: Released) -> None:
    days = made.result["date"].to_list()
    relatives = np.column_stack([made.result[f"y_{name}"] for name in ("CASH", *made.relatives.columns[1:])])
    cash = np.tile(np.eye(5)[0], (129, 1))
    audit = audit_released(frame_of(cash, relatives, days, ["CASH", *made.relatives.columns[1:]]))
    assert audit.reproduced
    assert audit.policy is None
    assert audit.certainty is None
    assert _found(audit, "sharpe").startswith("–; –; ")
    assert {"pattern", "static", "certainty"} <= {item.key for item in audit.items if item.absent}
    assert "nan" not in audit_markdown(audit).lower()


# --- refusals


def _with(made: Released, column: str, value: Any, row: int = 9) -> pl.DataFrame:
    cells = made.result[column].to_list()
    cells[row] = value
    return made.result.with_columns(pl.Series(column, cells, strict=False))


@pytest.mark.parametrize(
    ("column", "value", "said"),
    [
        ("reward", float("nan"), "row 10, column 'reward': expected a finite number"),
        ("cost", None, "row 10, column 'cost': expected a finite number, got None"),
        ("w_600001.SH", float("inf"), "row 10, column 'w_600001.SH'"),
        ("y_600002.SH", 0.0, "row 10, column 'y_600002.SH': expected a positive relative"),
        ("w_600003.SH", 0.9, "row 10: weights sum to"),
        ("date", None, "row 10, column 'date'"),
    ],
)
def test_a_bad_cell_is_named(made: Released, column: str, value: Any, said: str) -> None:
    with pytest.raises(DataError, match=said):
        replay_released(_with(made, column, value))


def test_weights_may_be_off_by_rounding_only(made: Released) -> None:
    weight = made.result["w_CASH"][9]
    assert replay_released(_with(made, "w_CASH", weight + 9e-6)).errors["weights_mean"] < 1e-5
    with pytest.raises(DataError, match="row 10: weights sum to 1.00001"):
        replay_released(_with(made, "w_CASH", weight + 1.2e-5))


def test_a_negative_weight_is_refused(made: Released) -> None:
    shorted = made.result.with_columns(
        pl.when(pl.col("steps") == 5).then(-0.2).otherwise("w_600000.SH").alias("w_600000.SH")
    )
    with pytest.raises(
        DataError, match="row 5, column 'w_600000.SH': expected a weight of at least 0, got -0.2"
    ):
        replay_released(shorted)


def test_lines_of_a_csv_are_named(made: Released, tmp_path: Path) -> None:
    text = made.result.write_csv().splitlines()
    text[4] = text[4].replace("2020-06-02", "June")
    (tmp_path / "a.csv").write_text("\n".join(text))
    with pytest.raises(DataError, match="a.csv: line 5, column 'date': expected a date"):
        replay_released(tmp_path / "a.csv")


@pytest.mark.parametrize("column", ["reward", "steps", "date", "y_CASH", "y_600001.SH"])
def test_a_missing_column_is_named(made: Released, column: str) -> None:
    with pytest.raises(DataError, match=f"column '{column}' is missing"):
        replay_released(made.result.drop(column))


def test_other_refusals(made: Released, tmp_path: Path) -> None:
    weights = [name for name in made.result.columns if name.startswith("w_")]
    with pytest.raises(DataError, match="expected weight columns"):
        replay_released(made.result.drop(weights))
    with pytest.raises(DataError, match="row 1, column 'w_CASH': expected the reset, all cash"):
        replay_released(made.result[1:])
    with pytest.raises(DataError, match="at least 4 rows"):
        replay_released(made.result[:3])
    with pytest.raises(DataError, match="more than 1,000,000 rows"):
        replay_released(pl.DataFrame({"date": pl.zeros(1_000_001, pl.Int8, eager=True)}))
    with pytest.raises(DataError, match="no such file"):
        replay_released(tmp_path / "none.csv")
    (tmp_path / "broken.parquet").write_bytes(b"PAR1" + b"\x00" * 100)
    with pytest.raises(DataError, match=r"broken\.parquet: cannot be read"):
        replay_released(tmp_path / "broken.parquet")


def test_relatives_and_baselines_are_checked_too(made: Released) -> None:
    with pytest.raises(DataError, match=r"relatives: column '600001\.SH' is missing"):
        audit_released(made.result, made.relatives.drop("600001.SH"))
    with pytest.raises(DataError, match="relatives: row 2, column 'date': expected dates that increase"):
        audit_released(made.result, made.relatives[[0, 0, 1]])
    with pytest.raises(DataError, match="baselines: column 'w_CASH' is missing"):
        audit_released(made.result, None, made.baselines.drop("w_CASH"))
    with pytest.raises(DataError, match="baselines: row 1, column 'value'"):
        audit_released(made.result, None, made.baselines.with_columns(value=-1.0))


def test_the_kernel_refuses_by_row(made: Released) -> None:
    y, w, k = np.ones((2, 3)), np.full((2, 3), 1 / 3), np.full(2, 0.0025)
    how: dict[str, Any] = {
        "buy": k, "sell": k, "growth": "geometric", "guarded": True, "sizing": "first_order",
        "periods_per_year": 252.0, "episode_len": 2,
    }  # fmt: skip
    with pytest.raises(OrderError, match="targets: row 0"):
        _core.portfolio_replay(y, w * 2, **how)
    with pytest.raises(DataError, match="relatives: row 0, column 0"):
        _core.portfolio_replay(-y, w, **how)
    with pytest.raises(DataError, match="targets: expected 3 columns, got 2"):
        _core.portfolio_replay(y, np.ones((2, 2)), **how)
    with pytest.raises(ConfigError, match="growth: expected one of arithmetic, geometric"):
        _core.portfolio_replay(y, w, **{**how, "growth": "other"})


# --- wording


def test_the_section(audit: ReleasedAudit) -> None:
    text = audit_markdown(audit)
    assert "We thank them" in text
    assert "Not read" in text
    rows = [line.replace("\\", "") for line in text.splitlines()]
    for item in audit.items:
        assert f"| {item.item} | {item.published} | {item.found} |" in rows
    for word in ("fraud", "cheat", "deceiv", "dishonest", "manipulat", "mislead"):
        assert word not in text.lower()


def test_names_from_a_file_are_no_markup(made: Released) -> None:
    name = "a|b\n<script>[red]`x`"
    audit = audit_released(
        made.result, made.relatives, made.baselines.with_columns(strategy=pl.lit(name))[:128]
    )
    line = next(line for line in audit_markdown(audit).splitlines() if line.startswith("| a"))
    assert line.startswith(r"| a\|b \<script\>\[red\]\`x\` | ")


# --- the released files


def test_released_series_replay(released: ReleasedAudit) -> None:
    errors = dict(released.replay.errors)
    assert max(errors.pop("weights_mean"), errors.pop("weights_std")) <= 1e-7
    assert max(errors.values()) <= EXPECTED
    assert released.reproduced
    assert released.replay.result.n_rows == 129


def test_released_dates(released: ReleasedAudit) -> None:
    dates = released.dates
    assert dates is not None
    assert dates.offsets == (48,)
    assert (dates.matched, dates.outside) == (81, 48)
    assert dates.error <= 2e-7
    assert str(dates.first) == "2023-10-20"
    assert "closing prices are not among the inputs" in _found(released, "closes")


def test_released_sharpes(released: ReleasedAudit) -> None:
    assert released.sharpe_from_reset == pytest.approx(1.7292, abs=5e-4)
    assert released.sharpe == pytest.approx(1.7361, abs=5e-4)
    assert released.sharpe_equal_weight == pytest.approx(1.8038, abs=5e-4)
    assert released.correlation == pytest.approx(0.982, abs=5e-4)
    difference, own = released.difference, released.interval
    assert [difference.low, difference.median, difference.high] == pytest.approx(
        [-0.65, -0.07, 0.39], abs=0.1
    )
    assert [own.low, own.high] == pytest.approx([-1.10, 4.15], abs=0.1)


def test_released_static_portfolios(released: ReleasedAudit) -> None:
    found = _values(released, "static")
    assert found["share"] == pytest.approx(0.554, abs=1e-3)
    assert found["share_from_reset"] == pytest.approx(0.568, abs=1e-3)
    assert found["portfolios"] == 2048


def test_released_values_and_policy(released: ReleasedAudit) -> None:
    assert _values(released, "value") == pytest.approx(
        {"published": 1.1256862284, "arithmetic": 1.1391673538}, abs=1e-9
    )
    assert _values(released, "pattern") == {"same": 123.0, "days": 128.0, "rows": 128.0}
    logit = _values(released, "logit")
    assert logit["spread"] == pytest.approx(0.091, abs=1e-3)
    assert logit["autocorrelation"] == pytest.approx(0.06, abs=5e-3)


def test_released_certainty(released: ReleasedAudit) -> None:
    found = _values(released, "certainty")
    assert found["psr"] == pytest.approx(0.896, abs=0.01)
    assert [found[f"dsr_{n}"] for n in (5, 20, 100)] == pytest.approx([0.52, 0.25, 0.09], abs=0.01)
    assert found["min_trl"] == pytest.approx(218, abs=1)


def test_released_baselines(released: ReleasedAudit) -> None:
    assert released.baselines is not None
    published = {
        "CVaR_MinRisk": (1.042379, 1.049861), "CVaR_Sharpe": (1.016714, 1.022308), "EVaR_MinRisk": (1.017968, 1.025624),
        "EVaR_Sharpe": (0.999623, 1.005344), "HERC": (0.950125, 0.959409), "HRP": (1.018408, 1.027608),
        "MV_MinRisk": (1.046381, 1.053808), "MV_Sharpe": (1.038235, 1.045332), "NCO_MinRisk": (1.039821, 1.047592),
        "NCO_Sharpe": (1.027271, 1.034630), "RP_MinRisk": (0.988334, 0.998422), "RP_Sharpe": (0.988334, 0.998422),
    }  # fmt: skip
    assert {one.name: (one.published, one.arithmetic) for one in released.baselines} == {
        name: pytest.approx(pair, abs=1e-6) for name, pair in published.items()
    }
    assert max(one.error for one in released.baselines) <= EXPECTED
    assert _found(released, "identical") == "RP_MinRisk and RP_Sharpe"
    assert _values(released, "baselines")["best"] == pytest.approx(0.771, abs=5e-4)
    assert "2023-08-08 to 2024-02-20; 12 series, best MV_MinRisk" in _found(released, "baselines")
    assert _values(released, "equal_weight_then")["arithmetic"] == pytest.approx(-0.34, abs=5e-3)
