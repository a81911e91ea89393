"""Images by the engine's own builder and by BuildKit: what is built, what failures say, what is left behind."""

import contextlib
import io
import os
import shutil
import signal
import subprocess
import sys
import tarfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import pytest
from docker.errors import ImageNotFound
from servers.buildkit import plugin_folder
from servers.docker import bridge_address
from servers.fault_proxy import Answer, Fault, fault_proxy
from servers.registry import registry as running_registry

from podium.core.contracts.component import NoSettings
from podium.core.contracts.container_registry import ContainerRegistryConfig
from podium.core.contracts.image_builder import ImageOrder
from podium.core.docker.build import LABEL
from podium.core.docker.registry import Login
from podium.core.docker.repository import Repository
from podium.core.errors import AccessError, NotFoundError, PodiumError, UsageError
from podium.core.images.recipe import PARENT, Recipe
from podium.core.secrets.secret import Secret
from podium.flavors.aws_registry import AWSRegistry, AWSRegistryConfig
from podium.flavors.default_registry import DefaultRegistry
from podium.flavors.local_image_builder import LocalImageBuilder

BASE = f"podium-test-{uuid4().hex}:base"
RIGHT = "hub-s3cret-4711"
NO_BLOB = Answer(
    400,
    "application/json",
    b'{"errors": [{"code": "MANIFEST_BLOB_UNKNOWN", "message": "blob unknown to registry", "detail": ""}]}',
)
BUILDER = LocalImageBuilder("here", NoSettings())
CANCELLED = """
import signal
import sys
from podium.core.contracts.component import NoSettings
from podium.core.contracts.image_builder import ImageOrder
from podium.core.images.recipe import Recipe
from podium.flavors.local_image_builder import LocalImageBuilder
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored where the tests run in the background
recipe = Recipe(dockerfile=sys.argv[2]).named()
order = ImageOrder(recipe=recipe, names=(sys.argv[1],))
LocalImageBuilder("here", NoSettings()).build(order, lambda line: print(line, flush=True))
"""


@pytest.fixture(params=["classic", "buildkit"])
def kind(request, tmp_path, monkeypatch):
    """Have images built by the engine's own builder, or by BuildKit."""
    folder = tmp_path / "docker"
    folder.mkdir()
    if request.param == "buildkit":
        (folder / "cli-plugins").symlink_to(plugin_folder() / "cli-plugins")
    monkeypatch.setenv("DOCKER_CONFIG", str(folder))
    return request.param


@pytest.fixture(scope="module", autouse=True)
def base(docker_engine):
    """Give the engine an image of one megabyte that has a shell."""
    shell = Path("/bin/busybox")
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w") as archive:
        archive.add(shell, "bin/busybox")
        for name in subprocess.check_output([shell, "--list"], text=True).split():
            if name != shell.name:
                link = tarfile.TarInfo(f"bin/{name}")
                link.type, link.linkname = tarfile.SYMTYPE, str(shell)
                archive.addfile(link)
        for name in ("tmp", "etc"):
            folder = tarfile.TarInfo(name)
            folder.type, folder.mode = tarfile.DIRTYPE, 0o777
            archive.addfile(folder)
    repository, _, tag = BASE.partition(":")
    docker_engine.api.import_image_from_data(data.getvalue(), repository=repository, tag=tag)
    yield
    docker_engine.images.remove(BASE, force=True)


@pytest.fixture
def name(docker_engine):
    """Return the name of an image that is gone after the test, with all others of its repository."""
    repository = f"podium-test-{uuid4().hex}"
    yield f"{repository}:1"
    remove_all(docker_engine, repository)


@pytest.fixture
def hub(tmp_path, docker_engine):
    """Return a registry that knows `ada`, as a component that has her login; its images are gone after the test."""
    with running_registry(tmp_path / "hub", users={"ada": RIGHT}) as address:
        yield DefaultRegistry("hub", ContainerRegistryConfig(uri=f"{address}/team", username="ada", password=RIGHT))
        remove_all(docker_engine, f"{address}/team/app")


def remove_all(engine, repository):
    for image in engine.images.list(repository):
        for name in [*image.tags, *image.attrs["RepoDigests"]]:
            if name.startswith((f"{repository}:", f"{repository}@")):
                with contextlib.suppress(ImageNotFound):  # the last tag takes the digests along
                    engine.images.remove(name)


