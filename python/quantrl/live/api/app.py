"""The application: routes, the dashboard's files, errors as JSON, and the guard around them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, JSONResponse
from starlette.exceptions import HTTPException

from quantrl.errors import NotRunning
from quantrl.live.api.guard import Guard
from quantrl.live.api.health import Lag
from quantrl.live.api.mirror import Mirror
from quantrl.live.api.refusals import Refusal
from quantrl.live.api.routes import Desk, router
from quantrl.live.api.sessions import Sessions
from quantrl.live.api.settings import Settings
from quantrl.live.api.stream import Streams
from quantrl.live.api.tokens import Tokens
from quantrl.live.storage import Storage

FILES = Path(__file__).parents[1] / "dashboard"
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
}
_log = logging.getLogger("quantrl.live.api")


def make_app(mirror: Mirror, settings: Settings, tokens: Tokens | None = None) -> Guard:
    """The API of a book.

    Parameters
    ----------
    mirror : Mirror
        Started and closed by the caller.
    settings : Settings
    tokens : Tokens, optional
        Those of the book's folder by default.
    """
    storage = Storage(mirror.folder)
    tokens = tokens if tokens is not None else Tokens(storage)
    sessions, lag = Sessions(storage, tokens), Lag()

    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        task = asyncio.create_task(lag.beat())
        yield
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, lifespan=life, redirect_slashes=False)
    app.state.desk = Desk(mirror, tokens, sessions, settings, Streams(mirror), lag)
    app.include_router(router)
    for file in sorted(FILES.rglob("*")):
        if file.suffix in _TYPES:
            _serve(app, "/" if file.name == "index.html" else f"/{file.relative_to(FILES).as_posix()}", file)
    app.add_exception_handler(Refusal, _refused)
    app.add_exception_handler(NotRunning, _away)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _failed)
    return Guard(app, settings, tokens, sessions)


def _serve(app: FastAPI, path: str, file: Path) -> None:
    async def answer() -> Response:
        return FileResponse(file, media_type=_TYPES[file.suffix])

    app.add_api_route(path, answer, methods=["GET", "HEAD"], include_in_schema=False)


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refusal)
    return JSONResponse(error.body(), error.status, headers=error.headers())


async def _away(request: Request, error: Exception) -> Response:
    return await _refused(request, Refusal(503, "engine", str(error), retry_s=1.0))


async def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    field = ".".join(str(part) for part in first["loc"] if part not in ("body", "query", "path"))
    return await _refused(request, Refusal(400, "value", str(first["msg"]), field or None))


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    code = {404: "path", 405: "method"}.get(error.status_code, "http")
    return await _refused(request, Refusal(error.status_code, code, str(error.detail)))


async def _failed(request: Request, error: Exception) -> Response:
    if not request.state.answer.dropped:
        _log.error("%s %s failed: %s", request.method, request.url.path, type(error).__name__, exc_info=error)
    return await _refused(request, Refusal(500, "fault", "the server failed; its log says why"))
