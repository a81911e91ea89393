"""Files that are likely to hold secrets, by their names alone."""

from __future__ import annotations

from .patterns import git_patterns

LOOKS_SECRET = git_patterns(
    b"""
.env
.env.*
!.env.dist
!.env.example
!.env.sample
!.env.template
*.pem
*.key
*.ppk
*.p12
*.pfx
*.jks
*.keystore
*.kdbx
id_rsa
id_dsa
id_ecdsa
id_ecdsa_sk
id_ed25519
id_ed25519_sk
.netrc
_netrc
.pypirc
.pgpass
.git-credentials
.htpasswd
.dockercfg
.docker/config.json
.vault-token
.aws/
.azure/
.gnupg/
.kube/
.ssh/
.config/gcloud/
*credentials.json
*credentials.yaml
*credentials.yml
client_secret*.json
*service[-_]account*.json
secrets.json
secrets.toml
secrets.yaml
secrets.yml
*.tfstate
*.tfstate.backup
"""
)
