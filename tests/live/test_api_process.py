"""The API's socket: another port only where one is taken, and refusals that name host and port."""

from __future__ import annotations

import socket

import pytest

from quantrl.errors import ConfigError
from quantrl.live.api.settings import Settings
from quantrl.live.api_process import listening


def test_a_taken_port_gives_way_to_another_where_any_will_do() -> None:
    first, held = listening(Settings(port=0))
    with held:
        with pytest.raises(ConfigError, match=rf"127\.0\.0\.1 port {first.port}: .*--port"):
            listening(first)
        second, other = listening(first, any_port=True)
        with other:
            assert second.port not in (0, first.port)
            assert other.getsockname() == ("127.0.0.1", second.port)


@pytest.mark.parametrize("any_port", [False, True])
def test_an_address_of_another_machine_is_refused(any_port: bool) -> None:
    with pytest.raises(ConfigError, match=r"192\.0\.2\.1 port 8600: .*--host"):
        listening(Settings(host="192.0.2.1"), any_port=any_port)


@pytest.mark.parametrize("any_port", [False, True])
def test_other_faults_are_refused(any_port: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    def bind(self: socket.socket, address: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(socket.socket, "bind", bind)
    with pytest.raises(ConfigError, match=r"127\.0\.0\.1 port 80: Permission denied; name another by --port"):
        listening(Settings(port=80), any_port=any_port)
