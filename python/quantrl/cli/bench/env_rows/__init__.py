"""Rows of the environment benchmark: one file per thing that is compared."""
