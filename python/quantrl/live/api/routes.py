"""Every route of the API, each a line to the table that answers it."""

from __future__ import annotations

from collections.abc import AsyncIterable
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response
from fastapi.responses import JSONResponse
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import BaseModel, ConfigDict, Field

from quantrl.live.api import (
    book_tables,
    commands,
    contest_tables,
    health,
    ledger_tables,
    risk_tables,
    trade_tables,
)
from quantrl.live.api.guard import COMMANDS, LOGIN, LOGOUT, SESSION, STREAM, Principal
from quantrl.live.api.metrics import metrics
from quantrl.live.api.mirror import Mirror
from quantrl.live.api.refusals import Refusal
from quantrl.live.api.sessions import LASTS_S, Sessions, csrf_of
from quantrl.live.api.settings import Settings
from quantrl.live.api.stream import Streams, start_of
from quantrl.live.api.tokens import Tokens

MOST = 500
router = APIRouter()


@dataclass(frozen=True)
class Desk:
    """What the routes work with."""

    mirror: Mirror
    tokens: Tokens
    sessions: Sessions
    settings: Settings
    streams: Streams
    lag: health.Lag


class Login(BaseModel):
    """A token, typed once."""

    model_config = ConfigDict(extra="forbid", strict=True)

    token: str = Field(min_length=1, max_length=200)


def desk_of(request: Request) -> Desk:
    """Of the application."""
    desk: Desk = request.app.state.desk
    return desk


def mirror_of(request: Request) -> Mirror:
    """Of the application."""
    return desk_of(request).mirror


def principal_of(request: Request) -> Principal:
    """Who the guard let through."""
    principal: Principal = request.state.principal
    return principal


Desk_ = Annotated[Desk, Depends(desk_of)]
Mirror_ = Annotated[Mirror, Depends(mirror_of)]
Who = Annotated[Principal, Depends(principal_of)]
Cursor = Annotated[int | None, Query(ge=0, le=2**62)]
Limit = Annotated[int, Query(ge=1, le=MOST)]
Word = Annotated[str | None, Query(max_length=40)]


@router.get("/healthz")
async def healthz(desk: Desk_) -> Response:
    """Alive."""
    told = health.healthy(desk.lag)
    return JSONResponse(told, 200 if told["ok"] else 503)


@router.get("/readyz")
def readyz(mirror: Mirror_) -> Response:
    """Ready to trade."""
    failing = health.ready(mirror)
    return JSONResponse({"ready": not failing, "failing": failing}, 503 if failing else 200)


@router.get("/metrics")
def metrics_text(mirror: Mirror_) -> Response:
    """For Prometheus."""
    return Response(metrics(mirror), media_type="text/plain; version=0.0.4; charset=utf-8")


@router.get("/api/state")
def state(mirror: Mirror_) -> dict[str, Any]:
    """The book."""
    return book_tables.state(mirror)


@router.get("/api/agents")
def agents(mirror: Mirror_) -> dict[str, Any]:
    """Everyone."""
    return contest_tables.agents(mirror)


@router.get("/api/agents/{id}")
def agent(mirror: Mirror_, id: Annotated[int, Path(ge=0, le=10**6)], points: Limit = 200) -> dict[str, Any]:
    """One of them."""
    return contest_tables.agent(mirror, id, points)


@router.get("/api/rounds")
def rounds(mirror: Mirror_, cursor: Cursor = None, limit: Limit = 50) -> dict[str, Any]:
    """Rounds."""
    return contest_tables.rounds(mirror, cursor, limit)


@router.get("/api/equity")
def equity(
    mirror: Mirror_,
    cursor: Cursor = None,
    limit: Limit = MOST,
    every: Annotated[int, Query(ge=1, le=10**6)] = 1,
    agents: bool = False,
) -> dict[str, Any]:
    """Bars."""
    return book_tables.equity(mirror, cursor, limit, every, agents)


@router.get("/api/orders")
def orders(
    mirror: Mirror_, cursor: Cursor = None, limit: Limit = 100, state: Word = None, instrument: Word = None
) -> dict[str, Any]:
    """Orders."""
    return trade_tables.orders(mirror, cursor, limit, state, instrument)


@router.get("/api/orders/{id}")
def order(mirror: Mirror_, id: Annotated[str, Path(max_length=64)]) -> dict[str, Any]:
    """One of them."""
    return trade_tables.order(mirror, id)


