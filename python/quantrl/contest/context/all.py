"""The other control: every factor, without a contest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

from quantrl.contest.context import Offers
from quantrl.typing import JsonObject


@final
@dataclass(frozen=True)
class All:
    """Every agent with a factor, whatever its utility and however long they are together."""

    def choose(self, offers: Offers) -> tuple[int, ...]:
        """Chosen ids, ascending."""
        return tuple(offers.present.tolist())

    def settings(self) -> JsonObject:
        """Parameters."""
        return {}


BUILD = All
