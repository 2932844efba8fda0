"""From the command line to a training of an agent: what all agents share here, one module an agent."""
