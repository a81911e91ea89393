"""A moto server that checks keys, run as a process of its own: prints its port, and ends when its stdin does.

moto itself checks signatures and policies. What it lacks and AWS has is added here: session and federation tokens that
can be used, sessions that expire, session policies that restrict, errors in the words of each service, signatures of
EKS's GETs, and clusters with a real certificate.
"""

import base64
import json
import sys
from datetime import timedelta

from moto.core.exceptions import JsonRESTError, _RESTError
from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.eks.models import Cluster
from moto.iam import access_control
from moto.iam.access_control import IAMPolicy, IAMRequest, IAMRequestBase, IAMUserAccessKey, PermissionResult
from moto.iam.models import AccessKey
from moto.s3.exceptions import S3ClientError
from moto.server import ThreadedMotoServer
from moto.sts.models import sts_backends
from moto.sts.responses import TokenResponse
from moto.sts.utils import random_session_token
from servers.certificates import Authority

create_access_key = access_control.create_access_key
check_action_permitted = IAMRequestBase.check_action_permitted
init_cluster = Cluster.__init__
sessions = {}


class ExpiredInS3Error(S3ClientError):
    code = 400

    def __init__(self):
        super().__init__("ExpiredToken", "The provided token has expired.")


class JSONRefusedError(JsonRESTError):
    code = 403


class Checked(IAMRequest):
    """A request to another service than S3."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        if self._method == "GET":
            self._data = {}  # moto would sign the headers as if they were the body

    def refuse_expired(self):
        raise self.error("ExpiredToken", "ExpiredTokenException")

    def _raise_signature_does_not_match(self):
        raise self.error("SignatureDoesNotMatch", "InvalidSignatureException")

    def _raise_invalid_access_key(self, _):
        raise self.error("InvalidClientTokenId", "UnrecognizedClientException")

    def _raise_access_denied(self):
        raise self.error("AccessDenied", "AccessDeniedException")

    def error(self, in_xml, in_json):
        """Return an error that names the key id, as those of AWS may."""
        is_json = self._service in {"ecr", "eks"}
        text = f"refused: {self._headers['Authorization']}"
        return JSONRefusedError(in_json, text) if is_json else XMLRefusedError(in_xml, text)


class XMLRefusedError(_RESTError):
    code = 403


class CheckedByS3(access_control.S3IAMRequest):
    """A request to S3."""

    def refuse_expired(self):
        raise ExpiredInS3Error


class Session(IAMUserAccessKey):
    """What a user got from GetSessionToken or GetFederationToken."""

    def __init__(self, owner, policy, seconds):
        vars(self).update(vars(owner))
        key = AccessKey(None, "ASIA", self.account_id)
        self.token = random_session_token()
        self.policy = policy
        self.expiration = utcnow() + timedelta(seconds=seconds)
        self._access_key_id = key.access_key_id
        self._secret_access_key = key.secret_access_key

    def create_credentials(self):
        return access_control.Credentials(self._access_key_id, self._secret_access_key, self.token)


def answer_with_session(response):
    owner = create_access_key(response.current_account, "aws", response.get_access_key(), {})
    session = Session(owner, response._get_param("Policy"), response._get_int_param("DurationSeconds"))
    sessions[session._access_key_id] = session
    return ActionResult(
        {
            "Credentials": {
                "AccessKeyId": session._access_key_id,
                "SecretAccessKey": session._secret_access_key,
                "SessionToken": session.token,
                "Expiration": session.expiration,
            }
        }
    )


def find_access_key(account_id, partition, access_key_id, headers):
    session = sessions.get(access_key_id)
    if session is None:
        return create_access_key(account_id, partition, access_key_id, headers)
    if headers.get("X-Amz-Security-Token") != session.token:
        raise access_control.CreateAccessKeyFailure(reason="InvalidToken")
    return session


def check(request, resource):
    """Refuse what has expired, then what the user or role may not do, then what its session may not."""
    found = granted(request)
    if found and found.expiration < utcnow():
        request.refuse_expired()
    check_action_permitted(request, resource)
    if found and found.policy and request._action != "sts:GetCallerIdentity":
        policy = json.loads(found.policy)
        for statement in policy["Statement"] if resource == "*" else ():  # moto does not know which resource
            statement["Resource"] = "*"
        allowed = IAMPolicy(json.dumps(policy)).is_action_permitted(request._action, resource)
        if allowed != PermissionResult.PERMITTED:
            request._raise_access_denied()


def granted(request):
    """Return the session or the assumed role that a request is made with."""
    key_id = request._access_key._access_key_id
    roles = sts_backends[request.account_id]["aws"].assumed_roles
    return sessions.get(key_id) or next((role for role in roles if role.access_key_id == key_id), None)


def give_certificate(cluster, *arguments, **options):
    init_cluster(cluster, *arguments, **options)
    cluster.certificate_authority = {"data": base64.b64encode(Authority("eks").pem.encode()).decode()}


access_control.create_access_key = find_access_key
access_control.IAMRequest, access_control.S3IAMRequest = Checked, CheckedByS3
IAMRequestBase.check_action_permitted = check
TokenResponse.get_session_token = TokenResponse.get_federation_token = answer_with_session
Cluster.__init__ = give_certificate

server = ThreadedMotoServer(ip_address=sys.argv[1], port=0, verbose=False)
server.start()
print(server.get_host_and_port()[1], flush=True)
sys.stdin.read()
