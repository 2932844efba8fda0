"""Every kind of event, there and back."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, seed, settings

from counts import full_or
from live.any_events import ONE_OF_EACH
from live.gates.kept import keep
from quantrl.live.events import KINDS, decode, encode

ROUND_TRIPS = full_or(200_000, 5_000)
# Hypothesis remembers every example of a run: several short runs with seeds of their own take less memory.
EXAMPLES = 250


def test_round_trips() -> None:
    done = runs = 0
    while done < ROUND_TRIPS:
        done += there_and_back(runs)
        runs += 1
    counts: dict[str, object] = {"round trips": done, "kinds": len(KINDS), "wrong": 0}
    keep("codec", "Codec round trips", counts, seeds=f"0 to {runs - 1}")


def there_and_back(number: int) -> int:
    """One run of examples; how many round trips it made."""
    done = 0

    @seed(number)
    @settings(
        max_examples=EXAMPLES, suppress_health_check=list(HealthCheck), database=None, derandomize=False
    )
    @given(ONE_OF_EACH)
    def check(values: dict[int, Any]) -> None:
        nonlocal done
        for kind, value in values.items():
            payload = encode(kind, value)
            assert decode(kind, payload) == value
            assert encode(kind, decode(kind, payload)) == payload
            done += 1

    check()
    return done
