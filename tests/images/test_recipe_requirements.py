"""Where requirements come from, and that they mean the same in an image."""

import hashlib
import io
import json
import subprocess
import sys
import zipfile
from http.server import SimpleHTTPRequestHandler
from pathlib import Path

import pytest
from servers.loopback import serving

from podium import DefinitionError, DockerSettings
from podium.core.images.define import define_image

HASH = f"--hash=sha256:{'ab' * 32}"


def files(base, **fields):
    """Return the lines of the requirements files of an image, by name."""
    recipe = define_image(DockerSettings(**fields), base=base)
    return {
        name: data.decode().splitlines()
        for name, data in recipe.files.items()
        if name.endswith(".txt") and name != "podium.txt"
    }


def reasons(base, **fields):
    with pytest.raises(DefinitionError) as caught:
        files(base, **fields)
    return [fault.message.partition(": field ")[2] for fault in caught.value.faults]


def installs(base, **fields):
    """Return what is installed of the user's requirements, an instruction each."""
    lines = define_image(DockerSettings(**fields), base=base).dockerfile.splitlines()
    return [line.partition("--compile-bytecode ")[2] for line in lines if "-r" in line and "podium.txt" not in line]


def test_a_list(tmp_path):
    assert files(tmp_path, requirements=["six>=1", "idna"]) == {"requirements.txt": ["six>=1", "idna"]}
    assert installs(tmp_path, requirements=["six"]) == ["-r /opt/podium/requirements.txt"]


def test_a_file_with_all_that_it_includes(tmp_path):
    (tmp_path / "more").mkdir()
    (tmp_path / "a.txt").write_text(
        "# first\n-r more/b.txt\n\nsix[x] >= 1 ; python_version > '3' # why\nidna \\\n  >=3\n"
        "--extra-index-url https://index.example/simple\n-c c.txt\n"
    )
    (tmp_path / "more/b.txt").write_text("attrs\n--requirement=c.txt\n-r ../a.txt\n")
    (tmp_path / "more/c.txt").write_text("https://files.example/x.whl\nmine @ git+https://git.example/mine@v1\n")
    (tmp_path / "c.txt").write_text("attrs<99\n")
    assert files(tmp_path, requirements="a.txt") == {
        "requirements.txt": [
            "attrs",
            "https://files.example/x.whl",
            "mine @ git+https://git.example/mine@v1",
            "six[x] >= 1 ; python_version > '3'",
            "idna   >=3",
            "--extra-index-url https://index.example/simple",
        ],
        "requirements-constraints.txt": ["attrs<99"],
    }
    assert installs(tmp_path, requirements="a.txt") == [
        "-r /opt/podium/requirements.txt -c /opt/podium/requirements-constraints.txt"
    ]


def test_comments_change_no_image(tmp_path):
    (tmp_path / "a.txt").write_text("six\n")
    before = define_image(DockerSettings(requirements="a.txt"), base=tmp_path).digest
    (tmp_path / "a.txt").write_text("# the best\n\nsix   # of all\n")
    assert define_image(DockerSettings(requirements="a.txt"), base=tmp_path).digest == before


@pytest.mark.parametrize("lock", [f"six==1.16.0 \\\n    {HASH} \\\n    {HASH}\n", "--require-hashes\nsix\n"])
def test_requirements_with_hashes_are_installed_by_themselves(tmp_path, lock):
    (tmp_path / "lock.txt").write_text(lock)
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "mine"\ndependencies = ["idna"]\n')
    assert installs(tmp_path, requirements="lock.txt", pyproject_path="pyproject.toml") == [
        "--require-hashes -r /opt/podium/requirements.txt",
        "-r /opt/podium/pyproject_path.txt",
    ]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("-e .", "is a folder of this machine"),
        ("./mine", "'./mine' is a path of this machine"),
        ("mine-1.0-py3-none-any.whl", "is a path of this machine"),
        ("mine @ file:///home/me/mine", "is a path of this machine"),
        ("--find-links wheels", "is a path of this machine"),
        ("-r https://files.example/requirements.txt", "needs a file of this machine"),
        ("-r missing.txt", "missing.txt (of a.txt): No such file or directory"),
        ("--pre", "uv has no --pre in requirements: set python_package_installer='pip', or set"),
        ("--install-option=x", "'--install-option' is no option"),
        ("six ==== 1", "'six ==== 1' is no requirement"),
        ("six --config-settings x=y", "is no requirement"),
        ("--index-url https://me:hunter2@index.example", "a URL with credentials"),
    ],
)
def test_lines_that_would_mean_something_else_are_refused_with_their_number(tmp_path, line, reason):
    (tmp_path / "a.txt").write_text(f"six\n{line}\n")
    [told] = reasons(tmp_path, requirements="a.txt")
    assert told.startswith("'requirements': ")
    assert reason in told
    assert "hunter2" not in told
    assert "missing" in told or "a.txt, line 2: " in told


