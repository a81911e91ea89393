"""As much of a Docker engine as a login needs: it answers the SDK, and has a registry check the password."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

from servers.loopback import QuietHandler, serving

ABOUT = {"DockerRootDir": "/nowhere"}


@contextmanager
def docker_engine(password: str) -> Iterator[tuple[str, list[dict]]]:
    """Run the engine; yield its address for DOCKER_HOST, and the logins it was asked for."""
    logins: list[dict] = []

    class Handler(QuietHandler):
        def respond(self) -> None:
            if self.command == "GET":
                self.reply(200, {"ApiVersion": "1.41", "MinAPIVersion": "1.12", "Version": "20.10.24", **ABOUT})
                return
            login = json.loads(self.body())
            logins.append(login)
            if login["password"] == password:
                self.reply(200, {"Status": "Login Succeeded", "IdentityToken": ""})
            else:
                self.reply(401, {"message": f"unauthorized: {login['username']}:{login['password']}"})

        def reply(self, status: int, value: object) -> None:
            self.answer(status, json.dumps(value).encode(), Content_Type="application/json")

    with serving(Handler) as server:
        yield f"tcp://127.0.0.1:{server.server_port}", logins
