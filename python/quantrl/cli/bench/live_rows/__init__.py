"""Rows of ``quantrl bench live``: what the paper-trading daemon costs beside the barest way to do the same."""
