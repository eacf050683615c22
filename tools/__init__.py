"""Typed tools over the layers below. Knows no language model and no screen."""
