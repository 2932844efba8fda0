"""Why these agents and this capital: the numbers of the trail, in words that add up."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from quantrl.data import load_sample
from quantrl.errors import ConfigError, RunError
from quantrl.selection import Contest, explain
from quantrl.selection._past import Past
from quantrl.units import iso_date
from selection.toy import Tilt, contest, finished, market, quick


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("runs") / "toy"
    root.mkdir()
    finished().write(root)
    finished().seal(root)
    return root


def line(t: int) -> Any:
    return json.loads(finished().trail.lines[t])


def test_a_decision_as_a_whole() -> None:
    found = explain(finished())
    last, labels = line(599), finished().labels
    assert found.json["selected"] == [labels[i] for i in last["selected"]]
    assert found.json["date"] == iso_date(int(finished().time[-1]))
    assert sum(a["capital"] for a in found.json["agents"]) == pytest.approx(sum(last["weights"]))
    for agent in found.json["agents"]:
        assert agent["agent"] in found.text or len(found.json["agents"]) > 12
        assert bool(agent["why"]) == (agent["capital"] == 0)
    assert sum(found.json["targets"].values()) == pytest.approx(finished().targets[-1, 0].sum())
    assert "Cash:" in found.text
    json.dumps(found.json, allow_nan=False)


@pytest.mark.parametrize("t", [0, 2, 63, 150, 400, 599])
def test_every_agent_at_many_times(t: int) -> None:
    result = finished()
    for i, label in enumerate(result.labels):
        found = explain(result, label, int(result.time[t]))
        json.dumps(found.json, allow_nan=False)
        assert found.json["decision"] == t
        assert found.json["capital"] == result.shares[t, i]
        assert label in found.text


def test_keys_and_margins_add_up() -> None:
    result = finished()
    held = set(line(399)["selected"])
    keys = {}
    for i, label in enumerate(result.labels):
        found = explain(result, label, int(result.time[400])).json
        score, gates = found["score"], found["gates"]
        keys[i] = score["key"]
        assert score["key"] == pytest.approx(score["post"] + score["bonus"])
        assert (score["bonus"] > 0) == (i in held)
        assert found["kth"]["gap"] == pytest.approx(score["key"] - found["kth"]["key"])
        assert gates["psr"]["margin"] == pytest.approx(gates["psr"]["value"] - gates["psr"]["need"])
        assert gates["psr"]["need"] == (0.3 if i in held else 0.5)
        assert gates["cusum"]["margin"] == pytest.approx(6.0 - gates["cusum"]["value"])
        fall = gates["drawdown"]
        assert (fall["cut"], fall["acts"]) == (pytest.approx(-0.2), i in held)
        assert fall["margin"] == pytest.approx(fall["value"] + 0.2)
        assert gates["ok"] == (not gates["reasons"])
    order = sorted(keys, key=lambda i: (-keys[i], i))
    assert [line(400)["ranking"]["pos"][i] for i in order] == list(range(1, 11))
    runner_up = explain(result, date=int(result.time[400])).json["runner_up"]
    last = keys[line(400)["selected"][-1]]
    assert runner_up["key_gap"] == pytest.approx(last - keys[result.labels.index(runner_up["agent"])])


def test_profit_since_adoption() -> None:
    result = finished()
    i = result.last.selected[0]
    found = explain(result, result.labels[i]).json["since_adoption"]
    t = 599
    while result.shares[t - 1, i] > 0:
        t -= 1
    assert found["since"] == iso_date(int(result.time[t]))
    start = result.shadow(result.labels[i]).fill_equity
    assert found["own_return"] == pytest.approx(start[599] / start[t + 1] - 1, rel=1e-9)
    assert found["rows"] == 598 - t
    assert explain(result, result.labels[i], int(result.time[30])).json["since_adoption"] is None


def test_transitions_are_those_of_the_trail() -> None:
    result = finished()
    for i, label in enumerate(result.labels):
        told = explain(result, label).json["transitions"]
        moves = [m for text in result.trail.lines for m in json.loads(text)["transitions"] if m["agent"] == i]
        assert [(m["from"], m["to"], m["why"]) for m in told] == [
            (m["from"], m["to"], m["why"]) for m in moves
        ]


def test_folder_and_result_say_the_same(folder: Path) -> None:
    for agent in (None, "tilt40", "rules/sma_cross"):
        one, two = explain(finished(), agent, "2003-01-01").json, explain(folder, agent, "2003-01-01").json
        for key in set(one) - {"run", "evidence", "evidence_date", "decided_weights"}:
            assert one[key] == two[key], key


def test_evidence_of_a_rule_is_asked_for_again(tmp_path: Path) -> None:
    panel = load_sample("us20").head(400)
    ids = ["rules/momentum", "rules/low_volatility", "rules/equal_weight", "rules/random_weights"]
    result = Contest(ids, panel, quick(), fill="next_close", seed=5).run()
    result.write(
        tmp_path, config_toml='name = "x"\ndata = { sample = "us20" }\nagents = [{ id = "rules/momentum" }]\n'
    )
    result.seal(tmp_path)
    assert result.decisions is not None
    for i, label in enumerate(ids):
        found = explain(tmp_path, label, int(panel.time[350])).json
        decided = [None if w != w else w for w in result.decisions[350, i].tolist()]
        assert list(found["decided_weights"].values()) == decided
        assert isinstance(found["evidence"], list)
    momentum = explain(tmp_path, "rules/momentum")
    assert {item["kind"] for item in momentum.json["evidence"]} == {"indicator"}
    assert momentum.json["evidence_date"] in momentum.text


def test_no_evidence_says_so() -> None:
    found = explain(finished(), "tilt40")
    assert found.json["evidence"] == "none recorded: the agent was handed in as an object"


def test_dates_and_names(folder: Path, tmp_path: Path) -> None:
    past = Past.of(folder)
    assert past.at(None) == 599
    assert past.at(int(finished().time[10]) + 5) == 10
    with pytest.raises(ConfigError, match="first decision was on"):
        explain(folder, date="1999-01-01")
    with pytest.raises(ConfigError, match="expected an ISO date"):
        explain(folder, date="soon")
    with pytest.raises(ConfigError, match="expected one of rules/equal_weight"):
        explain(folder, "nobody")
    with pytest.raises(RunError, match="no run folder"):
        explain(tmp_path / "nowhere")


def test_a_label_may_hold_what_unicode_calls_the_end_of_a_line(tmp_path: Path) -> None:
    odd = "tilt\u2028of\x85five"
    result = contest(market(70), entrants=[("plain", Tilt(5)), (odd, Tilt(9)), ("other", Tilt(2))]).run()
    result.write(tmp_path)
    result.seal(tmp_path)
    assert explain(tmp_path, odd).json["agent"] == odd
