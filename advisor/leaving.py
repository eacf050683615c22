"""Leaves the process without taking it apart first. Knows no command.

Freeing every object and unloading every library takes a fifth of a second, and nobody is left who would notice.
"""

from __future__ import annotations

import atexit
import os
import sys
import threading
from typing import NoReturn


def leave(code: int) -> NoReturn:
    """Go with this exit code, once everything is written and whatever was registered for the end has run."""
    if any(not thread.daemon for thread in threading.enumerate() if thread is not threading.main_thread()):
        # Python waits for them.
        sys.exit(code)
    atexit._run_exitfuncs()
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except OSError:
        # Nobody reads any more, and Python has its own way of saying so.
        sys.exit(code)
    os._exit(code)
