"""A process that leaves has written everything, ends what it promised to end, and tells its exit code."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

BEGINNING = "import atexit, sys, tempfile, threading; from advisor.leaving import leave\n"


def left_after(script: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", BEGINNING + script], capture_output=True, text=True, check=False)


@pytest.mark.parametrize("code", [0, 2, 130])
def test_the_exit_code_is_told(code: int):
    assert left_after(f"leave({code})").returncode == code


def test_what_was_printed_is_written():
    gone = left_after("print('an answer'); print('a remark', file=sys.stderr); leave(0)")
    assert (gone.stdout, gone.stderr) == ("an answer\n", "a remark\n")


def test_what_was_registered_for_the_end_is_done_once():
    assert left_after("atexit.register(print, 'done'); leave(0)").stdout == "done\n"


def test_no_temporary_folder_stays_behind():
    gone = left_after(
        "import os; kept = tempfile.TemporaryDirectory(); print(kept.name)\n"
        "atexit.register(lambda: print(os.path.exists(kept.name))); leave(0)"
    )
    name, was_there = gone.stdout.split()
    assert was_there == "True"
    assert not Path(name).exists()


def test_a_thread_that_is_at_work_is_waited_for():
    gone = left_after(
        "def work(): threading.main_thread().join(); print('worked')\nthreading.Thread(target=work).start(); leave(3)"
    )
    assert (gone.stdout, gone.returncode) == ("worked\n", 3)


def test_nothing_of_python_is_taken_apart():
    gone = left_after("class Kept:\n    def __del__(self): print('freed')\nkept = Kept(); leave(0)")
    assert gone.stdout == ""
