"""Researchers: each with a belief of its own, a plan, look-ups bound to one view, and signals that can be checked."""
