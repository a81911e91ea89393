import json
import time

import pytest
from servers.nimbus import MARKER


@pytest.fixture
def connector(podium):
    """Run a verb of service connectors."""
    return lambda line, *more: podium(f"service-connector {line}", *more)


@pytest.fixture
def sky(nimbus, connector, monkeypatch):
    """Register the connector `sky` and return the service."""
    monkeypatch.setenv("SKY", MARKER)
    register(connector, nimbus, "sky", "--from-env token=SKY")
    return nimbus


def register(connector, nimbus, name, fields):
    done = connector(f"register {name} -t nimbus -a token --url={nimbus.url} {fields} --no-verify")
    assert done.code == 0, done.err


def rows(done):
    return [(row["connector"], row["resource_type"], row["resource_ids"], row["error"]) for row in json.loads(done)]


ACCOUNT, BUCKETS = ("nimbus-account", ["account-1"], None), ("nimbus-bucket", ["data", "models"], None)


@pytest.mark.parametrize(
    ("options", "reached"),
    [
        ("", [ACCOUNT, BUCKETS]),
        ("-r nimbus-bucket", [BUCKETS]),
        ("-r nimbus-bucket -ri data", [("nimbus-bucket", ["data"], None)]),
    ],
)
def test_verify_prints_what_is_reached(sky, connector, options, reached):
    assert rows(connector(f"verify sky {options} --output json").out) == [("sky", *row) for row in reached]


def test_verify_takes_the_start_of_a_name(sky, connector):
    assert connector("verify sk --output names").out.split() == ["account-1", "data", "models"]


def test_verify_says_what_is_wrong(sky, connector):
    sky.tokens.remove(MARKER)
    done = connector("verify sky")
    assert (done.code, done.out) == (4, "")
    assert "does not accept this token (401)" in done.err
    assert MARKER not in done.err


def test_a_resource_that_is_not_there_is_told(sky, connector):
    done = connector("verify sky -r nimbus-bucket -ri nothing")
    assert done.code == 4
    assert "'nothing'" in done.err


def test_a_connector_of_one_resource_is_for_no_other(sky, connector):
    connector("update sky -r nimbus-bucket -ri data")
    assert connector("verify sky --output names").out.split() == ["data"]
    done = connector("verify sky -ri models")
    assert done.code == 2
    assert "was registered for resource 'data' only, not 'models'" in done.err


def test_expired_credentials_are_not_tried(sky, connector):
    assert connector("update sky --expires-at 2020-01-01T00:00:00Z --no-verify").code == 0
    before = sky.requests
    for verb in ("verify sky", "login sky -r nimbus-account"):
        done = connector(verb)
        assert done.code == 4
        assert "the credentials of service-connector 'sky' expired" in done.err
        assert "podium service-connector update sky" in done.err
    assert sky.requests == before


def test_new_credentials_have_not_the_old_ones_expiry(sky, connector):
    connector("update sky --expires-at 2020-01-01 --no-verify")
    done = connector("update sky --token=0ther-t0ken")
    assert done.code == 0
    assert "expires_at" in done.err
    assert json.loads(connector("list --output json").out)[0]["expires_at"] is None


def test_an_expiry_is_shown_in_utc_and_in_words(sky, connector):
    connector("update sky --expires-at 2020-01-01T01:00:00+01:00 --no-verify")
    shown = json.loads(connector("list --output json").out)[0]
    assert shown["expires_at"] == "2020-01-01T00:00:00+00:00"
    assert shown["expires_in"].startswith("expired ")
    assert shown["expires_in"].endswith(" d ago")


def test_all_connectors_are_listed_each_with_its_resources_or_its_error(sky, connector):
    register(connector, sky, "moon", "--token=wr0ng -r nimbus-bucket")
    done = connector("list-resources --output json")
    assert done.code == 0
    error = f"{sky.url} does not accept this token (401)"
    assert rows(done.out) == [("moon", "nimbus-bucket", [], error), ("sky", *ACCOUNT), ("sky", *BUCKETS)]
    assert rows(connector("list-resources -e --output json").out) == [("sky", *ACCOUNT), ("sky", *BUCKETS)]


@pytest.mark.parametrize(
    ("options", "reached"),
    [
        ("-r nimbus-bucket --timeout inf", "sky"),
        ("-r nimbus-account", "moon sky"),
        ("-r nimbus-bucket -ri data", "sky"),
        ("-t nimbus -r nimbus-account", "moon sky"),
        ("--connector-type nimbus -r nimbus-account", "moon sky"),
        ("-c docker", ""),
        ("-r docker-registry", ""),
    ],
)
def test_only_those_that_may_have_such_resources_are_asked(sky, connector, options, reached):
    register(connector, sky, "moon", "--from-env token=SKY -r nimbus-account")
    done = connector(f"list-resources {options} --output json")
    assert done.code == 0, done.err
    assert " ".join(row["connector"] for row in json.loads(done.out)) == reached


def test_it_fails_when_nothing_is_reached(sky, connector):
    sky.tokens.clear()
    done = connector("list-resources --output json")
    assert done.code == 4
    assert [row[2] for row in rows(done.out)] == [[], []]
    assert "no service connector reaches anything" in done.err


def test_one_that_does_not_answer_does_not_hold_up_the_others(sky, connector):
    register(connector, sky, "slow", "--token=slow")
    began = time.monotonic()
    done = connector("list-resources --timeout 1.5 --output json")
    assert time.monotonic() - began < 8
    assert [(row[0], row[3]) for row in rows(done.out)] == [
        ("sky", None),
        ("sky", None),
        ("slow", "no answer within 1.5 s"),
        ("slow", "no answer within 1.5 s"),
    ]


def test_one_whose_type_is_gone_is_told_beside_the_others(sky, connector, home):
    file = home / "service-connectors" / "gone.yaml"
    file.write_text("type: stratus\nauth_method: token\n")
    found = rows(connector("list-resources --output json").out)
    assert found[0] == ("gone", None, [], "there is no service connector type 'stratus'")


def test_an_expiry_written_by_hand_is_checked(sky, connector, home):
    file = home / "service-connectors" / "sky.yaml"
    file.write_text(f"{file.read_text()}expires_at: tomorrow\n")
    done = connector("list")
    assert done.code == 1
    assert "'expires_at': 'tomorrow' is no ISO 8601 time" in done.err
    assert f"at {file}, line {len(file.read_text().splitlines())}\n" in done.err


def test_this_machine_is_logged_in(sky, connector, monkeypatch, tmp_path):
    monkeypatch.setenv("NIMBUS_HOME", str(tmp_path))
    done = connector("login sky -r nimbus-account --output json")
    assert json.loads(done.out)["configured"] == f"nimbus is logged into {sky.url} for nimbus-account"
    assert (tmp_path / "login").read_text() == MARKER
    assert "add --resource-type" in connector("login sky").err
