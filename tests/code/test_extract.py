"""No archive, whoever made it, writes outside the folder it is unpacked to."""

import io
import os
import tarfile
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from file_trees import contents
from hypothesis import given, settings
from hypothesis import strategies as st

from podium.core.code.extract import extract
from podium.core.errors import PodiumError

FILE, LINK, HARD, FOLDER = tarfile.REGTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE
EXAMPLES = round(100 * float(os.environ.get("PODIUM_TEST_SCALE", "1")))
PARTS = st.sampled_from(["a", "b", "..", ".", "", "c"])
PATHS = st.lists(PARTS, min_size=1, max_size=5).map("/".join)
MEMBERS = st.lists(st.tuples(st.sampled_from([FILE, LINK, FOLDER]), PATHS, PATHS), max_size=6)


def archive(*members: tuple[bytes, str, str], mode: int = 0o644) -> bytes:
    """Make an archive of types, names and, for links, targets."""
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w:gz", format=tarfile.GNU_FORMAT) as tar:
        for kind, name, target in members:
            info = tarfile.TarInfo(name)
            info.type, info.linkname, info.mode = kind, target, mode
            info.size = 1 if kind == FILE else 0
            tar.addfile(info, io.BytesIO(b"x"))
    return data.getvalue()


@pytest.mark.parametrize(
    "members",
    [
        [(FILE, "../a", "")],
        [(FILE, "/podium-a", "")],
        [(FILE, "a/../../b", "")],
        [(FILE, "./a", "")],
        [(FOLDER, "..", "")],
        [(LINK, "a", "/etc")],
        [(LINK, "a", "..")],
        [(LINK, "a/b", "../../c")],
        [(LINK, "a", "b/../..")],
        [(LINK, "a", "b/..")],
        [(LINK, "a", "")],
        [(LINK, "a", "b"), (FILE, "a/c", "")],
        [(LINK, "a", "b"), (FOLDER, "a", "")],
        [(LINK, "a", "b"), (FILE, "a", "")],
        [(LINK, "d/e", "../.."), (LINK, "a", "d/e/.."), (FILE, "a/x", "")],
        [(FILE, "a", ""), (FILE, "a", "")],
        [(FILE, "a", ""), (FILE, "a/b", "")],
        [(FILE, "a", ""), (HARD, "b", "a")],
        [(HARD, "a", "/etc/passwd")],
        [(tarfile.CHRTYPE, "a", "")],
        [(tarfile.BLKTYPE, "a", "")],
        [(tarfile.FIFOTYPE, "a", "")],
        [(tarfile.GNUTYPE_SPARSE, "a", "")],
    ],
)
def test_what_is_not_safe_is_refused_and_leaves_nothing(tmp_path, members):
    with pytest.raises(PodiumError):
        extract(io.BytesIO(archive((FILE, "first", ""), *members)), tmp_path / "code")
    assert list(tmp_path.iterdir()) == []


def test_folders_files_and_links_inside_are_unpacked(tmp_path):
    members = [(FOLDER, "empty", ""), (FILE, "a/b", ""), (LINK, "a/c", "../a/b"), (LINK, "d", "a"), (LINK, "e", ".")]
    extract(io.BytesIO(archive(*members)), tmp_path / "code")
    links = {b"a/c": b"-> ../a/b", b"d": b"-> a", b"e": b"-> ."}
    assert contents(tmp_path / "code") == {b"empty": b"/", b"a/b": b"x", **links}


@settings(max_examples=EXAMPLES, deadline=None)
@given(MEMBERS)
def test_nothing_that_is_unpacked_is_or_leads_outside(members):
    with TemporaryDirectory() as folder:
        outside = Path(os.path.realpath(folder))
        try:
            extract(io.BytesIO(archive(*members)), outside / "code")
        except PodiumError:
            assert list(outside.iterdir()) == []
            return
        assert [path.name for path in outside.iterdir()] == ["code"]
        for path in (outside / "code").rglob("*"):
            assert os.path.realpath(path).startswith(f"{outside}/code")


def test_modes_are_executable_or_not_and_obey_the_umask(tmp_path):
    before = os.umask(0o027)
    try:
        extract(io.BytesIO(archive((FILE, "a", ""), mode=0o6777)), tmp_path / "run")
        extract(io.BytesIO(archive((FILE, "a", ""), mode=0o666)), tmp_path / "read")
    finally:
        os.umask(before)
    assert [oct((tmp_path / name / "a").stat().st_mode & 0o7777) for name in ("run", "read")] == ["0o750", "0o640"]


@pytest.mark.parametrize("data", [b"", b"no archive", archive((FILE, "a" * 5000, ""))[:-20]])
def test_what_is_no_whole_archive_is_told(tmp_path, data):
    with pytest.raises(PodiumError, match="no whole archive"):
        extract(io.BytesIO(data), tmp_path / "code")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_with_something_in_it_is_left_alone(tmp_path):
    (tmp_path / "mine").write_text("mine")
    with pytest.raises(FileExistsError):
        extract(io.BytesIO(archive((FILE, "a", ""))), tmp_path)
    assert contents(tmp_path) == {b"mine": b"mine"}
