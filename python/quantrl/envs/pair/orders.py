"""Settings of orders that are worked between decisions."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, Field

Rate = Annotated[float, Field(ge=0, le=10_000, allow_inf_nan=False)]
Milliseconds = Annotated[float, Field(ge=1e-3, le=86_400_000)]


class PairOrders(BaseModel):
    """How targets become orders in recorded books.

    Parameters
    ----------
    styles : {1, 2}
        Of ``replay``: 2 doubles the actions, index = style * targets + target. Style 0 takes both legs at once; style 1
        rests an order at the own touch of the leg with the wider relative spread and takes on the other leg what goes with
        each of its executions.
    leg_ms : float, optional
        Of ``replay``: orders are worked between decisions, and where the legs differ by more than half a lot for so long,
        the one behind is sent after the other, a tick wider at each try; where that fails what the other has too much is
        taken back. By default 500 with two `styles`; without, what is missing is sent once a decision.
    chase_max : int
        Tries of either.
    requote_ms, passive_ms : float
        Least time between two passive orders, which follow the touch, and their time in all.
    time_out : {"cross", "give_up"}
        What becomes of the rest then: it is taken, or left until the next decision.
    maker_fee_bps : (float, float), optional
        Fee of passive executions; by default `fee_bps`.
    queue : {"risk_averse", "power2", "log"}
        Place in queues that the events do not show; see `quantrl.backtest.Queue`.
    path : {"auto", "events"}
        ``events`` lets every worked order meet the events themselves, also where five levels answer the same.
    rehedge : {"none", "band"}
        ``band`` trades the second leg after a hedge ratio that has moved by a tenth and more than a lot since the lots of a
        position were frozen.
    """

    styles: Literal[1, 2] = 1
    leg_ms: Milliseconds | None = None
    chase_max: Annotated[int, Field(ge=0, le=1_000)] = 5
    requote_ms: Milliseconds = 100.0
    passive_ms: Milliseconds = 5_000.0
    time_out: Literal["cross", "give_up"] = "cross"
    maker_fee_bps: tuple[Rate, Rate] | None = None
    queue: Literal["risk_averse", "power2", "log"] = "risk_averse"
    path: Literal["auto", "events"] = "auto"
    rehedge: Literal["none", "band"] = "none"

    @property
    def works(self) -> bool:
        """Whether orders are worked between decisions."""
        return self.styles > 1 or self.leg_ms is not None
