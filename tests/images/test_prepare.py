"""From docker settings to pinned images, on real stacks: what is built, what is found, what is refused first."""

from types import SimpleNamespace
from uuid import uuid4

import pytest
from servers.base_image import NAME as PYTHON
from servers.loopback import free_port
from servers.manifests import DIGEST, upload
from servers.registry import registry as running_registry

from podium.core.components.registration import register
from podium.core.docker.registry import Login
from podium.core.docker.repository import Repository
from podium.core.errors import AccessError, DefinitionError
from podium.core.images.prepare import build_images, planned, prepare
from podium.core.secrets.secret import Secret
from podium.core.spec import PipelineSpec, StepSpec
from podium.core.stacks.stack import load_stack
from podium.core.store.config_store import ConfigStore
from podium.core.store.records import ComponentRecord, StackRecord

RIGHT = "hub-s3cret-4711"
ADA = Login("ada", Secret(RIGHT))
OWN = f"podium-test-{uuid4().hex}"


@pytest.fixture(scope="module", autouse=True)
def home(tmp_path_factory):
    """Give these tests an empty configuration, and a Docker that is logged in nowhere."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PODIUM_HOME", str(tmp_path_factory.mktemp("home")))
        patch.setenv("PODIUM_SECRETS_BACKEND", "file")
        patch.setenv("DOCKER_CONFIG", str(tmp_path_factory.mktemp("docker")))
        yield


@pytest.fixture(scope="module")
def hub(tmp_path_factory):
    """Return the address of a registry that knows `ada`."""
    with running_registry(tmp_path_factory.mktemp("hub") / "registry", users={"ada": RIGHT}) as address:
        yield address


def make_stack(**registry):
    """Register a stack whose steps run in containers of this machine, with a registry if it has fields."""
    store, name = ConfigStore(), f"s{uuid4().hex}"
    components = {"orchestrator": name, "artifact-store": "default"}
    register(ComponentRecord("orchestrator", name, "local_docker"), store)
    if registry:
        components["container-registry"] = name
        register(ComponentRecord("container-registry", name, "default", config=registry), store)
    store.stacks.add(StackRecord(name, components))
    return load_stack(name)


def pipeline(*steps, **settings):
    """Return a spec with a step for each dict of docker settings."""
    made = tuple(
        StepSpec(id=f"step{number}", name="step", source="flow:step", settings={"docker": fields})
        for number, fields in enumerate(steps)
    )
    return PipelineSpec(name="flow", source="flow:flow", steps=made, settings={"docker": settings})


def asked(function, spec, stack, folder):
    """Call one of the functions; return what it gives and the notices."""
    notices = []
    found = function(spec, stack, root=folder, code=lambda: b"", notice=notices.append)
    return found, notices


SPEC = pipeline({}, {}, {"runtime_environment": {"MARK": "other"}}, target_repository=OWN)


@pytest.fixture(scope="module")
def cold(docker_engine, tmp_path_factory):
    """Return a stack on which the images were built, the spec with them, and what was said."""
    stack, folder = make_stack(), tmp_path_factory.mktemp("source")
    spec, notices = asked(prepare, SPEC, stack, folder)
    yield SimpleNamespace(stack=stack, folder=folder, spec=spec, notices=notices)
    for name in {name for image in docker_engine.images.list(OWN) for name in image.tags if name.startswith(OWN)}:
        docker_engine.images.remove(name)


def test_steps_with_equal_settings_share_an_image(cold):
    images = [step.image for step in cold.spec.steps]
    assert images[0] == images[1] != images[2]


def test_an_image_is_pinned_by_its_id(docker_engine, cold):
    assert all(docker_engine.images.get(step.image).id == step.image for step in cold.spec.steps)


def test_only_the_images_are_new_in_the_spec(cold):
    assert [step.settings for step in cold.spec.steps] == [step.settings for step in SPEC.steps]


def test_each_image_is_said_to_be_built(cold):
    assert [line.partition(": ")[2].partition(" in ")[0] for line in cold.notices] == [
        "building",
        "built",
        "building",
        "built",
    ]


def test_what_is_there_is_not_built_again(cold):
    again, notices = asked(prepare, SPEC, cold.stack, cold.folder)
    assert again == cold.spec
    assert [line.partition(": ")[2] for line in notices] == ["unchanged, not built"] * 2


def test_a_plan_tells_the_two_apart(cold):
    spec = pipeline({}, {"runtime_environment": {"MARK": "new"}}, target_repository=OWN)
    images, notices = asked(planned, spec, cold.stack, cold.folder)
    assert [(image.state, image.steps) for image in images] == [
        ("unchanged", ("step0",)),
        ("to build", ("step1",)),
    ]
    assert images[0].reference == cold.spec.steps[0].image
    assert images[1].reference is None
    assert notices == []


def test_reuse_can_be_prevented(cold):
    spec = pipeline({"prevent_build_reuse": True}, target_repository=OWN)
    assert [image.state for image in asked(planned, spec, cold.stack, cold.folder)[0]] == ["to build"]


def test_a_tag_of_the_user_s_is_a_further_name(docker_engine, cold):
    spec = pipeline({"image_tag": "v1"}, target_repository=OWN)
    [image], _ = asked(build_images, spec, cold.stack, cold.folder)
    assert {image.name, f"{OWN}:v1"} <= set(docker_engine.images.get(image.reference).tags)


def test_an_image_of_the_user_s_is_pinned_by_its_id(docker_engine, cold):
    spec = pipeline({"skip_build": True, "parent_image": PYTHON})
    [image], _ = asked(build_images, spec, cold.stack, cold.folder)
    assert (image.state, image.reference) == ("given", docker_engine.images.get(PYTHON).id)


@pytest.mark.parametrize(
    ("fields", "settings", "repository"),
    [
        ({}, {}, "podium"),
        ({"default_repository": "images"}, {}, "images"),
        ({"default_repository": "images"}, {"target_repository": "own/app"}, "own/app"),
    ],
)
def test_an_image_that_the_registry_has_is_pinned_and_not_built(hub, tmp_path, fields, settings, repository):
    stack = make_stack(uri=f"{hub}/team", username="ada", password=RIGHT, **fields)
    [wanted], _ = asked(planned, pipeline(settings), stack, tmp_path)
    assert wanted.name.startswith(f"{hub}/team/{repository}:")
    upload(wanted.name, ADA)
    spec, notices = asked(prepare, pipeline(settings), stack, tmp_path)
    assert spec.steps[0].image == f"{hub}/team/{repository}@{DIGEST}"
    assert notices == [f"image {wanted.name}: unchanged, not built"]


def test_an_unchanged_image_gets_the_user_s_tag(hub, tmp_path):
    stack = make_stack(uri=f"{hub}/tagged", username="ada", password=RIGHT)
    [wanted], _ = asked(planned, pipeline({"image_tag": "v1"}), stack, tmp_path)
    upload(wanted.name, ADA)
    asked(prepare, pipeline({"image_tag": "v1"}), stack, tmp_path)
    assert Repository(f"{hub}/tagged/podium", ADA).digest("v1") == DIGEST


def test_an_image_of_the_user_s_is_pinned_by_its_registry(hub, tmp_path):
    stack = make_stack(uri=f"{hub}/team", username="ada", password=RIGHT)
    upload(f"{hub}/own/image:1.2", ADA)
    spec = pipeline({"skip_build": True, "parent_image": f"{hub}/own/image:1.2"})
    [image], notices = asked(build_images, spec, stack, tmp_path)
    assert (image.reference, notices) == (f"{hub}/own/image@{DIGEST}", [])


def test_one_that_nobody_can_pin_is_used_under_its_name(hub, tmp_path):
    stack, nowhere = make_stack(uri=f"{hub}/team", username="ada", password=RIGHT), f"127.0.0.1:{free_port()}"
    spec = pipeline({"skip_build": True, "parent_image": f"{nowhere}/image"})
    [image], [notice] = asked(build_images, spec, stack, tmp_path)
    assert image.reference == f"{nowhere}/image"
    assert notice == (
        f"image {nowhere}/image: used under this name, since it cannot be pinned: nothing listens at {nowhere}"
    )


def test_one_that_is_pinned_already_stays_so(hub, tmp_path):
    stack = make_stack(uri=f"{hub}/team", username="ada", password=RIGHT)
    pinned = f"nowhere.invalid/image@{DIGEST}"
    spec = pipeline({"skip_build": True, "parent_image": pinned})
    assert asked(prepare, spec, stack, tmp_path)[0].steps[0].image == pinned


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"username": "ada", "password": "wr0ng-4711"}, "does not accept user 'ada'"),
        ({}, "to those without a login"),
    ],
)
def test_a_registry_that_lets_nobody_in_is_found_out_before_anything_is_built(hub, tmp_path, fields, said):
    stack, notices = make_stack(uri=f"{hub}/team", **fields), []
    with pytest.raises(AccessError, match=said) as caught:
        prepare(pipeline({}), stack, root=tmp_path, code=lambda: b"", notice=notices.append)
    assert "wr0ng" not in str(caught.value)
    assert notices == []


def test_settings_of_a_step_are_laid_over_those_of_the_pipeline(docker_engine, tmp_path):
    spec = pipeline({}, {"parent_image": "own:2"}, parent_image="own:1", skip_build=True)
    assert [image.name for image in asked(planned, spec, make_stack(), tmp_path)[0]] == ["own:1", "own:2"]


def test_every_fault_of_every_step_is_told_at_once(tmp_path):
    spec = pipeline({"requirements": "none.txt"}, {"dockerfile": "Nope"}, parent_image=PYTHON)
    with pytest.raises(DefinitionError) as caught:
        asked(planned, spec, make_stack(), tmp_path)
    assert len(caught.value.faults) == 2
    assert "none.txt" in str(caught.value)
    assert "give dockerfile or parent_image" in str(caught.value)


def test_one_tag_for_two_images_is_refused(tmp_path):
    spec = pipeline({}, {"runtime_environment": {"A": "1"}}, image_tag="v1")
    with pytest.raises(DefinitionError, match="cannot have its images") as caught:
        asked(planned, spec, make_stack(), tmp_path)
    assert "image_tag 'v1' would name two different images" in str(caught.value)
