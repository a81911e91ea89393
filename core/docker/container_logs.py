"""What a container has printed since a last look: by the times that the engine keeps with each piece, and by count.

The engine stores what came over stdout and stderr at one instant in either order, so times alone would lose a line.
"""

from __future__ import annotations

import time
from calendar import timegm
from collections.abc import Iterator
from typing import IO

_HEADER = 8
_STAMP = 30
"""Length of `2026-11-21T08:09:02.123456789Z`, after which a space comes."""
_SECONDS = "%Y-%m-%dT%H:%M:%S"
_OVERLAP = 1.0
"""Seconds before the last piece that are asked for again: none is stored so late."""
_MOST = 1 << 20


def since(cursor: str) -> str:
    """Return from when on the engine is to tell, in seconds with nine decimals; from the beginning by a new cursor."""
    stamp = cursor.partition(" ")[0]
    return f"{timegm(time.strptime(stamp[:19], _SECONDS))}{stamp[19:-1]}" if stamp else "0"


def after(cursor: str, stream: IO[bytes]) -> tuple[bytes, str]:
    """Return what the engine's answer has that is new, at most about a megabyte, and the next cursor.

    A cursor is a time, and how many pieces with that time or a later one were seen.
    """
    seen = int(cursor.partition(" ")[2] or 0)
    stamps: list[str] = []
    found: list[bytes] = []
    size = 0
    for stamp, text in _pieces(stream):
        stamps.append(stamp)
        if len(stamps) > seen:
            found.append(text)
            size += len(text)
        if size >= _MOST:
            break
    if not found:
        return b"", cursor
    last = max(stamps)
    begin = time.strftime(_SECONDS, time.gmtime(timegm(time.strptime(last[:19], _SECONDS)) - _OVERLAP)) + last[19:]
    begin = max(begin, cursor.partition(" ")[0])
    return b"".join(found), f"{begin} {sum(stamp >= begin for stamp in stamps)}"


def _pieces(stream: IO[bytes]) -> Iterator[tuple[str, bytes]]:
    """Yield the time and the text of each frame: a header, of which the last four bytes are a length, then both."""
    while len(header := stream.read(_HEADER)) == _HEADER:
        payload = stream.read(int.from_bytes(header[4:], "big"))
        yield payload[:_STAMP].decode(), payload[_STAMP + 1 :]
