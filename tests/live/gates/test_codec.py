"""Every kind of event, there and back."""

from __future__ import annotations

from typing import Any

from hypothesis import HealthCheck, given, settings

from live.any_events import ONE_OF_EACH
from live.gates.counts import full_or_tenth, keep
from quantrl.live.events import KINDS, decode, encode

ROUND_TRIPS = full_or_tenth(200_000)
EXAMPLES = -(-ROUND_TRIPS // len(KINDS))


def test_round_trips() -> None:
    done = 0

    @settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck), database=None)
    @given(ONE_OF_EACH)
    def there_and_back(values: dict[int, Any]) -> None:
        nonlocal done
        for kind, value in values.items():
            payload = encode(kind, value)
            assert decode(kind, payload) == value
            assert encode(kind, decode(kind, payload)) == payload
            done += 1

    there_and_back()
    keep(
        "codec",
        "Codec round trips",
        {"round trips": done, "kinds": len(KINDS), "wrong": 0},
        seeds="derandomized",
    )
    assert done >= ROUND_TRIPS
