"""What is installed on this machine, as requirements that install the same elsewhere."""

from __future__ import annotations

import json

_NOT_REPLICATED = frozenset({"distribute", "pip", "podium", "setuptools", "wheel"})  # of installers, as in pip freeze


def installed_requirements() -> tuple[list[str], list[str]]:
    """Return requirements, sorted, and the names of what only this machine has: editable folders and local files."""
    from importlib.metadata import distributions

    from packaging.utils import canonicalize_name

    lines: dict[str, str | None] = {}
    for found in distributions():
        name = canonicalize_name(found.metadata["Name"] or "")
        if name and name not in lines and name not in _NOT_REPLICATED:
            origin = found.read_text("direct_url.json")
            lines[name] = _from_url(name, json.loads(origin)) if origin else f"{name}=={found.version}"
    return (
        [line for _, line in sorted(lines.items()) if line is not None],
        sorted(name for name, line in lines.items() if line is None),
    )


def _from_url(name: str, origin: dict[str, dict[str, str] | str]) -> str | None:
    """Return the requirement of what was installed from a URL, None for one of this machine."""
    url, vcs, archive = origin["url"], origin.get("vcs_info"), origin.get("archive_info")
    if not isinstance(url, str) or url.startswith("file:"):
        return None
    fragment = f"subdirectory={origin['subdirectory']}" if "subdirectory" in origin else ""
    if isinstance(vcs, dict):
        url = f"{vcs['vcs']}+{url}@{vcs['commit_id']}"
    elif isinstance(archive, dict) and "hash" in archive:
        fragment = "&".join(filter(None, [fragment, archive["hash"]]))
    return f"{name} @ {url}{'#' if fragment else ''}{fragment}"
