"""Whole pipelines as a platform walks them: each job derives from the records what it does."""

from podium.core.records.reader import last_attempts, taken_attempts
from podium.core.records.removal import delete_run
from podium.core.sdk.run import PipelineRun

DIAMOND = """
@step
def load() -> int:
    return 3

@step
def double(x: int) -> int:
    return 2 * x

@step
def triple(x: int) -> int:
    note("triple")
    return 3 * x

@step
def both(pair: list, name: str = "none") -> list:
    context = get_step_context()
    return [*pair, context.pipeline_run.name, context.pipeline.name]

@pipeline
def flow():
    x = load()
    both([double(x), triple(x)])
"""


def test_a_diamond_completes_with_what_flows_through_it(platform):
    run = platform.run(DIAMOND)
    assert set(run.states.values()) == {"completed"}
    assert (run.view.state, run.view.handle) == ("completed", "here")
    assert run.value("both") == [6, 9, "a run", "flow"]


def test_a_failure_holds_up_what_depends_on_it_and_nothing_else(platform):
    run = platform.run(DIAMOND.replace("return 2 * x", "raise ValueError('no')"))
    assert run.states == {"load": "completed", "double": "failed", "triple": "completed", "both": "skipped"}
    assert run.steps["both"].detail == "step double failed"
    assert run.error("double") == ("ValueError", "no")
    assert run.view.state == "failed"
    assert run.exits["double"] == 1


def test_steps_that_the_cache_has_do_not_run(platform):
    first = platform.run(DIAMOND, enable_cache=True)
    spec, code = first.spec, first.document.code
    again = platform.record(spec, code)
    again.begin(code, enable_cache=True)
    again.walk()
    assert set(again.states.values()) == {"cached"}
    assert again.steps["triple"].detail == f"from run {first.id}, step triple"
    assert again.value("both") == first.value("both")
    assert again.notes("triple") == [""]
    assert again.view.state == "completed"


def test_the_cache_is_not_asked_where_the_run_does_not_want_it(platform):
    first = platform.run(DIAMOND, enable_cache=True)
    again = platform.record(first.spec, first.document.code)
    again.begin(first.document.code)
    assert [again.run_job("load"), again.run_job("triple")] == [0, 0]
    assert again.states["triple"] == "completed"


def test_a_cached_step_whose_artifact_is_gone_runs(platform):
    first = platform.run(DIAMOND, enable_cache=True)
    platform.store.delete(first.steps["load"].outputs["output"].key)
    again = platform.record(first.spec, first.document.code)
    again.begin(first.document.code, enable_cache=True)
    assert again.run_job("load") == 0
    assert again.states["load"] == "completed"


def test_a_resumed_run_goes_on_with_what_was_done(platform):
    broken = DIAMOND.replace("return 2 * x", "return 2 * x if (HERE / 'mended').exists() else 1 / 0")
    run = platform.run(broken)
    (platform.folder / "mended").touch()
    done = {step: view.outputs for step, view in run.steps.items() if view.state == "completed"}
    graph = run.begin(run.document.code, submission=2, done=done, attempts=taken_attempts(run.store, run.id))
    assert [(step.job.name, step.upstream) for step in graph.steps] == [("double", ()), ("both", ("double",))]
    assert run.view.state == "running"
    run.walk()
    assert run.view.state == "completed"
    assert [(step.state, step.attempt) for step in run.steps.values()] == [
        ("completed", 1),
        ("completed", 2),
        ("completed", 1),
        ("completed", 1),
    ]
    assert run.value("both")[:2] == [6, 9]


def test_steps_whose_names_are_no_names_of_jobs_are_found(platform):
    run = platform.run(
        """
        @step
        def plain() -> int:
            return 1

        @step
        def take(x: int) -> int:
            return x + 1

        @pipeline
        def flow():
            take(plain(id="podium-end"), id="Take_it.1")
        """
    )
    assert run.view.state == "completed", run.said
    assert run.value("Take_it.1") == 2


def test_outputs_of_a_cached_step_are_found_and_kept(platform):
    first = platform.run(DIAMOND, enable_cache=True)
    again = platform.record(first.spec, first.document.code)
    again.begin(first.document.code, enable_cache=True)
    again.walk()
    platform.store.delete("cache")
    assert delete_run(platform.store, first.id) == 4
    run = PipelineRun(platform.store, again.id)
    assert {name: step.output.load() for name, step in run.steps.items()} == {
        "load": 3,
        "double": 6,
        "triple": 9,
        "both": [6, 9, "a run", "flow"],
    }
    assert last_attempts(platform.store, again.id)["load"] == (1, True)
    assert run.steps["load"].log == ""
