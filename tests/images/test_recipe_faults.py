"""Docker settings that cannot be: said all at once, with the field, and without repeating a secret."""

from pathlib import Path

import pytest

from podium import DefinitionError, DockerSettings
from podium.core.images.define import define_image


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"skip_build": True, "parent_image": "a", "requirements": ["six"]}, "as it is, without requirements"),
        ({"skip_build": True, "parent_image": "a", "image_tag": "b"}, "as it is, without image_tag"),
        ({"skip_build": True, "parent_image": "a", "allow_download_from_artifact_store": False}, "no image is built"),
        ({"dockerfile": "Dockerfile", "parent_image": "a"}, "give dockerfile or parent_image"),
        ({"build_context_root": "."}, "build_context_root needs dockerfile"),
        ({"parent_image_build_config": {"build_options": {"pull": True}}}, "needs dockerfile"),
        ({"pyproject_export_command": ["make"]}, "needs pyproject_path"),
        ({"build_config": {"dockerignore": "x"}}, "no use for dockerignore"),
        ({"build_config": {"build_options": {"target": "x"}}}, "no use for target"),
        ({"build_config": {"build_options": {"buildarg": {}}}}, "did you mean 'buildargs'"),
        ({"build_config": {"build_options": {"pull": "yes"}}}, "is a bool"),
        ({"build_config": {"build_options": {"buildargs": {"A B": "x"}}}}, "'A B' is no name of a variable"),
        (
            {"allow_including_files_in_images": False, "allow_download_from_artifact_store": False},
            "code reaches no step",
        ),
        (
            {"allow_including_files_in_images": False, "local_project_install_command": "make"},
            "local_project_install_command needs allow_including_files_in_images",
        ),
        ({"parent_image": "a b"}, "no reference to an image"),
        ({"platform": "windows"}, "no platform such as"),
        ({"image_tag": "a/b"}, "no tag"),
        ({"target_repository": "A"}, "no repository"),
        ({"user": "a b"}, "no user"),
        ({"apt_packages": ["git", "Git", "--x"]}, "no name of a package for apt: 'Git', '--x'"),
        ({"python_package_installer_args": {"--pre": None}}, "without the leading '--'"),
        ({"environment": {"1A": "x"}}, "'1A' is no name of a variable"),
        ({"environment": {"A": "x\ny"}}, "A has a line break"),
        ({"requirements": ["six\nfive"]}, "is not one line"),
    ],
)
def test_settings_that_cannot_be_are_refused_where_they_are_written(fields, reason):
    with pytest.raises(DefinitionError) as caught:
        DockerSettings(**fields)
    assert reason in str(caught.value)
    assert "test_recipe_faults.py:" in caught.value.faults[0].where


@pytest.mark.parametrize(
    "fields",
    [
        {"requirements": ["--extra-index-url https://me:hunter2@index.example/simple", "six"]},
        {"requirements": ["--index-url https://hunter2@index.example/simple"]},
        {"requirements": ["mine @ git+https://hunter2@git.example/mine.git"]},
        {"python_package_installer_args": {"index-url": "https://me:hunter2@index.example"}},
        {"python_package_installer_args": {"find-links": ["https://me:hunter2@index.example"]}},
        {"environment": {"PIP_INDEX_URL": "https://me:hunter2@index.example"}},
        {"runtime_environment": {"DATABASE": "postgresql://me:hunter2@db.example/x"}},
        {"build_config": {"build_options": {"buildargs": {"INDEX": "https://me:hunter2@index.example"}}}},
        {"local_project_install_command": "pip install -i https://me:hunter2@index.example ."},
        {"environment": {"TOKEN": "{{index.hunter2}}"}},
        {"requirements": ["--index-url https://{{index.hunter2}}@index.example"]},
        {"dockerfile": "D", "parent_image_build_config": {"build_options": {"buildargs": {"T": "{{a.hunter2}}"}}}},
    ],
)
def test_no_secret_comes_into_an_image_or_a_message(fields):
    with pytest.raises(DefinitionError, match=r"secret|credentials") as caught:
        DockerSettings(**fields)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("text", ["git+ssh://git@git.example/mine.git", "git+https://git.example/mine.git@v1.0"])
def test_a_user_that_is_no_secret_and_a_version_are_no_credentials(text):
    assert DockerSettings(requirements=[f"mine @ {text}"]).requirements == [f"mine @ {text}"]


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"dockerfile": "Missing"}, "field 'dockerfile': Missing: No such file or directory"),
        ({"dockerfile": "Dockerfile", "build_context_root": "x"}, "field 'build_context_root': there is no folder x"),
        (
            {
                "dockerfile": "Dockerfile",
                "build_context_root": ".",
                "parent_image_build_config": {"dockerignore": "x"},
            },
            "field 'parent_image_build_config': there is no file x",
        ),
        (
            {"dockerfile": "Dockerfile", "parent_image_build_config": {"dockerignore": "Dockerfile"}},
            "field 'parent_image_build_config': dockerignore needs build_context_root",
        ),
        ({"requirements": "missing.txt"}, "field 'requirements': missing.txt: No such file or directory"),
        ({"requirements": "uv.lock"}, "field 'requirements': uv.lock is no requirements file; pyproject_path takes"),
        ({"requirements": ["podium<0.0.1"]}, "images have the podium that runs"),
        ({"requirements": ["podium[nonsense]"]}, "podium has no extra nonsense"),
        ({"required_integrations": ["dockr"]}, "there is no integration 'dockr': did you mean 'docker'"),
        ({"pyproject_path": "missing"}, "field 'pyproject_path': missing is no file"),
        ({"disable_automatic_requirements_detection": False}, "has neither requirements.txt nor pyproject.toml"),
        ({"python_package_installer_args": {"no-deps": None}}, "no-deps holds for requirements of yours"),
    ],
)
def test_what_is_missing_or_wrong_is_told_with_its_field(tmp_path, fields, reason):
    (tmp_path / "Dockerfile").write_text("FROM debian:12\n")
    with pytest.raises(DefinitionError) as caught:
        define_image(DockerSettings(**fields), base=tmp_path)
    assert "settings 'docker': field '" in str(caught.value)
    assert reason in str(caught.value)


def test_all_faults_are_told_at_once(tmp_path):
    settings = DockerSettings(
        dockerfile="Missing", build_context_root="missing", requirements=["six", "./mine"], required_integrations=["x"]
    )
    with pytest.raises(DefinitionError) as caught:
        define_image(settings, base=tmp_path, stack_requirements=["not one"], subject="step 'a': settings 'docker'")
    fields = [str(fault).split("'")[5] for fault in caught.value.faults]
    assert sorted(fields) == [
        "build_context_root",
        "dockerfile",
        "install_stack_requirements",
        "required_integrations",
        "requirements",
    ]
    assert all(str(fault).startswith("step 'a': settings 'docker': field ") for fault in caught.value.faults)


def test_all_faults_of_the_values_are_told_at_once():
    with pytest.raises(DefinitionError) as caught:
        DockerSettings(parent_image="a b", apt_packages=["A"], environment={"A": "\n"})
    assert len(caught.value.faults) == 3


def test_code_is_not_read_from_a_folder_that_does_not_exist():
    with pytest.raises(DefinitionError, match="neither"):
        define_image(DockerSettings(disable_automatic_requirements_detection=False), base=Path("/nonexistent"))
