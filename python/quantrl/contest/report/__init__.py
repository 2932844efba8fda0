"""The report of a contest."""
