"""One file per row of ``quantrl bench selection``."""
