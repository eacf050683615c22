"""One file a method, one protocol. Knows how a frozen model is adapted, not how it is trained."""
