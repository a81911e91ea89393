import io
import json
import stat
import sys
import threading
from pathlib import Path

import pytest
from servers.loopback import free_port
from servers.nimbus import MARKER

from podium.core.secrets.vault import open_vault

PASSED = "{{service-connector.sky.token}}"


@pytest.fixture
def connector(process):
    """Run a verb of service connectors in a process of its own, with stdin closed."""
    return lambda line, *more, **options: process("service-connector", *line.split(), *more, **options)


@pytest.fixture
def sky(nimbus, connector, monkeypatch):
    """Register the connector `sky` and return the service."""
    monkeypatch.setenv("SKY", MARKER)
    done = connector(f"register sky -t nimbus -a token --url={nimbus.url} --from-env token=SKY")
    assert done.returncode == 0, done.stderr
    return nimbus


def described(connector, name="sky"):
    return json.loads(connector(f"describe {name} --output json").stdout)


def test_a_connector_is_registered_and_what_it_reaches_is_printed(nimbus, connector, monkeypatch):
    monkeypatch.setenv("SKY", MARKER)
    done = connector(f"register sky -t nimbus -a token --url={nimbus.url} --from-env token=SKY")
    assert done.stderr.splitlines()[-1] == "registered service-connector 'sky'"
    assert done.stdout.splitlines() == [
        "CONNECTOR  TYPE    RESOURCE TYPE   RESOURCE IDS  ERROR",
        "sky        nimbus  nimbus-account  account-1",
        "",
        "sky        nimbus  nimbus-bucket   data",
        "                                   models",
    ]


def test_secrets_are_kept_apart_and_the_file_is_the_owners(sky, connector, home):
    file = home / "service-connectors" / "sky.yaml"
    assert PASSED in file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert described(connector)["config"] == {"url": sky.url, "token": PASSED}
    assert not [path for path in home.rglob("*") if path.is_file() and MARKER.encode() in path.read_bytes()]


@pytest.mark.parametrize(
    "options",
    [
        "--type nimbus --auth-method key --resource-type nimbus-bucket --resource-id data --zones a,b",
        '--type=nimbus --auth_method=key --resource_type=nimbus-bucket --resource-id=data --zones=["a","b"]',
        "-t nimbus -a key -r nimbus-bucket -ri data --config.zones=a,b",
        "-tnimbus -akey -rnimbus-bucket -ri=data --config.zones a,b",
    ],
)
def test_options_are_taken_in_every_spelling(nimbus, connector, options):
    done = connector(f"register sky {options} --url {nimbus.url} --output names", "--token", MARKER)
    assert done.stdout.split() == ["data"]
    shown = described(connector)
    assert (shown["resource_type"], shown["resource_id"], shown["config"]["zones"]) == (
        "nimbus-bucket",
        "data",
        ["a", "b"],
    )


@pytest.mark.parametrize("value", ["@token", "-"])
def test_secrets_come_from_files_and_stdin(nimbus, podium, monkeypatch, value):
    Path("token").write_text(f"{MARKER}\n")
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{MARKER}\n"))
    done = podium(f"service-connector register sky -t nimbus -a token --url={nimbus.url} --token={value}")
    assert (done.code, "warning" in done.err) == (0, False)
    assert open_vault().read("service-connector.sky") == {"token": MARKER}


def test_a_bare_secret_is_taken_with_a_warning_that_names_what_is_better(nimbus, connector):
    done = connector(f"register sky -t nimbus -a token --url={nimbus.url}", f"--token={MARKER}")
    assert done.returncode == 0
    assert "shell's history" in done.stderr
    assert "--from-env token=" in done.stderr
    assert MARKER not in done.stderr + done.stdout


def test_a_secret_that_the_user_keeps_is_referred_to(sky, connector):
    connector(f"register moon -t nimbus -a token --url={sky.url}", f"--token={PASSED}")
    assert described(connector, "moon")["config"]["token"] == PASSED


def test_what_does_not_verify_is_not_stored(nimbus, connector, files):
    done = connector(f"register sky -t nimbus -a token --url={nimbus.url} --token=wr0ng-t0ken")
    assert (done.returncode, done.stdout) == (4, "")
    assert f"error: {nimbus.url} does not accept this token (401)" in done.stderr
    assert "--no-verify" in done.stderr
    assert [name for name in files() if "sky" in name] == []
    connector(f"register sky -t nimbus -a token --url={nimbus.url} --token=right", "--no-verify")
    assert described(connector)["name"] == "sky"


def test_without_verification_the_service_is_not_asked(nimbus, connector):
    done = connector(f"register sky -t nimbus -a token --url={nimbus.url} --no-verify", f"--token={MARKER}")
    assert (done.returncode, done.stdout, nimbus.requests) == (0, "", 0)


def test_the_same_again_changes_nothing_and_asks_nobody(sky, connector):
    before = sky.requests
    done = connector(f"register sky -t nimbus -a token --url={sky.url}", f"--token={MARKER}")
    assert (done.returncode, sky.requests) == (0, before)
    assert "unchanged: service-connector 'sky'" in done.stderr


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ("-a token --token=0ther-t0ken", "config.token"),
        ("-a token --from-env token=SKY --zones=a", "config.zones"),
        ("-a key --from-env token=SKY", "auth_method"),
        ("-a token --from-env token=SKY -r nimbus-bucket", "resource_type"),
        ("-a token --from-env token=SKY -l team=ml", "labels.team"),
    ],
)
def test_a_different_one_is_a_conflict_that_names_the_fields(sky, connector, changed, named):
    before = described(connector)
    done = connector(f"register sky -t nimbus --url={sky.url} {changed}")
    assert done.returncode == 5
    assert f"registered with other values: {named}\n" in done.stderr
    assert "add --update" in done.stderr
    assert described(connector) == before
    assert connector(f"register sky -t nimbus --url={sky.url} {changed} --update").returncode == 0


