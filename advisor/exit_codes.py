"""What the shell is told when a command ends otherwise than well. Knows no command."""

from __future__ import annotations

FAILED = 1
"""A run failed."""
FAULTY_INPUT = 2
"""Data, settings or usage that the user can mend."""
INTERRUPTED = 130
