"""Trained policies and rules on recorded books: what they earn, decision by decision, and how sure that is."""
