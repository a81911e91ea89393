"""What docker settings make of an image, and what its digest depends on."""

import io
import os
import tarfile
from pathlib import Path

import pytest

from podium import DefinitionError, DockerSettings
from podium.core.images.define import define_image
from podium.core.images.recipe import PARENT, Recipe

CODE = b"what an archive holds"
DEFAULTS = {"base": Path(), "stack_requirements": ["podium[s3]"], "code": CODE}
CHANGES = {
    "parent_image": ({}, "debian:12"),
    "dockerfile": ({}, "own/Dockerfile"),
    "build_context_root": ({"dockerfile": "own/Dockerfile"}, "own"),
    "parent_image_build_config": (
        {"dockerfile": "own/Dockerfile", "build_context_root": "own"},
        {"dockerignore": "own/ignore"},
    ),
    "build_config": ({}, {"build_options": {"network_mode": "host"}}),
    "platform": ({}, "linux/s390x"),
    "skip_build": ({"parent_image": "mine:1"}, True),
    "prevent_build_reuse": ({}, True),
    "image_tag": ({}, "latest"),
    "target_repository": ({}, "team/steps"),
    "apt_packages": ({}, ["git"]),
    "python_package_installer": ({}, "pip"),
    "python_package_installer_args": ({}, {"pre": None}),
    "requirements": ({}, ["six"]),
    "pyproject_path": ({}, "pyproject.toml"),
    "pyproject_export_command": ({"pyproject_path": "pyproject.toml"}, ["echo", "attrs"]),
    "disable_automatic_requirements_detection": ({}, False),
    "replicate_local_python_environment": ({}, True),
    "required_integrations": ({}, ["gcp"]),
    "install_stack_requirements": ({}, False),
    "local_project_install_command": ({}, "pip install ."),
    "environment": ({}, {"A": "1"}),
    "runtime_environment": ({}, {"A": "1"}),
    "user": ({}, "nobody"),
    "allow_download_from_artifact_store": ({}, False),
    "allow_including_files_in_images": ({"allow_download_from_artifact_store": False}, False),
}
NEVER_NEEDED = {"allow_download_from_code_repository"}


@pytest.fixture(autouse=True)
def project(tmp_path, monkeypatch):
    """Work in a project."""
    monkeypatch.chdir(make_project(tmp_path / "project"))
    return tmp_path / "project"


def make_project(folder):
    (folder / "own").mkdir(parents=True)
    (folder / "requirements.txt").write_text("attrs==25.1.0\n")
    (folder / "pyproject.toml").write_text('[project]\nname = "mine"\ndependencies = ["idna"]\n')
    (folder / "own/Dockerfile").write_text("FROM debian:12\nCOPY data.txt .\n")
    (folder / "own/data.txt").write_text("data")
    (folder / "own/program").write_text("#!/bin/sh")
    (folder / "own/link").symlink_to("data.txt")
    (folder / "own/ignore").write_text("# all but one\n*\n!data.txt\n")
    return folder


def define(settings=None, **arguments) -> Recipe:
    recipe = define_image(DockerSettings(**settings or {}), **DEFAULTS | arguments)
    assert recipe is not None
    return recipe


def outcome(settings):
    """Return all by which an image is found and built, or why there is none."""
    try:
        recipe = define_image(DockerSettings(**settings), **DEFAULTS)
    except DefinitionError as error:
        return str(error)
    return recipe and (recipe.digest, recipe.tag, recipe.repository, recipe.reuse)


@pytest.mark.parametrize("field", DockerSettings.field_names())
def test_no_field_is_dropped_in_silence(field):
    if field not in NEVER_NEEDED:
        others, value = CHANGES[field]
        assert outcome(others | {field: value}) != outcome(others)


def test_each_field_says_what_it_is_for():
    from typing import get_type_hints

    hints = get_type_hints(DockerSettings, include_extras=True)
    assert all(hints[name].__metadata__[0].help for name in DockerSettings.field_names())


def test_instructions_are_in_the_order_in_which_they_change():
    dockerfile = define(
        {
            "apt_packages": ["git"],
            "environment": {"A": "1"},
            "requirements": ["six"],
            "local_project_install_command": "pip install .",
            "runtime_environment": {"B": "2"},
            "user": "nobody",
        }
    ).dockerfile
    order = [
        "FROM",
        "ENV A",
        "apt-get",
        "command -v uv",
        "requirements.txt",
        "podium.txt",
        "ADD",
        "ENV B",
        "USER nobody",
    ]
    found = [dockerfile.index(text) for text in order]
    assert found == sorted(found)


def test_nothing_is_done_that_was_not_asked_for():
    lines = define({"python_package_installer": "pip"}, stack_requirements=[]).dockerfile.splitlines()
    assert [line.split()[0] for line in lines] == ["FROM", "RUN", "COPY", "RUN"]


def test_the_parent_image_is_used_as_it_is_when_the_build_is_skipped():
    assert define_image(DockerSettings(parent_image="mine:1", skip_build=True), base=Path()) is None


