"""The conversation in the terminal: what is seen and typed. Knows no tool; everything goes through `Session`."""
