"""The HTTP interface of a paper book and its dashboard: a process of its own, a client of the engine."""