def recipe(*lines, **more):
    return Recipe(dockerfile="\n".join([f"FROM {BASE}", *lines, ""]), **more).named()


def order(name, recipe, hub=None, **more):
    return ImageOrder(recipe=recipe, names=(name,), registry=hub, login=hub and hub.find_login(), **more)


def build(name, recipe, hub=None, **more):
    return BUILDER.build(order(name, recipe, hub, **more), lambda _: None)


def inside(engine, image, command):
    return engine.containers.run(image, ["sh", "-c", command], remove=True).decode()


def test_an_image_has_what_the_recipe_says_and_its_digest(docker_engine, kind, name):
    made = recipe("COPY a.txt /a.txt", "RUN echo built > /b.txt", files={"a.txt": b"given"})
    built = build(name, made)
    assert built.reference == docker_engine.images.get(name).id == BUILDER.find([name])
    assert inside(docker_engine, built.reference, "cat /a.txt /b.txt") == "givenbuilt\n"
    assert docker_engine.images.get(name).labels[LABEL] == made.digest


def test_an_engine_that_lacks_one_of_the_names_has_not_found_the_image(docker_engine, name):
    build(name, recipe())
    assert BUILDER.find([name, f"{name}-other"]) is None


def test_a_folder_is_sent_without_what_is_to_be_ignored(docker_engine, kind, name, tmp_path):
    folder = tmp_path / "context"
    (folder / "sub").mkdir(parents=True)
    (folder / "sub" / "run.sh").write_text("#!/bin/sh\necho ran\n")
    (folder / "sub" / "run.sh").chmod(0o700)
    (folder / "private.key").write_text("m4rker")
    (folder / "link").symlink_to("sub/run.sh")
    (folder / ".dockerignore").write_text("*.key\n")
    built = build(name, recipe("COPY . /all", folder=folder))
    assert inside(docker_engine, built.reference, "/all/link; cd /all; find . -type f | sort") == (
        "ran\n./.dockerignore\n./.podium.Dockerfile\n./sub/run.sh\n"
    )


def test_the_parent_image_is_built_first(docker_engine, kind, name):
    parent = recipe("RUN echo parent > /parent.txt")
    dockerfile = f"ARG {PARENT}\nFROM ${{{PARENT}}}\nRUN echo child > /child.txt\n"
    built = build(name, Recipe(dockerfile=dockerfile, parent=parent).named())
    assert inside(docker_engine, built.reference, "cat /parent.txt /child.txt") == "parent\nchild\n"


def test_build_options_are_those_of_the_build(docker_engine, kind, name):
    options = {
        "buildargs": {"COLOUR": "deep blue"},
        "labels": {"team": "ml"},
        "target": "first",
        "network_mode": "none",
        "extra_hosts": {"wonder.land": "127.0.0.7"},
        "shmsize": 33554432,
    }
    lines = ["ARG COLOUR", 'RUN echo "$COLOUR" > /out; ls /sys/class/net > /net; df /dev/shm | tail -1 > /shm']
    made = Recipe(
        dockerfile="\n".join([f"FROM {BASE} AS first", *lines, "FROM first", "RUN false", ""]),
        build_options=options,
    ).named()
    built = build(name, made)
    assert inside(docker_engine, built.reference, "cat /out /net") == "deep blue\nlo\n"
    assert "32768" in inside(docker_engine, built.reference, "cat /shm")
    assert docker_engine.images.get(name).labels["team"] == "ml"


def test_a_fresh_build_takes_nothing_from_earlier_ones(docker_engine, kind, name):
    made = recipe("RUN cat /proc/sys/kernel/random/uuid > /id")
    ids = [inside(docker_engine, build(name, made, fresh=fresh).reference, "cat /id") for fresh in (False, False, True)]
    assert ids[0] == ids[1] != ids[2]


def test_lines_of_the_build_are_passed_on(kind, name):
    lines = []
    BUILDER.build(order(name, recipe(f"RUN echo marker-{uuid4().hex}")), lines.append)
    assert any("RUN echo marker-" in line for line in lines)


def test_a_failure_names_the_instruction_and_shows_the_end_of_its_output(docker_engine, kind, name):
    failing = recipe("RUN echo first", "RUN for i in $(seq 50); do echo line $i; done >&2; echo broken >&2; exit 3")
    with pytest.raises(PodiumError) as caught:
        build(name, failing)
    text = str(caught.value)
    assert text.startswith(f"image {name} cannot be built: RUN for i in $(seq 50);")
    assert "ended with exit code 3\n" in text
    assert "\n  | line 50\n  | broken\n" in text
    assert "first" not in text
    assert caught.value.hint == "the whole output: podium pipeline build FILE --verbose"
    with pytest.raises(ImageNotFound):
        docker_engine.images.get(name)


