"""What of a folder is its code."""

import os
import shutil
import socket
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from file_trees import Tree, write_tree
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from podium.core.code.tree import OUTSIDE, SENSITIVE, SPECIAL, find_code

GIT = shutil.which("git") or "git"
EXAMPLES = round(40 * float(os.environ.get("PODIUM_TEST_SCALE", "1")))
NAMES = st.sampled_from([b"a", b"b", b"ab", b"a.b", b"foo", b"-x", b"new\nline"])
PATTERNS = st.sampled_from(["a", "/b", "a/", "*b", "!a", "!ab", "foo/**", "!foo/a", "*/a", "**/foo", "*", "!*/"])
FOLDERS: st.SearchStrategy[Tree] = st.recursive(
    st.dictionaries(NAMES, st.just(b""), min_size=1, max_size=4),
    lambda below: st.builds(
        lambda tree, lines: {**tree, b".gitignore": "\n".join(lines).encode()},
        st.dictionaries(NAMES, st.just(b"") | below, min_size=2, max_size=5),
        st.lists(PATTERNS, max_size=3),
    ),
    max_leaves=8,
)


def found(root: Path, *apart: Path) -> set[str]:
    return {os.fsdecode(entry.path) for entry in find_code(root, apart, None).entries}


def left_out(root: Path, reason: str) -> list[str]:
    return sorted(os.fsdecode(path) for path in find_code(root, (), None).left_out.get(reason, ()))


@settings(max_examples=EXAMPLES, deadline=None)
@given(FOLDERS, st.sampled_from(["", "a", "foo"]))
def test_what_git_ignores_in_any_folder_is_left_out(tree, below):
    with TemporaryDirectory() as folder:
        write_tree(tree, Path(folder))
        subprocess.run([GIT, "init", "-q", "--template=", folder], check=True)
        root = Path(folder, below) if Path(folder, below).is_dir() else Path(folder)
        ignored = subprocess.run([GIT, "-C", folder, "check-ignore", "-q", below or "."], check=False).returncode == 0
        assume(not ignored)
        asked = [GIT, "-C", root, "ls-files", "-z", "--others", "--exclude-standard"]
        told = subprocess.run(asked, capture_output=True, check=True).stdout.split(b"\0")
        assert {entry.path for entry in find_code(root, (), None).entries} == set(told) - {b""}


def test_a_project_that_git_ignores_as_a_whole_is_code_all_the_same(project):
    root = project({".git/HEAD": "", ".gitignore": "scratch/\n*.log\n", "scratch/a.py": "", "scratch/a.log": ""})
    assert found(root / "scratch") == {"a.py"}


def test_rules_of_folders_above_count_within_a_repository_only(project):
    root = project({".gitignore": "*.log\n", "mine/a.log": ""})
    assert found(root / "mine") == {"a.log"}


@pytest.mark.parametrize("tool", [".git", ".hg", ".svn", "__pycache__", "src/__pycache__"])
def test_what_tools_keep_for_themselves_is_left_out(project, tool):
    assert found(project({f"{tool}/x": "", "a.py": ""})) == {"a.py"}


def test_virtual_environments_are_known_by_what_is_in_them(project):
    root = project({"any name/pyvenv.cfg": "", "any name/bin/python": "", ".env/pyvenv.cfg": "", "venv/notes.txt": ""})
    assert found(root) == {"venv/notes.txt"}
    assert left_out(root, SENSITIVE) == []


def test_of_podiums_own_folders_only_the_mark_is_kept(project):
    root = project({".podium/config.yaml": "", "sub/.podium/x": "", "sub/a.py": "", ".gitignore": ".podium\n"})
    assert found(root) == {".podium", "sub/.podium", "sub/a.py", ".gitignore"}


def test_stores_below_the_root_are_no_code_also_when_named_through_a_link(project, tmp_path):
    root = project({"store/runs/1/run.json": "", "other/store/x": "", "a.py": ""})
    (tmp_path / "link").symlink_to(root)
    assert found(root, tmp_path / "link" / "store") == {"other/store/x", "a.py"}
    assert found(tmp_path / "link", root / "store") == {"other/store/x", "a.py"}


def test_a_dockerignore_counts_in_the_root_beside_gitignores(project):
    files = {"src/a.py": "", "src/a.log": "", "src/.dockerignore": "a.py\n", "docs/a.md": "", "data/x": ""}
    root = project({**files, ".dockerignore": "*\n!src\n", ".gitignore": "*.log\n"})
    assert found(root) == {"src/a.py", "src/.dockerignore"}


def test_an_exception_in_a_dockerignore_is_found_in_a_folder_that_is_left_out(project):
    root = project({"data/big": "", "data/few/a": "", "data/few/b": "", ".dockerignore": "data\n!data/few/a\n"})
    assert found(root) == {"data/few/a", ".dockerignore"}


