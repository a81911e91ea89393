"""GitHub's container registry."""

from __future__ import annotations

import os
from typing import Annotated

from ..core.contracts.component import About
from ..core.contracts.container_registry import ContainerRegistry, ContainerRegistryConfig, prefix_like
from ..core.docker.registry import Login
from ..core.secrets.redaction import remember
from ..core.secrets.secret import Secret


class GitHubRegistryConfig(ContainerRegistryConfig):
    """What a registration may set."""

    uri: Annotated[str, About("ghcr.io/OWNER.", then=prefix_like(r"ghcr\.io/.+", "ghcr.io/OWNER"))]
    automatic_token_authentication: Annotated[
        bool, About("Inside GitHub Actions, log in with the workflow's own GITHUB_TOKEN.")
    ] = False


class GitHubRegistry(ContainerRegistry[GitHubRegistryConfig]):
    """Keep images in GitHub's container registry."""

    flavor = "github"
    config_class = GitHubRegistryConfig

    def own_login(self) -> Login | None:
        """Return the workflow's user, if that is wanted and there is one, else the registration's."""
        user, token = os.environ.get("GITHUB_ACTOR"), os.environ.get("GITHUB_TOKEN")
        if self.config.automatic_token_authentication and user and token:
            remember(token)
            return Login(user, Secret(token))
        return super().own_login()
