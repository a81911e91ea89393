"""Commands on a terminal of their own, with somebody at it."""

import os
import pty
import select
import subprocess
import sys
from contextlib import suppress

PATIENCE = 30.0
_ON_ITS_TERMINAL = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.executable, [sys.executable, "-m", "podium", *sys.argv[1:]])
"""


def on_a_terminal(args, *dialogue):
    """Run podium on a terminal of its own, answering each prompt in turn; return what the terminal shows."""
    outer, inner = pty.openpty()
    command = [sys.executable, "-c", _ON_ITS_TERMINAL, *args]
    shown = b""
    with subprocess.Popen(command, stdin=inner, stdout=inner, stderr=inner, start_new_session=True) as process:
        os.close(inner)
        for prompt, answer in dialogue:
            while prompt.encode() not in shown:
                assert select.select([outer], [], [], PATIENCE)[0], f"no {prompt!r} after {shown!r}"
                shown += os.read(outer, 4096)
            os.write(outer, f"{answer}\n".encode())
        with suppress(OSError):  # the other side is closed
            while chunk := os.read(outer, 4096):
                shown += chunk
        process.wait(timeout=30)
    os.close(outer)
    return process.returncode, shown.decode()
