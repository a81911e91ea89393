"""A terminal that a test can look at."""

import contextlib
import os
import pty
import re
import threading

import pytest


class Terminal:
    """A pseudo-terminal: `stream` is what a program writes to, `text` what has arrived, escapes and all."""

    def __init__(self):
        self._ours, theirs = pty.openpty()
        self.stream = os.fdopen(theirs, "w", encoding="utf-8")
        self._arrived = b""
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self):
        with contextlib.suppress(OSError):  # Linux ends a pseudo-terminal with an error
            while arrived := os.read(self._ours, 65536):
                self._arrived += arrived

    def text(self):
        """Close the terminal and return all that was written to it."""
        self.stream.close()
        self._reader.join()
        os.close(self._ours)
        return self._arrived.decode()

    def last_table(self):
        """Return the lines drawn last, from the table's head on, without escapes and trailing blanks."""
        plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", self.text()).replace("\r", "")
        begin = [head.start() for head in re.finditer(r"step +state", plain)][-1]
        return [line.rstrip() for line in plain[begin:].splitlines()]


@pytest.fixture
def open_terminal(monkeypatch):
    """Open terminals of any size, in an environment that shows a table."""
    for name in ("CI", "NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    opened = []

    def open_one(columns=80, lines=24):
        monkeypatch.setenv("COLUMNS", str(columns))
        monkeypatch.setenv("LINES", str(lines))
        opened.append(Terminal())
        return opened[-1]

    yield open_one
    for one in opened:
        if not one.stream.closed:
            one.text()


@pytest.fixture
def terminal(open_terminal):
    return open_terminal()
