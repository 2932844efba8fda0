"""From the command line to an evaluation of training runs: what all agents share here, one module an agent."""
