"""Agents, one folder each; rules are one file each in ``rules/``.

Found by `quantrl.registry` and imported when asked for.
"""
