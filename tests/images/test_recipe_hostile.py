"""Whatever text is in docker settings, the Dockerfile has the instructions that it has with plain text."""

import io
import os
import shlex
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from podium import DefinitionError, DockerSettings
from podium.core.images.define import define_image

SCALE = float(os.environ.get("PODIUM_TEST_SCALE", "1"))
NASTY = [
    "\nRUN evil",
    "\r\nRUN evil",
    "a\\",
    "a\\\nRUN evil",
    '"\nRUN evil #',
    "'; touch /evil; '",
    '"; touch /evil; "',
    "$(touch /evil)",
    "`touch /evil`",
    "${PATH}",
    "<<EOF",
    "a && touch /evil",
    " spaced  out ",
    "# escape=`",
    "é ☃ \u2028 \x85 \x0b \x1b[31m",
    "--index-url https://evil.example",
    "git\x0bRUN",
    "",
]
texts = st.one_of(st.sampled_from(NASTY), st.text(max_size=30), st.text(alphabet="\"'\\$`\n\r #;&|<> aE", max_size=12))
plain = DockerSettings(
    parent_image="debian:12",
    environment={"A": "x"},
    apt_packages=["git"],
    requirements=["six"],
    python_package_installer_args={"proxy": "x", "find-links": ["x"]},
    local_project_install_command="make",
    runtime_environment={"B": "x"},
    user="nobody",
    build_config={"build_options": {"buildargs": {"C": "x"}}},
)


def dockerfile(values):
    return define_image(values, base=Path(), code=b"code").dockerfile.split("\n")


def words(lines):
    """Return the word that each line begins with; a line that ends with a backslash would go on in the next one."""
    assert not any(line.endswith(("\\", "\r")) for line in lines)
    return [line.partition(" ")[0] for line in lines]


FIELDS = {
    "parent_image": lambda text: text,
    "environment": lambda text: {"A": text},
    "apt_packages": lambda text: [text],
    "requirements": lambda text: ["six", text],
    "python_package_installer_args": lambda text: {"proxy": text, "find-links": [text]},
    "local_project_install_command": lambda text: text,
    "runtime_environment": lambda text: {"B": text},
    "user": lambda text: text,
    "build_config": lambda text: {"build_options": {"buildargs": {text: "x"}}},
}


@pytest.mark.parametrize("field", FIELDS)
@settings(max_examples=round(25 * SCALE), deadline=None)
@given(text=texts)
@example(text="a\x0bRUN evil")
@example(text="a\u2028RUN evil")
def test_a_value_is_refused_or_stays_one(field, text):
    try:
        hostile = DockerSettings(**plain.given() | {field: FIELDS[field](text)})
        lines = dockerfile(hostile)
    except DefinitionError:
        return
    of_plain = words(dockerfile(plain))
    if not getattr(hostile, field):  # an empty text is none
        return
    assert words(lines) == of_plain


@settings(max_examples=round(50 * SCALE), deadline=None)
@given(text=texts)
def test_options_of_the_installer_reach_it_as_they_are(text):
    try:
        hostile = DockerSettings(python_package_installer_args={"proxy": text, "find-links": [text]})
    except DefinitionError:
        return
    line = next(line for line in dockerfile(hostile) if "podium.txt -c" in line)
    assert shlex.split(line).count(f"--proxy={text}") == shlex.split(line).count(f"--find-links={text}") == 1


@settings(max_examples=round(50 * SCALE), deadline=None)
@given(text=texts)
def test_a_requirement_is_refused_or_stays_one_line(text):
    try:
        recipe = define_image(DockerSettings(requirements=["six", f"idna; platform_version != {text!r}"]), base=Path())
    except DefinitionError:
        return
    assert len(recipe.files["requirements.txt"].decode().splitlines()) == 2


def test_an_engine_reads_values_of_variables_as_they_were_given(docker_engine):
    values = {f"V{number}": text for number, text in enumerate(NASTY) if not set(text) & set("\n\r")}
    lines = dockerfile(DockerSettings(environment=values, python_package_installer="pip"))
    text = "\n".join(["FROM scratch", *(line for line in lines if line.startswith("ENV "))])
    tag = f"podium-test-{uuid4().hex}"
    docker_engine.images.build(fileobj=io.BytesIO(text.encode()), tag=tag, rm=True)
    try:
        found = docker_engine.images.get(tag).attrs["Config"]["Env"]
    finally:
        docker_engine.images.remove(tag)
    assert dict(line.split("=", 1) for line in found if line.startswith("V")) == values
