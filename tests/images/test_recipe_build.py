"""Images as an engine builds them of recipes, and what is in them."""

import io
import json
import re
import sys
import tarfile
from shlex import quote
from uuid import uuid4

import pytest
from docker.errors import BuildError

from podium import DockerSettings
from podium.core.artifacts.digest import digest_bytes
from podium.core.images.context import context_files
from podium.core.images.define import define_image
from podium.core.images.podium_wheel import podium_wheel
from podium.core.images.recipe import PARENT

pytestmark = pytest.mark.timeout(600)  # seconds; images are built with what an index has, on a machine that is shared
PYTHON = f"python:{sys.version_info[0]}.{sys.version_info[1]}-slim"
HOSTILE = "a \"b\" 'c' $HOME \\ `id` #"
OLD = "4.12.2"  # of typing-extensions: compatible with podium, and older than what podium's newest dependencies want
ASK = """
import json, os, pathlib, sys
from importlib.metadata import version
import podium.core.spec
own = pathlib.Path(podium.core.spec.__file__)
print(json.dumps({
    "versions": {name: version(name) for name in ("typing-extensions", "six", "podium")},
    "compiled": (own.parent / "__pycache__" / f"spec.{sys.implementation.cache_tag}.pyc").exists(),
    "environment": {name: os.environ[name] for name in ("HOSTILE", "LATER")},
    "uid": os.getuid(),
    "code": sorted(str(path) for path in pathlib.Path("/opt/podium/code").glob("*/*")),
    "extra": sorted(str(path) for path in pathlib.Path("/extra").rglob("*")),
}))
"""


@pytest.fixture
def build(docker_engine):
    """Return a function that builds and tags an image; all of them are removed in the end."""
    tags = []

    def build(dockerfile, files, **options):
        tag = f"podium-test-{uuid4().hex}:1"
        context = io.BytesIO(archive({"Dockerfile": dockerfile.encode(), **files}))
        try:
            docker_engine.images.build(fileobj=context, custom_context=True, tag=tag, rm=True, forcerm=True, **options)
        except BuildError as error:
            error.build_log = "".join(line.get("stream", "") for line in error.build_log)
            made = re.findall(r"---> (\w+)\n", error.build_log)[1:]  # after the parent
            tags.extend(made[-1:])
            raise
        tags.append(tag)
        return tag

    yield build
    for tag in reversed(tags):
        docker_engine.images.remove(tag, force=True)


def archive(files, mode="w"):
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode=mode) as tar:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return data.getvalue()


def build_recipe(build, recipe, **options):
    """Build the parent, too, if the recipe has one."""
    if recipe.parent:
        found = context_files(recipe.parent.folder, recipe.parent.dockerignore)
        files = {name: (recipe.parent.folder / name).read_bytes() for name in found}
        options["buildargs"] = {PARENT: build(recipe.parent.dockerfile, files)}
    return build(recipe.dockerfile, recipe.files, **options)


def parent(installs=f"typing-extensions=={OLD}"):
    """Return a Dockerfile whose image has an older package, and an apt-get that notes what it is asked for."""
    return (
        f"FROM {PYTHON}\n"
        f"RUN pip install --no-cache-dir {installs}\n"
        "RUN mkdir -p /extra && printf '#!/bin/sh\\necho \"$@\" >> /apt.log\\n' > /usr/bin/apt-get"
        " && chmod +x /usr/bin/apt-get\n"
    )


def python(engine, image, program):
    return engine.containers.run(image, ["python", "-c", program], remove=True).decode()


@pytest.mark.parametrize("installer", ["uv", "pip"])
def test_an_image_has_all_that_was_asked_for_and_all_that_its_parent_had(docker_engine, build, tmp_path, installer):
    if installer == "uv":
        of_parent = {"parent_image": build(parent(), {}), "requirements": "lock.txt"}
        (tmp_path / "lock.txt").write_text(
            "six==1.16.0 --hash=sha256:8abb2f1d86890a2dfb989f9a77cfcfd3e47c2a354b01111771326f8aa26e0254\n"
        )
    else:
        (tmp_path / "own").mkdir()
        (tmp_path / "own/data.txt").write_text("data")
        (tmp_path / "own/left_out.txt").write_text("data")
        (tmp_path / "own/.dockerignore").write_text("left_out.txt\n")
        (tmp_path / "own/Dockerfile").write_text(parent() + "COPY *.txt /extra/\n")
        of_parent = {"dockerfile": "own/Dockerfile", "build_context_root": "own", "requirements": ["six==1.16.0"]}
    code = archive({"steps.py": b"x = 1\n"}, "w:gz")
    settings = DockerSettings(
        **of_parent,
        python_package_installer=installer,
        environment={"HOSTILE": HOSTILE},
        runtime_environment={"LATER": HOSTILE},
        apt_packages=["libgomp1", "git"],
        local_project_install_command=f'touch installed # done\ntest -f steps.py && test "$HOSTILE" = {quote(HOSTILE)}',
        user="nobody",
    )
    image = build_recipe(build, define_image(settings, base=tmp_path, code=code))
    folder = f"/opt/podium/code/{digest_bytes(code)}"
    assert json.loads(python(docker_engine, image, ASK)) == {
        "versions": {"typing-extensions": OLD, "six": "1.16.0", "podium": podium_wheel().name.split("-")[1]},
        "compiled": True,
        "environment": {"HOSTILE": HOSTILE, "LATER": HOSTILE},
        "uid": 65534,
        "code": [f"{folder}/installed", f"{folder}/steps.py"],
        "extra": [] if installer == "uv" else ["/extra/data.txt"],
    }
    asked_of_apt = docker_engine.containers.run(image, ["cat", "/apt.log"], remove=True).decode().splitlines()
    assert asked_of_apt == ["update", "install --yes --no-install-recommends git libgomp1"]


def test_a_package_of_the_parent_that_podium_cannot_use_is_not_replaced(build, tmp_path):
    image = build(parent("typing-extensions==4.5.0"), {})
    recipe = define_image(DockerSettings(parent_image=image), base=tmp_path)
    with pytest.raises(BuildError) as caught:
        build_recipe(build, recipe)
    assert "typing-extensions==4.5.0" in caught.value.build_log


def test_a_parent_without_python_is_told_by_its_name(build, tmp_path):
    image = build(f"FROM {PYTHON}\nENV PATH=/bin\n", {})
    with pytest.raises(BuildError) as caught:
        build_recipe(build, define_image(DockerSettings(parent_image=image), base=tmp_path))
    assert "podium: the parent image needs Python 3.10 or newer" in caught.value.build_log


def test_a_parent_that_has_no_python_but_python3_will_do(docker_engine, build, tmp_path):
    parent_image = build(f'FROM {PYTHON}\nRUN rm "$(command -v python)"\n', {})
    lines = define_image(DockerSettings(parent_image=parent_image), base=tmp_path).dockerfile.splitlines()
    image = build("\n".join(lines[:2]), {})
    assert python(docker_engine, image, "print(1)") == "1\n"
