"""The table on a terminal, seen through a pseudo-terminal."""

import os
import pty
import re
import subprocess
import sys
import time

import pytest

from podium.core.display.board import Board
from podium.core.display.live import LiveDisplay
from podium.core.display.select import select
from podium.core.execution.events import StepChange
from podium.core.spec import PipelineSpec, StepSpec


def begin(display, *steps):
    stubs = tuple(StepSpec(id=step, name=step, source=f"p:{step}") for step in steps)
    pipeline = PipelineSpec(name="digits", source="p:digits", steps=stubs)
    display.run_started("0199d0c4", "digits-1", pipeline, stack="default", url="file:///runs/0199d0c4")


def play_every_state(display):
    begin(display, "load", "split", "train", "report", "upload", "never")
    display.step_changed(StepChange("load", "running", 1))
    display.step_output("load", " 10%\r100%\n")
    display.step_changed(StepChange("load", "completed", 1, "", 1.24))
    display.step_changed(StepChange("split", "cached", 0, "from run 0199aaaa, step split"))
    display.step_changed(StepChange("train", "running", 1))
    display.step_changed(StepChange("train", "retrying", 1, "ValueError: no luck"))
    display.step_changed(StepChange("train", "running", 2))
    display.step_changed(StepChange("train", "failed", 2, "ValueError: no luck\nat all", 0.5))
    display.step_changed(StepChange("report", "skipped", 0, "step train failed"))
    display.step_changed(StepChange("upload", "cancelled", 1, "the run was cancelled", 0.02))
    display.run_ended("failed", 2.5)


def test_the_table_with_every_state_stays_on_the_screen(terminal):
    play_every_state(select(terminal.stream))
    *table, counts = terminal.last_table()
    assert table == [
        "step    state        time  detail",
        "load    completed    1.2s",
        "split   cached             from run 0199aaaa, step split",
        "train   failed       0.5s  ValueError: no luck",
        "report  skipped            step train failed",
        "upload  cancelled    20ms  the run was cancelled",
        "never   queued",
    ]
    assert re.fullmatch(r"1 queued, 1 completed, 1 cached, 1 failed, 1 skipped, 1 cancelled, \S+ elapsed", counts)


def test_output_notices_and_retries_stand_above_the_table(terminal):
    display = select(terminal.stream)
    display.notice("before the run")
    play_every_state(display)
    display.notice("after the run")
    text = terminal.text()
    order = ["before the run", "load | 100%", "podium: train: retrying: ValueError: no luck", "never", "after the run"]
    places = [text.rindex(part) for part in order]
    assert places == sorted(places)


def test_a_running_step_is_drawn_again_with_its_time(terminal):
    display = select(terminal.stream)
    begin(display, "train")
    display.step_changed(StepChange("train", "running", 1))
    time.sleep(0.7)
    display.run_ended("completed", 1)
    times = re.findall(r"running\S* +(\S+)", re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", terminal.text()))
    assert 2 <= len(set(times)) <= 8


def test_no_color_leaves_the_table_without_colours(monkeypatch, terminal):
    monkeypatch.setenv("NO_COLOR", "1")
    display = select(terminal.stream)
    assert isinstance(display, LiveDisplay)
    play_every_state(display)
    assert not re.search(r"\x1b\[[0-9;]*3[0-7]m", terminal.text())


@pytest.mark.parametrize(("columns", "lines"), [(1, 1), (6, 4), (30, 10), (200, 3)])
def test_a_terminal_of_any_size_will_do(open_terminal, columns, lines):
    terminal = open_terminal(columns, lines)
    play_every_state(select(terminal.stream))
    assert "\x1b" in terminal.text()


def test_a_long_run_shows_no_more_rows_than_the_screen_has(open_terminal):
    terminal = open_terminal(80, 12)
    display = select(terminal.stream)
    steps = [f"step_{number:03}" for number in range(500)]
    begin(display, *steps)
    for step in steps[:300]:
        display.step_changed(StepChange(step, "running", 1))
        display.step_changed(StepChange(step, "completed", 1, "", 0.01))
    display.run_ended("completed", 1)
    _head, *rows, counts = terminal.last_table()
    assert [row.split()[0] for row in rows] == steps[292:300]
    assert counts.startswith("200 queued, 300 completed, ")


LEAVES = """
import sys
from podium.core.display.live import LiveDisplay
from podium.core.spec import PipelineSpec
pipeline = PipelineSpec(name="d", source="p:d", steps=())
LiveDisplay(sys.stderr).run_started("0199", "digits-1", pipeline, stack="s", url="u")
sys.exit(3)
"""


def test_a_program_that_leaves_without_ending_the_run_gives_the_cursor_back(terminal):
    done = subprocess.run([sys.executable, "-c", LEAVES], stderr=terminal.stream, check=False)
    assert done.returncode == 3
    text = terminal.text()
    assert text.rindex("\x1b[?25h") > text.rindex("\x1b[?25l")


def board_of(count):
    steps = [f"step_{number:02}" for number in range(count)]
    return Board(steps), steps


def change(board, state, *steps):
    for step in steps:
        board.change(StepChange(step, state, 1))


def test_few_rows_go_to_what_failed_what_runs_and_what_ended_last():
    board, steps = board_of(50)
    change(board, "completed", *steps[:20])
    change(board, "failed", steps[20])
    change(board, "running", steps[21], steps[22])
    assert [row.step for row in board.rows(6)] == steps[17:23]
    assert [row.state for row in board.rows(6)] == ["completed"] * 3 + ["failed"] + ["running"] * 2


def test_failures_do_not_crowd_out_what_runs():
    board, steps = board_of(50)
    change(board, "failed", *steps[:20])
    change(board, "running", *steps[20:40])
    assert [row.step for row in board.rows(4)] == [steps[18], steps[19], steps[20], steps[21]]


def test_a_single_row_is_enough():
    board, steps = board_of(3)
    change(board, "running", *steps)
    assert [row.step for row in board.rows(1)] == steps[:1]


def test_a_terminal_that_goes_away_does_not_end_the_run():
    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "w") as stream:
        display = LiveDisplay(stream)
        begin(display, "train")
        os.close(ours)
        display.step_changed(StepChange("train", "running", 1))
        display.step_output("train", "nobody sees this\n")
        time.sleep(0.5)
        display.step_output("train", "nor this\n")
        display.run_ended("completed", 1)