@router.get("/api/fills")
def fills(mirror: Mirror_, cursor: Cursor = None, limit: Limit = 100) -> dict[str, Any]:
    """Fills."""
    return trade_tables.fills(mirror, cursor, limit)


@router.get("/api/positions")
def positions(mirror: Mirror_) -> dict[str, Any]:
    """Positions and balances."""
    return ledger_tables.positions(mirror)


@router.get("/api/postings")
def postings(mirror: Mirror_, cursor: Cursor = None, limit: Limit = 100) -> dict[str, Any]:
    """Double entry."""
    return ledger_tables.postings(mirror, cursor, limit)


@router.get("/api/risk")
def risk(mirror: Mirror_) -> dict[str, Any]:
    """Gates."""
    return risk_tables.risk(mirror)


@router.get("/api/locks")
def locks(mirror: Mirror_) -> dict[str, Any]:
    """Locks."""
    return risk_tables.locks(mirror)


@router.get("/api/feed")
def feed(mirror: Mirror_) -> dict[str, Any]:
    """The feed."""
    return risk_tables.feed(mirror)


@router.get("/api/book/{instrument}")
def book(
    mirror: Mirror_, instrument: Annotated[str, Path(max_length=100)], bars: Limit = 120
) -> dict[str, Any]:
    """One instrument."""
    return trade_tables.book(mirror, instrument, bars)


@router.get("/api/events")
def events(
    mirror: Mirror_, cursor: Cursor = None, limit: Limit = 100, kind: Word = None, after: Cursor = None
) -> dict[str, Any]:
    """The journal."""
    return trade_tables.events(mirror, cursor, limit, kind, after)


def stream_start(after: Cursor = None, last_event_id: Annotated[str | None, Header()] = None) -> int | None:
    """Where a client goes on; refused before the answer begins. A page that comes back says it by `after`."""
    start = start_of(last_event_id)
    return after if start is None else start


@router.get(STREAM, response_class=EventSourceResponse)
async def stream(
    desk: Desk_, who: Who, start: Annotated[int | None, Depends(stream_start)]
) -> AsyncIterable[ServerSentEvent]:
    """Events as they are committed, until the session or the token that asked for them ends."""
    token = desk.tokens.id_of(who.scope)
    async for one in desk.streams.follow(start):
        if not _may_read(desk, who, token):
            return
        yield one


def _may_read(desk: Desk, who: Principal, token: str) -> bool:
    """Whether who was let in with a token still would be; a stream that is idle asks with each tile."""
    if who.session:
        return desk.sessions.scope_of(who.session) is not None
    return desk.tokens.id_of(who.scope) == token


@router.get(SESSION)
def session(request: Request) -> dict[str, Any]:
    """What the asker may do, and what its page must send with a POST; nulls where nobody is logged in."""
    who: Principal | None = getattr(request.state, "principal", None)
    if who is None:
        return {"scope": None, "csrf": None}
    return {"scope": who.scope.name.lower(), "csrf": csrf_of(who.session) if who.session else None}


@router.post(LOGIN)
def login(desk: Desk_, wanted: Login) -> Response:
    """A session for a token."""
    scope = desk.tokens.scope_of(wanted.token)
    if scope is None:
        raise Refusal(401, "token", "expected a token of this book", "token")
    session = desk.sessions.begin(scope).reveal()
    answer = JSONResponse({"scope": scope.name.lower(), "csrf": csrf_of(session)})
    name, secure = desk.settings.cookie, desk.settings.scheme == "https"
    answer.set_cookie(
        name, session, max_age=LASTS_S, httponly=True, samesite="strict", secure=secure, path="/"
    )
    return answer


@router.post(LOGOUT)
def logout(desk: Desk_, who: Who) -> Response:
    """End a session."""
    if who.session:
        desk.sessions.end(who.session)
    answer = JSONResponse({"ok": True})
    answer.delete_cookie(desk.settings.cookie, httponly=True, samesite="strict", path="/")
    return answer


@router.post(COMMANDS)
def command(desk: Desk_, who: Who, wanted: commands.Wanted) -> dict[str, Any]:
    """Give an order."""
    return commands.give(desk.mirror, desk.tokens, who, wanted)
