"""Archives of code: whole, the same everywhere, and refused when they would not be what is meant."""

import ctypes
import gzip
import io
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from file_trees import HOSTILE, TREES, contents, flat, write_tree
from hypothesis import example, given, settings

from podium.core.artifacts.digest import digest_bytes
from podium.core.code.extract import extract
from podium.core.code.limit import read_limit
from podium.core.code.pack import pack
from podium.core.errors import AccessError, PodiumError, UsageError

EXAMPLES = round(50 * float(os.environ.get("PODIUM_TEST_SCALE", "1")))
DEEP = {b"d" * 200: {b"e" * 200: {b"f" * 200: {b"g": b"deep"}}}}
DIGEST = """
import sys
from pathlib import Path
from podium.core.code.pack import pack
print(pack(Path(sys.argv[1])).digest)
"""
_PR_CAPBSET_DROP = 24


@settings(max_examples=EXAMPLES, deadline=None)
@given(TREES)
@example({name: name for name in HOSTILE})
@example(DEEP)
def test_files_of_any_name_come_back_as_they_were(tree):
    with TemporaryDirectory() as folder:
        write_tree(tree, Path(folder, "a"))
        archive = pack(Path(folder, "a"))
        extract(io.BytesIO(archive.data), Path(folder, "b"))
        files = flat(tree)
        assert dict(contents(Path(folder, "b"))) == files
        assert (archive.files, archive.notices) == (len(files), ())


@settings(max_examples=EXAMPLES, deadline=None)
@given(TREES)
def test_the_order_in_which_files_were_made_does_not_count(tree):
    with TemporaryDirectory() as folder:
        write_tree(tree, Path(folder, "a"))
        write_tree(dict(reversed(tree.items())), Path(folder, "b"))
        assert pack(Path(folder, "a")) == pack(Path(folder, "b"))


def test_times_owners_and_modes_do_not_count_and_executable_bits_do(project, tmp_path):
    first, second = (project({"a.py": "x", "run.sh": "y"}, name) for name in ("first", "second"))
    os.utime(second / "a.py", (1, 1))
    (second / "a.py").chmod(0o640)
    assert pack(first) == pack(second)
    (second / "run.sh").chmod(0o700)
    assert pack(first) != pack(second)
    extract(io.BytesIO(pack(second).data), tmp_path / "unpacked")
    assert [bool((tmp_path / "unpacked" / name).stat().st_mode & 0o111) for name in ("a.py", "run.sh")] == [False, True]


def test_locale_umask_and_hash_seed_do_not_count(tmp_path):
    write_tree(dict.fromkeys(HOSTILE, b""), tmp_path / "project")
    digests = set()
    for locale, seed, umask in (("C.UTF-8", "1", 0o022), ("C", "2", 0o077), ("POSIX", "3", 0)):
        environment = {
            **os.environ,
            "LC_ALL": locale,
            "PYTHONHASHSEED": seed,
            "PYTHONUTF8": "0",
            "PYTHONCOERCECLOCALE": "0",
        }
        command = [sys.executable, "-c", DIGEST, tmp_path / "project"]
        told = subprocess.run(command, env=environment, umask=umask, stdout=subprocess.PIPE, text=True, check=True)
        digests.add(told.stdout.strip())
    assert digests == {pack(tmp_path / "project").digest}


def test_the_archive_of_a_known_tree_is_what_it_was_for_other_versions(project):
    root = project({"flow.py": "print('hello')\n", "pkg/__init__.py": "", ".podium/config.yaml": "format: 1\n"})
    (root / "link").symlink_to("pkg")
    assert (
        digest_bytes(gzip.decompress(pack(root).data))
        == "74c4d541033196c55a9de6b1ca14107592f7af45200e748f652b465fcbf38eee"
    )


def test_links_and_marks_come_back(project, tmp_path):
    root = project({"src/a.py": "", ".podium/config.yaml": "format: 1\n"})
    (root / "link").symlink_to("src")
    (root / "empty").mkdir()
    extract(io.BytesIO(pack(root).data), tmp_path / "unpacked")
    assert contents(tmp_path / "unpacked") == {b"src/a.py": b"", b"link": b"-> src", b".podium": b"/"}