def test_a_podiumignore_goes_before_the_others(project):
    files = {"gen.py": "", "data/a": "", "data/b": "", "x.tmp": "", "sub/gen.py": "", "docs/a": "", "notes": ""}
    ignored = {".gitignore": "gen.py\n*.tmp\n", ".dockerignore": "data\ndocs\n", "sub/.gitignore": "gen.py\n"}
    root = project({**files, **ignored, ".podiumignore": "!gen.py\n!data\nnotes\n"})
    assert found(root) == {"gen.py", "sub/gen.py", "data/a", "data/b", *ignored, ".podiumignore"}


def test_podiumignores_count_in_each_folder(project):
    root = project({".podiumignore": "*.csv\n", "keep/.podiumignore": "!*.csv\n", "keep/a.csv": "", "a.csv": ""})
    assert found(root) == {".podiumignore", "keep/.podiumignore", "keep/a.csv"}


def test_an_ignore_file_that_is_a_link_has_no_rules_as_with_git(project):
    root = project({"rules": "a.py\n", "a.py": ""})
    (root / ".gitignore").symlink_to("rules")
    assert found(root) == {"rules", "a.py", ".gitignore"}


@pytest.mark.parametrize(
    "name",
    [
        *(".env", ".env.local", "sub/.env", "server.pem", "tls.key", "id_rsa", "keys/id_ed25519", ".netrc", ".pypirc"),
        *("credentials.json", "gcp-credentials.json", "client_secret_1.json", "my-service-account.json"),
        *(".aws/config", ".ssh/config", ".docker/config.json", ".streamlit/secrets.toml", ".git-credentials"),
        *("store.jks", "app.keystore", "terraform.tfstate"),
    ],
)
def test_what_looks_like_a_secret_is_left_out(project, name):
    root = project({name: "", "a.py": ""})
    assert found(root) == {"a.py"}
    assert left_out(root, SENSITIVE)[0] in {name, name.partition("/")[0]}


@pytest.mark.parametrize("name", [".env.example", "id_rsa.pub", "environment.py", "credentials.py", "keys.json", "key"])
def test_what_is_no_secret_by_its_name_is_kept(project, name):
    assert found(project({name: ""})) == {name}


def test_a_secret_that_is_ignored_anyway_is_not_worth_a_word(project):
    root = project({".env": "", ".gitignore": ".env\n"})
    assert left_out(root, SENSITIVE) == []


def test_a_podiumignore_can_bring_a_secret_back(project):
    root = project({".env": "", "sub/.env": "", ".podiumignore": "!/.env\n"})
    assert found(root) == {".env", ".podiumignore"}
    assert left_out(root, SENSITIVE) == ["sub/.env"]


def test_links_are_kept_while_they_stay_inside(project, tmp_path):
    root = project({"src/a.py": "", "docs/x": ""})
    (tmp_path / "outside").mkdir()
    links = {
        "file": "src/a.py",
        "folder": "src",
        "docs/up": "../src",
        "dangling": "nowhere",
        "absolute": str(root / "src"),
        "through": f"../{root.name}/src/a.py",
        "out": "../outside",
        "out absolutely": "/etc/passwd",
        "out at last": "out/../../x",
    }
    for name, target in links.items():
        (root / name).symlink_to(target)
    entries = {os.fsdecode(entry.path): os.fsdecode(entry.target) for entry in find_code(root, (), None).entries}
    kept = {"file": "src/a.py", "folder": "src", "docs/up": "../src", "dangling": "nowhere"}
    assert entries == {"src/a.py": "", "docs/x": "", **kept, "absolute": "src", "through": "src/a.py"}
    assert left_out(root, OUTSIDE) == ["out", "out absolutely", "out at last"]


def test_pipes_and_sockets_are_told(project, monkeypatch):
    root = project({"a.py": ""})
    os.mkfifo(root / "pipe")
    monkeypatch.chdir(root)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket")
    assert found(root) == {"a.py"}
    assert left_out(root, SPECIAL) == ["pipe", "socket"]


@pytest.mark.parametrize("rules", [".gitignore", ".dockerignore", ".podiumignore"])
def test_ignored_folders_are_not_walked(project, rules, monkeypatch):
    walked = []
    scandir = os.scandir
    monkeypatch.setattr("os.scandir", lambda path: walked.append(os.fsdecode(path)) or scandir(path))
    root = project({"node_modules/a/b.js": "", ".venv/pyvenv.cfg": "", ".venv/lib/x": "", rules: "node_modules\n"})
    found(root)
    assert sorted(walked) == [f"{root}/", f"{root}/.venv"]
