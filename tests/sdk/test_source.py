"""Under which name a step is found by the process that runs it, and which steps travel by value."""

import base64
import pickle
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from podium import UsageError, pipeline, step
from podium.core.sdk.source import module_name, source_root
from podium.core.spec import PipelineSpec


@pytest.fixture
def run(tmp_path):
    """Run a file of this text as a script; return the spec whose bytes it prints."""

    def run_it(text, name="flow.py"):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(textwrap.dedent(text), encoding="utf-8")
        return PipelineSpec.from_bytes(subprocess.check_output([sys.executable, str(file)]))

    return run_it


PROGRAM = """
from podium import pipeline, step

class Data: pass

@step
def make() -> Data:
    return Data()

@pipeline
def flow():
    make()

if __name__ == "__main__":
    @step
    def guarded() -> int:
        return 1

    other = step(lambda: 2).with_options(name="other")
    changed = make.with_options(timeout=3)

    @pipeline
    def both():
        make()
        guarded()
        other()
        changed()

    print(both.compile().to_bytes().decode(), end="")
"""


def test_a_script_is_named_for_its_file_and_never_main(run, tmp_path):
    (tmp_path / ".podium").mkdir()
    spec = run(PROGRAM, "flows/daily/flow.py")
    make, guarded, other, changed = spec.steps
    assert spec.module == "flows.daily.flow"
    assert (make.source, make.pickled) == ("flows.daily.flow:make", None)
    assert make.outputs[0].type == "flows.daily.flow:Data"
    assert guarded.source == "flows.daily.flow:guarded"
    assert guarded.pickled
    assert other.pickled
    assert (changed.source, changed.pickled) == ("flows.daily.flow:make", None)


def test_without_a_podium_folder_the_files_own_folder_is_the_root(run):
    assert run(PROGRAM, "flows/daily/flow.py").steps[0].source == "flow:make"


def test_a_pickled_step_can_be_called_elsewhere():
    factor = 3

    @step
    def closure(value: int) -> int:
        return value * factor

    (spec,) = pipeline(name="body")(lambda: closure(2)).compile().steps
    assert pickle.loads(base64.b64decode(spec.pickled))(5) == 15  # noqa: S301 - made just above


def test_a_step_under_another_name_than_its_own_travels_by_value(run):
    spec = run(
        """
        from podium import pipeline, step

        def plain() -> int:
            return 1

        renamed = step(plain)

        @pipeline
        def flow():
            renamed()

        if __name__ == "__main__":
            print(flow.compile().to_bytes().decode(), end="")
        """
    )
    assert spec.steps[0].pickled


@pytest.mark.parametrize(
    ("path", "name"),
    [("a.py", "a"), ("pkg/sub/a.py", "pkg.sub.a"), ("pkg/__init__.py", "pkg"), ("with-dash/a-b.py", "with-dash.a-b")],
)
def test_a_module_is_named_by_its_path_from_the_root(tmp_path, path, name):
    assert module_name(tmp_path / path, tmp_path) == name


def test_a_dot_in_a_file_name_is_refused(tmp_path):
    with pytest.raises(UsageError, match=r"v1\.2\.py cannot be imported"):
        module_name(tmp_path / "v1.2.py", tmp_path)


def test_the_nearest_podium_folder_is_the_root(tmp_path):
    (tmp_path / ".podium").mkdir()
    (tmp_path / "inner/.podium").mkdir(parents=True)
    assert source_root(tmp_path / "inner/deep/a.py") == tmp_path / "inner"
    assert source_root(tmp_path / "a.py") == tmp_path
    assert source_root(Path("/a.py")) == Path("/")
