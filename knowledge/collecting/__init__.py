"""Real runs by the hundred: which, where, and into the store. Knows no screen."""
