"""The dashboard of ``quantrl paper start``: its options, its socket before the book opens, and its process after."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from quantrl.cli.console import Output
from quantrl.errors import ConfigError
from quantrl.live.api.settings import HOST, PORT

if TYPE_CHECKING:
    from quantrl.live.api.settings import Settings
    from quantrl.live.secret import Secret

Bound: TypeAlias = "tuple[Settings, socket.socket]"
Api = Annotated[
    bool, typer.Option("--api", help="Serve the dashboard and the HTTP interface, to this machine alone.")
]
Port = Annotated[
    int | None,
    typer.Option(
        "--port", metavar="N", help=f"Port of the dashboard (default {PORT}; 0: any).", show_default=False
    ),
]
Host = Annotated[
    str | None,
    typer.Option(
        "--host", metavar="IP", help=f"Address the dashboard listens on (default {HOST}).", show_default=False
    ),
]
AllowRemote = Annotated[
    bool,
    typer.Option(
        "--allow-remote", help="Listen where others can reach it; needs TLS files or --behind-proxy."
    ),
]
AllowHost = Annotated[
    list[str] | None,
    typer.Option(
        "--allow-host",
        metavar="NAME",
        help="Another host name it answers to; may be repeated.",
        show_default=False,
    ),
]
BehindProxy = Annotated[bool, typer.Option("--behind-proxy", help="A proxy on this machine ends TLS.")]
TlsCert = Annotated[
    Path | None, typer.Option("--tls-cert", metavar="F", help="Certificate, PEM.", show_default=False)
]
TlsKey = Annotated[
    Path | None, typer.Option("--tls-key", metavar="F", help="Its key, PEM.", show_default=False)
]


@dataclass(frozen=True)
class Wish:
    """What was said about the dashboard."""

    api: bool = False
    demo: bool = False
    port: int | None = None
    host: str | None = None
    allow_remote: bool = False
    allow_host: tuple[str, ...] = ()
    behind_proxy: bool = False
    tls_cert: Path | None = None
    tls_key: Path | None = None

    @property
    def wanted(self) -> bool:
        """A demo has a dashboard."""
        return self.api or self.demo

    def with_section(self, folder: Path, config: Path | None) -> Wish:
        """With ``[api]`` of the config that is named, else as the folder keeps it; what was said here goes first.

        Raises
        ------
        ConfigError
            An unknown key or a value of another kind.
        """
        from quantrl.live.api_options import ApiOptions

        told = ApiOptions.in_file(config) if config is not None else ApiOptions.read(folder)
        if not (told.enabled or self.wanted):
            return self
        return Wish(
            True,
            self.demo,
            told.port if self.port is None else self.port,
            self.host or told.host,
            self.allow_remote or told.allow_remote,
            self.allow_host or told.allow_host,
            self.behind_proxy or told.behind_proxy,
            self.tls_cert or _path(told.tls_cert),
            self.tls_key or _path(told.tls_key),
        )

    def words(self) -> list[str]:
        """The same as words of a command line."""
        said = {"--api": self.api, "--allow-remote": self.allow_remote, "--behind-proxy": self.behind_proxy}
        words = [word for word, is_said in said.items() if is_said]
        values = {
            "--port": self.port,
            "--host": self.host,
            "--tls-cert": self.tls_cert,
            "--tls-key": self.tls_key,
        }
        for word, value in values.items():
            words += [word, str(value)] if value is not None else []
        for name in self.allow_host:
            words += ["--allow-host", name]
        return words

    def bound(self, folder: Path) -> tuple[Settings, socket.socket] | None:
        """The socket, before anything is made; None where no dashboard is wanted.

        Raises
        ------
        ConfigError
            Options that contradict each other, a port that is taken, tokens that cannot be read, or missing packages.
        """
        if not self.wanted:
            if self != Wish():
                raise ConfigError("--api: is missing, and the other options are about it")
            return None
        from quantrl.live.api_process import listening, need_api

        need_api()
        from quantrl.live.api.settings import Settings
        from quantrl.live.api.tokens import Tokens
        from quantrl.live.storage import Storage

        Tokens(Storage(folder))

        settings = Settings.of(
            HOST if self.host is None else self.host,
            PORT if self.port is None else self.port,
            allow_remote=self.allow_remote,
            names=self.allow_host,
            tls_cert=self.tls_cert,
            tls_key=self.tls_key,
            behind_proxy=self.behind_proxy,
        )
        return listening(settings, any_port=self.port is None)


def _path(name: str | None) -> Path | None:
    return None if name is None else Path(name)


@contextmanager
def served(
    folder: Path, bound: tuple[Settings, socket.socket] | None, output: Output
) -> Iterator[str | None]:
    """The dashboard of a book that is open, while it runs; its address. The token is told where it was just made."""
    if bound is None:
        yield None
        return
    child = Dashboard(folder, bound, output)
    try:
        child.start()
        yield child.url
    finally:
        child.close()


class Dashboard:
    """The dashboard's process as a child: at its first start its address is told, and the token where one is made.

    Parameters
    ----------
    folder : Path
        Of a book that is open by the first start.
    bound : (Settings, socket)
    output : Output
    """

    def __init__(self, folder: Path, bound: Bound, output: Output) -> None:
        from quantrl.live.api_process import ApiProcess

        settings, listener = bound
        self.url = settings.url
        self._folder, self._output, self._told = folder, output, False
        self._token: Secret | None = None
        self._process = ApiProcess(folder, settings, listener)

    def start(self) -> None:
        """Start it."""
        from quantrl.live.api.tokens import Tokens
        from quantrl.live.storage import Storage

        if not self._told and self._token is None:  # one that is made is told, be it by a later start
            self._token = Tokens(Storage(self._folder)).first()
        self._process.start()
        if self._told:
            return
        self._told, token, self._token = True, self._token, None
        self._output.say(f"dashboard: {self.url}")
        if token is not None:
            self._output.say(f"token:     {token.reveal()}")
            self._output.say("           log in with it; it is told this once and only its hash is kept")

    @property
    def pid(self) -> int | None:
        """Of the process; None where it has ended."""
        return self._process.pid

    def stop(self) -> None:
        """End it; clients wait for another."""
        self._process.stop()

    def close(self) -> None:
        """End it for good."""
        self._process.close()
