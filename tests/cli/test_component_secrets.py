"""Secret fields: set apart from the record, kept in step with it, shown nowhere."""

import io
import json
import sys
from pathlib import Path

import pytest
from on_terminal import on_a_terminal

from podium.core.secrets.vault import open_vault

MARKER = "m4rker s3cret"


@pytest.fixture
def far(podium, nimbus):
    """Register an orchestrator whose token is the secret."""
    assert podium("orchestrator register far -f nimbus --region=eu", f"--token={MARKER}").code == 0


def config(podium, name="far"):
    return json.loads(podium(f"orchestrator describe {name} --output json").out)["config"]


def token(podium, name="far"):
    return config(podium, name)["token"]


def test_a_plain_value_goes_into_a_secret_of_the_components_own(podium, home, far):
    assert open_vault().read("orchestrator.far") == {"token": MARKER}
    assert token(podium) == "{{orchestrator.far.token}}"
    assert all(MARKER.encode() not in path.read_bytes() for path in home.rglob("*") if path.is_file())


@pytest.mark.parametrize("output", ["table", "json", "yaml", "names"])
@pytest.mark.parametrize("verb", ["list", "describe far"])
def test_no_output_shows_it(podium, far, verb, output):
    result = podium(f"orchestrator {verb} --output {output}")
    assert MARKER not in result.out + result.err


def test_a_value_on_the_command_line_is_warned_about(podium, nimbus):
    result = podium("orchestrator register far -f nimbus --region=eu", f"--token={MARKER}")
    assert result.code == 0
    for way in ("--token=@file", "--token=-", "--from-env token=VARIABLE"):
        assert way in result.err
    assert MARKER not in result.err


@pytest.mark.parametrize("words", [["--token=@file"], ["--token=-"], ["--from-env", "token=GIVEN"]])
def test_better_ways_are_not_warned_about(podium, nimbus, monkeypatch, words):
    Path("file").write_text(f"{MARKER}\n", encoding="utf-8")
    monkeypatch.setenv("GIVEN", MARKER)
    monkeypatch.setattr(sys, "stdin", io.StringIO(f"{MARKER}\n"))
    result = podium("orchestrator register far -f nimbus --region=eu", *words)
    assert result.code == 0
    assert "warning" not in result.err
    assert open_vault().read("orchestrator.far") == {"token": MARKER}


def test_a_json_document_is_a_secret_like_any_other(podium, nimbus):
    document = '{"private_key": "x"}'
    podium("orchestrator register far -f nimbus --region=eu", f"--account={document}")
    assert open_vault().read("orchestrator.far") == {"account": document}


def test_a_reference_is_kept_as_it_is(podium, nimbus):
    open_vault().write("shared", {"token": MARKER, "size": "7"})
    assert (
        podium("orchestrator register far -f nimbus --region=eu --token={{shared.token}} --size={{shared.size}}").code
        == 0
    )
    assert config(podium) == {"region": "eu", "token": "{{shared.token}}", "size": "{{shared.size}}"}
    assert open_vault().names() == ["shared"]


def test_a_reference_to_nothing_is_refused(podium, nimbus, files):
    result = podium("orchestrator register far -f nimbus --region=eu --token={{shared.token}}")
    assert result.code == 3
    assert "no secret 'shared'" in result.err
    assert files() == []


def test_what_a_reference_stands_for_is_checked_and_not_shown(podium, nimbus):
    open_vault().write("shared", {"size": MARKER})
    result = podium("orchestrator register far -f nimbus --region=eu --size={{shared.size}}")
    assert result.code == 2
    assert "field 'size'" in result.err
    assert MARKER not in result.err


def test_registering_the_same_secret_again_changes_nothing(podium, far):
    result = podium("orchestrator register far -f nimbus --region=eu", f"--token={MARKER}")
    assert result.code == 0
    assert "unchanged: orchestrator 'far'" in result.err


def test_another_secret_is_a_conflict_that_names_the_field_and_no_value(podium, far):
    result = podium("orchestrator register far -f nimbus --region=eu --token=0ther")
    assert result.code == 5
    assert "config.token" in result.err
    assert "0ther" not in result.err
    assert MARKER not in result.err
    assert open_vault().read("orchestrator.far") == {"token": MARKER}


