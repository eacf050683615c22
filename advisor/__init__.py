"""The face: shell commands, and in time the conversation. Knows nothing of how a method works."""
