"""Lines in a pipe: what they say, and that nothing but text is in them."""

import io
import os
import subprocess
import sys

import pytest

from podium.core.display.plain import PlainDisplay
from podium.core.display.select import select
from podium.core.execution.events import StepChange
from podium.core.spec import PipelineSpec, StepSpec


def spec(*steps):
    return PipelineSpec(
        name="digits",
        source="p:digits",
        steps=tuple(StepSpec(id=step, name=step, source=f"p:{step}") for step in steps),
    )


def written(tell, *, encoding="utf-8", quiet=False):
    """Return what a plain display writes when it is told things."""
    stream = io.TextIOWrapper(io.BytesIO(), encoding)
    display = PlainDisplay(stream, quiet=quiet)
    tell(display)
    display.flush()
    return stream.buffer.getvalue().decode(encoding)


def play_every_state(display):
    display.notice("settings for kubernetes are not applied on local")
    display.run_started("0199d0c4", "digits-1", spec("load", "train"), stack="default", url="file:///runs/0199d0c4")
    display.step_changed(StepChange("load", "cached", 0, "from run 0199aaaa, step load"))
    display.step_changed(StepChange("train", "queued", 1))
    display.step_changed(StepChange("train", "running", 1))
    display.step_output("train", "epoch 1\n\n")
    display.step_changed(StepChange("train", "retrying", 1, "ValueError: no luck\nat all"))
    display.step_changed(StepChange("train", "running", 2))
    display.step_changed(StepChange("train", "failed", 2, "ValueError: no luck\nat all", 0.51))
    display.step_changed(StepChange("split", "completed", 1, "", 125))
    display.step_changed(StepChange("report", "skipped", 0, "step train failed"))
    display.step_changed(StepChange("upload", "cancelled", 1, "the run was cancelled", 0.02))
    display.step_changed(StepChange("notify", "lost", 1))
    display.run_ended("failed", 2.5)


GOLDEN = """\
podium: settings for kubernetes are not applied on local
podium: run digits-1: 2 steps on stack default
podium: run id 0199d0c4, recorded in file:///runs/0199d0c4
podium: load: cached from run 0199aaaa, step load
podium: train: queued
podium: train: running
train | epoch 1
train | \n\
podium: train: retrying: ValueError: no luck
podium: train: running: attempt 2
podium: train: failed in 0.5s: ValueError: no luck
podium: split: completed in 2m05s
podium: report: skipped: step train failed
podium: upload: cancelled in 20ms: the run was cancelled
podium: notify: lost
"""


def test_one_line_for_each_thing_that_happens():
    assert written(play_every_state) == GOLDEN


def test_quiet_leaves_only_notices():
    assert written(play_every_state, quiet=True) == GOLDEN.partition("\n")[0] + "\n"


@pytest.mark.parametrize(
    ("printed", "line"),
    [
        ("  1%|  \r 50%|# \r100%|##\n", "100%|##"),
        ("100%|##\r\n", "100%|##"),
        ("\x1b[1;31mred\x1b[0m and \x1b]0;title\x07plain\n", "red and plain"),
        ("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\\n", "link"),
        ("\x9b2Jcleared\x00\x08\x7f\n", "2Jcleared"),
        ("tabs\tstay, no-break\xa0spaces too\n", "tabs\tstay, no-break\xa0spaces too"),
        ("the rest, without an end", "the rest, without an end"),
        ("broken escape \x1b\n", "broken escape "),
    ],
)
def test_output_is_reduced_to_what_a_terminal_would_be_left_with(printed, line):
    assert written(lambda display: display.step_output("train", printed)) == f"train | {line}\n"


def test_what_the_stream_cannot_encode_is_escaped():
    assert written(lambda display: display.step_output("s", "grün → 🎉\n"), encoding="ascii") == (
        "s | gr\\xfcn \\u2192 \\U0001f389\n"
    )


def test_a_pipe_that_nobody_reads_any_more_does_not_end_the_run():
    reader, writer = os.pipe()
    with os.fdopen(writer, "w") as stream:
        display = PlainDisplay(stream)
        display.notice("read")
        os.close(reader)
        display.notice("nobody reads this")
        display.notice("nor this")


SCRIPT = """
import sys
from podium.core.display.select import select
from podium.core.execution.events import StepChange
display = select(sys.stderr)
display.step_changed(StepChange("train", "running", 1))
display.step_output("train", "\\x1b[31mred\\x1b[0m\\n")
display.flush()
print("rich" in sys.modules)
"""


def test_in_a_pipe_there_is_no_escape_byte_and_rich_is_not_imported():
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, check=True, env={**os.environ, "TERM": "xterm-256color"}
    )
    assert done.stdout == b"False\n"
    assert done.stderr == b"podium: train: running\ntrain | red\n"


@pytest.mark.parametrize("change", [{"TERM": "dumb"}, {"TERM": None}, {"CI": "true"}])
def test_a_terminal_that_cannot_redraw_gets_plain_lines(monkeypatch, terminal, change):
    for name, value in change.items():
        if value is None:
            monkeypatch.delenv(name)
        else:
            monkeypatch.setenv(name, value)
    assert isinstance(select(terminal.stream), PlainDisplay)


def test_a_terminal_that_is_not_utf_8_gets_plain_lines(terminal):
    with open(terminal.stream.fileno(), "w", encoding="ascii", closefd=False) as stream:
        assert isinstance(select(stream), PlainDisplay)


def test_quiet_puts_up_no_table(terminal):
    assert isinstance(select(terminal.stream, quiet=True), PlainDisplay)
