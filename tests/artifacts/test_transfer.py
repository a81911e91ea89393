import subprocess
import sys
import textwrap
from typing import Annotated, Any, Literal, Optional, TypeVar

import numpy as np
import pytest

from podium.core.artifacts.local import LocalFiles
from podium.core.artifacts.record import ArtifactRecord
from podium.core.artifacts.transfer import class_of, load_value, save_value
from podium.core.errors import NotFoundError, PodiumError, UsageError


@pytest.fixture
def store(tmp_path):
    return LocalFiles(tmp_path / "store")


def test_the_record_says_all_that_loading_needs(store):
    record = save_value(store, "runs/1/out", {"a": 1})
    assert (record.key, record.materializer, record.type) == ("runs/1/out.json", "JSONMaterializer", "builtins:dict")
    assert load_value(store, ArtifactRecord.from_json(record.to_json())) == {"a": 1}


@pytest.mark.parametrize(
    ("annotation", "cls"),
    [
        (int, int),
        (list[int], list),
        (Optional[np.ndarray], np.ndarray),  # noqa: UP045 - the older spelling has another type
        (np.ndarray | None, np.ndarray),
        (Annotated[dict[str, int] | None, "name"], dict),
        (int | str, None),
        (Literal["a"], None),
        (Any, None),
        (TypeVar("T"), None),
        ("Forward", None),
        (None, None),
    ],
)
def test_the_class_that_an_annotation_asks_for(annotation, cls):
    assert class_of(annotation) is cls


def test_a_damaged_artifact_is_not_loaded(store):
    record = save_value(store, "v", [1, 2, 3])
    store.path(record.key).write_bytes(b"[1,2]")
    with pytest.raises(PodiumError, match=r"damaged.*\n.*\nhint: run its step again with --no-cache"):
        load_value(store, record)


@pytest.mark.parametrize("value", [1, np.zeros(3), [np.zeros(3)]])
def test_an_artifact_that_is_gone_is_said(store, value):
    record = save_value(store, "v", value)
    store.delete(record.key)
    with pytest.raises(NotFoundError, match="is gone"):
        load_value(store, record)


def test_a_record_of_an_unknown_materializer_says_what_to_import(store):
    record = ArtifactRecord("k", "TheirMaterializer", "theirs:Thing", "", 0)
    with pytest.raises(
        UsageError, match="no materializer 'TheirMaterializer' here\nhint: import the module that defines it first"
    ):
        load_value(store, record)


def test_json_values_import_nothing_heavy(tmp_path):
    code = """
    import pathlib, sys
    from podium.core.artifacts.local import LocalFiles
    from podium.core.artifacts.transfer import load_value, save_value
    store = LocalFiles(pathlib.Path(sys.argv[1]))
    assert load_value(store, save_value(store, "v", {"a": [1, (2.5, "x")]}), dict) == {"a": [1, (2.5, "x")]}
    heavy = {"pydantic", "numpy", "pandas", "polars", "pyarrow", "sklearn", "cloudpickle", "asyncio", "shutil", "uuid"}
    print(sorted(heavy & set(sys.modules)))
    """
    said = subprocess.check_output([sys.executable, "-c", textwrap.dedent(code), tmp_path], text=True)
    assert said == "[]\n"


def test_objects_of_the_main_module_load_elsewhere_under_its_real_name(store, tmp_path):
    (tmp_path / "users_pipeline.py").write_text(
        textwrap.dedent("""
        import dataclasses, sys
        from podium.core.artifacts.open import open_store
        from podium.core.artifacts.transfer import save_value
        @dataclasses.dataclass
        class Point:
            x: int
        if __name__ == "__main__":
            sys.modules["users_pipeline"] = sys.modules["__main__"]
            print(save_value(open_store(sys.argv[1]), "v", [Point(1)]).key)
        """)
    )
    subprocess.check_call([sys.executable, tmp_path / "users_pipeline.py", store.url], stdout=subprocess.DEVNULL)
    assert store.read("v.json") == b'[{"$class":["users_pipeline:Point",{"x":1}]}]'
