"""From a panel to a run folder of trained policies."""
