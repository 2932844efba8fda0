"""What the artefacts released with arXiv 2412.18563 show: reading, replay, true dates, statistics."""
