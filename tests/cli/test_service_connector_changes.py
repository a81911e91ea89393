import json
import os

import pytest
from servers.nimbus import MARKER

from podium.core.secrets.vault import open_vault
from podium.core.store.config_store import ConfigStore
from podium.core.store.records import ComponentRecord

OWN = "{{service-connector.sky.token}}"


@pytest.fixture
def connector(podium):
    """Run a verb of service connectors."""
    return lambda line, *more: podium(f"service-connector {line}", *more)


@pytest.fixture
def sky(nimbus, connector, monkeypatch):
    """Register the connector `sky` with a session and return the service."""
    monkeypatch.setenv("SKY", MARKER)
    done = connector(f"register sky -t nimbus --url={nimbus.url} --from-env token=SKY --session=s-1 --zones=a")
    assert done.code == 0, done.err
    return nimbus


def described(connector, name="sky"):
    return json.loads(connector(f"describe {name} --output json").out)


def connect(component="fast", **changes):
    """Store an orchestrator that is connected to `sky`."""
    ConfigStore().components("orchestrator").put(
        ComponentRecord("orchestrator", component, "local", **{"connector": "sky", **changes})
    )


def test_some_fields_change_and_the_rest_stays(sky, connector):
    done = connector("update sky --zones b,c -l team=ml --description Clouds")
    assert done.err == "updated service-connector 'sky'\n"
    assert "account-1" in done.out
    shown = described(connector)
    assert shown["config"] == {
        "url": sky.url,
        "token": OWN,
        "session": "{{service-connector.sky.session}}",
        "zones": ["b", "c"],
    }
    assert (shown["labels"], shown["description"]) == ({"team": "ml"}, "Clouds")


def test_a_secret_changes_alone(sky, connector):
    assert connector("update sky --token=0ther-t0ken").code == 0
    assert open_vault().read("service-connector.sky") == {"token": "0ther-t0ken", "session": "s-1"}


def test_nothing_changes_where_nothing_differs(sky, connector):
    before = sky.requests
    assert connector("update sky --from-env token=SKY --zones=a").err == "unchanged: service-connector 'sky'\n"
    assert sky.requests == before


def test_what_does_not_verify_leaves_all_as_it_was(sky, connector):
    before = described(connector)
    done = connector("update sky --zones=b --token=wr0ng")
    assert done.code == 4
    assert described(connector) == before
    assert open_vault().read("service-connector.sky")["token"] == MARKER
    assert connector("update sky --zones=b --token=wr0ng --no-verify").code == 0
    assert connector("verify sky").code == 4


def test_a_method_changes_and_what_it_has_no_use_for_goes(sky, connector):
    done = connector("update sky -a token -r nimbus-bucket -ri data")
    assert done.code == 0, done.err
    assert "not kept, for it belonged to the old credentials: session" in done.err
    shown = described(connector)
    assert (shown["auth_method"], shown["resource_id"]) == ("token", "data")
    assert shown["config"] == {"url": sky.url, "token": OWN, "zones": ["a"]}
    assert open_vault().read("service-connector.sky") == {"token": MARKER}


def test_what_is_optional_can_be_removed(sky, connector):
    connector("update sky -r nimbus-bucket -ri data --description Clouds")
    connector("update sky --remove zones --remove resource-id --remove description")
    shown = described(connector)
    assert "zones" not in shown["config"]
    assert (shown["resource_type"], shown["resource_id"], shown["description"]) == ("nimbus-bucket", None, "")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("--remove url", "field 'url' is required"),
        ("--remove zone", "did you mean 'zones'?"),
        ("--ulr=u", "did you mean 'url'?"),
        ("-ri data", "add --resource-type"),
    ],
)
def test_a_change_that_makes_no_sense_is_refused(sky, connector, change, message):
    before = described(connector)
    done = connector(f"update sky {change}")
    assert done.code == 2
    assert message in done.err
    assert described(connector) == before


def test_a_new_name_goes_everywhere(sky, connector):
    connect()
    connect("slow", connector=None, config={"path": f"/x/{OWN}"})
    connector(f"register moon -t nimbus -a token --url={sky.url}", f"--token={OWN}")
    assert connector("rename sky cloud").err == "renamed service-connector 'sky' to 'cloud'\n"
    assert connector("list --output names").out.split() == ["cloud", "moon"]
    moved = "{{service-connector.cloud.token}}"
    assert described(connector, "cloud")["config"]["token"] == moved
    assert described(connector, "moon")["config"]["token"] == moved
    assert described(connector, "cloud")["components"] == ["orchestrator fast"]
    assert ConfigStore().components("orchestrator").get("slow").config == {"path": f"/x/{moved}"}
    assert open_vault().names() == ["service-connector.cloud"]
    assert connector("verify cloud").code == 0


@pytest.mark.parametrize("name", ["moon", "Sky"])
def test_a_name_that_is_taken_is_refused(sky, connector, name):
    connector(f"register moon -t nimbus -a token --url={sky.url} --from-env token=SKY")
    assert connector(f"rename sky {name}").code == 5
    assert connector("list --output names").out.split() == ["moon", "sky"]
    assert connector("list-resources").out.count("account-1") == 2


def test_the_name_it_has_changes_nothing(sky, connector):
    assert connector("rename sky sky").code == 0
    assert connector("verify sky").code == 0


def test_deleting_asks_and_takes_the_secret_along(sky, connector, home):
    asked = connector("delete sky")
    assert asked.code == 2
    assert "add --yes" in asked.err
    assert connector("delete sky --yes").err == "deleted service-connector 'sky'\n"
    assert not (home / "service-connectors" / "sky.yaml").exists()
    assert open_vault().names() == []


def test_what_is_in_use_is_not_deleted(sky, connector):
    connect()
    connect("slow", connector=None, config={"path": OWN})
    done = connector("delete sky --yes")
    assert done.code == 5
    assert "is used by orchestrator 'slow', orchestrator 'fast'" in done.err
    assert "first: podium orchestrator describe slow" in done.err
    assert connector("verify sky").code == 0


def test_a_secret_that_cannot_be_put_in_place_stays_as_it_was(sky, connector, home):
    file = home / "service-connectors" / "sky.yaml"
    if os.getuid():
        file.parent.chmod(0o500)
    else:  # root may write everywhere, but not over a folder
        (file.parent / ".new").mkdir()
        (file.parent / ".new" / "x").touch()
    assert connector("update sky --token=0ther-t0ken --zones=b").code != 0
    assert open_vault().read("service-connector.sky")["token"] == MARKER


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ("token: in-the-open", "field 'token' is secret, and its value stands here for all to read"),
        ("tokken: x", "unknown field 'tokken'"),
    ],
)
def test_a_mistake_in_its_file_is_told_with_its_line(sky, connector, home, wrong, message):
    file = home / "service-connectors" / "sky.yaml"
    lines = file.read_text().splitlines()
    number = lines.index(f"  token: '{OWN}'")
    lines[number] = f"  {wrong}"
    file.write_text("\n".join(lines))
    done = connector("verify sky")
    assert done.code == 2
    assert message in done.err
    assert f"{file}, line {number + 1}" in done.err
    assert "in-the-open" not in done.err
