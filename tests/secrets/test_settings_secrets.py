"""Secrets in settings: a reference is kept and resolved by the orchestrator, the secret itself is refused."""

import pytest
from conformance.step_secrets import files_with
from conformance.workspace import Workspace

MARKER = "m4rker-s3cret"
FLAVOR = """
from typing import Annotated
from podium.core.contracts.component import About
from podium.core.secrets.secret import Secret
from podium.flavors.local import LocalConfig, LocalOrchestrator, LocalSettings

class SkySettings(LocalSettings):
    ticket: Annotated[Secret | None, About("What lets one in.")] = None

class SkyConfig(SkySettings, LocalConfig):
    pass

class Sky(LocalOrchestrator):
    flavor = "sky"
    config_class = SkyConfig
    settings_class = SkySettings

    def launcher(self, context):
        spec = context.spec
        for settings in (spec.settings, *(step.settings for step in spec.steps)):
            ticket = self.configured(settings).ticket
            print("ticket", ticket, len(ticket.reveal()) if ticket else 0)
        return super().launcher(context)
"""
FLOW = """
from sky import SkySettings

@step(settings={step})
def one() -> int:
    return 1

@pipeline(settings={pipeline})
def flow():
    one()
"""
REFERENCE = '{"orchestrator": SkySettings(ticket="{{sky.token}}")}'


@pytest.fixture
def sky(workspace: Workspace):
    """Have a stack with an orchestrator whose settings have a secret, and keep one."""
    workspace.environment |= {"PODIUM_SECRETS_BACKEND": "file", "TOKEN": MARKER}
    (workspace.folder / "sky.py").write_text(FLAVOR)
    for line in (
        "orchestrator flavor register sky.Sky",
        "orchestrator register sky -f sky",
        "stack register sky -o sky -a default --set",
        "secret create sky --from-env TOKEN",
    ):
        result = workspace.podium(*line.split())
        assert result.returncode == 0, result.stderr
    del workspace.environment["TOKEN"]


def run(workspace: Workspace, pipeline="{}", step="{}"):
    return workspace.podium("run", workspace.write(FLOW.format(pipeline=pipeline, step=step)))


@pytest.mark.usefixtures("sky")
@pytest.mark.parametrize("reference", [REFERENCE, '{"orchestrator": {"ticket": "{{sky.token}}"}}'])
def test_a_reference_is_kept_as_it_is_and_resolved_by_the_orchestrator(workspace, reference):
    result = run(workspace, pipeline=reference, step=reference)
    assert result.returncode == 0, result.stderr
    assert f"ticket ******** {len(MARKER)}\n" * 2 in result.stdout
    (spec,) = workspace.home.rglob("spec.json")
    assert spec.read_text().count("{{sky.token}}") == 2
    assert files_with(MARKER, workspace.folder) == set()


@pytest.mark.usefixtures("sky")
@pytest.mark.parametrize("place", ["pipeline", "step"])
@pytest.mark.parametrize("given", [MARKER, f"Bearer {MARKER}", "Bearer {{sky.token}}"])
@pytest.mark.parametrize("form", ["SkySettings(ticket={!r})", '{{"ticket": {!r}}}'])
def test_a_secret_itself_is_refused_before_anything_starts(workspace, place, given, form):
    result = run(workspace, **{place: f'{{"orchestrator": {form.format(given)}}}'})
    assert result.returncode == 2
    assert "field 'ticket' holds a secret" in result.stderr
    assert "refer to it: '{{NAME.KEY}}'" in result.stderr
    assert MARKER not in result.stderr + result.stdout
    assert not list(workspace.home.rglob("spec.json"))


@pytest.mark.usefixtures("sky")
@pytest.mark.parametrize("place", ["pipeline", "step"])
def test_a_reference_to_nothing_is_refused_before_anything_starts(workspace, place):
    result = run(workspace, **{place: REFERENCE.replace("token", "tokens")})
    assert result.returncode in {2, 3}
    assert "secret 'sky' has no key 'tokens'" in result.stderr
    assert not list(workspace.home.rglob("spec.json"))
