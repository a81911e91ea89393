"""Values on their way between steps in worker processes, and out of the run: one run, looked at from many sides."""

import numpy as np
import pandas as pd
import pytest
from conformance.workspace import Workspace

from podium import Client, Materializer, UsageError

PIPELINE = """
from typing import Annotated
import numpy as np
import pandas as pd
from podium import Materializer, pipeline, step

class Point:
    def __init__(self, x, y):
        self.x, self.y = x, y

class Point3(Point):
    pass

class PointMaterializer(Materializer):
    types = (Point,)
    suffix = ".point"
    def save(self, value, path):
        path.write_text(f"{value.x} {value.y}")
    def load(self, path, expected):
        return (expected or Point)(*map(int, path.read_text().split()))

class ReversedText(Materializer):
    suffix = ".txet"
    def save(self, value, path):
        path.write_text(value[::-1])
    def load(self, path, expected):
        return path.read_text()[::-1]

@step
def array() -> Annotated[np.ndarray, "array"]:
    return np.arange(6).reshape(2, 3)

@step
def frame(array: np.ndarray) -> Annotated[pd.DataFrame, "frame"]:
    return pd.DataFrame(array, columns=list("abc"))

@step
def column_sums(frame: pd.DataFrame) -> dict[str, int]:
    return {name: int(total) for name, total in frame.sum().items()}

@step
def corner() -> Point3:
    return Point3(3, 4)

@step
def distance(point: Point3) -> str:
    return f"{type(point).__name__} {(point.x**2 + point.y**2) ** 0.5:g}"

@step(output_materializers=ReversedText)
def word() -> str:
    return "drawer"

@step
def length(word: str) -> int:
    return len(word)

@pipeline
def values():
    column_sums(frame(array()))
    distance(corner())
    length(word())

if __name__ == "__main__":
    values()
"""


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    space = Workspace(tmp_path_factory.mktemp("values"))
    (space.folder / "flow.py").write_text(PIPELINE)
    record, _ = space.run("flow.py")
    assert record["state"] == "completed"
    return space


@pytest.fixture
def steps(workspace, monkeypatch):
    monkeypatch.setenv("PODIUM_HOME", str(workspace.home))
    (run,) = Client().list_pipeline_runs()
    return run.steps


def test_arrays_pass(steps):
    assert np.array_equal(steps["array"].output.load(), np.arange(6).reshape(2, 3))


def test_frames_pass(steps):
    pd.testing.assert_frame_equal(
        steps["frame"].output.load(), pd.DataFrame(np.arange(6).reshape(2, 3), columns=list("abc"))
    )
    assert steps["column_sums"].output.load() == {"a": 3, "b": 5, "c": 7}


def test_a_materializer_of_the_file_serves_its_type_and_subclasses(steps):
    artifact = steps["corner"].output
    assert artifact.record.materializer == "PointMaterializer"
    assert artifact.record.type == "flow:Point3"
    assert artifact.uri.endswith("corner.1.output.point")
    assert steps["distance"].output.load() == "Point3 5"


def test_output_materializers_overrule_the_choice_by_type(steps):
    assert steps["word"].output.record.materializer == "ReversedText"
    assert steps["length"].output.load() == 6


def test_a_value_can_be_loaded_where_its_materializer_is_known(steps, monkeypatch):
    monkeypatch.setattr(Materializer, "registered", Materializer.registered)
    with pytest.raises(UsageError, match="there is no materializer 'ReversedText' here"):
        steps["word"].output.load()

    class ReversedText(Materializer):
        suffix = ".txet"

        def save(self, *_):
            raise AssertionError

        def load(self, path, *_):
            return path.read_text()[::-1]

    assert steps["word"].output.load() == "drawer"
