"""ContestTrade (arXiv 2508.00554): agents read documents, a contest among them picks what is read, another who trades."""
