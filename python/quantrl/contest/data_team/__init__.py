"""The Data Team: agents that turn the documents of a day into short factors, and the ratings those are scored by."""
