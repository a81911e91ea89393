import re
import sys
import threading
import warnings

import pytest
from sklearn.linear_model import LinearRegression

from podium.core.artifacts.local import LocalFiles
from podium.core.artifacts.transfer import load_value, save_value
from podium.core.contracts.materializer import PickleWarning
from podium.core.errors import PodiumError, UsageError


class Shape:
    def __init__(self, sides):
        self.sides = sides


class Brittle:
    def __reduce__(self):
        return (int, ("not a number",))


@pytest.fixture
def store(tmp_path):
    return LocalFiles(tmp_path / "store")


def pickled(store, value):
    with pytest.warns(PickleWarning):
        return save_value(store, "v", value)


def test_any_object_comes_back(store):
    assert load_value(store, pickled(store, Shape(3))).sides == 3


def test_functions_and_local_classes_come_back(store):
    class Local:
        value = 7

    assert load_value(store, pickled(store, (lambda x: x + 1, Local())))[0](1) == 2


def test_the_warning_says_what_a_pickle_means_and_why_it_was_needed(store):
    with pytest.warns(PickleWarning) as caught:
        save_value(store, "v", Shape(3))
    (warning,) = caught
    text = str(warning.message)
    assert "test_pickled:Shape (" in text
    assert "is neither a dataclass, nor a pydantic model, nor an enum): loading it runs code" in text
    assert text.endswith("a Materializer with types = (Shape,) would avoid that")


def test_an_estimator_is_pickled_without_a_warning(store):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        record = save_value(store, "v", {"model": LinearRegression().fit([[0.0], [1.0]], [0.0, 2.0])})
    assert load_value(store, record)["model"].predict([[2.0]]) == pytest.approx([4.0])


def test_objects_in_a_container_keep_what_they_share(store):
    shape = Shape(3)
    first, second = load_value(store, pickled(store, [shape, {"same": shape}]))
    assert first is second["same"]


def test_a_value_that_holds_itself_is_pickled(store):
    value = []
    value.append(value)
    loaded = load_value(store, pickled(store, value))
    assert loaded[0] is loaded


@pytest.mark.parametrize("value", [Shape(3), LinearRegression(), {"deep": [LinearRegression()]}])
@pytest.mark.filterwarnings("ignore::podium.core.contracts.materializer.PickleWarning")
def test_without_trust_nothing_pickled_is_loaded(store, value):
    record = save_value(store, "v", value)
    with pytest.raises(UsageError, match=r"would run code that is stored in the artifact\n(.*\n)?hint: .*trust=True"):
        load_value(store, record, trust=False)


@pytest.mark.parametrize("value", [(number for number in range(3)), {"lock": threading.Lock()}, sys._getframe()])
def test_what_cannot_be_pickled_is_an_error_with_the_reason_and_a_way_out(store, value):
    with pytest.raises(PodiumError, match=r"cannot save a value of type .*: cannot pickle .*\n.*\nhint: return data"):
        save_value(store, "run/out", value)
    assert store.names("run") == []


def test_versions_that_differ_are_named_when_loading_fails(store):
    record = pickled(store, Brittle())
    path = store.fetched(record.key)
    here = f"{sys.version_info.major}.{sys.version_info.minor}"
    path.write_bytes(path.read_bytes().replace(f'"python": "{here}"'.encode(), b'"python": "3.1"', 1))
    expected = f"cannot unpickle: ValueError: .*\n.*\nhint: it was saved with python 3.1, and this is python {here}"
    with pytest.raises(PodiumError, match=expected):
        load_value(store, record)


def test_no_version_is_blamed_when_all_are_the_same(store):
    record = pickled(store, Brittle())
    with pytest.raises(PodiumError, match="cannot unpickle") as failed:
        load_value(store, record)
    assert not re.search("hint", str(failed.value))