def test_thousands_of_files_are_packed_in_no_time(project):
    root = project({f"{folder}/{name}.py": "x = 1\n" * 30 for folder in range(50) for name in range(50)})
    started = time.process_time()
    assert pack(root).files == 2500
    assert time.process_time() - started < 1  # an eighth of it on a quiet machine


def test_notices_name_what_may_be_missed(project):
    files = {".env": "", "keys/id_rsa": "", "a.py": "", "gen.py": "", ".gitignore": "gen.py\n"}
    root = project(files)
    (root / "data").symlink_to("/etc")
    looks, link, imported = pack(root, imported=["a.py", "gen.py"]).notices
    assert looks == (
        "not part of the code, as they look like secrets: .env, keys/id_rsa; "
        "to have one anyway, put `!/.env` in .podiumignore"
    )
    assert link == "not part of the code, as they are links to what is not in the project: data"
    assert imported == (
        "imported here, but not part of the code, as ignore files name them: gen.py; "
        "if steps import them, put `!/gen.py` in .podiumignore"
    )


def test_a_hostile_name_controls_no_terminal(project):
    root = project({"\x1b[2J\n.pem": ""})
    assert all(notice.isprintable() for notice in pack(root).notices)


def test_a_module_imported_through_a_link_is_not_missed(project):
    root = project({"src/a.py": ""})
    (root / "pkg").symlink_to("src")
    assert pack(root, file=root / "pkg" / "a.py", imported=["pkg/a.py"]).notices == ()


def test_a_pipeline_that_would_not_be_in_its_own_code_is_refused(project):
    root = project({"flow.py": "", ".dockerignore": "*\n"})
    with pytest.raises(UsageError) as caught:
        pack(root, file=root / "flow.py")
    assert "have `!/flow.py` in" in str(caught.value)
    (root / ".podiumignore").write_text("!/flow.py\n")
    assert pack(root, file=root / "flow.py").files == 1


def test_code_over_the_limit_is_refused_with_what_takes_the_room_and_what_to_do(project):
    root = project({".podium/config.yaml": "format: 1\ncode_limit: 1MiB\n", "a.py": "", "b.bin": "x" * 200_000})
    (root / "data" / "raw").mkdir(parents=True)
    (root / "data" / "raw" / "big.bin").write_bytes(os.urandom(3 << 20))
    with pytest.raises(UsageError) as caught:
        pack(root)
    assert caught.value.message.splitlines() == [
        f"the code below {root}, marked by .podium, is over 1.0 MiB, packed:",
        "  data/raw/big.bin: 3.0 MiB",
        "  b.bin: 195 KiB",
    ]
    assert caught.value.hint == (
        f"name what steps do not need in {root}/.podiumignore, as in .gitignore; "
        "or run `podium init` in a folder further down; "
        f"or allow more by `code_limit: 500MiB` in {root}/.podium/config.yaml"
    )
    (root / ".podium" / "config.yaml").write_text("code_limit: 4MiB\n")
    assert pack(root).files == 3


def test_the_limit_is_a_hundred_mebibytes_of_what_is_packed(project):
    root = project({"flow.py": ""})
    with (root / "zeros").open("wb") as file:
        file.truncate(150 << 20)
    assert len(pack(root).data) < 1 << 20
    assert read_limit(root).size == 100 << 20


def test_a_pipeline_without_a_project_is_told_how_to_have_one(project, monkeypatch):
    monkeypatch.setattr("podium.core.code.limit.MOST_FILES", 1)
    root = project({"flow.py": "", "x": ""})
    with pytest.raises(UsageError) as caught:
        pack(root)
    assert "the pipeline's own folder, as no .podium marks another" in caught.value.message
    assert "or move the pipeline into a folder of its own; or allow more" in str(caught.value.hint)
    assert str(caught.value.hint).endswith("which `podium init` makes")


def test_a_limit_that_makes_no_sense_is_told_with_its_line(project):
    root = project({".podium/config.yaml": "format: 1\ncode_limit: much\n"})
    with pytest.raises(PodiumError, match=r"config.yaml, line 2"):
        pack(root)