@pytest.mark.parametrize(
    ("line", "said", "hint"),
    [
        ("FOO bar", "unknown instruction: FOO", None),
        ("COPY nope /x", "COPY nope /x: .*nope", "the whole output"),
        ("RUN echo x > /dev/full", "RUN echo x > /dev/full ended with", "podium image prune, or: docker system prune"),
        ("RUN wget http://nowhere.invalid", "RUN wget .*nowhere.invalid", "check the network and the DNS"),
    ],
)
def test_a_failure_has_a_reason_and_a_hint(docker_engine, kind, name, *, line, said, hint):
    with pytest.raises(PodiumError, match=said) as caught:
        build(name, recipe(line))
    assert (caught.value.hint or "").startswith(hint or "")


def test_a_parent_that_does_not_exist_is_said_to(kind, name, hub):
    missing = f"{hub.resource_id()}/team/none:1"
    with pytest.raises(NotFoundError, match=f"{missing}.*: an image does not exist, or is only for those who log in"):
        build(name, Recipe(dockerfile=f"FROM {missing}\n").named(), hub)


def test_an_image_for_another_platform_is_refused(docker_engine, monkeypatch, name):
    monkeypatch.setenv("DOCKER_BUILDKIT", "0")  # with which the engine takes the image that it has
    other = "linux/arm64" if "amd64" in docker_engine.images.get(BASE).attrs["Architecture"] else "linux/amd64"
    with pytest.raises(UsageError, match=f"and {other} is asked for"):
        build(name, recipe(platform=other))
    with pytest.raises(ImageNotFound):
        docker_engine.images.get(name)


def test_a_build_that_is_interrupted_leaves_no_name_and_no_container(docker_engine, kind, name):
    mark = f"sleep 4{time.time_ns()}"
    command = [sys.executable, "-c", CANCELLED, name, f"FROM {BASE}\nRUN echo begun; {mark} || sleep 60\n"]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    while "begun" not in (line := process.stdout.readline()) or "RUN" in line:
        assert process.poll() is None, process.stderr.read()
    os.killpg(process.pid, signal.SIGINT)
    assert "KeyboardInterrupt" in process.communicate(timeout=30)[1]
    deadline = time.monotonic() + 20
    while any(
        mark in str(container.attrs) for container in docker_engine.containers.list(all=True, ignore_removed=True)
    ):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    with pytest.raises(ImageNotFound):
        docker_engine.images.get(name)


def test_an_image_is_pushed_and_pinned_by_the_digest_of_the_registry(docker_engine, kind, hub):
    name = f"{hub.uri}/app:1"
    built = build(name, recipe(f"RUN echo {uuid4().hex} > /id"), hub)
    digest = Repository(f"{hub.uri}/app", hub.find_login()).digest("1")
    assert built.reference == f"{hub.uri}/app@{digest}"
    assert "pushed" in built.account
    assert docker_engine.images.get(built.reference).tags == [name]


def test_an_image_may_have_several_names(hub):
    made = ImageOrder(
        recipe=recipe(), names=(f"{hub.uri}/app:1", f"{hub.uri}/app:v1"), registry=hub, login=hub.find_login()
    )
    built = BUILDER.build(made, lambda _: None)
    assert built.reference.endswith(str(Repository(f"{hub.uri}/app", hub.find_login()).digest("v1")))


def test_the_login_is_in_no_file_argument_or_layer(docker_engine, kind, hub, tmp_path, monkeypatch):
    seen = []
    monkeypatch.setattr(subprocess, "Popen", _watched(seen))
    built = build(f"{hub.uri}/app:1", recipe("RUN env; cat /proc/1/environ"), hub)
    image = docker_engine.images.get(built.reference)
    assert RIGHT not in str(image.history()) + str(image.attrs) + str(seen)
    assert not any(RIGHT.encode() in chunk for chunk in image.save())
    assert not list((tmp_path / "docker").rglob("config.json"))


def _watched(seen):
    class Popen(subprocess.Popen):
        def __init__(self, command, **options):
            seen.append((command, options.get("env")))
            super().__init__(command, **options)

    return Popen


