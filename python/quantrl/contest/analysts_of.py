"""The desk of a config: who answers for each agent, what is recorded, and what may be spent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from quantrl.contest.analysts.rules import Rules
from quantrl.contest.config import ContestConfig, ModelConfig
from quantrl.contest.desk import Desk, Model
from quantrl.contest.llm.budget import Budgets
from quantrl.contest.llm.offline import no_network
from quantrl.contest.llm.prices import Prices
from quantrl.contest.llm.protocol import LLM
from quantrl.contest.llm.record import Mode, Record
from quantrl.contest.llm.waves import Waves
from quantrl.errors import ConfigError

RULES, LOCAL = "rules", "local"
RECORD = "llm"
_OPENAI, _OPENAI_KEY = "https://api.openai.com/v1", "OPENAI_API_KEY"


@contextmanager
def open_desk(
    config: ContestConfig,
    folder: Path,
    *,
    llms: Mapping[str, LLM] | None = None,
    replay: Path | None = None,
    concurrency: int | None = None,
) -> Iterator[Desk]:
    """A desk until the block ends.

    Parameters
    ----------
    config : ContestConfig
    folder : Path
        Of the run; answers are recorded below it.
    llms : mapping of provider to LLM, optional
        Instead of those the config names.
    replay : Path, optional
        A run folder whose record alone answers; what rules said is worked out again.
    concurrency : int, optional
        Instead of the config's.

    Raises
    ------
    ConfigError
        A model that cannot be had: an extra, a key or an address is missing.
    """
    settings = config.llm
    source = replay or (Path(settings.replay) if settings.mode == "replay" and settings.replay else None)
    mode = mode_of(config, replaying=source is not None)
    with ExitStack() as stack:
        if source is not None:
            stack.enter_context(no_network())
        known = {} if mode == "replay" else _answerers(config, dict(llms or {}), stack)
        waves = Waves(
            known,
            record=None if mode == "off" else Record(record_of(source) if source else folder / RECORD),
            mode=mode,
            budgets=_budgets(config),
            prices=Prices.read(settings.prices) if settings.prices else None,
            concurrency=concurrency or settings.concurrency,
            timeout_s=settings.timeout_s,
            on_error=settings.on_error,
        )
        stack.callback(waves.close)
        models = {name: _model(model) for name, model in settings.agents.items()}
        yield Desk(waves, models, default=_model(settings), seed=config.seed)


def offline_desk(config: ContestConfig) -> Desk:
    """A desk at which nobody sits: for what asks nothing."""
    return Desk(Waves({}), seed=config.seed)


def mode_of(config: ContestConfig, *, replaying: bool) -> Mode:
    """How answers are kept: what rules say is worked out again rather than recorded, if rules alone are asked."""
    if config.llm.mode in ("off", "record"):
        mode: Mode = "off" if config.llm.mode == "off" else "record"
    elif config.llm.mode == "replay" and config.llm.replay is not None:
        return "replay"
    else:
        mode = "off" if all(model.provider == RULES for model in models_of(config)) else "record"
    return "replay" if replaying and mode == "record" else mode


def models_of(config: ContestConfig) -> tuple[ModelConfig, ...]:
    """Every model a config names."""
    return (config.llm, *config.llm.agents.values())


def record_of(source: Path) -> Path:
    """The record of a run folder, or of a file that `pack` wrote.

    Raises
    ------
    ConfigError
        There is none.
    """
    found = source / RECORD if source.is_dir() else source
    if not found.exists():
        raise ConfigError(f"replay: {source} holds no record of answers")
    return found


def _budgets(config: ContestConfig) -> Budgets:
    caps = config.budget
    return Budgets(caps.run.budget(), caps.day.budget(), caps.agent.budget(), strict=caps.strict)


def _answerers(config: ContestConfig, given: dict[str, LLM], stack: ExitStack) -> dict[str, LLM]:
    found: dict[str, LLM] = dict(given)
    addresses: dict[str, ModelConfig] = {}
    for model in models_of(config):
        name = model.provider
        if name in given:
            continue
        other = addresses.setdefault(name, model)
        if (other.base_url, other.api_key_env) != (model.base_url, model.api_key_env):
            raise ConfigError(f"llm: provider {name!r} has two addresses; give one of them another name")
        if name not in found:
            found[name] = _one(model, config, stack)
    return found


def _one(model: ModelConfig, config: ContestConfig, stack: ExitStack) -> LLM:
    if model.provider == RULES:
        return Rules()
    if model.provider == LOCAL:
        from quantrl.contest.llm.local import local_llm

        return stack.enter_context(local_llm())
    from quantrl.contest.llm.pydantic_ai import PydanticAI
    from quantrl.contest.llm.server import Server

    address, key = model.base_url, model.api_key_env
    if address is None and model.provider == "openai":
        address, key = _OPENAI, key or _OPENAI_KEY
    if address is None:
        raise ConfigError(
            f"llm: provider {model.provider!r} needs a base_url, such as http://127.0.0.1:8000/v1"
        )
    return PydanticAI(
        Server(model.provider, address, key, timeout_s=config.llm.timeout_s, strict=model.strict)
    )


def _model(config: ModelConfig) -> Model:
    limit, most = None, config.max_tokens
    if config.provider == LOCAL:
        from quantrl.contest.llm.local import MAX_DOCUMENT, MAX_TOKENS

        limit, most = MAX_DOCUMENT, min(most or MAX_TOKENS, MAX_TOKENS)
    return Model(config.provider, config.model, config.format, config.temperature, limit, most)
