import datetime as dt

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from conformance.materializer import MaterializerConformance

from podium.core.contracts.materializer import Unsuited
from podium.core.materializers.frames import PandasMaterializer, PolarsMaterializer


class TestPandas(MaterializerConformance):
    materializer = "PandasMaterializer"

    def same(self, value, loaded):
        check = pd.testing.assert_series_equal if isinstance(value, pd.Series) else pd.testing.assert_frame_equal
        check(value, loaded, check_freq=True, check_exact=True)
        return type(value) is type(loaded)

    @staticmethod
    def values():
        unnamed = pd.DataFrame(np.ones((2, 2)), columns=pd.RangeIndex(2))
        numbers = pd.DataFrame({"a": [1, 2], "b": [1.5, np.nan]})
        return [
            *(
                numbers,
                numbers.set_index("a"),
                numbers.set_index(["a", "b"]),
                pd.DataFrame(),
                numbers.iloc[:0],
                unnamed,
            ),
            *(numbers.rename(columns={"a": 0, "b": 1}), pd.DataFrame(index=["x", "y"])),
            pd.DataFrame(np.ones((2, 2)), columns=pd.MultiIndex.from_tuples([("p", 1), ("q", 2)], names=["m", None])),
            pd.DataFrame({"when": pd.to_datetime(["2024-01-01", None]).tz_localize("Europe/Berlin")}),
            pd.DataFrame({"kind": pd.Categorical(["u", "v"], categories=["v", "u", "unused"], ordered=True)}),
            pd.DataFrame({"n": pd.array([1, None], dtype="Int64"), "f": pd.array([True, None], dtype="boolean")}),
            pd.DataFrame({"p": pd.period_range("2024", periods=2, freq="D"), "i": pd.interval_range(0, 2)}),
            pd.DataFrame({"text": ["a", "ünï"], "raw": [b"x", None], "day": [dt.date(2024, 1, 1), None]}),
            *(numbers.set_index(pd.RangeIndex(5, 1, -2, name="r")), numbers.set_index(pd.RangeIndex(2, name=3))),
            *(pd.Series([1, 2]), pd.Series([1.5], name="x"), pd.Series(["a"], index=["k"], name=0)),
        ]


class TestPolars(MaterializerConformance):
    materializer = "PolarsMaterializer"

    def same(self, value, loaded):
        return type(loaded) is pl.DataFrame and value.schema == loaded.schema and value.equals(loaded)

    @staticmethod
    def values():
        return [
            *(pl.DataFrame(), pl.DataFrame({"a": [1, None], "b": ["x", "y"]}), pl.DataFrame({"a": [[1], [2, 3]]})),
            pl.DataFrame(
                {"t": [dt.datetime(2024, 1, 1, tzinfo=dt.timezone.utc)], "c": pl.Series(["x"], dtype=pl.Categorical)}
            ),
        ]


class TestArrow(MaterializerConformance):
    materializer = "ArrowMaterializer"

    def same(self, value, loaded):
        same_schema = value.schema.equals(loaded.schema, check_metadata=True)
        return type(loaded) is pa.Table and same_schema and value.to_pylist() == loaded.to_pylist()

    @staticmethod
    def values():
        chunks = pa.chunked_array([pa.array(["a", "b"]).dictionary_encode(), pa.array(["c"]).dictionary_encode()])
        return [
            *(pa.table({}), pa.table({"a": [1, None]}), pa.table({"a": [{"b": [1]}]}), pa.table({"c": chunks})),
            pa.table({"a": [1]}).replace_schema_metadata({"k": "v"}),
            pa.table({"a": np.arange(300_000)}),
        ]


@pytest.mark.parametrize(
    ("frame", "reason"),
    [
        (pd.DataFrame({"o": [1, "mixed"]}), "cannot hold"),
        (pd.DataFrame({"o": [object()]}), "cannot hold"),
        (pd.DataFrame([[1, 2]], columns=["a", "a"]), "cannot hold"),
        (pd.DataFrame([[1, 2]], columns=["a", 1]), "cannot hold"),
        (pd.DataFrame({"a": pd.arrays.SparseArray([1, 0])}), "cannot hold"),
        (pd.DataFrame({"a": [[1], [2, 3]]}), "Python objects in 'a'"),
        (pd.DataFrame({"a": [1]}, index=pd.date_range("2024", periods=1, freq="D")), "index"),
        (pd.DataFrame({"a": [1]}, index=pd.Index([0.5], name=3)), "cannot hold"),
        (pd.Series([1], name=("a", 1)), "name"),
        (type("Sub", (pd.DataFrame,), {})({"a": [1]}), "subclass"),
    ],
    ids=[
        "mixed",
        "objects",
        "twice",
        "names",
        "sparse",
        "lists",
        "frequency",
        "float index",
        "series name",
        "subclass",
    ],
)
def test_what_would_come_back_changed_is_left_to_the_next_materializer(frame, reason, tmp_path):
    with pytest.raises(Unsuited, match=reason):
        PandasMaterializer().save(frame, tmp_path / "f")


def test_attributes_of_a_frame_are_not_lost(tmp_path):
    frame = pd.DataFrame({"a": [1]})
    frame.attrs["unit"] = "m"
    with pytest.raises(Unsuited, match="attrs"):
        PandasMaterializer().save(frame, tmp_path / "f")


def test_a_loaded_frame_may_be_changed_without_changing_the_artifact(tmp_path):
    PandasMaterializer().save(pd.DataFrame({"a": [1.0, 2.0]}), tmp_path / "f")
    changed = PandasMaterializer().load(tmp_path / "f", None)
    changed.loc[0, "a"] = 9
    assert PandasMaterializer().load(tmp_path / "f", None)["a"].tolist() == [1.0, 2.0]


def test_polars_objects_are_left_to_the_next_materializer(tmp_path):
    with pytest.raises(Unsuited):
        PolarsMaterializer().save(pl.DataFrame({"o": [object()]}), tmp_path / "f")


def test_text_among_objects_comes_back_as_it_was_or_not_at_all(tmp_path):
    """pandas 3 has a type for text, to which Arrow would turn such a column; older ones have only objects."""
    frame = pd.DataFrame({"a": pd.Series([None, "text"], dtype=object)})
    try:
        PandasMaterializer().save(frame, tmp_path / "f")
    except Unsuited as unsuited:
        assert "column types" in str(unsuited)  # noqa: PT017 - which of the two happens depends on pandas
    else:
        pd.testing.assert_frame_equal(frame, PandasMaterializer().load(tmp_path / "f", None))
