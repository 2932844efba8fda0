"""What training an agent takes, whichever agent it is: checkpoints, logs, progress, runs as processes."""
