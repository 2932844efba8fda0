"""Judges of the research contest: five rubrics, blind, and a block that says how far they can be believed."""