def test_options_that_only_pip_has_are_for_pip(tmp_path):
    (tmp_path / "a.txt").write_text("--pre\nsix\n")
    found = files(tmp_path, requirements="a.txt", python_package_installer="pip")
    assert found == {"requirements.txt": ["--pre", "six"]}


def test_a_list_includes_no_files(tmp_path):
    [told] = reasons(tmp_path, requirements=["-r a.txt"])
    assert "-r needs a file of this machine, in a requirements file" in told


def test_a_file_that_is_not_text(tmp_path):
    (tmp_path / "a.txt").write_bytes(b"\xff\xfe\0")
    assert reasons(tmp_path, requirements="a.txt") == ["'requirements': a.txt: not text in UTF-8"]


@pytest.mark.parametrize("path", ["sub/pyproject.toml", "sub"])
def test_a_project(tmp_path, path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub/pyproject.toml").write_text('[project]\nname = "mine"\ndependencies = ["idna", "six>=1"]\n')
    assert files(tmp_path, pyproject_path=path) == {"pyproject_path.txt": ["idna", "six>=1"]}


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (
            '[project]\nname = "mine"\ndynamic = ["dependencies"]\n',
            "the dependencies are dynamic: set pyproject_export",
        ),
        ('[tool.poetry]\nname = "mine"\n', "there are no [project] dependencies"),
        ("[project\n", "line 1"),
    ],
)
def test_a_project_without_dependencies(tmp_path, text, reason):
    (tmp_path / "pyproject.toml").write_text(text)
    [told] = reasons(tmp_path, pyproject_path="pyproject.toml")
    assert told.startswith("'pyproject_path': ")
    assert reason in told


def test_a_poetry_lock_is_not_passed_over(tmp_path):
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "mine"\ndependencies = []\n')
    (tmp_path / "poetry.lock").touch()
    [told] = reasons(tmp_path, pyproject_path="pyproject.toml")
    assert "does not read poetry.lock: set pyproject_export_command" in told


def test_a_command_that_prints_requirements(tmp_path):
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub/pyproject.toml").touch()
    program = "import os, sys; print(os.path.samefile('.', sys.argv[1]) and 'six')"
    command = [sys.executable, "-c", program, "{directory}"]
    found = files(tmp_path, pyproject_path="sub/pyproject.toml", pyproject_export_command=command)
    assert found == {"pyproject_path.txt": ["six"]}


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        (["/nonexistent"], "nonexistent does not start: No such file"),
        (["sh", "-c", "echo broken >&2; exit 3"], "sh ended with exit code 3 and said: broken"),
        (["sh", "-c", "echo https://me:pw@index.example >&2; exit 3"], "said: something with credentials in it"),
    ],
)
def test_a_command_that_fails(tmp_path, command, reason):
    (tmp_path / "pyproject.toml").touch()
    [told] = reasons(tmp_path, pyproject_path="pyproject.toml", pyproject_export_command=command)
    assert reason in told


@pytest.fixture
def locked_project(tmp_path):
    """Return a project that needs `tiny`, of which there are versions 1 and 2, and has locked version 1."""
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    links = []
    for version in (1, 2):
        name, data = f"tiny-{version}-py3-none-any.whl", wheel(version)
        (wheels / name).write_bytes(data)
        links.append(f'<a href="{name}#sha256={hashlib.sha256(data).hexdigest()}">{name}</a>')
    (wheels / "index.html").write_text("".join(links))

    class Index(SimpleHTTPRequestHandler):
        def __init__(self, *arguments):
            super().__init__(*arguments, directory=wheels)

        def log_message(self, *arguments):
            pass

    with serving(Index) as server:
        project = tmp_path / "project"
        project.mkdir()
        index = f"http://127.0.0.1:{server.server_port}/"
        (project / "uv.toml").write_text(f"no-index = true\nfind-links = ['{index}']\n")
        write_project(project, "tiny<2")
        uv = Path(sys.executable).with_name("uv")
        subprocess.run([uv, "lock", "--python", sys.executable], cwd=project, check=True, capture_output=True)
        yield project


