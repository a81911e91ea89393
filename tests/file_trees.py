"""Trees of files with any names, for tests of what happens to them."""

import os
from collections.abc import Mapping
from pathlib import Path

from hypothesis import strategies as st

Tree = dict[bytes, "bytes | Tree"]
HOSTILE = (
    b"-rf",
    b"new\nline",
    b"\xff\xfe",
    b"x" * 255,
    b" ",
    b"*",
    b"#",
    b"!a",
    b"a\\b",
    "ä".encode(),
    b"\x1b[2J",
    b"a:b",
)
NAMES = st.sampled_from(HOSTILE) | st.binary(min_size=1, max_size=12).map(
    lambda name: b"~%b~" % name.replace(b"/", b"").replace(b"\0", b"")  # no name that means something to podium
)
TREES: st.SearchStrategy[Tree] = st.recursive(
    st.dictionaries(NAMES, st.binary(max_size=40), min_size=1, max_size=5),
    lambda below: st.dictionaries(NAMES, st.binary(max_size=40) | below, min_size=1, max_size=4),
    max_leaves=6,
)


def write_tree(tree: Tree, folder: Path) -> None:
    """Write a tree below a folder, in its order."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in tree.items():
        path = folder / os.fsdecode(name)
        if isinstance(content, dict):
            write_tree(content, path)
        else:
            path.write_bytes(content)


def flat(tree: Tree, start: bytes = b"") -> dict[bytes, bytes]:
    """Return the files of a tree by path."""
    found: dict[bytes, bytes] = {}
    for name, content in tree.items():
        found |= flat(content, start + name + b"/") if isinstance(content, dict) else {start + name: content}
    return found


def contents(folder: Path) -> Mapping[bytes, bytes]:
    """Return what is below a folder: files by path, `-> target` for links, `/` for folders with nothing in them."""
    found: dict[bytes, bytes] = {}
    for path in folder.rglob("*"):
        name = os.fsencode(path.relative_to(folder))
        if path.is_symlink():
            found[name] = b"-> " + os.fsencode(path.readlink())
        elif path.is_file():
            found[name] = path.read_bytes()
        elif not any(path.iterdir()):
            found[name] = b"/"
    return found
