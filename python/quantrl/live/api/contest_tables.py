"""Agents and rounds of the contest, as the API tells them."""

from __future__ import annotations

from typing import Any

from quantrl.live import events as ev
from quantrl.live.api.amounts import Names, cash, ppm
from quantrl.live.api.book_tables import marks_of, names_of, pulse_of
from quantrl.live.api.mirror import Mirror
from quantrl.live.api.refusals import Refusal
from quantrl.live.events import KIND_OF
from quantrl.live.view import ints_of
from quantrl.live.vocabulary import AGENT0, CASH, PPB, TREASURY

_TRANSFER = KIND_OF[ev.Transfer]
RECENT = 60
"""Rounds over which an agent's ranks are summed up."""
EXPLAINED = 50
"""Rounds of a page that are told with their agents."""


def agents(mirror: Mirror) -> dict[str, Any]:
    """The leaderboard: every agent with its place, capital, shadow account and answers."""
    names, pulse = names_of(mirror), pulse_of(mirror)
    ((last,),) = mirror.read("SELECT ifnull(max(number), 0) FROM settled")
    recent: dict[int, list[int]] = {}
    for agent, rank in mirror.read(
        "SELECT agent, rank FROM ranking WHERE number > ? AND rank > 0 ORDER BY number", (last - RECENT,)
    ):
        recent.setdefault(agent, []).append(rank)
    newest = {
        agent: (score, key, rank, share)
        for agent, score, key, rank, share in mirror.read(
            "SELECT agent, score, key, rank, ppm FROM ranking WHERE number = ?", (last,)
        )
    }
    funded = dict(pulse["summary"]["funded"])
    decisions = {row[0]: row[1:] for row in mirror.read("SELECT agent, seq, ts, status FROM decision")}
    answered: dict[int, dict[str, int]] = {}
    for agent, status, n in mirror.read("SELECT agent, status, n FROM answered"):
        answered.setdefault(agent, {})[status] = n
    about = mirror.about or {}
    equity, capital = pulse["summary"]["equity"], about["capital"]
    rows = []
    for agent, label in enumerate(names.agents):
        score, key, rank, share = newest.get(agent, (0, 0, 0, 0))
        ranks, own = recent.get(agent, []), funded.get(label, 0)
        shadow = pulse["shadows"][agent] if agent < len(pulse["shadows"]) else capital
        seq, ts, status = decisions.get(agent, (0, 0, None))
        rows.append(
            {
                "id": agent,
                "label": label,
                "kind": about["agents"][agent]["kind"],
                "native": agent in pulse["native"],
                "off": agent in pulse["off"],
                "rank": rank if rank > 0 else None,
                "rank_low": min(ranks, default=None),
                "rank_high": max(ranks, default=None),
                "ranks": ranks,
                "score_ppb": str(score),
                "key_ppb": str(key),
                "share_ppm": share,
                "equity": cash(own),
                "equity_ppm": ppm(own, equity),
                "cash": cash(pulse["cash"][agent]),
                "shadow": cash(shadow),
                "shadow_ppm": ppm(shadow - capital, capital),
                "decided": {"seq": str(seq), "ts": str(ts), "status": status},
                "answers": {name: str(n) for name, n in answered.get(agent, {}).items()},
            }
        )
    return {"round": last, "rounds": min(last, RECENT), "agents": rows, "seq": str(mirror.head)}


