"""Profiles of AWS's own tools, in the user's credentials file."""

from __future__ import annotations

import os
import re
from pathlib import Path

from ..core.foreign_files import change_file
from .aws_config import AWSConfig
from .aws_session import Keys

_SECTION = re.compile(r"\s*\[(.*)\]")


def store_profile(profile: str, keys: Keys, config: AWSConfig) -> Path:
    """Write a profile into the user's credentials file, in place of an earlier one of this name; return the file.

    Other profiles stay as they are, comments too.
    """
    path = Path(os.environ.get("AWS_SHARED_CREDENTIALS_FILE") or "~/.aws/credentials").expanduser()
    fields = {
        "aws_access_key_id": keys.key_id.reveal(),
        "aws_secret_access_key": keys.secret.reveal(),
        "aws_session_token": keys.token.reveal() if keys.token else None,
        "region": config.region,
        "endpoint_url": config.endpoint_url,
    }
    section = f"[{profile}]\n" + "".join(f"{name} = {value}\n" for name, value in fields.items() if value)
    change_file(path, lambda text: _without(text, profile) + section)
    return path


def _without(text: str, profile: str) -> str:
    """Return the text of a file without a profile, ready for another one to follow."""
    kept, inside = [], False
    for line in text.splitlines(keepends=True):
        start = _SECTION.match(line)
        inside = start[1].strip() == profile if start else inside
        if not inside:
            kept.append(line)
    others = "".join(kept).rstrip("\n")
    return f"{others}\n\n" if others else ""
