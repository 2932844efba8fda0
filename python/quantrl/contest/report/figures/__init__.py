"""Charts only a contest has, one file each, drawn from ``report.json``."""
