"""The page of a backtest of a pair."""
