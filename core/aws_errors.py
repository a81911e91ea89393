"""What went wrong between here and AWS, or a service that speaks its protocols, in words that hold no secret."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from .errors import AccessError, NotFoundError, PodiumError
from .secrets.redaction import redacted

if TYPE_CHECKING:
    from botocore.exceptions import BotoCoreError, ClientError

_WRONG_SECRET = ("InvalidSignatureException", "SignatureDoesNotMatch")
_WRONG_CLOCK = ("RequestExpired", "RequestTimeTooSkewed")
_KEY_FAULTS = (
    (
        _WRONG_SECRET,
        "the secret access key of {} does not belong to its access key id",
        "give both keys as they were created together",
    ),
    (
        ("ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired"),
        "the session token of {} has expired",
        "give the keys of a new session",
    ),
    (("InvalidToken",), "the session token of {} is not valid", "give key id, secret and token of one session"),
    (
        ("AuthFailure", "InvalidAccessKeyId", "InvalidClientTokenId", "UnrecognizedClientException"),
        "the access key id of {} is not known",
        "it is mistyped, was deleted, is of another service than endpoint_url, or its session has ended",
    ),
)
_DENIED = {"403", "AccessDenied", "AccessDeniedException", "UnauthorizedOperation"}
_MISSING = {"404", "NoSuchBucket", "ResourceNotFoundException"}
_OTHER_REGION = {"301", "AuthorizationHeaderMalformed", "PermanentRedirect"}
_TOLD_IN_FULL = {"MalformedPolicyDocument", "PackedPolicyTooLarge", "ValidationError"}


class NotAllowedError(AccessError):
    """The keys are right, but this call is not permitted with them, or not known to the service."""


@contextmanager
def asking(owner: str, action: str, resource: str = "AWS") -> Iterator[None]:
    """Turn what the SDK raises into one AccessError or NotFoundError; `owner` has the credentials.

    `action` is the permission that the block needs, and `resource` what it is needed for.
    """
    from botocore.exceptions import BotoCoreError, ClientError
    from botocore.parsers import ResponseParserError

    try:
        yield
    except ClientError as error:
        raise _refused(error, owner, action, resource) from None
    except BotoCoreError as error:
        raise _unreached(error, owner) from None
    except ResponseParserError:
        raise NotAllowedError(
            f"{resource} does not speak AWS's protocol for {action}", hint="check endpoint_url"
        ) from None


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def _refused(error: ClientError, owner: str, action: str, resource: str) -> PodiumError:
    code, text = _code(error), str(error.response.get("Error", {}).get("Message", ""))
    if code in _WRONG_CLOCK or (code in _WRONG_SECRET and ("expired" in text or "not yet current" in text)):
        return AccessError(f"this machine's clock differs too much from AWS's ({code})", hint="set the clock")
    for codes, what, hint in _KEY_FAULTS:
        if code in codes:
            return AccessError(f"{what.format(owner)} ({code})", hint=hint)
    return _resource_fault(code, redacted(text), owner, action, resource)


def _resource_fault(code: str, text: str, owner: str, action: str, resource: str) -> PodiumError:
    if code in _DENIED and action == "sts:AssumeRole":
        hint = f"allow {action} to its user, and name the user in the role's trust policy"
        return AccessError(f"{owner} may not assume role {resource} ({code})", hint=hint)
    if code in _DENIED:
        hint = "allow it in an IAM policy"
        return NotAllowedError(f"{owner} lacks the permission {action} on {resource} ({code})", hint=hint)
    if code in _MISSING:
        return NotFoundError(f"{resource} does not exist ({code})", hint="check its name, the account and the region")
    if code in _OTHER_REGION:
        return AccessError(f"{resource} is in another region than {owner} ({code})", hint="set its region")
    told = f"{code}: {text}" if code in _TOLD_IN_FULL else code
    return NotAllowedError(f"AWS refuses {action} on {resource} to {owner} ({told})")


def _unreached(error: BotoCoreError, owner: str) -> AccessError:
    """Tell an error of the client's side by its kind: its text may hold what was sent."""
    from botocore import exceptions as sdk

    told = vars(error).get("kwargs", {})
    host = urlsplit(str(told.get("endpoint_url") or told.get("proxy_url") or "")).netloc.rpartition("@")[2] or "AWS"
    kinds = (
        ((sdk.ProxyConnectionError,), f"the proxy {host} does not answer", "check HTTPS_PROXY and NO_PROXY"),
        (
            (sdk.SSLError,),
            f"the TLS connection to {host} failed, or its certificate is not trusted",
            "AWS_CA_BUNDLE may name the certificate of its authority",
        ),
        (
            (sdk.ConnectionError, sdk.HTTPClientError),
            f"{host} cannot be reached",
            "check region, endpoint_url and the network",
        ),
        (
            (sdk.NoCredentialsError, sdk.PartialCredentialsError),
            f"there are no AWS credentials on this machine for {owner}",
            "aws configure",
        ),
        (
            (sdk.ProfileNotFound,),
            f"this machine has no AWS profile {told.get('profile')!r}",
            "aws configure list-profiles",
        ),
        (
            (sdk.SSOError, sdk.TokenRetrievalError, sdk.CredentialRetrievalError),
            f"the AWS login of this machine, used by {owner}, has ended",
            "aws sso login",
        ),
        (
            (sdk.UnknownRegionError,),
            f"AWS has no region {told.get('region_name')!r}",
            "check the region's name",
        ),
    )
    for classes, what, hint in kinds:
        if isinstance(error, classes):
            return AccessError(what, hint=hint)
    return AccessError(f"AWS's SDK refuses the configuration of {owner} ({type(error).__name__})")
