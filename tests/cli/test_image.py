"""`podium image`, with images of the last century, which are all that these tests may remove."""

import hashlib
import io
import json
import tarfile
from contextlib import contextmanager
from uuid import uuid4

import pytest

from podium.core.docker.build import LABEL

OLD = "--older-than 1400w"  # than anything on this machine
BORN = "1999-12-31T12:00:00Z"


@pytest.fixture
def image(docker_engine):
    """Return the name of an old image that podium has built."""
    with old_image(docker_engine, {LABEL: "0" * 64}) as name:
        yield name


@contextmanager
def old_image(engine, labels):
    name = f"podium-test-{uuid4().hex}:1"
    layer = archive({"marker": uuid4().hex.encode()})
    config = {
        "architecture": "amd64",
        "os": "linux",
        "created": BORN,
        "config": {"Labels": labels, "Cmd": ["/marker"]},
        "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(layer).hexdigest()}"]},
    }
    manifest = [{"Config": "config.json", "RepoTags": [name], "Layers": ["layer.tar"]}]
    files = {"config.json": config, "manifest.json": manifest}
    engine.images.load(
        archive({"layer.tar": layer, **{key: json.dumps(value).encode() for key, value in files.items()}})
    )
    yield name
    if engine.images.list(name):
        engine.images.remove(name, force=True)


def archive(files):
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return data.getvalue()


def listed(podium, line):
    return {row["names"][0]: row for row in json.loads(podium(f"{line} --output json").out)}


def test_podium_s_images_are_listed_with_size_age_and_use(podium, image):
    row = listed(podium, "image list")[image]
    assert row == {"names": [image], "size": row["size"], "created": "1999-12-31T12:00:00+00:00", "in_use": False}
    assert row["size"] > 0


def test_an_image_of_others_is_neither_listed_nor_removed(podium, docker_engine):
    with old_image(docker_engine, {}) as name:
        assert name not in listed(podium, "image list")
        assert podium(f"image prune {OLD} --yes").code == 0
        assert docker_engine.images.get(name)


def test_a_stopped_container_keeps_its_image(podium, docker_engine, image):
    container = docker_engine.containers.create(image)
    try:
        assert listed(podium, "image list")[image]["in_use"]
        assert image not in listed(podium, f"image prune {OLD} --yes")
        assert docker_engine.images.get(image)
    finally:
        container.remove()


def test_what_no_container_uses_is_removed(podium, docker_engine, image):
    docker_engine.images.get(image).tag(image.replace(":1", ":2"))
    names = {name for row in listed(podium, f"image prune {OLD} --yes").values() for name in row["names"]}
    assert {image, image.replace(":1", ":2")} <= names
    assert docker_engine.images.list(image.partition(":")[0]) == []


def test_a_dry_run_removes_nothing(podium, docker_engine, image):
    assert image in listed(podium, f"image prune {OLD} --dry-run")
    assert docker_engine.images.get(image)


def test_what_is_younger_is_kept(podium, docker_engine, image):
    assert image not in listed(podium, "image prune --older-than 9000w --yes")
    assert docker_engine.images.get(image)


def test_nothing_is_removed_unasked(podium, docker_engine, image):
    result = podium(f"image prune {OLD}")
    assert (result.code, result.out) == (2, "")
    assert "hint: add --yes" in result.err
    assert docker_engine.images.get(image)


@pytest.mark.parametrize("age", ["30", "d", "-1d", "1 day"])
def test_an_age_has_a_unit(podium, age):
    result = podium("", "image", "prune", f"--older-than={age}", "--yes")
    assert (result.code, result.out) == (2, "")
    assert f"{age!r} is no length of time" in result.err


def test_without_an_engine_it_says_what_to_start(podium, monkeypatch):
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:9")
    result = podium("image list")
    assert (result.code, result.out) == (6, "")
    assert "no Docker engine answers at tcp://127.0.0.1:9" in result.err
