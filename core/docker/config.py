"""Docker's `config.json`: logins of registries, for this machine's docker and its kin, and for jobs."""

from __future__ import annotations

import json
import os
from base64 import b64encode
from pathlib import Path

from ..contracts.service_connector import Credentials
from ..errors import AccessError, MissingToolError, UsageError
from ..foreign_files import change_file
from ..secrets.secret import Secret
from .registry import DOCKER_HUB, Login

_HUB_KEY = "https://index.docker.io/v1/"
_HELPER_TIMEOUT = 30.0


def of_login(registry: str, login: Login) -> Credentials:
    """Return a folder for DOCKER_CONFIG that logs a job into one registry."""
    config = json.dumps({"auths": {auth_key(registry): _entry(login)}})
    return Credentials(environment={"DOCKER_CONFIG": Secret("{dir}")}, files={"config.json": Secret(config)})


def store(registry: str, login: Login) -> str:
    """Log the user's own docker into a registry, as `docker login` does; return where the password went.

    That is the credential helper that the user's `config.json` names for the registry, else that file itself.
    """
    path = Path(os.environ.get("DOCKER_CONFIG") or "~/.docker").expanduser() / "config.json"
    kept = f"{path}, where it is not encrypted"

    def edit(text: str) -> str:
        nonlocal kept
        config = _parsed(path, text)
        helpers = config.get("credHelpers")
        helper = (helpers.get(auth_key(registry)) if isinstance(helpers, dict) else None) or config.get("credsStore")
        if helper:
            kept = f"docker-credential-{helper}"
            _hand_to(kept, registry, login)
        logins = config.setdefault("auths", {})
        if not isinstance(logins, dict):
            raise UsageError("'auths' is not a mapping", where=str(path), hint="mend the file")
        logins[auth_key(registry)] = {} if helper else _entry(login)
        return json.dumps(config, indent="\t") + "\n"

    change_file(path, edit)
    return kept


def auth_key(registry: str) -> str:
    """Return the key under which Docker keeps the login of a registry."""
    return _HUB_KEY if registry == DOCKER_HUB else registry


def _entry(login: Login) -> dict[str, str]:
    return {"auth": b64encode(f"{login.username}:{login.password.reveal()}".encode()).decode()}


def _parsed(path: Path, text: str) -> dict[str, object]:
    try:
        config = json.loads(text or "{}")
    except ValueError:
        config = None
    if not isinstance(config, dict):
        raise UsageError("this is not a Docker configuration in JSON", where=str(path), hint="mend or remove the file")
    return config


def _hand_to(helper: str, registry: str, login: Login) -> None:
    import subprocess

    entry = {"ServerURL": auth_key(registry), "Username": login.username, "Secret": login.password.reveal()}
    try:
        done = subprocess.run(
            [helper, "store"],
            input=json.dumps(entry).encode(),
            capture_output=True,
            timeout=_HELPER_TIMEOUT,
            check=False,
        )
    except OSError:
        raise MissingToolError(f"{helper}, which Docker's configuration names, cannot be started") from None
    except subprocess.TimeoutExpired:
        raise AccessError(f"{helper} does not answer within {_HELPER_TIMEOUT:g} s") from None
    if done.returncode:
        raise AccessError(f"{helper} did not store the login (exit code {done.returncode})")
