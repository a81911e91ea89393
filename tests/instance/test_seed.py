"""The commands of the document on HyperAI, as written, with a real machine behind each of them."""

import base64

from seeds.test_commands import Shell, commands
from servers.instance import REGISTRY_USERS, V1
from servers.s3 import new_bucket
from servers.sshd import make_key, write_known_hosts


def test_the_commands_of_the_document(tmp_path, instance, cloud, docker_engine):
    key = make_key(tmp_path / "key", "rsa")
    instance.authorize(V1, (tmp_path / "key.pub").read_text())
    write_known_hosts(tmp_path / "home", f"{instance.line}\n")
    [(user, password)] = REGISTRY_USERS.items()
    shell = Shell(tmp_path)
    shell.environment |= {"HOME": str(tmp_path / "home"), "SSL_CERT_FILE": str(instance.authority)}
    bucket = new_bucket(cloud)
    store = " ".join(f"--{name}={value}" for name, value in bucket.config.items())
    login = f"--username={user} --password={password}"
    shell.works(f"podium artifact-store register bucket --flavor=s3 --path=s3://{bucket.name} {store}")
    shell.works(f"podium container-registry register images --flavor=default --uri={instance.registry} {login}")
    shell.works("podium image-builder register builder --flavor=local")
    instance.run(f"docker login --username {user} --password-stdin {instance.registry}", V1, password)
    shell.filled |= {
        "BASE64_SSH_KEY": base64.b64encode(key.read_bytes()).decode(),
        "INSTANCE_1": instance.host,
        "INSTANCE_USERNAME": V1,
    }
    connector, orchestrator, stack, python = commands("hyperai")
    assert instance.host in shell.works(connector)
    assert "'remote'" in shell.works(orchestrator)
    assert "active stack: production" in shell.works(stack)
    assert "completed in" in shell.works(python)
