"""AWS on loopback: users whose keys and permissions are really checked."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from urllib.request import Request, urlopen

import boto3
from botocore.config import Config

REGION = "us-east-1"
ACCOUNT = "123456789012"
_numbers = count()


class AWS:
    """A running service; what tests prepare in it is not checked, all else is."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self._sdk = boto3.Session("any", "any", region_name=REGION)

    def client(self, service: str, *keys: str, **options: object):
        """Return a client with these keys, or one that may prepare everything."""
        names = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token")
        chosen = dict(zip(names, keys, strict=False))
        return self._sdk.client(service, endpoint_url=self.endpoint, config=Config(**options), **chosen)

    @contextmanager
    def unchecked(self) -> Iterator[None]:
        """Let calls pass without keys."""
        self._check_after(1000)
        try:
            yield
        finally:
            self._check_after(0)

    def user(self, *actions: str) -> dict[str, str]:
        """Make a user who may do these actions; return the keys as fields of the connector."""
        name = f"user-{next(_numbers)}"
        with self.unchecked():
            iam = self.client("iam")
            iam.create_user(UserName=name)
            if actions:
                iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=policy(*actions))
            key = iam.create_access_key(UserName=name)["AccessKey"]
        return {"aws_access_key_id": key["AccessKeyId"], "aws_secret_access_key": key["SecretAccessKey"]}

    def role(self, *actions: str, trusts: str = "*") -> str:
        """Make a role; return its ARN."""
        name = f"role-{next(_numbers)}"
        trust = {"Effect": "Allow", "Principal": {"AWS": trusts}, "Action": "sts:AssumeRole"}
        with self.unchecked():
            iam = self.client("iam")
            document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
            arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document)["Role"]["Arn"]
            if actions:
                iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=policy(*actions))
        return arn

    def session(self, keys: dict[str, str], seconds: int = 3600) -> dict[str, str]:
        """Begin a session of a user, which may last less than no time; return its keys as fields of the connector."""
        sts = self.client("sts", *keys.values(), parameter_validation=False)
        given = sts.get_session_token(DurationSeconds=seconds)["Credentials"]
        return {
            "aws_access_key_id": given["AccessKeyId"],
            "aws_secret_access_key": given["SecretAccessKey"],
            "aws_session_token": given["SessionToken"],
        }

    def _check_after(self, calls: int) -> None:
        plain = {"Content-Type": "text/plain"}
        request = Request(f"{self.endpoint}/moto-api/reset-auth", str(calls).encode(), plain)  # noqa: S310
        urlopen(request).close()  # noqa: S310


def policy(*actions: str) -> str:
    """Return a policy that allows these actions everywhere."""
    allowed = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [allowed]})


@contextmanager
def aws(host: str = "127.0.0.1") -> Iterator[AWS]:
    """Run the server at an address of this machine: bucket `things`, cluster `blue`, no repository."""
    process = subprocess.Popen(
        [sys.executable, "-m", "servers.aws_program", host],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1]), "INITIAL_NO_AUTH_ACTION_COUNT": "0"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    with process:
        running = AWS(f"http://{host}:{int(process.stdout.readline())}")
        with running.unchecked():
            running.client("s3").create_bucket(Bucket="things")
            network = {"subnetIds": ["a", "b"]}
            role = f"arn:aws:iam::{ACCOUNT}:role/eks"
            running.client("eks").create_cluster(name="blue", roleArn=role, resourcesVpcConfig=network)
        yield running
        process.stdin.close()