def test_update_replaces_one_secret_and_keeps_the_others(podium, far):
    assert podium("orchestrator update far --account=a").err.endswith("updated orchestrator 'far'\n")
    assert podium("orchestrator update far --token=b").err.endswith("updated orchestrator 'far'\n")
    assert podium("orchestrator update far --token=b").err.endswith("unchanged: orchestrator 'far'\n")
    assert open_vault().read("orchestrator.far") == {"token": "b", "account": "a"}


def test_a_secret_that_is_no_longer_used_is_dropped(podium, far):
    open_vault().write("shared", {"token": MARKER})
    podium("orchestrator update far --account=a")
    podium("orchestrator update far --token={{shared.token}}")
    assert open_vault().read("orchestrator.far") == {"account": "a"}
    podium("orchestrator remove-attribute far account")
    assert open_vault().read("orchestrator.far") is None


def test_renaming_takes_the_secret_along(podium, far):
    podium("orchestrator rename far away")
    assert token(podium, "away") == "{{orchestrator.away.token}}"
    assert open_vault().names() == ["orchestrator.away"]
    assert open_vault().read("orchestrator.away") == {"token": MARKER}


def test_a_copy_has_a_secret_of_its_own(podium, far):
    podium("orchestrator copy far away")
    podium("orchestrator delete far --yes")
    assert token(podium, "away") == "{{orchestrator.away.token}}"
    assert open_vault().names() == ["orchestrator.away"]


def test_deleting_asks_for_the_secret_and_takes_it_along(podium, far):
    assert "delete orchestrator 'far' and its secret token?" in podium("orchestrator delete far").err
    assert open_vault().names() == ["orchestrator.far"]
    podium("orchestrator delete far --yes")
    assert open_vault().names() == []


def test_what_refers_to_a_components_secret_follows_its_name_and_keeps_it(podium, far):
    podium("orchestrator register other -f nimbus --region=eu --token={{orchestrator.far.token}}")
    podium("orchestrator rename far away")
    assert token(podium, "other") == "{{orchestrator.away.token}}"
    refused = podium("orchestrator delete away --yes")
    assert refused.code == 5
    assert "is used by orchestrator 'other'" in refused.err
    assert open_vault().read("orchestrator.away") == {"token": MARKER}


def test_a_secret_typed_on_a_terminal_is_not_shown(far):
    code, shown = on_a_terminal(["orchestrator", "update", "far", "--token=-"], ("token: ", "typ3d"))
    assert code == 0
    assert "typ3d" not in shown
    assert open_vault().read("orchestrator.far") == {"token": "typ3d"}


def test_a_secret_written_into_the_file_is_masked_refused_and_taken_out_by_an_update(podium, home, nimbus):
    podium("orchestrator register far -f nimbus --region=eu")
    podium("stack register dev -o far -a default --force --set")
    file = home / "orchestrators" / "far.yaml"
    file.write_text(f"flavor: nimbus\nconfig:\n  region: eu\n  token: {MARKER}\n", encoding="utf-8")
    assert token(podium) == "********"
    refused = podium("runs list")
    assert refused.code == 2
    assert f"{file}, line 4" in refused.err
    assert "podium orchestrator update far --token=-" in refused.err
    assert MARKER not in refused.err
    podium("orchestrator update far --size=2")
    assert MARKER not in file.read_text(encoding="utf-8")
    assert open_vault().read("orchestrator.far") == {"token": MARKER}


def test_every_value_is_masked_when_nobody_knows_which_are_secret(podium, home, nimbus):
    podium("orchestrator register far -f nimbus --region=eu")
    file = home / "orchestrators" / "far.yaml"
    file.write_text(f"flavor: gone\nconfig: {{region: eu, token: {MARKER}}}\n", encoding="utf-8")
    result = podium("orchestrator describe far --output json")
    assert json.loads(result.out)["config"] == {"region": "********", "token": "********"}
    assert "no orchestrator flavor 'gone'" in result.err


def test_a_back_end_that_only_reads_refuses_before_anything_is_stored(podium, nimbus, files, monkeypatch):
    monkeypatch.setenv("PODIUM_SECRETS_BACKEND", "env")
    result = podium("orchestrator register far -f nimbus --region=eu", f"--token={MARKER}")
    assert result.code == 4
    assert "PODIUM_SECRETS_ORCHESTRATOR_FAR_TOKEN" in result.err
    assert MARKER not in result.err
    assert files() == []
