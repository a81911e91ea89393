"""Nouns of tools with a server that podium has no use for, and what to use instead."""

from __future__ import annotations

_NO_SERVER = "server: runs are recorded in the artifact store of their stack; see `podium status`"
_NO_ACCOUNTS = "accounts: who can read the artifact store and PODIUM_HOME can use what is there"
_NO_DATABASE = "database: see `podium runs list` and `podium doctor`"
_NO_MODELS = "model registry: save_artifact(model, NAME) keeps versions; see `podium artifact list`"
_IN_STEPS = "component for that: call its library in a step, and keep what it finds with log_metadata()"

ABSENT = {  # each text goes on after "podium has no"
    **dict.fromkeys(("login", "logout", "connect", "disconnect", "server", "up", "down", "show"), _NO_SERVER),
    **dict.fromkeys(("user", "service-account", "authorized-device", "api-key"), _NO_ACCOUNTS),
    **dict.fromkeys(("backup-database", "restore-database", "migrate-database", "downgrade"), _NO_DATABASE),
    **dict.fromkeys(("model", "model-registry"), _NO_MODELS),
    **dict.fromkeys(("experiment-tracker", "data-validator", "feature-store", "annotator"), _IN_STEPS),
    **dict.fromkeys(("model-deployer", "deployment", "deploy"), "model deployments: a step can call what serves them"),
    "alerter": "alerters: on_failure= and on_success= of a step or pipeline call any function",
    "analytics": "analytics: nothing is sent anywhere",
    "clean": "command that deletes everything: see `podium runs delete` and `podium stack delete`",
    "code-repository": "code repositories: a run keeps the code of its own steps",
    "info": "such command: see `podium doctor` and `podium version --output json`",
    "logging": "log levels: errors show their traceback with --debug",
    "project": "projects on a server: `podium init` marks a folder, and may pin its stack",
    "step-operator": "step operators: the orchestrator of the stack runs every step; see `podium stack list`",
    "tag": "tags: components have labels; see `podium orchestrator register --help`",
}
