"""Rows of ``quantrl bench ticks``: the flow they run on, the peers, and one case a module."""
