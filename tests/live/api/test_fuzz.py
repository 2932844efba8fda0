"""Requests made from the API's own OpenAPI, right ones and wrong ones, over a socket: never a server error.

Needs schemathesis, the dependency group ``fuzz``; its pytest plugin would load into every run of the group ``dev``.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable

from counts import full_or
from live.api.conftest import LOOSE, Served
from live.api.test_stream import running
from live.gates.kept import keep
from quantrl.live.api.app import make_app
from quantrl.live.api.guard import STREAM
from quantrl.live.api.tokens import Scope
from quantrl.live.api_process import listening

schemathesis = pytest.importorskip("schemathesis", reason="schemathesis is not installed: group fuzz")
EXAMPLES = full_or(500, 12)
MODES = ("positive", "negative")
# Ends never: `test_stream` reads it.
LEFT_OUT = {STREAM}


@pytest.fixture(scope="module")
def url(served: Served) -> Iterator[str]:
    chosen, listener = listening(replace(LOOSE, port=0))
    with listener, running(served, chosen, listener):
        yield chosen.url.rstrip("/")


def operations(served: Served) -> list[Any]:
    """Every operation the application declares, the stream aside."""
    app: Any = make_app(served.mirror, LOOSE, served.tokens)._app
    found = [each.ok() for each in schemathesis.openapi.from_dict(app.openapi()).get_all_operations()]
    return [one for one in found if one.path not in LEFT_OUT]


def right(answer: Any) -> None:
    """An answer of ours: no fault, and a refusal says what and why."""
    assert answer.status_code < 500 or answer.status_code == 503, answer.text
    if answer.status_code >= 400 and "json" in answer.headers.get("content-type", ""):
        body = answer.json()
        if "error" in body:
            assert set(body["error"]) == {"code", "field", "message"}
    assert "no-store" in answer.headers["cache-control"] or answer.status_code < 400


def answers(strategy: Any, url: str, session: Any) -> list[int]:
    """Statuses of the answers to requests of a strategy, each of them right."""
    seen: list[int] = []

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=strategy)
    def tried(case: Any) -> None:
        answer = case.call(base_url=url, session=session, timeout=20)
        right(answer)
        seen.append(answer.status_code)

    tried()
    return seen


def test_no_request_makes_the_server_fail(served: Served, url: str, caplog: pytest.LogCaptureFixture) -> None:
    import requests

    caplog.set_level(logging.ERROR)
    counted: Counter[str] = Counter()
    known = operations(served)
    assert {one.path for one in known} >= {"/api/state", "/api/orders/{id}", "/api/commands", "/api/login"}
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {served.secrets[Scope.TRADE]}"
        for operation in known:
            for mode in MODES:
                strategy = operation.as_strategy(generation_mode=schemathesis.GenerationMode(mode))
                try:
                    seen = answers(strategy, url, session)
                except Unsatisfiable:  # nothing about it can be wrong
                    continue
                counted[mode] += len(seen)
                counted.update(
                    "503, engine busy" if status == 503 else f"{status // 100}xx" for status in seen
                )
        assert session.get(f"{url}/healthz", timeout=20).json()["ok"] is True
    served.daemon.book.check()
    faults = [record.getMessage() for record in caplog.records if record.name.startswith("quantrl")]
    assert faults == []
    counts = {"operations": len(known), **dict(sorted(counted.items())), "server errors": 0}
    keep("api_fuzz", "API: requests made from its OpenAPI", counts, seeds="derandomized")
    assert counted["2xx"] > 0
    assert counted["4xx"] > 0
