"""The benchmark counts what it says it counts; how long anything takes is not tested."""

import subprocess
import sys
from pathlib import Path

import pytest

from .measure import Figure, Program, interleave
from .table import Row, render

ORPHANED_WORK = """
import os
if os.fork() == 0:
    if os.fork() == 0:
        bytearray(64 * 2**20)
        while os.times().user < 0.3:
            pass
    os._exit(0)
os.wait()
"""


def row(podium: float, other: Figure, *, must: float | None = 3) -> Row:
    return Row("work", Figure(podium, podium), "plain", other, must=must, aim=2)


@pytest.mark.parametrize(
    ("seconds", "must", "verdict"),
    [(2, 3, "aim reached"), (3, 3, "must kept"), (3.1, 3, "MUST MISSED"), (2.1, None, "aim missed")],
)
def test_verdict_names_the_bar_that_is_kept(seconds: float, must: float | None, verdict: str):
    assert row(seconds, Figure(1, 1), must=must).verdict == verdict


def test_verdict_says_when_the_other_side_varies_too_much_to_tell():
    assert row(1.0, Figure(median=1.6, minimum=1.0)).verdict == "aim reached, noisy"


def test_table_shows_both_sides_and_their_ratio():
    headings, line = render([row(0.002, Figure(median=0.001, minimum=0.0008))]).splitlines()
    assert " ".join(headings.split()) == "workload podium against ratio of minima must aim verdict"
    assert " ".join(line.split()) == "work 2 ms plain 1 ms 2.00 2.50 3 2 aim reached"


def test_work_of_processes_that_lost_their_parent_is_counted(tmp_path: Path):
    orphaned = Program((sys.executable, "-c", ORPHANED_WORK))
    with subprocess.Popen(["/usr/bin/sleep", "600"]) as child_of_the_caller:
        (sample,) = interleave({"orphaned": orphaned}, 1, tmp_path)["orphaned"]
        child_of_the_caller.kill()
    assert sample.cpu >= 0.3
    assert sample.peak >= 64 * 2**20
