"""Backtests of pairs: a trained policy or a rule led natively through recorded or simulated books."""
