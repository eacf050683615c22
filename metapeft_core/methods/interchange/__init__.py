"""Adapters and run files in other tools' formats. Knows what those tools can load, and refuses the rest."""
