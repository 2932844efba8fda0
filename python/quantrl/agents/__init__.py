"""Agents, one folder each; rules are one file each in ``rules/``. Found by `quantrl.registry`, imported when asked for."""
