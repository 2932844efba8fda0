"""Where orders go: a simulated venue, and one day brokers."""
