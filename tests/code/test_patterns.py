"""Ignore files mean what git and Docker take them to mean."""

import os
import shutil
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from podium.core.code.patterns import DockerPatterns, git_patterns

GIT = shutil.which("git") or "git"
EXAMPLES = round(60 * float(os.environ.get("PODIUM_TEST_SCALE", "1")))
NAMES = st.sampled_from(["a", "b", "ab", "a.b", "foo", "fo o", "x[1]", "a-b", "!c", "#d", "ä"])
PATHS = st.lists(st.lists(NAMES, min_size=1, max_size=4).map("/".join), min_size=5, max_size=40)
PARTS = st.sampled_from(
    ["a", "b", "foo", "ä", "*", "**", "***", "**/", "/**", "/", "?", "!", ".", "-", "]", "#", " ", "\r"]
)
SETS = st.sampled_from(
    ["[ab]", "[!a]", "[^a]", "[a-c]", "[c-a]", "[]a]", "[a\\]]", "[^b-", "[[:alpha:]]", "[[:x:]]", "[[:]"]
)
ESCAPES = st.sampled_from(["\\", "\\*", "\\/", "\\ "])
LINES = st.lists(st.lists(PARTS | SETS | ESCAPES, max_size=5).map("".join), max_size=4)


def git_says(folder: Path, paths: list[str]) -> dict[str, bool | None]:
    """Ask git of each path whether the last pattern that matches it, or a folder above, ignores it."""
    command = [GIT, "-C", folder, "check-ignore", "--no-index", "--stdin", "-z", "--verbose", "--non-matching"]
    asked = "".join(f"{path}\0" for path in paths)
    told = subprocess.run(command, input=asked.encode(), capture_output=True, check=False).stdout.decode().split("\0")
    return {
        path: None if not pattern else not pattern.startswith("!")
        for pattern, path in zip(told[2::4], told[3::4], strict=False)
    }


@settings(max_examples=EXAMPLES, deadline=None)
@given(PATHS, LINES, st.booleans())
@example(["foo/x", "foox/y/bar"], ["foo**/bar", "foo/**"], False)  # where git differs from its own manual
@example(["foo/x", "foo/keep"], ["foo/**", "!foo/keep"], True)
def test_a_gitignore_means_what_git_says(paths, lines, ends_in_newline):
    data = ("\n".join(lines) + "\n" * ends_in_newline).encode()
    patterns = git_patterns(data)

    def verdict(path: str) -> bool | None:
        above = ["/".join(path.split("/")[:depth]) for depth in range(1, path.count("/") + 1)]
        if any(patterns.verdict(folder.encode(), is_folder=True) for folder in above):
            return True
        return patterns.verdict(path.encode(), is_folder=(root / path).is_dir())

    with TemporaryDirectory() as folder:
        root = Path(folder)
        subprocess.run([GIT, "init", "-q", "--template=", root], check=True)
        for path in sorted(paths, key=len, reverse=True):  # so that no file is in the way of a folder
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            if not (root / path).exists():
                (root / path).touch()
        (root / ".gitignore").write_bytes(data)
        asked = sorted(str(path.relative_to(root)) for path in root.rglob("*") if ".git" not in path.parts)
        assert {path: verdict(path) for path in asked} == git_says(root, asked)


@pytest.mark.parametrize(
    ("lines", "left_out", "kept"),
    [
        ("*.pyc", ["a.pyc"], ["src/a.pyc"]),
        ("**/*.pyc", ["a.pyc", "src/a.pyc"], ["a.py"]),
        ("data", ["data", "data/x/y"], ["src/data", "data2"]),
        ("/data/", ["data", "data/x"], ["src/data"]),
        ("./a/../data", ["data/x"], ["a/x"]),
        ("*\n!src", ["a.py", "tests/a.py"], ["src", "src/a/b.py"]),
        ("*\n!src\nsrc/*.csv", ["src/a.csv"], ["src/a.py", "src/b/a.csv"]),
        ("# *\n\n   docs  \n", ["docs/a"], ["# *", "a"]),
        (".\n/\n!\n", [], ["a", "a/b"]),
        ("da[tx]a/?", ["data/a", "daxa/a/b"], ["data/ab", "data"]),
    ],
)
def test_a_dockerignore_is_anchored_and_about_all_below(lines, left_out, kept):
    patterns = DockerPatterns(lines.encode())
    assert [path for path in left_out if not patterns.verdict(path.encode(), is_folder=False)] == []
    assert [path for path in kept if patterns.verdict(path.encode(), is_folder=False)] == []
