"""Length-prefixed messages over a stream socket, between a driver, its zygote and its workers."""

from __future__ import annotations

import pickle
import socket
import struct

_HEAD = struct.Struct("!I")
_CHUNK = 1 << 16


def send(channel: socket.socket, message: object, descriptors: tuple[int, ...] = ()) -> None:
    """Send one message whole, with file descriptors riding on its first byte."""
    body = pickle.dumps(message, protocol=5)
    data = _HEAD.pack(len(body)) + body
    if descriptors:
        sent = socket.send_fds(channel, [data], list(descriptors))
        data = data[sent:]
    if data:
        channel.sendall(data)


def receive(channel: socket.socket) -> object:
    """Wait for the only message that the other side sends before it is answered; raise EOFError when it is gone."""
    data = _some(channel)
    while len(data) < _HEAD.size:
        data += _some(channel)
    (length,) = _HEAD.unpack_from(data)
    parts = [data]
    missing = _HEAD.size + length - len(data)
    while missing > 0:
        parts.append(_some(channel))
        missing -= len(parts[-1])
    body = memoryview(b"".join(parts))[_HEAD.size :]
    return pickle.loads(body)  # noqa: S301 - both ends are this program


def _some(channel: socket.socket) -> bytes:
    try:
        data = channel.recv(_CHUNK)
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
