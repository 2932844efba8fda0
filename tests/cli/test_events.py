"""``quantrl events`` from a source to a merged file, and every way it refuses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from quantrl.cli.exits import CHECK_FAILED, DATA, IO, USAGE
from reference import events as made

BINANCE = ("--format", "binance-spot", "--tick-size", "0.5", "--lot-size", "0.1")


@pytest.fixture
def abc(cli: Any, tmp_path: Path) -> Path:
    said = cli("events", "convert", *made.lobster_pair(tmp_path), "abc.qev", "--format", "lobster", "--json")
    assert said.code == 0
    assert (said.json["info"]["level"], said.json["quality"]["rows"]) == (3, 7)
    assert said.json["info"]["instruments"][0]["tick_size"] == "1/10000"
    return tmp_path / "abc.qev"


def test_convert_for_people(cli: Any, tmp_path: Path) -> None:
    said = cli("events", "convert", made.binance(tmp_path), "x.qev", *BINANCE, "--strict", "--symbol", "MINE")
    assert said.code == 0
    assert "x.qev: level 2, " in said.out
    assert "MINE" in said.out
    assert "bbo_equal 1" in said.out


def test_info_and_check(cli: Any, abc: Path) -> None:
    found = cli("events", "info", abc, "--json").json
    assert found["kinds"]["EXEC"] == 2
    assert found["provenance"]["format"] == "lobster"
    assert "2012-06-21T13:30:00.1" in cli("events", "info", abc).out
    checked = cli("events", "check", abc, "--strict", "--json")
    assert (checked.code, checked.json["breaches"]) == (0, [])
    assert checked.json["counts"]["events"] == found["info"]["events"]


def test_a_breach_ends_with_1_and_a_damaged_file_with_3(cli: Any, tmp_path: Path) -> None:
    source = made.binance(tmp_path)
    source.write_text(source.read_text().replace('"A":"0.5"', '"A":"0.6"'))
    assert cli("events", "convert", source, "x.qev", *BINANCE).code == 0
    said = cli("events", "check", "x.qev", "--json")
    assert (said.code, said.json["ok"]) == (CHECK_FAILED, False)
    assert said.json["breaches"] == [{"what": "best quotes", "expected": "1 equal to the book", "got": "0"}]
    assert "breach: best quotes" in said.err
    path = tmp_path / "x.qev"
    path.write_bytes(path.read_bytes()[:-1])
    for command in ("check", "info", "bbo"):
        said = cli("events", command, path)
        assert said.code == DATA
        assert "x.qev" in said.error


def test_bbo_is_shown_and_written(cli: Any, abc: Path) -> None:
    said = cli("events", "bbo", abc, "--json", "--out", "bbo.csv")
    assert (said.code, said.json["rows"]) == (0, len(made.TOUCHES))
    assert said.json["last"]["ask_ticks"] == 1_000_200
    written = pl.read_csv("bbo.csv")
    assert written.drop("received_ns").equals(made.touches())
    assert cli("events", "bbo", abc, "--out", "bbo.parquet").code == 0
    assert pl.read_parquet("bbo.parquet").equals(written)
    assert cli("events", "bbo", abc, "--out", "bbo.txt").code == USAGE
    assert cli("events", "bbo", abc, "--instrument", "1").code == USAGE
    assert "7 changes" in cli("events", "bbo", abc).out


def test_simulate_and_merge(cli: Any, abc: Path) -> None:
    assert cli("events", "simulate", "sim.qev", "--messages", "500", "--seed", "3", "--flow", "cst").code == 0
    said = cli("events", "merge", abc, "sim.qev", "both.qev", "--json")
    assert said.code == 0
    assert [row["symbol"] for row in said.json["info"]["instruments"]] == ["ABC", "SIM"]
    assert cli("events", "check", "both.qev").code == 0
    assert cli("events", "simulate", "sim.qev", "--flow", "gbm").code == USAGE


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("convert", "x.txt", "--format", "binance-spot"), USAGE, "got one path"),
        (("convert", "x.txt", "o.qev", "--format", "csv"), USAGE, "format: expected one of"),
        (("convert", "x.txt", "o.qev", "--format", "binance-spot"), USAGE, "tick_size"),
        (("convert", "none.txt", "o.qev", *BINANCE), DATA, "none.txt: no such file"),
        (("convert", "x.txt", "o.qev", *BINANCE, "--recv-offset", "soon"), USAGE, "recv_offset"),
        (("convert", "x.txt", "o.qev", *BINANCE, "--max-line", "10"), DATA, "max_line raises it"),
        (("convert", "x.txt", "no/o.qev", *BINANCE), IO, "no/o.qev"),
        (("merge", "o.qev"), USAGE, "got one path"),
        (("merge", "none.qev", "o.qev"), DATA, "none.qev: no such file"),
        (("info", "none.qev"), DATA, "none.qev: no such file"),
        (("info", "x.txt"), DATA, "x.txt"),
    ],
)
def test_refusals_are_one_line(
    cli: Any, tmp_path: Path, words: tuple[str, ...], code: int, said: str
) -> None:
    made.binance(tmp_path)
    found = cli("events", *words)
    assert found.code == code
    assert said in found.error
    assert not (tmp_path / "o.qev").exists()


def test_rules_of_matching(cli: Any) -> None:
    said = cli("book", "conformance", "--json")
    assert (said.code, said.json["pass"], said.json["fail"], said.json["later"]) == (0, 25, 0, 3)
    assert "25 pass, 0 fail, 3 later" in cli("book", "conformance").out


def test_a_failed_rule_ends_with_1(cli: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    rules = [{"rule": "R01", "status": "fail", "cases": 0, "failure": "R01 price: expected 5, got 6"}]
    monkeypatch.setattr("quantrl.backtest.book.conformance", lambda: rules)
    said = cli("book", "conformance")
    assert said.code == CHECK_FAILED
    assert "expected 5, got 6" in said.error


def test_facts_are_shown(cli: Any, abc: Path) -> None:
    said = cli("events", "simulate", "sim.qev", "--messages", "2000", "--seed", "3", "--json")
    facts = said.json["facts"]
    assert facts["trades"] > 0
    assert facts["variance_ratio"] is None
    assert cli("events", "info", "sim.qev", "--facts", "--json").json["facts"] == [facts]
    assert "facts" not in cli("events", "info", "sim.qev", "--json").json
    assert "spread_ticks" in cli("events", "info", abc, "--facts").out
    assert cli("events", "info", abc, "--facts", "--interval-ns", "1").code == USAGE
