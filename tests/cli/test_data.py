"""``quantrl data`` on samples, on good files and on files nobody should trade on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from quantrl.cli.exits import CHECK_FAILED, DATA, USAGE
from quantrl.data import read

GOOD = "date,A,B\n2020-01-02,10,20\n2020-01-03,11,19\n2020-01-06,12,21\n"


@pytest.fixture
def good(tmp_path: Path) -> Path:
    file = tmp_path / "good.csv"
    file.write_text(GOOD)
    return file


def test_list_names_every_sample(cli: Any) -> None:
    said = cli("data", "list", "--json")
    assert said.code == 0
    assert {sample["name"] for sample in said.json["samples"]} == {"us20", "us5", "synthetic"}
    assert all(len(sample["id"]) == 64 for sample in said.json["samples"])
    assert [(row["name"], row["documents"]) for row in said.json["documents"]] == [
        ("fomc", 159),
        ("planted", None),
    ]


def test_the_planted_world_has_prices_and_documents_of_the_fed_have_none(cli: Any) -> None:
    assert cli("data", "show", "planted", "--json").json["data"]["bars"] == 320
    said = cli("data", "show", "fomc")
    assert said.code == DATA
    assert "documents" in said.error


def test_list_for_people(cli: Any) -> None:
    said = cli("data", "list")
    assert "us20" in said.out
    assert "1990-01-02" in said.out


def test_show_a_file(cli: Any, good: Path) -> None:
    found = cli("data", "show", good, "--json").json["data"]
    assert (found["bars"], found["instruments"], found["symbols"]) == (3, 2, ["A", "B"])
    assert (found["start"], found["end"]) == ("2020-01-02", "2020-01-06")


def test_hash_is_the_panel_id_and_alone_on_stdout(cli: Any, good: Path) -> None:
    text = cli("data", "hash", good).out
    assert text == cli("data", "hash", good, "--json").json["id"] + "\n"
    good.write_text(GOOD.replace("12", "12.5"))
    assert cli("data", "hash", good).out != text


def test_check_passes_with_warnings_unless_strict(cli: Any) -> None:
    relaxed = cli("data", "check", "us20", "--json")
    assert relaxed.code == 0
    assert relaxed.json["errors"] == 0
    assert relaxed.json["warnings"] > 0
    strict = cli("data", "check", "us20", "--strict", "--json")
    assert strict.code == CHECK_FAILED
    assert strict.json["ok"] is False


def test_check_names_row_and_column_of_an_error(cli: Any, good: Path) -> None:
    good.write_text(GOOD.replace("19", "-19"))
    said = cli("data", "check", good)
    assert said.code == DATA
    assert "Q04" in said.error
    assert "good.csv" in said.error
    assert "line 3" in said.error
    found = cli("data", "check", good, "--json").json
    assert found["findings"][0]["code"] == "Q04"
    assert found["findings"][0]["severity"] == "error"


@pytest.mark.parametrize("name", ["there.parquet", "there.csv"])
def test_convert_gives_the_same_panel(cli: Any, good: Path, name: str) -> None:
    said = cli("data", "convert", good, name, "--close-time", "16:00 America/New_York", "--json")
    assert (said.code, said.json["ok"], said.json["file"]) == (0, True, name)
    panel, again = read(good, close_time="16:00 America/New_York"), read(name)
    assert said.json["data"]["id"] == panel.id == again.id
    assert cli("data", "hash", name, "--json").json["id"] == panel.id
    assert cli("data", "convert", name, f"again-{name}").code == 0
    assert read(f"again-{name}").id == panel.id


def test_convert_keeps_when_values_were_known(cli: Any, tmp_path: Path) -> None:
    rows = "time,symbol,close,available_at\n"
    rows += "2020-01-02T21:00:00Z,A,10,2020-01-02T21:00:00Z\n2020-01-03T21:00:00Z,A,11,2020-01-06T08:00:00Z\n"
    (tmp_path / "late.csv").write_text(rows)
    assert cli("data", "convert", "late.csv", "late.parquet").code == 0
    panel = read("late.parquet")
    assert panel.id == read("late.csv").id
    assert panel.available_at("close")[1, 0] > panel.time[1]


def test_convert_refuses_errors_losses_and_what_is_there(cli: Any, good: Path) -> None:
    bad = good.with_name("bad.csv")
    bad.write_text(GOOD.replace("19", "-19"))
    said = cli("data", "convert", bad, "out.parquet")
    assert (said.code, "Q04" in said.error, "line 3" in said.error) == (DATA, True, True)
    lots = cli("data", "convert", "synthetic", "out.parquet")
    assert (lots.code, "its instruments would change" in lots.error) == (DATA, True)
    there = cli("data", "convert", good, bad)
    assert (there.code, "exists and is not overwritten" in there.error) == (DATA, True)
    other = cli("data", "convert", good, "out.xlsx")
    assert (other.code, ".parquet or .csv" in other.error) == (USAGE, True)
    sample = cli("data", "convert", "us20", "out.parquet", "--calendar", "XNYS")
    assert (sample.code, "has its own times" in sample.error) == (USAGE, True)
    assert bad.read_text() != GOOD
    assert sorted(file.name for file in good.parent.iterdir()) == ["bad.csv", "good.csv"]


@pytest.mark.parametrize("verb", ["check", "show", "hash"])
def test_a_missing_file_is_one_line(cli: Any, verb: str) -> None:
    said = cli("data", verb, "absent.csv")
    assert said.code == DATA
    assert "absent.csv" in said.error
