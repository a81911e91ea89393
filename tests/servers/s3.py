"""A bucket of the tests' AWS, with keys that reach it."""

from dataclasses import dataclass
from itertools import count

from servers.aws import AWS

_numbers = count()


@dataclass(frozen=True)
class Bucket:
    """An empty bucket; `config` has the fields of an artifact store that may do all with it."""

    name: str
    config: dict[str, str]


def new_bucket(aws: AWS) -> Bucket:
    """Make a bucket of its own for a test."""
    name = f"bucket-{next(_numbers)}"
    with aws.unchecked():
        aws.client("s3").create_bucket(Bucket=name)
    keys = aws.user("s3:*")
    config = {"key": keys["aws_access_key_id"], "secret": keys["aws_secret_access_key"], "endpoint_url": aws.endpoint}
    return Bucket(name, config)
