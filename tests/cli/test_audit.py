"""``quantrl audit`` on a generated backtest in the released format, and on the released one where it is at hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from quantrl.cli.exits import CHECK_FAILED, DATA, USAGE
from reference.released_rules import generate


@pytest.fixture
def files(tmp_path: Path) -> list[Any]:
    made, words = generate(), []
    for name in ("result", "relatives", "baselines"):
        file = tmp_path / f"{name}.parquet"
        getattr(made, name).write_parquet(file)
        words += [f"--{name}", file]
    return words


def test_table_for_people(cli: Any, files: list[Any]) -> None:
    said = cli("audit", "sharpe_portfolio", *files)
    assert said.code == 0
    assert "Published or expected" in said.out
    assert "48, on 99 rows" in said.out
    assert "two and two again" in said.out
    assert "absent: closing prices" in said.out


def test_json(cli: Any, files: list[Any]) -> None:
    said = cli("audit", "sharpe_portfolio", *files, "--json")
    found = said.json
    assert said.code == 0
    assert (found["ok"], found["reproduced"]) == (True, True)
    items = {item["key"]: item for item in found["items"]}
    assert items["offset"]["values"]["least"] == items["offset"]["values"]["most"] == 48
    assert items["closes"]["absent"]
    assert [one["name"] for one in found["baselines"]] == ["one", "two", "two again"]
    assert max(found["errors"].values()) <= 1e-12


def test_the_result_alone(cli: Any, files: list[Any]) -> None:
    found = cli("audit", "sharpe_portfolio", *files[:2], "--json").json
    assert found["baselines"] is None
    assert [item["key"] for item in found["items"] if item["absent"]] == [
        "closes",
        "dates",
        "offset",
        "baselines",
    ]


def test_section_for_a_page(cli: Any, files: list[Any], tmp_path: Path) -> None:
    said = cli("audit", "sharpe_portfolio", *files, "--markdown", "docs/section.md")
    assert said.code == 0
    text = (tmp_path / "docs" / "section.md").read_text(encoding="utf-8")
    assert text.startswith("The authors of arXiv 2412.18563 published")
    assert "| two again | " in text


def test_a_file_that_does_not_replay(cli: Any, files: list[Any]) -> None:
    wrong = pl.read_parquet(files[1]).with_columns(
        pl.col("reward") + pl.when(pl.col("steps") == 9).then(1e-3).otherwise(0)
    )
    wrong.write_parquet(files[1])
    said = cli("audit", "sharpe_portfolio", *files, "--json")
    assert said.code == CHECK_FAILED
    assert said.json["reproduced"] is False
    assert "error: the replay differs from column 'reward' by up to 0.001" in said.err


def test_refusals(cli: Any, files: list[Any], tmp_path: Path) -> None:
    pl.read_parquet(files[1]).drop("cost").write_parquet(files[1])
    said = cli("audit", "sharpe_portfolio", *files)
    assert (said.code, "column 'cost' is missing" in said.error) == (DATA, True)
    said = cli("audit", "sharpe_portfolio", "--result", tmp_path / "none.csv")
    assert (said.code, "no such file" in said.error) == (DATA, True)
    said = cli("audit", "momentum", *files)
    assert (said.code, "expected one of sharpe_portfolio" in said.error) == (USAGE, True)
    assert cli("audit", "sharpe_portfolio").code == USAGE


def test_the_released_files(cli: Any, shared_data: Path) -> None:
    folder = shared_data / "paper_2412_18563"
    words = []
    for option, name in (
        ("result", "ppo_result"),
        ("relatives", "price_relatives"),
        ("baselines", "baselines"),
    ):
        words += [f"--{option}", folder / f"{name}.parquet"]
    said = cli("audit", "sharpe_portfolio", *words)
    assert said.code == 0
    for figure in ("1.7292; 1.7361; 1.8038", "55.4 %", "56.8 %", "123 of 128", "218 days", "48, on 81 rows"):
        assert figure in said.out
    assert "the other 12 series are not in the table" in " ".join(said.out.replace("│", " ").split())
