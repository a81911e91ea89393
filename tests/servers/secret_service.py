"""A real Secret Service on a message bus of its own, and a bus that never answers."""

import os
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

PATIENCE = 20.0


@contextmanager
def secret_service(data: Path, *, unlocked: bool = True) -> Iterator[str]:
    """Run a bus and the keyring of GNOME on it; yield the bus's address for `DBUS_SESSION_BUS_ADDRESS`.

    One that is locked has nobody to ask for its password.
    """
    with tempfile.TemporaryDirectory(prefix="bus") as folder:  # a socket's path is short
        address = f"unix:path={folder}/bus"
        own = {"HOME": folder, "XDG_RUNTIME_DIR": folder, "XDG_DATA_HOME": str(data)}
        environment = {**os.environ, **own, "DBUS_SESSION_BUS_ADDRESS": address}
        bus = ["/usr/bin/dbus-daemon", "--session", "--nofork", "--nopidfile", f"--address={address}"]
        keyring = ["/usr/bin/gnome-keyring-daemon", "--foreground", "--components=secrets"]
        with _running(bus, environment):
            _wait(Path(folder, "bus").exists)
            with _running([*keyring, *(["--unlock"] if unlocked else [])], environment, "a password\n"):
                _wait_for_service(address)
                yield address


@contextmanager
def silent_bus() -> Iterator[str]:
    """Let clients log in to a bus that answers no call; yield its address."""
    with tempfile.TemporaryDirectory(prefix="bus") as folder, closing(socket.socket(socket.AF_UNIX)) as listener:
        listener.bind(f"{folder}/bus")
        listener.listen()
        accepting = threading.Thread(target=_let_in, args=(listener,))
        accepting.start()
        yield f"unix:path={folder}/bus"
        listener.shutdown(socket.SHUT_RDWR)
        accepting.join()


def _let_in(listener: socket.socket) -> None:
    with ExitStack() as clients:
        while True:
            try:
                client = clients.enter_context(listener.accept()[0])
            except OSError:
                return  # the test is over
            while b"AUTH" not in client.recv(4096):
                pass
            client.sendall(b"OK 0123456789abcdef0123456789abcdef\r\n")
            client.recv(4096)
            client.sendall(b"AGREE_UNIX_FD\r\n")


@contextmanager
def _running(command: list[str], environment: dict[str, str], given: str = "") -> Iterator[None]:
    process = subprocess.Popen(
        command,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        text=True,
    )
    with process:
        process.stdin.write(given)
        process.stdin.close()
        yield
        process.kill()


def _wait(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def _wait_for_service(address: str) -> None:
    from jeepney import DBusAddress, new_method_call
    from jeepney.io.blocking import open_dbus_connection

    bus = DBusAddress("/org/freedesktop/DBus", "org.freedesktop.DBus", "org.freedesktop.DBus")
    asked = new_method_call(bus, "NameHasOwner", "s", ("org.freedesktop.secrets",))
    with closing(open_dbus_connection(address)) as connection:
        _wait(lambda: connection.send_and_get_reply(asked).body == (True,))
