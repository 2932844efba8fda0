"""The research team and everyone beside it: what each entrant wants to hold."""

from __future__ import annotations

from typing import Any

import numpy as np

from quantrl.contest._plain import floats, plain
from quantrl.contest.standing import Standing
from quantrl.contest.view import ContestView
from quantrl.selection._poll import Poll, ask
from quantrl.errors import ContestError
from quantrl.typing import FloatArray, JsonObject


def make_signals(s: Standing) -> JsonObject:
    """Signals of the researchers, and weights of all."""
    held = s.field.known_holdings(s.world.calendar.row(s.today.t))
    poll = _polled(s, held)
    return {
        "held": plain(held),
        "weights": plain(poll.weights),
        "belief": plain(poll.belief),
        "tokens": plain(poll.tokens),
        "usd": plain(poll.usd),
        "failed": poll.failed.tolist(),
        "errors": [[agent, message] for agent, message in poll.errors],
        "works": [],
    }


def remember(s: Standing, payload: Any) -> None:
    """Ask agents without text again, as on the day that is read back: they may have memory of their own.

    Raises
    ------
    ContestError
        One answers otherwise than it did.
    """
    shape = (len(s.world.roster.labels), len(s.world.symbols))
    poll = _polled(s, floats(payload["held"], shape))
    for i in s.world.roster.others:
        if plain(poll.weights[i]) != payload["weights"][i]:
            raise ContestError(
                f"{s.world.roster.labels[i]} answers otherwise than it did on {s.world.calendar.date(s.today.t)}: "
                "an agent must decide from its view and its own past alone"
            )


def _polled(s: Standing, held: FloatArray) -> Poll:
    """Answers of the agents without text; a failure holds nothing for the day."""
    world = s.world
    view = ContestView(s.reveal.at(world.clock.d(s.today.t)), s.today.documents, s.today.read)
    places = list(world.roster.others)
    whole = Poll.empty(len(world.roster.labels), len(world.symbols))
    if not places:
        return whole
    poll = ask([world.roster.others[i] for i in places], view, held[places])
    for name in ("weights", "belief", "tokens", "usd", "failed"):
        getattr(whole, name)[places] = getattr(poll, name)
    whole.errors = [(places[i], message) for i, message in poll.errors]
    whole.weights[whole.failed] = 0.0
    return whole


def apply_signals(s: Standing, payload: Any) -> None:
    """The answers of all entrants."""
    shape = (len(s.world.roster.labels), len(s.world.symbols))
    s.today.held = floats(payload["held"], shape)
    s.today.poll = Poll(
        floats(payload["weights"], shape),
        floats(payload["belief"]),
        floats(payload["tokens"]),
        floats(payload["usd"]),
        np.array(payload["failed"], dtype=np.bool_),
        [(agent, message) for agent, message in payload["errors"]],
    )
    s.today.present = ~s.today.poll.failed