def wheel(version):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        info = f"tiny-{version}.dist-info"
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: tiny\nVersion: {version}\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", f"{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n")
    return file.getvalue()


def write_project(project, dependency):
    (project / "pyproject.toml").write_text(
        f'[project]\nname = "mine"\nversion = "1"\nrequires-python = ">=3.10"\ndependencies = ["{dependency}"]\n'
    )


def test_a_project_with_a_lock_file_has_its_versions_and_hashes(locked_project):
    [line] = files(locked_project, pyproject_path=".")["pyproject_path.txt"]
    assert line.startswith("tiny==1 ")
    assert "--hash=sha256:" in line
    assert installs(locked_project, pyproject_path=".") == ["--require-hashes -r /opt/podium/pyproject_path.txt"]


def test_a_lock_file_that_is_behind_its_project_is_not_taken(locked_project):
    write_project(locked_project, "tiny>=2")
    [told] = reasons(locked_project, pyproject_path=".")
    assert "uv ended with exit code" in told
    assert "needs to be updated" in told


def test_requirements_are_found_when_that_is_asked_for(tmp_path):
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "mine"\ndependencies = ["idna"]\n')
    detect = {"disable_automatic_requirements_detection": False}
    assert list(files(tmp_path, **detect).values()) == [["idna"]]
    (tmp_path / "requirements.txt").write_text("six\n")
    assert list(files(tmp_path, **detect).values()) == [["six"]]
    assert list(files(tmp_path, **detect, pyproject_export_command=["echo", "attrs"]).values()) == [["attrs"]]
    assert list(files(tmp_path, **detect, requirements=["yarl"]).values()) == [["yarl"]]
    assert files(tmp_path) == {}


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Return a function that installs a distribution, from a URL if one is given, for this process only."""
    monkeypatch.syspath_prepend(tmp_path / "site")

    def install(name, version, origin=None):
        info = tmp_path / f"site/{name}-{version}.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        if origin:
            (info / "direct_url.json").write_text(json.dumps(origin))

    return install


def test_the_local_environment_is_replicated_in_its_versions(tmp_path, install):
    install("Any_Thing", "1.2.3+cu118")
    install("blake3", "0.0.1")  # found before the other one
    git = {"vcs": "git", "commit_id": "abc"}
    install("of_git", "1", {"url": "https://git.example/of", "vcs_info": git, "subdirectory": "x"})
    install("of_web", "1", {"url": "https://files.example/of.whl", "archive_info": {"hash": "sha256=ab"}})
    install("of_here", "1", {"url": "file:///home/me/of_here", "dir_info": {"editable": True}})
    recipe = define_image(DockerSettings(replicate_local_python_environment=True), base=tmp_path)
    [lines] = [data.decode().splitlines() for name, data in recipe.files.items() if name.startswith("replicate")]
    assert "any-thing==1.2.3+cu118" in lines
    assert [line for line in lines if line.startswith("blake3=")] == ["blake3==0.0.1"]
    assert "of-git @ git+https://git.example/of@abc#subdirectory=x" in lines
    assert "of-web @ https://files.example/of.whl#sha256=ab" in lines
    assert not [line for line in lines if line.startswith(("of-here", "podium", "pip=", "setuptools="))]
    assert recipe.notices == ("left out of the image, since only this machine has it: of-here",)


def test_a_credential_of_the_local_environment_stays_here(tmp_path, install):
    install("of_git", "1", {"url": "https://hunter2@git.example/of", "vcs_info": {"vcs": "git", "commit_id": "abc"}})
    [told] = reasons(tmp_path, replicate_local_python_environment=True)
    assert "credentials" in told
    assert "hunter2" not in told