def test_a_change_of_code_changes_no_image(project):
    before = define().digest
    (project / "steps.py").write_text("changed")
    assert define(code=b"another archive").digest == before


@pytest.mark.parametrize(
    "setting", [{"allow_download_from_artifact_store": False}, {"local_project_install_command": ":"}]
)
def test_code_that_is_in_the_image_changes_it(setting):
    recipe = define(setting)
    assert CODE in recipe.files.values()
    assert define(setting, code=b"another archive").digest != recipe.digest


def test_a_digest_knows_neither_where_nor_when(project, tmp_path, monkeypatch):
    settings = {"dockerfile": "own/Dockerfile", "build_context_root": "own", "requirements": "requirements.txt"}
    before = define(settings).digest
    other = make_project(tmp_path / "elsewhere")
    for path in other.rglob("*"):
        os.utime(path, (1, 1), follow_symlinks=False)
    (other / "own/data.txt").chmod(0o600)
    monkeypatch.chdir("/")
    assert define(settings, base=other).digest == before


@pytest.mark.parametrize(
    "change",
    [
        lambda own: (own / "data.txt").write_text("other"),
        lambda own: (own / "data.txt").rename(own / "other.txt"),
        lambda own: (own / "program").chmod(0o755),
        lambda own: ((own / "link").unlink(), (own / "link").symlink_to("program")),
        lambda own: (own / "empty").mkdir(),
        lambda own: (own / "Dockerfile").write_text("FROM debian:13\n"),
    ],
    ids=["content", "name", "mode", "link", "folder", "Dockerfile"],
)
def test_what_a_dockerfile_can_copy_is_part_of_the_digest(project, change):
    settings = {"dockerfile": "own/Dockerfile", "build_context_root": "own"}
    before = define(settings).digest
    change(project / "own")
    assert define(settings).digest != before


@pytest.mark.parametrize("where", ["ignore", ".dockerignore"])
def test_what_a_dockerignore_names_is_no_part_of_it(project, where):
    (project / "own" / where).write_text("*\n!data.txt\n!ignore\n!.dockerignore\n")
    config = {"dockerignore": "own/ignore"} if where == "ignore" else None
    settings = {"dockerfile": "own/Dockerfile", "build_context_root": "own", "parent_image_build_config": config}
    before = define(settings).digest
    (project / "own/program").write_text("other")
    assert define(settings).digest == before
    (project / "own/data.txt").write_text("other")
    assert define(settings).digest != before


def test_a_dockerfile_of_the_users_own_is_built_first(project):
    recipe = define({"dockerfile": "own/Dockerfile", "build_context_root": "own", "platform": "linux/arm64"})
    assert recipe.parent is not None
    assert recipe.parent.dockerfile == (project / "own/Dockerfile").read_text()
    assert (recipe.parent.folder, recipe.parent.platform) == (Path("own"), "linux/arm64")
    assert recipe.dockerfile.startswith(f"ARG {PARENT}\nFROM ${{{PARENT}}}\n")
    assert "data.txt" not in recipe.files


def test_the_target_has_a_platform_unless_the_settings_name_one():
    assert define(platform="linux/arm64").platform == "linux/arm64"
    assert define({"platform": "linux/amd64"}, platform="linux/arm64").platform == "linux/amd64"
    assert define(platform="linux/arm64").digest != define(platform="linux/amd64").digest


@pytest.mark.parametrize(
    ("settings", "stack", "line"),
    [
        ({}, ["podium[s3]"], "podium[s3] @ file:///opt/podium/podium-"),
        ({}, [], "podium @ file:///opt/podium/podium-"),
        ({"install_stack_requirements": False}, ["podium[s3]"], "podium @ file:///opt/podium/podium-"),
        ({"required_integrations": ["vm_aws"]}, ["podium[s3]"], "podium[s3,vm-aws] @ file:///opt/podium/podium-"),
        ({"requirements": ["six", "podium[gcp]>=0.0.1"]}, [], "podium[gcp] @ file:///opt/podium/podium-"),
    ],
)
def test_podium_comes_with_the_extras_that_are_asked_for(settings, stack, line):
    recipe = define(settings, stack_requirements=stack)
    assert recipe.files["podium.txt"].decode().startswith(line)
    assert b"podium" not in recipe.files.get("requirements.txt", b"")


def test_what_the_stack_needs_beside_podium_is_installed_with_it():
    assert define(stack_requirements=["nimbus==1.0"]).files["podium.txt"].decode().splitlines()[1:] == ["nimbus==1.0"]


def test_an_archive_of_code_is_unpacked_where_jobs_look_for_it():
    from podium.core.artifacts.digest import digest_bytes
    from podium.core.execution.job_folder import BAKED

    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w:gz"):
        pass
    recipe = define({"allow_download_from_artifact_store": False}, code=archive.getvalue())
    assert f"ADD code.tar.gz {BAKED}/{digest_bytes(archive.getvalue())}/\n" in recipe.dockerfile