def agent(mirror: Mirror, index: int, points: int) -> dict[str, Any]:
    """One agent: its ranks, capital, targets and positions."""
    names = names_of(mirror)
    found = next((row for row in agents(mirror)["agents"] if row["id"] == index), None)
    if found is None:
        raise Refusal(404, "agent", f"expected 0 to {len(names.agents) - 1}, got {index}", "id")
    ((last,),) = mirror.read("SELECT ifnull(max(number), 0) FROM settled")
    every = max(-(-last // points), 1)
    ranks = mirror.read(
        "SELECT number, score, rank, ppm FROM ranking WHERE agent = ? AND (number % ? = 0 OR number = ?) ORDER BY number",
        (index, every, last),
    )
    target = mirror.read("SELECT targets FROM decision WHERE agent = ?", (index,))
    weights = ints_of(target[0][0]) if target else ()
    lots = dict(
        mirror.read("SELECT asset, amount FROM balance WHERE owner = ? AND asset > 0", (AGENT0 + index,))
    )
    marks = marks_of(mirror, len(names.symbols))
    return {
        **found,
        "history": [
            {"round": number, "score_ppb": str(score), "rank": rank if rank > 0 else None, "share_ppm": share}
            for number, score, rank, share in ranks
        ],
        "holdings": [
            {
                "instrument": symbol,
                "lots": str(lots.get(inst + 1, 0)),
                "worth": cash(lots.get(inst + 1, 0) * marks[inst] * names.tv[inst]),
                "target_ppb": str(weights[inst])
                if inst < len(weights) and abs(weights[inst]) <= 10 * PPB
                else None,
            }
            for inst, symbol in enumerate(names.symbols)
        ],
    }


def rounds(mirror: Mirror, cursor: int | None, limit: int) -> dict[str, Any]:
    """Rounds, the newest first; the first 50 of a page say who was given what and why."""
    names = names_of(mirror)
    found = mirror.read(
        "SELECT number, id, seq, ts, bar, ready, funded, moved FROM settled WHERE seq < ? ORDER BY seq DESC LIMIT ?",
        (cursor or 2**62, limit),
    )
    rows = [
        {
            "number": number,
            "id": name,
            "seq": str(seq),
            "ts": str(ts),
            "bar": bar,
            "ready": ready,
            "funded": funded,
            "moved": cash(moved),
        }
        for number, name, seq, ts, bar, ready, funded, moved in found
    ]
    for row in rows[:EXPLAINED]:
        row["agents"] = _shares(mirror, names, row["number"], int(row["seq"]))
    return {"rows": rows, "next": str(found[-1][2]) if len(found) == limit else None}


def _shares(mirror: Mirror, names: Names, number: int, seq: int) -> list[dict[str, Any]]:
    """Who had or got a share in a round, the best first."""
    now = {
        row[0]: row[1:]
        for row in mirror.read("SELECT agent, ppm, rank FROM ranking WHERE number = ?", (number,))
    }
    before = dict(mirror.read("SELECT agent, ppm FROM ranking WHERE number = ?", (number - 1,)))
    moved: dict[int, int] = {}
    # A round's transfer stands right before its last step.
    for owner, amount in mirror.read(
        "SELECT p.owner, p.amount FROM posting p JOIN event e ON e.ord = p.ord"
        " WHERE e.seq = ? AND e.kind = ? AND p.asset = ?",
        (seq - 1, _TRANSFER, CASH),
    ):
        moved[owner] = moved.get(owner, 0) + amount
    rows = []
    for index in {*now, *before}:
        share, rank = now.get(index, (0, -1))
        old, got = before.get(index, 0), moved.get(AGENT0 + index, 0)
        if share or old or got:
            rows.append(
                {
                    "agent": names.agent(index),
                    "rank": rank if rank > 0 else None,
                    "share_ppm": share,
                    "before_ppm": old,
                    "moved": cash(got),
                    "reason": _reason(share, old, got),
                }
            )
    treasury = moved.get(TREASURY, 0)
    rows.sort(key=lambda row: (-row["share_ppm"], row["rank"] or 10**6, row["agent"]))
    if treasury:
        rows.append({"agent": "treasury", "rank": None, "share_ppm": None, "before_ppm": None})
        rows[-1] |= {"moved": cash(treasury), "reason": "what is not given out"}
    return rows


def _reason(share: int, before: int, moved: int) -> str:
    if moved > 0:
        return "funded toward its share" if before else "new in the field: funded in steps"
    if moved < 0:
        return "cut to its share" if share else "lost its place: gives its free cash back"
    if share and share != before:
        return "no move: dead band, quiet rounds or no cash yet"
    return "keeps its share" if share else "lost its place: sells first"
