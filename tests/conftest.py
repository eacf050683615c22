"""What holds for all tests: a machine that is busy with other work makes none of them fail."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("patient", deadline=None)
settings.load_profile("patient")