def test_too_many_files_are_refused_before_they_are_read(project, monkeypatch):
    monkeypatch.setattr("podium.core.code.limit.MOST_FILES", 3)
    root = project({"a.py": "", "data/1": "", "data/2": "", "data/3": ""})
    with pytest.raises(UsageError, match=r"has over 3 files:\n  data: 3 files\n  a.py: 1 files\n"):
        pack(root)


def test_what_is_more_than_a_project_is_refused_at_once(tmp_path):
    home = tmp_path / "user"
    home.mkdir()
    for root in (Path("/"), home, tmp_path / "podium home"):
        with pytest.raises(UsageError) as caught:
            pack(root)
        assert str(caught.value).splitlines() == [
            f"the code of this run would be all of {root}",
            "hint: move the pipeline into a folder of its own, or run `podium init` in the project's folder",
        ]
    (home / ".podium").mkdir()
    assert pack(home).files == 0


def obey_permissions():
    """Take from root what lets it read anything, once it starts another program; others have it not."""
    for capability in (1, 2):  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
        ctypes.CDLL(None).prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0)


def test_all_that_cannot_be_read_is_named(project):
    root = project(
        {"a.py": "", "b/c.py": "", "d.py": "", "e/.gitignore": "", "ignored/x": "", ".gitignore": "ignored\n"}
    )
    for name in ("a.py", "b", "e/.gitignore", "ignored"):
        (root / name).chmod(0)
    told = subprocess.run(
        [sys.executable, "-c", DIGEST, root], preexec_fn=obey_permissions, capture_output=True, text=True, check=False
    )
    (root / "b").chmod(0o700)
    names = ", ".join(f"{name} (Permission denied)" for name in ("a.py", "b", "e/.gitignore"))
    assert told.stderr.partition("AccessError: ")[2].splitlines() == [
        f"not all of the code can be read: {names}",
        f"  at {root}",
        f"hint: make it readable, or name it in {root}/.podiumignore",
    ]


def test_a_folder_too_deep_to_be_opened_is_named(project):
    root = project({"a.py": ""})
    made = os.open(root, os.O_RDONLY)
    for _ in range(20):
        os.mkdir("d" * 250, dir_fd=made)
        below = os.open("d" * 250, os.O_RDONLY, dir_fd=made)
        os.close(made)
        made = below
    os.close(made)
    with pytest.raises(AccessError, match="File name too long"):
        pack(root)
    shutil.rmtree(root)


def test_a_file_that_grows_meanwhile_is_packed_as_it_was(project, tmp_path, monkeypatch):
    root = project({"a.log": "one\n", "b.py": "b"})
    fstat = os.fstat

    def grow(descriptor):
        status = fstat(descriptor)
        with (root / "a.log").open("a") as file:
            file.write("more\n")
        return status

    monkeypatch.setattr("os.fstat", grow)
    archive = pack(root)
    monkeypatch.undo()
    extract(io.BytesIO(archive.data), tmp_path / "unpacked")
    assert contents(tmp_path / "unpacked") == {b"a.log": b"one\n", b"b.py": b"b"}


def test_a_file_that_is_cut_meanwhile_is_told(project, monkeypatch):
    root = project({"a.log": "one\n", "b.py": "b"})
    fstat = os.fstat

    def cut(descriptor):
        status = fstat(descriptor)
        os.truncate(root / "a.log", 0)
        return status

    monkeypatch.setattr("os.fstat", cut)
    with pytest.raises(AccessError, match=r"not all of the code can be read: a.log \(it was cut short meanwhile\)"):
        pack(root)


def test_a_file_that_is_deleted_meanwhile_is_not_missed(project, monkeypatch):
    root = project({"a.tmp": "", "b.py": ""})
    system_open = os.open

    def delete(path, *arguments):
        (root / "a.tmp").unlink(missing_ok=True)
        return system_open(path, *arguments)

    monkeypatch.setattr("os.open", delete)
    assert pack(root).files == 1
