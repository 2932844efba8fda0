"""Whether a contest's predictions, probabilities and judges hold: statistics on arrays. One noun per file."""