def test_an_update_of_the_registration_replaces_it_whole(sky, connector):
    connector(f"update sky --zones=a --url={sky.url} -l team=ml")
    connector(f"register sky -t nimbus -a token --url={sky.url} --token=0ther-t0ken --update")
    assert described(connector)["config"] == {"url": sky.url, "token": PASSED}
    assert described(connector)["labels"] == {}
    sky.tokens.remove(MARKER)
    assert connector("verify sky").returncode == 0


def test_a_method_is_guessed_from_the_fields_where_one_fits(nimbus, connector):
    done = connector(f"register sky -t nimbus --url={nimbus.url} --session=s", f"--token={MARKER}")
    assert done.returncode == 0
    assert described(connector)["auth_method"] == "session"


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ("--url=u --token=t", "fit more than one: token, key"),
        ("--url=u", "are not those of one: token, session, key"),
    ],
)
def test_a_method_that_cannot_be_guessed_has_to_be_chosen(nimbus, podium, files, fields, message):
    done = podium(f"service-connector register sky -t nimbus {fields}")
    assert done.code == 2
    assert message in done.err
    assert "--auth-method" in done.err
    assert files() == []


@pytest.mark.parametrize(
    ("line", "code", "message"),
    [
        ("register sky -t nimbs", 3, "did you mean 'nimbus'?"),
        ("register sky -t gcp", 2, "planned"),
        ("register sky", 2, "Missing option '--type'"),
        ("register sky -t nimbus -a tokn --url=u", 3, "did you mean 'token'?"),
        ("register sky -t nimbus -a token -r bucket --url=u --token=t", 3, "did you mean 'nimbus-bucket'?"),
        ("register sky -t nimbus -a token -ri data --url=u --token=t", 2, "add --resource-type"),
        ("register sky -t nimbus -a token --ulr=u --colour=red", 2, "4 faults"),
        ("register sky -t nimbus -a token --url=u --token={{nobody.key}}", 3, "there is no secret 'nobody'"),
        ("register sky -t nimbus -a token --url=u --token=t --expires-at=soon", 2, "'soon' is no ISO 8601 time"),
        ("register sky -t nimbus -a token --url=u --token=t --expiration-seconds=0", 2, "at least a second"),
        ("register sky -t nimbus -a token --url=u --token=t --expiration-seconds=x", 2, "should be a valid integer"),
        ("register s/ky -t nimbus -a token --url=u --token=t", 2, "name 's/ky' is not valid"),
        ("register sky -t nimbus -a token --url=u --token=t --output=jso", 2, "did you mean 'json'?"),
        ("describe sky", 3, "there is no service-connector 'sky'"),
        ("update sky --url=u", 3, "there is no service-connector 'sky'"),
        ("verify sky", 3, "there is no service-connector 'sky'"),
        ("delete sky", 3, "there is no service-connector 'sky'"),
        ("rename sky moon", 3, "there is no service-connector 'sky'"),
        ("login sky", 3, "there is no service-connector 'sky'"),
    ],
)
@pytest.mark.usefixtures("nimbus")
def test_wrong_usage_is_said_and_nothing_is_stored(podium, files, line, code, message):
    done = podium(f"service-connector {line} --no-verify" if "register" in line else f"service-connector {line}")
    assert (done.code, done.out) == (code, "")
    assert message in done.err
    assert [name for name in files() if "service-connectors" in name] == []


def test_names_differ_in_more_than_case(sky, connector):
    done = connector(f"register SKY -t nimbus -a token --url={sky.url} --from-env token=SKY")
    assert done.returncode == 5
    assert "differs from 'sky' only in case" in done.stderr


def test_credentials_of_this_machine_are_taken_with_their_expiry(nimbus, connector, monkeypatch):
    monkeypatch.setenv("NIMBUS_URL", nimbus.url)
    monkeypatch.setenv("NIMBUS_TOKEN", MARKER)
    monkeypatch.setenv("NIMBUS_EXPIRES", "4102444800")
    done = connector("register sky -t nimbus --auto-configure --zones=a")
    assert done.returncode == 0, done.stderr
    assert "found session credentials: NIMBUS_TOKEN" in done.stderr
    shown = described(connector)
    assert (shown["auth_method"], shown["expires_at"]) == ("session", "2100-01-01T00:00:00+00:00")
    assert shown["config"]["zones"] == ["a"]
    other = connector("register moon -t nimbus -a token --auto-configure")
    assert other.returncode == 2
    assert "credentials for 'session', not for 'token'" in other.stderr


def test_registering_many_at_once_loses_none(nimbus, connector):
    def register(number):
        connector(f"register sky-{number} -t nimbus -a token --url=u --token=t-{number} --no-verify")

    threads = [threading.Thread(target=register, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert connector("list --output names").stdout.split() == [f"sky-{number}" for number in range(8)]


def test_a_service_that_is_not_there_is_told(nimbus, connector):
    url = f"http://127.0.0.1:{free_port()}"
    done = connector(f"register sky -t nimbus -a token --url={url} --token=t")
    assert done.returncode == 4
    assert f"{url} cannot be reached" in done.stderr
