"""Killed anywhere, a contest goes on and ends with the same bytes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from contest.small_contest import config, run, talking, unsynced
from counts import FULL
from quantrl.contest import ContestRun
from quantrl.contest.evaluate.tables import Tables
from quantrl.contest.journal import JOURNAL, STEPS
from quantrl.contest.llm.entry import request_key
from quantrl.contest.llm.protocol import Request
from quantrl.contest.runner import Event
from quantrl.errors import ConfigError, ContestError, LLMError

INSTANTS = 40 if FULL else 2
SCRIPTED = {"llm": "scripted:double"}
CHILD = """
import sys
from pathlib import Path
sys.path.insert(0, {tests!r})
from contest.small_contest import config, run
print("ready", flush=True)
print(run(Path({out!r}), config(3)).digest(), flush=True)
"""


class Killed(BaseException):
    """Stands for a signal no process can catch."""


@pytest.fixture(scope="module", autouse=True)
def _no_wait() -> Iterator[None]:
    with unsynced():
        yield


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> ContestRun:
    """Without any interruption, answered by a test double and recorded."""
    return run(tmp_path_factory.mktemp("whole") / "run", config(2, **SCRIPTED), llms={"scripted": talking()})


@pytest.mark.parametrize("moment", ["written", "logged"])
def test_killed_at_each_of_the_steps(whole: ContestRun, tmp_path: Path, moment: str) -> None:
    """One folder, killed again and again, a step further each time."""
    double = talking()
    for place in range(len(STEPS)):

        def hook(seq: int, step: str, at: str, place: int = place) -> None:
            if (seq, at) == (len(STEPS) + place, moment):
                raise Killed

        with pytest.raises(Killed):
            run(tmp_path / "run", config(2, **SCRIPTED), llms={"scripted": double}, hook=hook)
        assert not (tmp_path / "run" / "manifest.json").exists()
    ended = run(tmp_path / "run", config(2, **SCRIPTED), llms={"scripted": double})
    assert ended.digest() == whole.digest()
    assert [a.head for a in ended.lines] == [b.head for b in whole.lines]
    calls = len((whole.folder / "llm" / "calls.jsonl").read_text().splitlines())
    assert len(double.asked) == len({asked_key(one) for one in double.asked}), "nothing is asked twice"
    assert len(double.asked) <= calls
    for name in (
        "ledger",
        "returns",
        "capital",
        "signals",
        "judgements",
        "predictions",
        "factors",
        "weights",
    ):
        assert (ended.folder / f"{name}.parquet").read_bytes() == (
            whole.folder / f"{name}.parquet"
        ).read_bytes()


def asked_key(request: Request) -> str:
    """What makes two questions the same."""
    return request_key(request)


def test_killed_in_the_middle_of_a_call(whole: ContestRun, tmp_path: Path) -> None:
    """What was answered before is not asked again: at most a wave of calls is lost."""
    double, script = talking(), talking()._script
    assert script is not None
    lost = 0

    def fail(req: Request) -> object:
        nonlocal lost
        if lost < 3 and len(double.asked) > 20 + 15 * lost:
            lost += 1
            return Killed()
        return script(req)

    double._script = fail
    for _ in range(3):
        with pytest.raises(Killed):
            run(tmp_path / "run", config(2, **SCRIPTED), llms={"scripted": double})
    ended = run(tmp_path / "run", config(2, **SCRIPTED), llms={"scripted": double})
    assert ended.digest() == whole.digest()
    distinct = {asked_key(one) for one in double.asked}
    assert len(double.asked) - len(distinct) <= 8 * 3


def test_killed_by_a_signal_at_random_instants(tmp_path: Path) -> None:
    tests = str(Path(__file__).parent.parent)
    out = tmp_path / "run"
    random = np.random.default_rng(0)
    killed = 0
    for _ in range(INSTANTS):
        child = subprocess.Popen(
            [sys.executable, "-c", CHILD.format(tests=tests, out=str(out))], stdout=subprocess.PIPE, text=True
        )
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        time.sleep(float(random.uniform(0.2, 1.2)))
        killed += child.poll() is None
        child.send_signal(signal.SIGKILL)
        child.wait()
        child.stdout.close()
        if (out / "manifest.json").exists():
            out = tmp_path / f"run{killed}"
    assert killed
    ended = run(out, config(3))
    assert ended.digest() == run(tmp_path / "other", config(3)).digest()


def test_interrupted_by_a_person_it_ends_its_day(whole: ContestRun, tmp_path: Path) -> None:
    def press(event: Event) -> None:
        if event.step == "FACTORS" and event.day == 2:
            os.kill(os.getpid(), signal.SIGINT)

    stopped = run(tmp_path / "run", config(3, **SCRIPTED), llms={"scripted": talking()}, progress=press)
    assert stopped.status == "interrupted"
    assert len(stopped.lines) == 2 * len(STEPS)
    assert Tables.read(stopped.folder).n_days == 1
    assert stopped.digest() == whole.digest(), "the first two days are those of a contest of two"
    ended = run(tmp_path / "run", config(3, **SCRIPTED), llms={"scripted": talking()})
    assert ended.status == "done"
    assert [a.head for a in ended.lines[: 2 * len(STEPS)]] == [b.head for b in whole.lines]


def test_a_model_that_fails_leaves_the_day_open(whole: ContestRun, tmp_path: Path) -> None:
    double, script = talking(), talking()._script
    assert script is not None
    double._script = lambda req: LLMError("gone") if req.task == "plan" else script(req)
    with pytest.raises(LLMError):
        run(tmp_path / "run", config(2, **SCRIPTED), llms={"scripted": double})
    assert (tmp_path / "run" / JOURNAL).read_text().count("\n") == STEPS.index("SIGNALS")
    ended = run(tmp_path / "run", config(2, **SCRIPTED), llms={"scripted": talking()})
    assert ended.digest() == whole.digest()


def test_on_error_abstain_makes_it_partial(tmp_path: Path) -> None:
    double, script = talking(), talking()._script
    assert script is not None
    double._script = lambda req: LLMError("gone") if req.agent == "catalyst" else script(req)
    llm = {"provider": "scripted", "model": "double", "on_error": "abstain"}
    ended = run(tmp_path / "run", config(2, llm=llm), llms={"scripted": double})
    assert ended.status == "partial"
    assert ended.summary["abstentions"] == {"error": 2}
    assert len(ended.summary["partial"]) == 2
    assert ended.replay().digest() == ended.digest()


def test_an_altered_step_stops_it(tmp_path: Path) -> None:
    first = run(tmp_path / "run", config(1))
    path = first.folder / f"days/{first.lines[0].day}/SIGNALS.json"
    path.write_bytes(path.read_bytes().replace(b"buy", b"bye", 1))
    with pytest.raises(ValueError, match="SIGNALS"):
        run(tmp_path / "run", config(1))


def test_an_agent_of_its_own_mind_is_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An agent that answers otherwise when it is asked again cannot be gone on with."""
    from quantrl.agent import Decision
    from quantrl.agents.rules import equal_weight

    asked = iter(range(1, 1_000))

    def moody(self: object, view: object) -> Decision:
        return Decision(np.full(20, next(asked) / 100_000))

    monkeypatch.setattr(type(equal_weight.build()), "decide", moody)

    def hook(seq: int, step: str, moment: str) -> None:
        if seq == len(STEPS):
            raise Killed

    with pytest.raises(Killed):
        run(tmp_path / "run", config(2), hook=hook)
    with pytest.raises(ContestError, match="answers otherwise"):
        run(tmp_path / "run", config(2))


def test_a_fork_uses_the_answers_and_nothing_else(whole: ContestRun, tmp_path: Path) -> None:
    double = talking()
    other = config(2, **SCRIPTED, contest={"context": {"capacity": 1_600}, "max_name": 0.1})
    with pytest.raises(ConfigError, match="fork"):
        run(whole.folder, other, llms={"scripted": double})
    packed = tmp_path / "packed.gz"
    packed.write_bytes(b"")
    with pytest.raises(ConfigError, match="fork: expected the folder of a run, got .*packed.gz"):
        run(tmp_path / "fork", other, llms={"scripted": double}, fork=packed)
    forked = run(tmp_path / "fork", other, llms={"scripted": double}, fork=whole.folder)
    assert not double.asked, "the same questions have their answers"
    assert forked.digest() != whole.digest()
