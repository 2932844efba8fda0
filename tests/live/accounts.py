"""Accounts as tests open them: capital from the treasury, without a round."""

from __future__ import annotations

from quantrl.live.postings import Lines
from quantrl.live.vocabulary import CASH, TREASURY, owner_of


def open_account(agent: int, amount: int) -> Lines:
    """Cash units from the treasury to an agent."""
    return ((TREASURY, CASH, -amount), (owner_of(agent), CASH, amount))
