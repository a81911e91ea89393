import json
import math
import subprocess
import sys
from collections import Counter, OrderedDict
from dataclasses import dataclass, field, make_dataclass
from enum import Enum, IntEnum
from typing import Optional

import numpy as np
import pydantic
import pytest
from conformance.materializer import MaterializerConformance
from hypothesis import given
from hypothesis import strategies as st

from podium.core.contracts.materializer import Unsuited
from podium.core.errors import PodiumError, UsageError
from podium.core.materializers.structured import JSONMaterializer

ATOMS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters())
    | st.sampled_from(["$tuple", "$class", "", -(10**30), -0.0, math.inf, "\ud83d\ude00", "\ud800"])
)
KEYS = ATOMS | st.tuples(ATOMS, ATOMS) | st.frozensets(st.integers())
VALUES = st.recursive(
    ATOMS,
    lambda inner: st.lists(inner) | st.tuples(inner, inner) | st.dictionaries(KEYS, inner) | st.sets(KEYS),
    max_leaves=15,
)


def exact(value):
    """Tell apart what == does not: 1, 1.0 and True, 0.0 and -0.0, and not nan from itself."""
    if isinstance(value, dict):
        return dict, [(exact(key), exact(member)) for key, member in value.items()]
    if isinstance(value, (list, tuple)):
        return type(value), [exact(member) for member in value]
    if isinstance(value, (set, frozenset)):
        return type(value), sorted(repr(exact(member)) for member in value)
    return type(value), repr(value) if isinstance(value, float) else value


@given(VALUES)
def test_any_value_comes_back_exactly(value):
    materializer = JSONMaterializer()
    assert exact(materializer.decode(materializer.encode(value), None)) == exact(value)


class Color(Enum):
    RED = "r"
    GREEN = "g"


class Level(IntEnum):
    LOW = 1


@dataclass
class Point:
    x: float
    label: str = ""
    inner: Optional["Point"] = None
    computed: float = field(init=False, default=0.0)

    def __post_init__(self):
        self.computed = self.x * 2


@dataclass(frozen=True)
class Frozen:
    color: Color
    seen: frozenset


class Model(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="allow", arbitrary_types_allowed=True)
    name: str = "default"
    points: object = ()
    array: object = None
    _private: int = 3


class TestJSON(MaterializerConformance):
    materializer = "JSONMaterializer"

    def same(self, value, loaded):
        return exact(value) == exact(loaded)

    @staticmethod
    def values():
        return [
            *(None, True, False, 0, 1, -1, 1.0, math.nan, math.inf, 10**5000, "", "text", "\ud800", "1"),
            *([], [1, 2], (), (1, "a"), {}, set(), {3, 1, 2}, frozenset({"x"}), [[[]]], [True, 1, 1.0]),
            *({"a": {"b": [None]}}, {1: "int key"}, {(1, 2): {None: ()}}, {"$tuple": [1]}, {"$x": 1, "y": 2}),
            *(Color.RED, Level.LOW, [Color.GREEN]),
            *(Point(1.5), Point(2.0, "a", Point(3.0)), Frozen(Color.RED, frozenset({1, 2}))),
            *(Model(), Model(name="set"), Model(name="default"), Model(points=(Point(1.0),)), Model(more={"a": (1,)})),
        ]


class TestFolder(MaterializerConformance):
    materializer = "FolderMaterializer"

    def same(self, value, loaded):
        if isinstance(value, np.ndarray):
            return type(loaded) is np.ndarray and value.dtype == loaded.dtype and np.array_equal(value, loaded)
        if isinstance(value, (list, tuple)):
            return type(value) is type(loaded) and len(value) == len(loaded) and all(map(self.same, value, loaded))
        if isinstance(value, dict):
            return list(value) == list(loaded) and all(self.same(value[key], loaded[key]) for key in value)
        if isinstance(value, Model):
            return type(loaded) is Model and self.same(value.array, loaded.array)
        return exact(value) == exact(loaded)

    @staticmethod
    def values():
        return [
            [np.arange(3)],
            (1, {"deep": [np.ones((2, 2)), "text"]}),
            {"a": np.arange(3), 2: np.arange(4)},
            Model(array=np.arange(5)),
            {"long": b"\xff" * 5000},
        ]


