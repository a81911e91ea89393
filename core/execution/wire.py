"""Length-prefixed messages over a stream socket, between a driver, its zygote and its workers."""

from __future__ import annotations

import os
import pickle
import socket
import struct
from collections.abc import Sequence

_HEAD = struct.Struct("!I")
_CHUNK = 1 << 16


def send(channel: int, message: object) -> None:
    """Send one message whole; `channel` is a descriptor: a socket object would cost each new worker page faults."""
    _write(channel, _encoded(message))


def send_descriptors(channel: socket.socket, message: object, descriptors: Sequence[int]) -> None:
    """Send one message whole, with file descriptors riding on its first byte."""
    data = _encoded(message)
    _write(channel.fileno(), data[socket.send_fds(channel, [data], descriptors) :])


def receive(channel: int) -> object:
    """Wait for the only message that the other side sends before it is answered; raise EOFError when it is gone."""
    data = _some(channel)
    while len(data) < _HEAD.size:
        data += _some(channel)
    missing = _HEAD.size + _HEAD.unpack_from(data)[0] - len(data)
    if missing:
        parts = [data]
        while missing > 0:
            parts.append(_some(channel))
            missing -= len(parts[-1])
        data = b"".join(parts)
    return pickle.loads(memoryview(data)[_HEAD.size :])  # noqa: S301 - both ends are this program


def _encoded(message: object) -> bytes:
    body = pickle.dumps(message, protocol=5)
    return _HEAD.pack(len(body)) + body


def _write(channel: int, data: bytes) -> None:
    written = os.write(channel, data)
    while written < len(data):
        written += os.write(channel, memoryview(data)[written:])


def _some(channel: int) -> bytes:
    try:
        data = os.read(channel, _CHUNK)
    except ConnectionResetError:
        data = b""  # the other side closed with a message unread
    if not data:
        raise EOFError
    return data


class Inbox:
    """Messages of a channel that is read when data is there, with the descriptors that came along."""

    def __init__(self, channel: socket.socket) -> None:
        self.descriptors: list[int] = []
        self._channel = channel
        self._data = bytearray()

    def pull(self) -> list[object]:
        """Return the whole messages that have arrived; raise EOFError when the other side is gone."""
        try:
            data, descriptors, _, _ = socket.recv_fds(self._channel, _CHUNK, 16)
        except ConnectionResetError:
            data, descriptors = b"", []
        if not data:
            raise EOFError
        self.descriptors += descriptors
        self._data += data
        messages: list[object] = []
        while len(self._data) >= _HEAD.size:
            (length,) = _HEAD.unpack_from(self._data)
            end = _HEAD.size + length
            if len(self._data) < end:
                break
            messages.append(pickle.loads(memoryview(self._data)[_HEAD.size : end]))  # noqa: S301
            del self._data[:end]
        return messages
