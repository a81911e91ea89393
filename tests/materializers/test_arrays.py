import numpy as np
import pytest
from conformance.materializer import MaterializerConformance

from podium.core.artifacts.local import LocalFiles
from podium.core.artifacts.transfer import load_value, save_value
from podium.core.contracts.materializer import Unsuited
from podium.core.materializers.arrays import ArrayMaterializer


def same_array(value, loaded):
    return (
        type(loaded) is np.ndarray
        and value.dtype == loaded.dtype
        and value.shape == loaded.shape
        and value.tobytes() == loaded.tobytes()
    )


class TestArrays(MaterializerConformance):
    materializer = "ArrayMaterializer"

    def same(self, value, loaded):
        return same_array(value, loaded) and loaded.flags.writeable

    @staticmethod
    def values():
        grid = np.arange(24.0).reshape(2, 3, 4)
        return [
            *(np.array(3.5), np.zeros((0, 3)), np.zeros(0, dtype="i4"), np.array([np.nan, -0.0]), grid),
            *(np.asfortranarray(grid) + 1, grid[:, ::-1, ::2], grid.T + 2, np.broadcast_to(np.int8(1), (3, 3))),
            *(np.array(["a", "ünï"]), np.array([b"x\0y"]), np.array(["2024-01-01"], dtype="M8[D]"), np.array([True])),
            *(np.arange(3, dtype=">i8"), np.array([1 + 2j], dtype="c8"), np.arange(4, dtype="f2")),
            np.array([(1, 2.5)], dtype=[("a", "i4"), ("b", "f8")]),
            np.array([(1,)], dtype=[("名", "i4")]),
            np.zeros(2, dtype=[(f"column_{number:04}", "f4") for number in range(3000)]),
            *(np.arange(200_000), np.asfortranarray(np.arange(200_000.0).reshape(400, 500))),
        ]


class TestNumbers(MaterializerConformance):
    materializer = "NumberMaterializer"

    def same(self, value, loaded):
        return type(value) is type(loaded) and value.dtype == loaded.dtype and value.tobytes() == loaded.tobytes()

    @staticmethod
    def values():
        return [
            *(np.float64(1.5), np.float64("nan"), np.float32(0.1), np.float16(1), np.longdouble("1.1")),
            *(np.int64(-1), np.uint8(255), np.bool_(True), np.complex64(1 + 2j)),
            *(np.str_("ünï"), np.str_(""), np.bytes_(b"x"), np.datetime64("2024-01-01"), np.timedelta64(3, "s")),
        ]


@pytest.fixture
def store(tmp_path):
    return LocalFiles(tmp_path)


def test_a_loaded_array_may_be_changed_without_changing_the_artifact(store):
    record = save_value(store, "a", np.zeros(100_000))
    changed = load_value(store, record)
    assert isinstance(changed.base, np.memmap)
    changed[:] = 1
    assert load_value(store, record).sum() == 0


def test_a_mapped_array_can_be_saved_again(store):
    record = save_value(store, "a", np.arange(100_000))
    mapped = np.load(store.fetched(record.key), mmap_mode="r")
    assert save_value(store, "b", mapped).digest == record.digest


@pytest.mark.parametrize(
    "array",
    [
        np.array([object(), 1], dtype=object),
        np.zeros(1, dtype=[("a", object)]),
        np.ma.masked_array([1, 2], mask=[True, False]),
        np.rec.array([(1, 2.0)]),
    ],
    ids=["objects", "object field", "masked", "records"],
)
def test_what_the_format_cannot_hold_is_left_to_the_next_materializer(array, tmp_path):
    with pytest.raises(Unsuited):
        ArrayMaterializer().save(array, tmp_path / "a")


def test_a_file_with_pickled_objects_is_never_loaded(tmp_path):
    np.save(tmp_path / "a.npy", np.array([{}], dtype=object), allow_pickle=True)
    with pytest.raises(ValueError, match="allow_pickle=False"):
        ArrayMaterializer().load(tmp_path / "a.npy", None)
