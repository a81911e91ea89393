"""Components and the service connectors they use."""

import json

import pytest
from servers.nimbus import MARKER

from podium.core.components.registration import build
from podium.core.store.config_store import ConfigStore


@pytest.fixture
def sky(podium, nimbus):
    """Register a connector named `sky`, and components that could use it."""
    register_connector(podium, nimbus, "sky")
    podium("orchestrator register far -f nimbus --region=eu --bucket=models")
    podium("orchestrator register near -f local")
    return nimbus


def register_connector(podium, nimbus, name, *more):
    words = [f"--url={nimbus.url}", f"--token={MARKER}", "--auth-method=token", "--no-verify", *more]
    result = podium(f"service-connector register {name} --type nimbus", *words)
    assert result.code == 0, result.err


def link(podium, name="far"):
    found = json.loads(podium(f"orchestrator describe {name} --output json").out)
    return found["connector"], found["resource_id"]


def test_connecting_tries_what_the_component_needs_and_keeps_the_link(podium, sky):
    assert podium("orchestrator connect far --connector sky").err == (
        "connected orchestrator 'far' to service-connector 'sky'\n"
    )
    assert sky.requests > 0
    assert link(podium) == ("sky", None)
    assert podium("orchestrator connect far -c sky").err == "unchanged: orchestrator 'far'\n"


def test_a_resource_that_was_chosen_reaches_the_component(podium, sky):
    podium("orchestrator connect far -c sky -r data")
    assert link(podium) == ("sky", "data")
    store = ConfigStore()
    connector = build(store.components("orchestrator").get("far"), store).connector
    assert (connector.name, connector.resource_type, connector.resource_id) == ("sky", "nimbus-bucket", "data")
    assert connector.config.token.reveal() == MARKER


def test_a_component_without_a_connector_is_built_with_none(podium, sky):
    store = ConfigStore()
    assert build(store.components("orchestrator").get("far"), store).connector is None


@pytest.mark.parametrize("more", ["-r nothing", ""])
def test_what_is_not_reached_is_not_connected(podium, sky, more):
    podium("orchestrator update far --bucket=gone")
    result = podium(f"orchestrator connect far -c sky {more}")
    assert result.code == 4
    assert f"no nimbus-bucket '{'nothing' if more else 'gone'}'" in result.err
    assert "--no-verify" in result.err
    assert link(podium) == (None, None)


def test_no_verify_reaches_for_nothing(podium, sky):
    assert podium("orchestrator connect far -c sky -r nothing --no-verify").code == 0
    assert sky.requests == 0
    assert link(podium) == ("sky", "nothing")


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("connect far -c skye", (3, "did you mean 'sky'?")),
        ("connect far -c sk", (3, "no service-connector 'sk'")),
        ("connect fa -c sky", (3, "did you mean 'far'?")),
        ("connect near -c sky", (2, "flavor 'local' uses no service connector")),
        ("connect far -c account", (2, "gives no access to nimbus-bucket")),
        ("connect default -c sky", (2, "uses no service connector")),
        ("register new -f nimbus --region=eu -c skye", (3, "did you mean 'sky'?")),
        ("register new -f nimbus --region=eu -c sky -r nothing", (4, "no nimbus-bucket 'nothing'")),
        ("register new -f local -c sky", (2, "flavor 'local' uses no service connector")),
    ],
)
def test_a_connector_that_does_not_fit_is_refused_and_nothing_changes(podium, sky, refused, line, fault):
    register_connector(podium, sky, "account", "--resource-type=nimbus-account")
    result = refused(f"orchestrator {line}")
    assert result.code == fault[0]
    assert fault[1] in result.err


def test_registering_can_connect(podium, sky):
    result = podium("orchestrator register new -f nimbus --region=eu -c sky -r data")
    assert result.code == 0
    assert sky.requests > 0
    assert link(podium, "new") == ("sky", "data")


def test_registering_again_without_a_connector_keeps_it(podium, sky):
    podium("orchestrator connect far -c sky")
    again = podium("orchestrator register far -f nimbus --region=eu --bucket=models")
    assert again.err == "unchanged: orchestrator 'far'\n"
    assert podium("orchestrator register far -f nimbus --region=us --update").code == 0
    assert link(podium) == ("sky", None)


def test_disconnecting_takes_the_link_away(podium, sky):
    podium("orchestrator connect far -c sky -r data")
    assert podium("orchestrator disconnect far").err == "disconnected orchestrator 'far'\n"
    assert link(podium) == (None, None)
    assert podium("orchestrator disconnect far").err == "unchanged: orchestrator 'far'\n"


def test_a_copy_and_a_renamed_component_stay_connected(podium, sky):
    podium("orchestrator connect far -c sky -r data")
    podium("orchestrator copy far away")
    podium("orchestrator rename far further")
    assert link(podium, "away") == link(podium, "further") == ("sky", "data")


def test_a_flavor_that_needs_a_connector_gets_the_only_one(podium, sky):
    register_connector(podium, sky, "account", "--resource-type=nimbus-account")
    result = podium("orchestrator register up -f nimbus_cloud --region=eu")
    assert result.err == "registered orchestrator 'up'\nconnected to 'sky', the only service-connector for it\n"
    assert link(podium, "up") == ("sky", None)


@pytest.mark.parametrize("names", [[], ["sky", "cloud"]])
def test_with_none_or_several_connectors_the_exact_command_is_said(podium, nimbus, names):
    for name in names:
        register_connector(podium, nimbus, name)
    result = podium("orchestrator register up -f nimbus_cloud --region=eu")
    assert result.code == 0
    for name in names or ["NAME"]:
        assert f"podium orchestrator connect up --connector {name}\n" in result.err
    assert link(podium, "up") == (None, None)


def test_a_connector_that_is_chosen_later_is_kept_when_registered_again(podium, sky):
    podium("orchestrator register up -f nimbus_cloud --region=eu")
    register_connector(podium, sky, "cloud")
    again = podium("orchestrator register up -f nimbus_cloud --region=eu")
    assert again.err == "unchanged: orchestrator 'up'\n"
    assert link(podium, "up") == ("sky", None)


def test_a_component_whose_connector_is_gone_says_which_command_mends_it(podium, sky, home):
    podium("orchestrator connect far -c sky")
    podium("stack register dev -o far -a default --force --set")
    (home / "service-connectors" / "sky.yaml").unlink()
    result = podium("runs list")
    assert result.code == 3
    assert "no service-connector 'sky'" in result.err
    assert "podium orchestrator connect far --connector NAME" in result.err
