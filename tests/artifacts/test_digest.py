import os
import pickle

import numpy as np
import pytest
from blake3 import blake3

from podium.core.artifacts.digest import DigestWriter, digest_bytes, digest_path


@pytest.mark.parametrize("size", [0, 1, 1 << 20, (3 << 20) + 1])
def test_a_file_has_the_digest_of_its_content(tmp_path, size):
    data = os.urandom(size)
    file = tmp_path / "file"
    file.write_bytes(data)
    assert digest_path(file) == (blake3(data).hexdigest(), size)
    assert digest_bytes(data) == blake3(data).hexdigest()


@pytest.mark.parametrize("sizes", [[], [1], [10, 0, 3 << 20, 7], [2 << 20, 2 << 20]])
def test_the_writer_digests_what_it_writes(tmp_path, sizes):
    pieces = [os.urandom(size) for size in sizes]
    with DigestWriter(tmp_path / "file") as file:
        for piece in pieces:
            assert file.write(piece) == len(piece)
    assert (tmp_path / "file").read_bytes() == b"".join(pieces)
    assert file.written == digest_path(tmp_path / "file")


def test_the_writer_never_replaces_a_file(tmp_path):
    (tmp_path / "file").write_bytes(b"first")
    with pytest.raises(FileExistsError):
        DigestWriter(tmp_path / "file")


def fill(folder, files):
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


def test_equal_folders_have_equal_digests(tmp_path):
    files = {"b": b"1", "a/x": b"22", "a/y": b""}
    one = fill(tmp_path / "one", files)
    two = fill(tmp_path / "two", dict(reversed(files.items())))
    os.utime(two / "b", (0, 0))
    (two / "b").chmod(0o400)
    assert digest_path(one) == digest_path(two)
    assert digest_path(one)[1] == 3


@pytest.mark.parametrize(
    "other",
    [
        {"b": b"1", "a/x": b"2"},
        {"c": b"1", "a/x": b"22"},
        {"b": b"1", "a": b"22"},
        {"b": b"1", "a/x": b"22", "a/y": b""},
        {"a/b": b"1", "x": b"22"},
    ],
)
def test_folders_that_differ_in_names_places_or_content_have_other_digests(tmp_path, other):
    one = fill(tmp_path / "one", {"b": b"1", "a/x": b"22"})
    assert digest_path(one)[0] != digest_path(fill(tmp_path / "two", other))[0]


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("side", [3, 1000])
def test_the_writer_takes_whole_arrays_as_pickle_hands_them_over(tmp_path, order, side):
    array = np.arange(side * side, dtype=">f8").reshape((side, side), order=order)
    with DigestWriter(tmp_path / "file") as file:
        assert file.write(pickle.PickleBuffer(array)) == array.nbytes
    assert file.written == digest_path(tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == array.tobytes(order="A")
