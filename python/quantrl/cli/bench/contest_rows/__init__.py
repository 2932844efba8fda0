"""Rows of ``quantrl bench contest``, one job per file."""
