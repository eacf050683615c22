"""Frozen models: encoders, decoders and where they come from. Knows no adapter and no data."""
