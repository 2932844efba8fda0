"""Where an OpenAI-compatible server is, and the key to it, which is never written anywhere."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from quantrl.contest.llm.protocol import Kind
from quantrl.errors import ConfigError

MIN_SECRET = 8
_NO_KEY = "none"


class Secret:
    """A key that no `repr`, error or record shows.

    Parameters
    ----------
    value : str
    """

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The key, for the request header alone."""
        return self._value

    def hide(self, text: str) -> str:
        """Text without the key, should a server repeat it."""
        return text.replace(self._value, "[key]") if len(self._value) >= MIN_SECRET else text

    def __repr__(self) -> str:
        return "Secret()"


@dataclass(frozen=True)
class Server:
    """An OpenAI-compatible server.

    Parameters
    ----------
    provider : str
        The name requests use.
    base_url : str
        Up to and with ``/v1``; http or https, without user, query or fragment.
    api_key_env : str, optional
        Environment variable that holds the key; None = the server wants none.
    timeout_s : float
    strict : bool
        Ask for the strict mode hosted models have; bounds it does not know go into descriptions and are checked here.
    max_tokens_field : str
        What this server calls the limit: ``max_tokens``, or ``max_completion_tokens`` as api.openai.com does.
    kind : {"llm", "local"}

    Raises
    ------
    ConfigError
        An address of another form, or a setting out of range.
    """

    provider: str
    base_url: str
    api_key_env: str | None = None
    timeout_s: float = 60.0
    strict: bool = False
    max_tokens_field: str = ""
    kind: Kind = "llm"

    def __post_init__(self) -> None:
        parts = urlsplit(self.base_url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ConfigError(f"base_url: expected http(s)://host[:port]/path, got {self.base_url!r}")
        if parts.username or parts.password or parts.query or parts.fragment:
            raise ConfigError(
                f"base_url: expected no user, query or fragment at {parts.hostname}: keys go into api_key_env"
            )
        if self.max_tokens_field not in ("", "max_tokens", "max_completion_tokens"):
            raise ConfigError(
                f"max_tokens_field: expected max_tokens or max_completion_tokens, got {self.max_tokens_field!r}"
            )
        if not 0 < self.timeout_s <= 3600:
            raise ConfigError(f"timeout_s: expected more than 0 and at most 3600, got {self.timeout_s}")

    @property
    def is_loopback(self) -> bool:
        """Whether the address is this machine's."""
        return urlsplit(self.base_url).hostname in ("localhost", "127.0.0.1", "::1")

    @property
    def limit_field(self) -> str:
        """The name of the limit, as given or as the host suggests."""
        hosted = urlsplit(self.base_url).hostname == "api.openai.com"
        return self.max_tokens_field or ("max_completion_tokens" if hosted else "max_tokens")

    def secret(self, environ: Mapping[str, str] = os.environ) -> Secret:
        """The key from the environment.

        Raises
        ------
        ConfigError
            The variable is not set, or its value cannot stand in a header.
        """
        if self.api_key_env is None:
            return Secret(_NO_KEY)
        value = environ.get(self.api_key_env, "").strip()
        if not value:
            raise ConfigError(
                f"api_key_env: expected a key in the environment variable {self.api_key_env}, which is not set"
            )
        if not value.isascii() or not value.isprintable():
            raise ConfigError(f"api_key_env: the value of {self.api_key_env} has characters no key has")
        return Secret(value)
