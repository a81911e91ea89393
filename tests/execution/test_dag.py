"""How a run goes through its graph, for random graphs, failures, modes and orders of ending."""

import os
import sys
import tracemalloc
from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from podium.core.execution.dag import Progress
from podium.core.spec import EXECUTION_MODES

SCALE = float(os.environ.get("PODIUM_TEST_SCALE", "1"))
DONE = ("completed", "cached")


@dataclass
class Played:
    """One run played to its end: how each step ended, and what ran when."""

    ended: dict
    started: list = field(default_factory=list)
    failed_before: dict = field(default_factory=dict)

    def end(self, steps, state):
        for step in steps:
            assert step not in self.ended, f"{step} ended twice"
            self.ended[step] = state


@st.composite
def graphs(draw):
    """Up to a dozen steps, each waiting for any of those before it, some finished in an earlier submission."""
    upstream = {}
    for number in range(draw(st.integers(0, 12))):
        above = draw(st.lists(st.sampled_from(sorted(upstream)), max_size=3)) if upstream else []
        upstream[f"step_{number:02}"] = above
    done = {step: "completed" for step in upstream if draw(st.booleans()) and draw(st.booleans())}
    return upstream, done


def play(upstream, done, mode, draw, outcomes):
    """Drive a run as a driver would: start some ready steps, end any running one, until it is finished."""
    progress = Progress(upstream.items(), mode, done)
    played = Played(dict(done))
    queue, running = [], []
    while not progress.finished:
        fresh = progress.ready()
        assert fresh == sorted(fresh)
        queue += fresh
        while queue and (not running or draw(st.booleans())):
            step = queue.pop(draw(st.integers(0, len(queue) - 1)))
            assert all(played.ended.get(source) in DONE for source in upstream[step])
            assert step not in played.started
            progress.start(step)
            played.started.append(step)
            played.failed_before[step] = progress.failed
            running.append(step)
        step = running.pop(draw(st.integers(0, len(running) - 1)))
        outcome = "cancelled" if progress.stop_running else draw(st.sampled_from(outcomes))
        played.end([step], outcome)
        played.end(progress.settle(step, outcome), "skipped")
        queue = [step for step in queue if step not in played.ended]
    assert not running
    assert not queue
    assert progress.ready() == []
    assert progress.failed == ("failed" in played.ended.values())
    assert played.ended.keys() == upstream.keys()
    return played


@settings(max_examples=int(100 * SCALE), deadline=None)
@given(st.data(), graphs(), st.sampled_from(EXECUTION_MODES))
def test_every_step_ends_once_after_its_upstreams_in_every_mode(data, graph, mode):
    play(*graph, mode, data.draw, ["completed", "cached", "failed", "cancelled"])


@settings(max_examples=int(100 * SCALE), deadline=None)
@given(st.data(), graphs())
def test_continue_on_failure_skips_the_descendants_of_what_failed_and_nothing_else(data, graph):
    upstream, done = graph
    played = play(upstream, done, "continue_on_failure", data.draw, ["completed", "completed", "failed"])
    for step in upstream.keys() - done.keys():
        unfinished = {above for above in upstream[step] if played.ended[above] not in DONE}
        assert (played.ended[step] == "skipped") == bool(unfinished)


@settings(max_examples=int(100 * SCALE), deadline=None)
@given(st.data(), graphs(), st.sampled_from(["stop_on_failure", "fail_fast"]))
def test_nothing_starts_after_a_failure_in_the_stopping_modes(data, graph, mode):
    played = play(*graph, mode, data.draw, ["completed", "completed", "failed"])
    assert not any(played.failed_before.values())


@settings(max_examples=int(30 * SCALE), deadline=None)
@given(st.data(), graphs(), st.sampled_from(EXECUTION_MODES))
def test_a_run_without_failures_skips_nothing(data, graph, mode):
    assert set(play(*graph, mode, data.draw, ["completed", "cached"]).ended.values()) <= set(DONE)


def diamond(mode, done=None):
    return Progress([("load", ()), ("a", ["load"]), ("b", ["load"]), ("join", ["a", "b"])], mode, done or {})


def started(progress, *steps):
    progress.ready()
    for step in steps:
        progress.start(step)
    return progress


@pytest.mark.parametrize(("mode", "kills"), [("stop_on_failure", False), ("fail_fast", True)])
def test_only_fail_fast_asks_to_stop_what_runs(mode, kills):
    progress = started(diamond(mode, {"load": "completed"}), "a", "b")
    assert progress.settle("a", "failed") == ["join"]
    assert (progress.failed, progress.stop_running, progress.finished) == (True, kills, False)
    progress.settle("b", "completed")
    assert progress.finished


def test_a_stopping_failure_skips_steps_that_are_ready_but_not_started():
    progress = started(diamond("stop_on_failure", {"load": "cached"}), "a")
    assert progress.settle("a", "failed") == ["b", "join"]
    with pytest.raises(ValueError, match="'b' cannot start"):
        progress.start("b")


def test_cancel_skips_what_has_not_started_once_and_stops_what_runs():
    progress = started(diamond("continue_on_failure"), "load")
    assert progress.cancel() == ["a", "b", "join"]
    assert progress.cancel() == []
    assert progress.stop_running
    assert progress.settle("load", "cancelled") == []
    assert (progress.finished, progress.failed, progress.ready()) == (True, False, [])


def test_steps_become_ready_in_spec_order_whatever_ended_first():
    progress = Progress([("a", ()), ("b", ()), ("below_a", ["a"]), ("below_b", ["b"])], "fail_fast")
    started(progress, "a", "b")
    progress.settle("b", "completed")
    progress.settle("a", "completed")
    assert progress.ready() == ["below_a", "below_b"]


def test_an_outcome_for_a_step_that_does_not_run_is_refused():
    progress = started(diamond("fail_fast"), "load")
    with pytest.raises(ValueError, match="'a' cannot end as completed: it is not running"):
        progress.settle("a", "completed")
    with pytest.raises(ValueError, match="'a' cannot start: it is not ready"):
        progress.start("a")
    progress.settle("load", "completed")
    with pytest.raises(ValueError, match="'load' cannot end as failed"):
        progress.settle("load", "failed")


def test_a_run_with_nothing_left_to_do_is_finished_at_once():
    assert Progress([], "fail_fast").finished
    assert Progress([("only", ())], "fail_fast", {"only": "cached"}).finished


def test_an_upstream_that_does_not_stand_before_its_step_is_refused():
    with pytest.raises(KeyError, match="later"):
        Progress([("first", ["later"]), ("later", ())], "fail_fast")


def test_memory_of_a_long_chain_stays_under_300_bytes_a_step():
    chain = [(f"step_{number}", (f"step_{number - 1}",) if number else ()) for number in range(10_000)]
    tracemalloc.start()
    progress = Progress(chain, "continue_on_failure")
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert not progress.finished
    assert size < 300 * len(chain)


def test_work_grows_with_the_graph_and_not_with_its_square():
    def lines_executed(length):
        chain = [(f"step_{number}", (f"step_{number - 1}",) if number else ()) for number in range(length)]
        count = 0

        def trace(frame, event, arg):
            nonlocal count
            count += 1
            return trace

        before = sys.gettrace()
        sys.settrace(trace)
        try:
            progress = Progress(chain, "continue_on_failure")
            while not progress.finished:
                for step in progress.ready():
                    progress.start(step)
                    progress.settle(step, "completed")
        finally:
            sys.settrace(before)
        return count

    assert lines_executed(2_000) < 2.1 * lines_executed(1_000)
