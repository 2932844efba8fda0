"""Queue models: where in a queue lots were cancelled, on files that show level sums only."""

from __future__ import annotations

from dataclasses import dataclass

from quantrl.errors import ConfigError

_WITH_EXPONENT = ("power", "power2", "power3")
_NAMES = ("risk_averse", *_WITH_EXPONENT, "log", "log2")


@dataclass(frozen=True)
class Queue:
    """A queue model by name; the class methods make one.

    An order with `front` lots ahead and `back` behind it sees lots vanish; the model is the chance that they lay behind.

    Parameters
    ----------
    name : str
        One of risk_averse, power, power2, power3, log, log2.
    n : float or None
        Exponent of the power models, above 0.

    Raises
    ------
    ConfigError
        An unknown name, or an exponent where there is none, or none where there is one.
    """

    name: str
    n: float | None = None

    def __post_init__(self) -> None:
        if self.name not in _NAMES:
            raise ConfigError(f"queue: expected one of {', '.join(_NAMES)}, got {self.name!r}")
        if (self.n is not None) != (self.name in _WITH_EXPONENT):
            raise ConfigError(f"queue: {self.name}: expected {'an' if self.n is None else 'no'} exponent n")
        if self.n is not None and not 0 < self.n < float("inf"):
            raise ConfigError(f"queue: {self.name}(n): expected n above 0, got {self.n}")

    def __str__(self) -> str:
        return self.name if self.n is None else f"{self.name}({self.n:g})"

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
    def parse(cls, text: str) -> Queue:
        """Of ``"power(3)"`` or ``"log"``.

        Raises
        ------
        ConfigError
            Neither.
        """
        name, bracket, rest = text.partition("(")
        try:
            return cls(name.strip(), float(rest.rstrip().removesuffix(")")) if bracket else None)
        except ValueError as error:
            if isinstance(error, ConfigError):
                raise
            raise ConfigError(f"queue: expected a model such as power(3), got {text!r}") from None
