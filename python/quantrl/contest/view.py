"""What an entrant of the research contest sees: the market, the documents and the chosen factors of one moment."""

from __future__ import annotations

from collections.abc import Iterable

from quantrl.contest.documents.view import DocView
from quantrl.contest.types import Factor
from quantrl.data.view import View
from quantrl.errors import LookAheadError
from quantrl.typing import FloatArray


class ContestView(View):
    """A `View` with text. An agent that ignores text just sees a `View`.

    Parameters
    ----------
    view : View
    documents : DocView
    factors : iterable of Factor
        Those the data contest put into the context of this day.

    Raises
    ------
    LookAheadError
        Documents of a later time than the view.
    """

    __slots__ = ("_documents", "_factors")

    def __init__(self, view: View, documents: DocView, factors: Iterable[Factor] = ()) -> None:
        if documents.now > view.now:
            raise LookAheadError(f"documents of {documents.now} are shown at {view.now}")
        super().__init__(view._bar, view._held)
        self._documents = documents
        self._factors = tuple(factors)

    @property
    def documents(self) -> DocView:
        """What can be read."""
        return self._documents

    @property
    def factors(self) -> tuple[Factor, ...]:
        """What the data agents made of it, as far as it fits the context."""
        return self._factors

    def with_held(self, held: FloatArray) -> ContestView:
        """The same moment seen by an agent that holds these weights, which are copied.

        Raises
        ------
        DataError
            `held` is not (N,).
        """
        return ContestView(super().with_held(held), self._documents, self._factors)
