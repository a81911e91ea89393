"""The last words on a run."""

import pytest

from podium.core.display.summary import StepReport, summary
from podium.core.display.text import duration

TRACEBACK = """\
Traceback (most recent call last):
  File "pipeline.py", line 12, in train
    raise ValueError("no luck")
ValueError: no luck
"""

GOLDEN = """\
podium: run digits-1 failed in 2.5s: 1 completed, 1 cached, 1 failed, 1 skipped, 1 cancelled
  completed  load
  cached     split
  failed     train
  skipped    report
  cancelled  upload

step train failed: ValueError: no luck
  Traceback (most recent call last):
    File "pipeline.py", line 12, in train
      raise ValueError("no luck")
  ValueError: no luck
its log:
  epoch 1
  epoch 2

the whole log:      podium runs logs 0199d0c4 train
to go on from here: podium runs resume 0199d0c4"""

RUN = {"run_id": "0199d0c4", "run_name": "digits-1", "seconds": 2.5}


@pytest.fixture(autouse=True)
def eighty_columns(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")


def test_a_failed_run_says_why_and_what_to_do_next():
    steps = {"load": "completed", "split": "cached", "train": "failed", "report": "skipped", "upload": "cancelled"}
    failure = StepReport("train", "ValueError: no luck", TRACEBACK, "epoch 1\n\x1b[1mepoch 2\x1b[0m\n")
    lines = summary(**RUN, state="failed", steps=steps, failures=[failure], resumable=True)
    assert "\n".join(lines) == GOLDEN


def test_a_completed_run_names_no_command():
    assert summary(**RUN, state="completed", steps={"load": "completed"}) == [
        "podium: run digits-1 completed in 2.5s: 1 completed",
        "  completed  load",
    ]


def test_only_the_end_of_a_long_log_is_shown():
    log = "".join(f"line {number}\n" for number in range(100))
    lines = summary(**RUN, state="failed", steps={"a": "failed"}, failures=[StepReport("a", "Error", log=log)])
    begin = lines.index("the end of its log:")
    assert lines[begin + 1 : begin + 21] == [f"  line {number}" for number in range(80, 100)]


def test_many_steps_are_counted_where_they_do_not_fit():
    steps = dict.fromkeys([f"step_{number}" for number in range(1000)], "completed")
    _, names = summary(**RUN, state="completed", steps=steps)
    assert names == "  completed  step_0, step_1, step_2, step_3, step_4, step_5, step_6 and 993 more"


def test_one_name_is_shown_however_long_it_is():
    _, names = summary(**RUN, state="completed", steps={"x" * 99: "completed", "b": "completed"})
    assert names == f"  completed  {'x' * 99} and 1 more"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0ms"),
        (0.0123, "12ms"),
        (0.0996, "0.1s"),
        (9.96, "10.0s"),
        (59.94, "59.9s"),
        (59.96, "1m00s"),
        (3599.6, "1h00m"),
        (3725, "1h02m"),
        (273_600, "3d04h"),
    ],
)
def test_durations_are_short(seconds, text):
    assert duration(seconds) == text
