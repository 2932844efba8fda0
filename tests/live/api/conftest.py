"""A running book with its API in this process."""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import pytest
from starlette.testclient import TestClient

from live import paper_book, paper_books
from quantrl.live.api.app import make_app
from quantrl.live.api.mirror import Mirror
from quantrl.live.api.settings import Settings
from quantrl.live.api.tokens import Scope, Tokens
from quantrl.live.control import Control
from quantrl.live.engine import Daemon
from quantrl.live.storage import Storage

T = TypeVar("T")
CHROMIUM = shutil.which("chromium")
BASE = "http://127.0.0.1:8600"
LOOSE = replace(Settings.of(), per_s=10_000.0, logins_per_min=10_000.0)


@dataclass
class Served:
    """An engine that is served by a thread, a mirror of it, and a token for each scope."""

    daemon: Daemon
    mirror: Mirror
    tokens: Tokens
    secrets: dict[Scope, str]
    settings: Settings = LOOSE

    def client(
        self, scope: Scope | None = None, settings: Settings | None = None, **options: Any
    ) -> TestClient:
        """A client that bears the token of a scope."""
        app = make_app(self.mirror, settings or self.settings, self.tokens)
        headers = {} if scope is None else {"Authorization": f"Bearer {self.secrets[scope]}"}
        return TestClient(app, base_url=BASE, headers=headers, **options)

    def caught_up(self) -> None:
        """Wait until the view has everything."""
        end = time.monotonic() + 60
        while time.monotonic() < end:
            mirror = self.mirror
            if mirror.ready and mirror.head == self.daemon.journal.committed.seq:
                return
            time.sleep(0.02)
        raise AssertionError("the view did not catch up")


@contextmanager
def serving(daemon: Daemon, *, mirrored: bool = True) -> Iterator[Served]:
    """The API of an open book, which a thread serves from here on; not `mirrored`: another process keeps the view."""
    folder = daemon.folder
    control, ended = Control(folder, lambda line: None), threading.Event()

    def serve() -> None:
        while not ended.wait(0.005):
            control.serve(daemon)

    thread = threading.Thread(target=serve)
    thread.start()
    mirror = Mirror(folder)
    try:
        tokens = Tokens(Storage(folder))
        secrets = {scope: tokens.rotate(scope).reveal() for scope in Scope}
        made = Served(daemon, mirror, tokens, secrets)
        if mirrored:
            mirror.start()
            made.caught_up()
        yield made
    finally:
        mirror.close()
        ended.set()
        thread.join()
        control.close()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder, data = tmp_path_factory.mktemp("api") / "book", paper_book.panel()
    with paper_books.make(folder, paper_book.config(), data) as daemon:
        daemon.run(until=int(data.time[139]))
        daemon.command("lock", instrument="CC", side="buy", reason="looks odd")
        with serving(daemon) as made:
            yield made


@pytest.fixture
def reader(served: Served) -> TestClient:
    return served.client(Scope.READ)


def soon(found: Callable[[], T], wanted: Callable[[T], bool]) -> T:
    """What is found once it is as wanted, or at the end of a minute."""
    end = time.monotonic() + 60
    while not wanted(value := found()) and time.monotonic() < end:
        time.sleep(0.05)
    return value


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    sync = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if CHROMIUM is None:
        pytest.skip("no chromium on this machine: 0 flows of the dashboard were walked")
    with sync.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()
