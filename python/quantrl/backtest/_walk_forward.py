"""Walk-forward folds: which rows train, which choose, which judge."""

from __future__ import annotations

from dataclasses import dataclass

from quantrl.errors import ConfigError, DataError

Rows = tuple[int, int]
"""Half-open range of row numbers."""


@dataclass(frozen=True)
class Fold:
    """One split of the rows of a panel, in time order: train, gap, validation, gap, test.

    Attributes
    ----------
    index : int
        From 0, in order of the test rows.
    train, validation, test : (int, int)
        First row and the row after the last. `validation` is empty, at the end of `train`, where none was asked for.
    """

    index: int
    train: Rows
    validation: Rows
    test: Rows


@dataclass(frozen=True, kw_only=True)
class _Plan:
    test: int
    step: int | None = None
    validation: int = 0
    gap: int = 0
    min_test: int | None = None
    last: int | None = None

    def __post_init__(self) -> None:
        self._at_least(1, "test", "step", "min_test", "last")
        self._at_least(0, "validation", "gap")
        if self.step is not None and self.step < self.test:
            raise ConfigError(
                f"step: expected at least test = {self.test}, so that no row is tested twice, got {self.step}"
            )
        if self.min_test is not None and self.min_test > self.test:
            raise ConfigError(f"min_test: expected at most test = {self.test}, got {self.min_test}")

    def _at_least(self, least: int, *names: str) -> None:
        for name in names:
            value = getattr(self, name)
            if value is None and name in ("step", "min_test", "last"):
                continue
            if isinstance(value, bool) or not isinstance(value, int) or value < least:
                raise ConfigError(f"{name}: expected an int of at least {least}, got {value!r}")

    def _span(self) -> int:
        """Rows from the end of training to the start of the test."""
        return self.gap + (self.validation + self.gap if self.validation else 0)

    def _folds(self, n_bars: int, train: int, *, expanding: bool) -> tuple[Fold, ...]:
        first, step = train + self._span(), self.step or self.test
        shortest = self.min_test or self.test
        count = max(0, (n_bars - shortest - first) // step + 1)
        wanted = self.last or 1
        if count < wanted:
            needed = first + (wanted - 1) * step + shortest
            raise DataError(
                f"n_bars: {wanted} fold{'s' if wanted > 1 else ''} of {train} + {self._span()} + {shortest} bars "
                f"(train, gaps and validation, least test) need {needed} bars, got {n_bars}, which hold {count}"
            )
        starts = range(first, first + count * step, step)
        return tuple(
            self._fold(index, start, n_bars, 0 if expanding else start - self._span() - train)
            for index, start in enumerate(starts[-self.last :] if self.last else starts)
        )

    def _fold(self, index: int, start: int, n_bars: int, train_start: int) -> Fold:
        train_stop = start - self._span()
        validation = (train_stop, train_stop)
        if self.validation:
            validation = (train_stop + self.gap, train_stop + self.gap + self.validation)
        return Fold(index, (train_start, train_stop), validation, (start, min(start + self.test, n_bars)))


@dataclass(frozen=True, kw_only=True)
class Expanding(_Plan):
    """Folds that train on everything from row 0.

    Parameters
    ----------
    min_train : int
        Training rows of the first fold.
    test : int
        Rows of a test.
    step : int, optional
        Rows from one test to the next, at least `test`, which is the default.
    validation : int
        Rows between training and test that choose what is tested.
    gap : int
        Rows left out before the validation and before the test; at least the label horizon of what is trained.
    min_test : int, optional
        A last test cut by the end of the data is kept if it has so many rows; by default only whole tests are.
    last : int, optional
        Keep so many folds, the latest, counted from 0 again.

    Raises
    ------
    ConfigError
        A number is out of range.
    """

    min_train: int

    def __post_init__(self) -> None:
        super().__post_init__()
        self._at_least(1, "min_train")

    def folds(self, n_bars: int) -> tuple[Fold, ...]:
        """Folds of a panel of `n_bars` rows, in order.

        Raises
        ------
        DataError
            The rows hold no fold, or fewer than `last`: says how many are needed.
        """
        return self._folds(n_bars, self.min_train, expanding=True)


@dataclass(frozen=True, kw_only=True)
class Rolling(_Plan):
    """Folds that train on a window of fixed length.

    Parameters
    ----------
    train : int
        Training rows of every fold.
    test, step, validation, gap, min_test, last
        As in `Expanding`.

    Raises
    ------
    ConfigError
        A number is out of range.
    """

    train: int

    def __post_init__(self) -> None:
        super().__post_init__()
        self._at_least(1, "train")

    def folds(self, n_bars: int) -> tuple[Fold, ...]:
        """As `Expanding.folds`."""
        return self._folds(n_bars, self.train, expanding=False)
