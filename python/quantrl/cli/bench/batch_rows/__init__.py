"""One module per row of ``quantrl bench batch``."""
