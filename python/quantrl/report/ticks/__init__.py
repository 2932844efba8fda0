"""The page of a replay on an event file."""