class TestClassesOnLoad:
    @pytest.fixture
    def saved(self):
        return JSONMaterializer().encode(Point(1.0))

    @pytest.fixture
    def untrusted(self):
        materializer = JSONMaterializer()
        materializer.trust = False
        return materializer

    def test_no_init_runs(self, saved, monkeypatch):
        monkeypatch.setattr(Point, "__post_init__", lambda _: pytest.fail("ran"))
        assert JSONMaterializer().decode(saved, None).computed == 2.0

    def test_the_readers_class_of_that_name_is_taken(self, saved):
        moved = make_dataclass("Point", ["x", "label", "inner", "computed"])
        assert type(JSONMaterializer().decode(saved, moved)) is moved

    def test_a_base_class_in_the_annotation_does_not_replace_the_saved_class(self, saved):
        assert type(JSONMaterializer().decode(saved, object)) is Point

    def test_a_class_that_has_other_fields_by_now_is_refused(self, saved):
        changed = make_dataclass("Point", ["x", "y"])
        with pytest.raises(PodiumError, match=r"it has the fields x, y, where x, label, inner, computed were saved"):
            JSONMaterializer().decode(saved, changed)

    def test_a_module_is_imported_only_with_trust(self, untrusted, tmp_path, monkeypatch):
        (tmp_path / "shapes_of_a_user.py").write_text(
            "import dataclasses\n@dataclasses.dataclass\nclass Round:\n    r: int\n"
        )
        monkeypatch.syspath_prepend(tmp_path)
        saved = b'{"$class":["shapes_of_a_user:Round",{"r":1}]}'
        with pytest.raises(UsageError, match="which is not loaded\nhint: import shapes_of_a_user first"):
            untrusted.decode(saved, None)
        loaded = JSONMaterializer().decode(saved, None)
        assert (type(loaded).__module__, loaded.r) == ("shapes_of_a_user", 1)

    @pytest.mark.parametrize("name", ["subprocess:Popen", "os:system", "builtins:nothing", "no_such_module:X"])
    def test_a_record_cannot_name_anything_else(self, name):
        forged = json.dumps({"$class": [name, {"args": "id"}]}).encode()
        with pytest.raises(PodiumError, match="is not the one that was saved"):
            JSONMaterializer().decode(forged, None)

    def test_a_member_of_an_enum_that_is_gone_is_said(self):
        with pytest.raises(PodiumError, match="has no member BLUE"):
            JSONMaterializer().decode(f'{{"$class":["{Color.__module__}:Color","BLUE"]}}'.encode(), None)

    def test_a_mark_of_a_newer_podium_is_said(self):
        with pytest.raises(PodiumError, match=r"does not know what \$quantum marks\nhint: install a newer podium"):
            JSONMaterializer().decode(b'{"$quantum":1}', None)


def test_a_member_that_is_pickled_is_refused_without_trust():
    forged = b'{"$value":["PickleMaterializer",""]}'
    materializer = JSONMaterializer()
    materializer.trust = False
    with pytest.raises(UsageError, match="would run code"):
        materializer.decode(forged, None)


def test_what_only_looks_like_a_known_type_is_left_to_the_next_materializer():
    for value in (OrderedDict(a=1), Counter("aa"), sys.version_info, type("Text", (str,), {})("x")):
        with pytest.raises(Unsuited):
            JSONMaterializer().encode(value)


def test_a_value_that_holds_itself_is_left_to_the_next_materializer():
    value: list = []
    value.append(value)
    with pytest.raises(Unsuited, match="nested too deeply, or holds itself"):
        JSONMaterializer().encode(value)


def test_an_attribute_that_is_no_field_is_not_lost():
    point = Point(1.0)
    point.extra = 1
    with pytest.raises(Unsuited, match="has an attribute that is none"):
        JSONMaterializer().encode(point)


def test_the_bytes_of_a_set_do_not_depend_on_the_hash_seed():
    code = (
        "from podium.core.materializers.structured import JSONMaterializer as M; print(M().encode({'a','b','c','d',1}))"
    )
    run = {subprocess.check_output([sys.executable, "-c", code], env={"PYTHONHASHSEED": seed}) for seed in "123"}
    assert run == {b"""b'{"$set":["a","b","c","d",1]}'\n"""}
