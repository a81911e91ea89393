"""The environment variables that podium honours, what they are now, and where that came from."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from .dataclass import dataclass
from .errors import NotFoundError
from .names import did_you_mean

if TYPE_CHECKING:
    from .spec import JSON

FROM_ENVIRONMENT = "environment"
FROM_DEFAULT = "default"


@dataclass(frozen=True, slots=True)
class Variable:
    """`default` is what holds without it; a `secret` one is masked."""

    name: str
    help: str
    default: str | None = None
    secret: bool = False


VARIABLES = {
    variable.name: variable
    for variable in (
        Variable("PODIUM_HOME", "Folder of stacks, components, secrets and the default artifact store."),
        Variable("PODIUM_STACK", "Stack that commands and runs use; --stack goes before it."),
        Variable("PODIUM_IN_PROCESS", "1: run steps in the calling process, one after the other.", "0"),
        Variable("PODIUM_NO_INPUT", "Any text: never ask, as without a terminal."),
        Variable("PODIUM_DEBUG", "Any text: show the traceback of errors."),
        Variable(
            "PODIUM_SECRETS_BACKEND",
            "Where secrets are kept: keyring, file, or env for PODIUM_SECRETS_<NAME>_<KEY>.",
            "the first that works",
        ),
        Variable("PODIUM_SECRETS_PASSPHRASE", "Passphrase of the encrypted file of secrets.", secret=True),
        Variable(
            "PODIUM_ACCEPT_NEW_HOST_KEYS", "Any text: pin the keys of SSH hosts that are not known yet, without asking."
        ),
        Variable(
            "PODIUM_STORE_PATIENCE",
            "Seconds for which a remote artifact store that does not answer is tried again.",
            "60",
        ),
        Variable(
            "PODIUM_STORE_LEASE",
            "Seconds after which a driver that a remote artifact store hears no more of is lost.",
            "30",
        ),
        Variable("PODIUM_SECRETS_FILE", "Where a job finds the file with its secrets.", "/run/podium/secrets.json"),
        Variable("PODIUM_HANDLE", "Where the first job of a schedule's run finds what its platform calls the run."),
        Variable("PODIUM_ENDS_FOLDER", "Where a run's last job finds how the others ended.", "/run/podium/ends"),
        Variable("PODIUM_GPU_LOCKS_FOLDER", "Where jobs find the GPU locks of their host.", "/run/podium/gpu-locks"),
        Variable("PODIUM_STEP_GRACE", "Seconds that a step has in its job between SIGTERM and SIGKILL.", "2"),
        Variable("CI", "Any text: never ask, and show no live table."),
        Variable("NO_COLOR", "Any text: no colours."),
        Variable("FORCE_COLOR", "Any text: colours in live tables on a terminal that is not known to have any."),
        Variable("TERM", "What the terminal can do; dumb: no live table."),
        Variable("COLUMNS", "Width of tables.", "the terminal's, else 80"),
        Variable("DOCKER_HOST", "Address of the Docker engine.", "unix:///var/run/docker.sock"),
        Variable("DOCKER_CONFIG", "Folder of Docker's own configuration.", "~/.docker"),
        Variable("KUBECONFIG", "Files of Kubernetes clusters and users.", "~/.kube/config"),
    )
}


def explain(name: str) -> dict[str, JSON]:
    """Return name, value, source and meaning of one variable; raise NotFoundError with the close ones."""
    variable = VARIABLES.get(name.upper())
    if variable is None:
        hint = did_you_mean(name.upper(), VARIABLES) or "podium config explain"
        raise NotFoundError(f"podium honours no environment variable {name!r}", hint=hint)
    value, source = _in_force(variable)
    return {"name": variable.name, "value": value, "source": source, "help": variable.help}


def _in_force(variable: Variable) -> tuple[str | None, str]:
    from .paths import config_home
    from .secrets.secret import MASK

    given = os.environ.get(variable.name)
    if variable.name == "PODIUM_HOME":
        return str(config_home()), FROM_ENVIRONMENT if given else FROM_DEFAULT
    if variable.name == "PODIUM_STACK":
        return _stack()
    if not given:
        return variable.default, FROM_DEFAULT
    return MASK if variable.secret else given, FROM_ENVIRONMENT


def _stack() -> tuple[str, str]:
    """Return the stack that applies here; a file that names it is the source."""
    from .store.config_store import ConfigStore
    from .store.selection import select_stack

    selection = select_stack(ConfigStore())
    if Path(selection.source).is_absolute():
        return selection.stack, selection.source
    return selection.stack, FROM_ENVIRONMENT if os.environ.get("PODIUM_STACK") else FROM_DEFAULT
