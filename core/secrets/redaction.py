"""Takes the secrets that this process has resolved out of what it is about to show or keep."""

from __future__ import annotations

import json
import re
from urllib.parse import quote, quote_plus

from .secret import MASK

_SHORTEST = 4  # shorter ones would blacken ordinary text
_forms: set[str] = set()


def remember(secret: str) -> None:
    """Have a secret taken out from now on: plain, line by line, base64, URL-encoded, and escaped as JSON or Python."""
    for text in {secret, *secret.splitlines()}:
        if len(text) >= _SHORTEST:
            _forms.update((text, json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1]))
            _forms.update((repr(text)[1:-1], repr("'\"" + text)[4:-1]))  # without and beside quotes of both kinds
            _forms.update(quote(text, safe, errors="surrogatepass") for safe in ("", "/"))
            _forms.add(quote_plus(text, errors="surrogatepass"))
            _forms.update(_in_base64(text.encode(errors="surrogatepass")))


def redacted(text: str) -> str:
    """Return a text with every remembered secret masked."""
    if not _forms:
        return text
    longest_first = sorted(_forms, key=len, reverse=True)
    return re.sub("|".join(map(re.escape, longest_first)), MASK, text)


def _in_base64(data: bytes) -> set[str]:
    """Return the characters that every base64 text has in common that holds `data` at an offset, in both alphabets."""
    import base64

    found = set()
    for offset in range(3):
        encoded = base64.b64encode(b"\0" * offset + data).decode()
        whole = encoded[-(-offset * 8 // 6) : (offset + len(data)) * 8 // 6]  # bits of its neighbours are in the rest
        found |= {whole, whole.translate(str.maketrans("+/", "-_"))}
    return found