def test_a_private_parent_of_the_stack_s_registry_is_pulled_with_its_login(docker_engine, kind, hub):
    parent = f"{hub.uri}/app:parent"
    build(parent, recipe("RUN echo private > /private"), hub)
    remove_all(docker_engine, f"{hub.uri}/app")
    built = build(f"{hub.uri}/app:1", Recipe(dockerfile=f"FROM {parent}\n").named(), hub)
    assert inside(docker_engine, built.reference, "cat /private") == "private\n"


@pytest.mark.parametrize("login", [None, Login("ada", Secret("wr0ng-4711"))], ids=["none", "wrong"])
def test_a_push_without_the_right_login_is_an_access_error(docker_engine, hub, login):
    made = ImageOrder(recipe=recipe(), names=(f"{hub.uri}/app:1",), registry=hub, login=login)
    with pytest.raises(AccessError, match="cannot be pushed: the registry does not allow this") as caught:
        BUILDER.build(made, lambda _: None)
    assert "podium container-registry connect" in caught.value.hint
    assert "wr0ng" not in str(caught.value)


def test_a_certificate_that_the_engine_does_not_trust_is_said_to(docker_engine, tmp_path, authority):
    with running_registry(tmp_path / "hub", authority=authority, host=bridge_address(docker_engine)) as address:
        there = DefaultRegistry("hub", ContainerRegistryConfig(uri=address))
        made = ImageOrder(recipe=recipe(), names=(f"{address}/app:1",), registry=there)
        try:
            with pytest.raises(AccessError, match="does not trust the registry's certificate") as caught:
                BUILDER.build(made, lambda _: None)
        finally:
            remove_all(docker_engine, f"{address}/app")
    assert "/etc/docker/certs.d/" in caught.value.hint


def test_a_registry_without_tls_elsewhere_is_said_to_need_it(docker_engine, tmp_path):
    with running_registry(tmp_path / "hub", host=bridge_address(docker_engine)) as address:
        there = DefaultRegistry("hub", ContainerRegistryConfig(uri=address))
        made = ImageOrder(recipe=recipe(), names=(f"{address}/app:1",), registry=there)
        try:
            with pytest.raises(AccessError, match="the registry has no TLS"):
                BUILDER.build(made, lambda _: None)
        finally:
            remove_all(docker_engine, f"{address}/app")


def test_ecr_is_said_to_need_the_repository_to_be_created():
    registry = AWSRegistry("ecr", AWSRegistryConfig(uri="123456789012.dkr.ecr.eu-west-1.amazonaws.com"))
    hint = registry.how_to_create("123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/podium")
    assert hint == "aws ecr create-repository --repository-name team/podium --region eu-west-1"


def test_two_builds_of_the_same_image_at_once_both_succeed(docker_engine, kind, hub):
    made = recipe("RUN cat /proc/sys/kernel/random/uuid > /id; sleep 1")
    with ThreadPoolExecutor() as pool:
        both = list(pool.map(lambda _: build(f"{hub.uri}/app:1", made, hub, fresh=True), range(2)))
    repository = Repository(f"{hub.uri}/app", hub.find_login())
    assert all(repository.digest(built.reference.partition("@")[2]) for built in both)


@pytest.mark.parametrize("fault", [Fault.UNAVAILABLE, NO_BLOB], ids=["busy", "layers missing"])
def test_a_push_goes_on_after_a_fault_that_passes(docker_engine, tmp_path, fault):
    puts = []

    def once(method, path):
        if method == "PUT" and "/manifests/" in path:
            puts.append(path)
        return fault if len(puts) == 1 and "/manifests/" in path else None

    with running_registry(tmp_path / "hub") as address, fault_proxy(f"http://{address}") as proxy:
        proxy.fault = once
        there = DefaultRegistry("hub", ContainerRegistryConfig(uri=proxy.address))
        try:
            built = build(f"{there.uri}/app:1", recipe(), there)
        finally:
            remove_all(docker_engine, f"{there.uri}/app")
        digest = Repository(f"{address}/app", None).digest("1")
    assert len(puts) > 1
    assert built.reference == f"{there.uri}/app@{digest}"


def test_an_engine_without_the_plugin_builds_by_itself(docker_engine, name, tmp_path, monkeypatch):
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert shutil.which("docker") is None
    assert build(name, recipe()).reference == docker_engine.images.get(name).id
