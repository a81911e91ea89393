"""Takes the secrets that this process has resolved out of what it is about to show or keep."""

from __future__ import annotations

import base64
import json
import re
from urllib.parse import quote, quote_plus

from .secret import MASK

_SHORTEST = 4  # shorter ones would blacken ordinary text
_forms: set[str] = set()


def remember(secret: str) -> None:
    """Have a secret taken out from now on: plain, line by line, base64, URL-encoded and escaped as in JSON."""
    for text in {secret, *secret.splitlines()}:
        if len(text) >= _SHORTEST:
            _forms.update((text, quote(text, safe=""), quote_plus(text), quote(text), json.dumps(text)[1:-1]))
            _forms.update(_in_base64(text.encode()))


def redacted(text: str) -> str:
    """Return a text with every remembered secret masked."""
    if not _forms:
        return text
    longest_first = sorted(_forms, key=len, reverse=True)
    return re.sub("|".join(map(re.escape, longest_first)), MASK, text)


def _in_base64(data: bytes) -> set[str]:
    """Return what all base64 texts have in common that hold `data` at any offset, in both alphabets."""
    found = set()
    for offset in range(3):
        encoded = base64.b64encode(b"\0" * offset + data).decode()
        whole = encoded[-(-offset * 8 // 6) : len(encoded) - (4 if (offset + len(data)) % 3 else 0)]
        if len(whole) >= _SHORTEST:
            found |= {whole, whole.translate(str.maketrans("+/", "-_"))}
    return found
