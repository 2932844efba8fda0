"""From trained policies to figures, tables and what may be said of them."""
