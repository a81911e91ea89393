"""Which steps of a run come from the cache, after a first run of the same pipeline."""

import json
import shutil

import pytest
from conformance.workspace import Workspace, states, step_of

FLOW = """
from podium import pipeline, step
from scaling import scaled

OFFSET = 1

def shifted(x):
    return x + OFFSET

@step
def first(n: int) -> int:
    return shifted(n)

@step
def second(x: int) -> int:
    return scaled(x)

@step
def third(x: int) -> int:
    return -x

@pipeline
def chain(n: int = 1):
    third(second(first(n)))

if __name__ == "__main__":
    chain()
"""
SCALING = """
FACTOR = 3

def scaled(x):
    return x * FACTOR
"""
ALL_RUN = ("completed", "completed", "completed")
ALL_CACHED = ("cached", "cached", "cached")


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """A workspace in which the pipeline has run once."""
    space = Workspace(tmp_path_factory.mktemp("cache"))
    space.environment["PODIUM_IN_PROCESS"] = "1"
    write(space.folder)
    space.first, _ = space.run("flow.py")
    assert tuple(states(space.first).values()) == ALL_RUN
    return space


@pytest.fixture
def again(base, tmp_path):
    """Run the pipeline, changed or not, from another checkout but with the same cache; return the record."""

    def run(*args, flow=FLOW, scaling=SCALING, code=0, **environment):
        write(tmp_path, flow, scaling)
        space = Workspace(tmp_path)
        space.environment = {**base.environment, **environment}
        return space.run("flow.py", *args, code=code)[0]

    return run


def write(folder, flow=FLOW, scaling=SCALING):
    (folder / "flow.py").write_text(flow)
    (folder / "scaling.py").write_text(scaling)


def changed(text, *edits):
    """Return a text in which each edit has replaced something."""
    for before, after in edits:
        assert before in text
        text = text.replace(before, after)
    return text


def test_an_unchanged_pipeline_is_cached_and_says_from_where(base, again):
    run = again()
    assert tuple(states(run).values()) == ALL_CACHED
    for name in states(run):
        assert step_of(run, name)["detail"] == f"from run {base.first['id']}, step {name}"
        assert step_of(run, name)["outputs"] == step_of(base.first, name)["outputs"]


@pytest.mark.parametrize(
    "edit",
    [
        ("    return shifted(n)", "    # a comment\n\n    return shifted( n )"),
        ("def shifted(x):", "def unrelated():\n    return 5\n\ndef shifted(x):"),
        ("    third(second(first(n)))", "    value = second(first(n))\n    third(value)"),
    ],
    ids=["layout", "another function", "the pipeline's own words"],
)
def test_what_changes_no_step_changes_nothing(again, edit):
    assert tuple(states(again(flow=changed(FLOW, edit))).values()) == ALL_CACHED


@pytest.mark.parametrize(
    ("flow", "scaling", "expected"),
    [
        ([("return -x", "return -x - 1")], [], ("cached", "cached", "completed")),
        ([], [("x * FACTOR", "x * FACTOR + 7")], ("cached", "completed", "completed")),
        ([], [("FACTOR = 3", "FACTOR = 5")], ("cached", "completed", "completed")),
        ([("OFFSET = 1", "OFFSET = 2")], [], ALL_RUN),
        ([], [("x * FACTOR", "FACTOR * x")], ("cached", "completed", "cached")),
        ([("n: int = 1", "n: int = 5")], [], ALL_RUN),
    ],
    ids=["step", "helper in another file", "its constant", "constant", "same value by other code", "parameter"],
)
def test_a_change_runs_what_depends_on_it(again, flow, scaling, expected):
    run = again(flow=changed(FLOW, *flow), scaling=changed(SCALING, *scaling))
    assert tuple(states(run).values()) == expected


def test_a_parameter_counts_however_it_is_given(again):
    assert tuple(states(again("--param", "n=30")).values()) == ALL_RUN
    assert tuple(states(again(flow=changed(FLOW, ("    chain()", "    chain(n=30)")))).values()) == ALL_CACHED


ONLY_SECOND = ("cached", "completed", "cached")


@pytest.mark.parametrize(
    ("edits", "expected"),
    [
        ([("@step\ndef second", "@step(enable_cache=False)\ndef second")], ONLY_SECOND),
        ([("@pipeline", "@pipeline(enable_cache=False)")], ALL_RUN),
        (
            [
                ("@pipeline", "@pipeline(enable_cache=False)"),
                ("@step\ndef third", "@step(enable_cache=True)\ndef third"),
            ],
            ("completed", "completed", "cached"),
        ),
    ],
    ids=["step", "pipeline", "step beats pipeline"],
)
def test_the_cache_is_switched_in_the_code(again, edits, expected):
    assert tuple(states(again(flow=changed(FLOW, *edits))).values()) == expected


@pytest.mark.parametrize(
    ("config", "expected"),
    [("enable_cache: false\n", ALL_RUN), ("steps: {second: {enable_cache: false}}\n", ONLY_SECOND)],
    ids=["pipeline", "step"],
)
def test_the_cache_is_switched_in_the_run_configuration(again, tmp_path, config, expected):
    (tmp_path / "run.yaml").write_text(config)
    assert tuple(states(again("--config", "run.yaml")).values()) == expected


def test_no_cache_runs_every_step(again):
    assert tuple(states(again("--no-cache")).values()) == ALL_RUN


@pytest.mark.parametrize(
    "environment",
    [
        {"PYTHONHASHSEED": "1", "TZ": "Asia/Tokyo", "LC_ALL": "C", "PYTHONOPTIMIZE": "1"},
        {"PYTHONHASHSEED": "2", "TZ": "America/Lima", "LC_ALL": "C.UTF-8", "PYTHONUTF8": "1"},
    ],
    ids=["Tokyo", "Lima"],
)
def test_hash_seed_zone_and_locale_do_not_count(again, environment):
    assert tuple(states(again(**environment)).values()) == ALL_CACHED


def test_a_deleted_artifact_is_a_miss(base, again, tmp_path):
    home = tmp_path / "home"
    shutil.copytree(base.home, home)
    (home / "artifacts" / step_of(base.first, "second")["outputs"]["output"]["key"]).unlink()
    run = again(PODIUM_HOME=str(home))
    assert tuple(states(run).values()) == ONLY_SECOND
    output = step_of(run, "second")["outputs"]["output"]
    assert json.loads((home / "artifacts" / output["key"]).read_bytes()) == 6
    assert tuple(states(again(PODIUM_HOME=str(home))).values()) == ALL_CACHED


def test_a_failed_step_is_not_cached(again):
    failing = changed(FLOW, ("    return -x", "    raise ValueError"))
    for _ in range(2):
        assert tuple(states(again(flow=failing, code=1)).values()) == ("cached", "cached", "failed")
