"""Queue models: where in a queue lots were cancelled, on files that show level sums only."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from quantrl.errors import ConfigError
from quantrl.typing import FloatArray

_WITH_EXPONENT = ("power", "power2", "power3")
_NAMES = ("risk_averse", *_WITH_EXPONENT, "log", "log2", "fitted")
_TABLE_BYTES = 131


@dataclass(frozen=True)
class Queue:
    """A queue model by name; the class methods make one.

    An order with `front` lots ahead and `back` behind it sees lots vanish; the model is the chance that they lay behind.

    Parameters
    ----------
    name : str
        One of risk_averse, power, power2, power3, log, log2, fitted.
    n : float or None
        Exponent of the power models, above 0.
    table : str
        Of the fitted model, as `calibrate_queue` gives it: 131 bytes in hexadecimal.

    Raises
    ------
    ConfigError
        An unknown name, or an exponent or a table where there is none, or none where there is one.
    """

    name: str
    n: float | None = None
    table: str = ""

    def __post_init__(self) -> None:
        if self.name not in _NAMES:
            raise ConfigError(f"queue: expected one of {', '.join(_NAMES)}, got {self.name!r}")
        if (self.n is not None) != (self.name in _WITH_EXPONENT):
            raise ConfigError(f"queue: {self.name}: expected {'an' if self.n is None else 'no'} exponent n")
        if self.n is not None and not 0 < self.n < float("inf"):
            raise ConfigError(f"queue: {self.name}(n): expected n above 0, got {self.n}")
        if bool(self.table) != (self.name == "fitted"):
            raise ConfigError(f"queue: {self.name}: expected {'a' if not self.table else 'no'} table")
        if self.table and len(self.to_bytes() or b"") != _TABLE_BYTES:
            size = len(self.table) // 2
            raise ConfigError(f"queue: fitted: expected a table of {_TABLE_BYTES} bytes, got {size}")

    def __str__(self) -> str:
        if self.table:
            return f"{self.name}({self.table})"
        return self.name if self.n is None else f"{self.name}({self.n:g})"

    def to_bytes(self) -> bytes | None:
        """The table; None of a model without one.

        Raises
        ------
        ConfigError
            Not hexadecimal.
        """
        try:
            return bytes.fromhex(self.table) if self.table else None
        except ValueError:
            raise ConfigError(
                f"queue: fitted: expected hexadecimal digits, got {self.table[:20]!r}"
            ) from None

    @property
    def chances(self) -> FloatArray:
        """Chance of the fitted model that cancelled lots lay behind, (4, 16): by lots of the level, by share ahead.

        Raises
        ------
        ConfigError
            Of another model.
        """
        return np.frombuffer(self._fitted()[3:], "<u2").reshape(4, 16) / 65_535.0

    @property
    def level_lots(self) -> tuple[int, int, int]:
        """Least lots of a level in each row of `chances` but the first."""
        first, second, third = (-(-((4 + kind % 4) << (kind // 4)) // 4) for kind in self._fitted()[:3])
        return first, second, third

    def _fitted(self) -> bytes:
        table = self.to_bytes()
        if table is None:
            raise ConfigError(f"queue: {self.name}: expected the fitted model, which has a table")
        return table

    @classmethod
    def risk_averse(cls) -> Queue:
        """All lots leave from behind: the fewest fills."""
        return cls("risk_averse")

    @classmethod
    def power(cls, n: float) -> Queue:
        """back^n / (back^n + front^n)."""
        return cls("power", float(n))

    @classmethod
    def power2(cls, n: float) -> Queue:
        """back^n / (back + front)^n."""
        return cls("power2", float(n))

    @classmethod
    def power3(cls, n: float) -> Queue:
        """1 - (front / (front + back))^n."""
        return cls("power3", float(n))

    @classmethod
    def log(cls) -> Queue:
        """ln(1 + back) / (ln(1 + back) + ln(1 + front)), in base units."""
        return cls("log")

    @classmethod
    def log2(cls) -> Queue:
        """ln(1 + back) / ln(1 + back + front), in base units."""
        return cls("log2")

    @classmethod
    def fitted(cls, table: bytes) -> Queue:
        """Chances measured on a file of orders by `calibrate_queue`."""
        return cls("fitted", table=table.hex())

    @classmethod
    def parse(cls, text: str) -> Queue:
        """Of ``"power(3)"`` or ``"log"``.

        Raises
        ------
        ConfigError
            Neither.
        """
        name, bracket, rest = text.partition("(")
        inner = rest.rstrip().removesuffix(")").strip()
        if name.strip() == "fitted":
            return cls("fitted", table=inner.lower())
        try:
            return cls(name.strip(), float(inner) if bracket else None)
        except ValueError as error:
            if isinstance(error, ConfigError):
                raise
            raise ConfigError(f"queue: expected a model such as power(3), got {text!r}") from None
