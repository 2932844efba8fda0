"""What a command asks a book for; pure."""

from __future__ import annotations

from quantrl.errors import LiveError
from quantrl.live import events
from quantrl.live.locks import FOREVER
from quantrl.live.state import State
from quantrl.live.states import Change, Source
from quantrl.live.vocabulary import BOTH, Scope

LOCKING = ("lock", "unlock", "agent_on", "agent_off")
_ARGS = {
    **dict.fromkeys(("agent_on", "agent_off"), ("agent", "reason")),
    "lock": ("agent", "instrument", "reason", "side", "until"),
    "unlock": ("agent", "instrument", "reason", "side"),
}
_SOURCES = {source.value: source for source in Source}


def asked_for(state: State, command: events.Command) -> list[Change | events.Lock | events.Quarantine]:
    """What a command asks for.

    Raises
    ------
    LiveError
        An unknown verb, or one that may not be given now.
    """
    args, verb = dict(command.args), command.verb
    known = _ARGS.get(verb, ("confirm", "reason"))
    if unknown := sorted(set(args) - set(known)):
        raise LiveError(f"{verb}: expected arguments of {', '.join(known)}, got {unknown[0]!r}")
    source = _SOURCES.get(command.principal.partition("/")[0])
    if source is None:
        raise LiveError(f"principal: expected one of {', '.join(_SOURCES)}, got {command.principal!r}")
    if verb in LOCKING:
        if source not in (Source.CLI, Source.API):
            raise LiveError(f"{verb}: expected from api or cli, got {source.value!r}")
        lock = _lock(state, verb, args)
        freed = verb == "unlock" and lock.scope == Scope.INSTRUMENT and int(lock.key) in state.quarantined
        return [lock, events.Quarantine(int(lock.key), "")] if freed else [lock]
    confirmed = args.get("confirm") == state.setup.config.name
    change = state.trading.change(verb, source, words=args.get("reason", ""), confirmed=confirmed)
    return [] if change is None else [change]


def _lock(state: State, verb: str, args: dict[str, str]) -> events.Lock:
    if verb in ("agent_on", "agent_off"):
        agent = _index("agent", args.get("agent", ""), state.setup.labels)
        until = FOREVER if verb == "agent_off" else 0
        return events.Lock(Scope.AGENT, str(agent), BOTH, args.get("reason", verb), until)
    keys, scope = [], Scope.ACCOUNT
    if "agent" in args:
        keys.append(str(_index("agent", args["agent"], state.setup.labels)))
        scope = Scope.AGENT
    if "instrument" in args:
        symbols = tuple(one.symbol for one in state.setup.instruments.table)
        keys.append(str(_index("instrument", args["instrument"], symbols)))
        scope = Scope.INSTRUMENT if scope == Scope.ACCOUNT else Scope.AGENT_INSTRUMENT
    side = {"buy": 1, "sell": -1, "both": 0}.get(args.get("side", "both"))
    if side is None:
        raise LiveError(f"side: expected buy, sell or both, got {args['side']!r}")
    until = 0
    if verb == "lock":
        text = args.get("until", str(FOREVER))
        if not text.isdigit() or not 0 < int(text) <= FOREVER:
            raise LiveError(f"until: expected a time in ns, got {text!r}")
        until = int(text)
    return events.Lock(scope, ":".join(keys), side, args.get("reason", verb), until)


def _index(name: str, label: str, known: tuple[str, ...]) -> int:
    if label not in known:
        raise LiveError(f"{name}: expected one of {', '.join(known)}, got {label!r}")
    return known.index(label)
