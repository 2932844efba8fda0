"""Where the API listens, and for whom."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from quantrl.errors import ConfigError

HOST, PORT = "127.0.0.1", 8600
STREAMS = 16
_NAME = re.compile(r"[a-z0-9]([a-z0-9.-]{0,252}[a-z0-9])?(:[0-9]{1,5})?")


@dataclass(frozen=True)
class Settings:
    """What the API was told; made by `of`.

    Parameters
    ----------
    host, port : str, int
        Where it listens; port 0 = any that is free.
    names : tuple of str
        Other hosts it answers to, as browsers name them.
    tls_cert, tls_key : Path, optional
    behind_proxy : bool
        A proxy in front ends TLS.
    per_s, logins_per_min : float
        Requests of one address.
    streams : int
        Clients of the event stream.
    """

    host: str = HOST
    port: int = PORT
    names: tuple[str, ...] = ()
    tls_cert: Path | None = None
    tls_key: Path | None = None
    behind_proxy: bool = False
    per_s: float = 20.0
    logins_per_min: float = 5.0
    streams: int = STREAMS

    @staticmethod
    def of(
        host: str = HOST,
        port: int = PORT,
        *,
        allow_remote: bool = False,
        names: Iterable[str] = (),
        tls_cert: Path | None = None,
        tls_key: Path | None = None,
        behind_proxy: bool = False,
    ) -> Settings:
        """Checked settings.

        Raises
        ------
        ConfigError
            An address beyond this machine without ``--allow-remote`` and TLS or a proxy, half a pair of TLS files, or a
            host or port that is none.
        """
        try:
            address = ipaddress.ip_address(host)
        except ValueError:
            raise ConfigError(f"--host: expected an IP address such as 127.0.0.1, got {host!r}") from None
        if not 0 <= port <= 65_535:
            raise ConfigError(f"--port: expected 0 to 65535, got {port}")
        if (tls_cert is None) != (tls_key is None):
            raise ConfigError("--tls-cert and --tls-key: expected both or none")
        for name, file in (("--tls-cert", tls_cert), ("--tls-key", tls_key)):
            if file is not None and not file.is_file():
                raise ConfigError(f"{name}: expected a file, got {file}")
        if not address.is_loopback:
            if not allow_remote:
                raise ConfigError(f"--host {host}: others could reach it; say so by --allow-remote")
            if tls_cert is None and not behind_proxy:
                raise ConfigError(
                    "--allow-remote: needs --tls-cert and --tls-key, or --behind-proxy where one ends TLS"
                )
        wrong = next((name for name in names if not _NAME.fullmatch(name.lower())), None)
        if wrong is not None:
            raise ConfigError(f"--allow-host: expected a host name, got {wrong!r}")
        return Settings(host, port, tuple(names), tls_cert, tls_key, behind_proxy)

    @property
    def scheme(self) -> str:
        """Of its pages."""
        return "https" if self.tls_cert is not None or self.behind_proxy else "http"

    @property
    def cookie(self) -> str:
        """Name of a session's cookie: one host's ports share their cookies, its dashboards must not."""
        return f"quantrl_session_{self.port}"

    @property
    def hosts(self) -> frozenset[str]:
        """Values of a Host header that are answered."""
        own = {f"[{self.host}]" if ":" in self.host else self.host, "localhost"}
        if ipaddress.ip_address(self.host).is_loopback:
            own |= {"127.0.0.1", "[::1]"}
        named = {name.lower() for name in self.names}
        bare = named | (own if self.port == {"http": 80, "https": 443}[self.scheme] else set())
        return frozenset({f"{name}:{self.port}" for name in own} | bare)

    @property
    def origins(self) -> frozenset[str]:
        """Values of an Origin header that may change something."""
        return frozenset(f"{self.scheme}://{host}" for host in self.hosts)

    @property
    def url(self) -> str:
        """Where a browser finds it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}/"
