"""The kubernetes service connector: one user of one cluster."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

from ..core.contracts.component import About, Settings
from ..core.contracts.service_connector import AuthMethod, Credentials, Detected, ResourceType, ServiceConnector
from ..core.dataclass import replace
from ..core.errors import PodiumError, UsageError
from ..core.sdks import require
from ..core.secrets.secret import Secret
from .cluster_access import ClusterAccess, api_server, bearer, pem

if TYPE_CHECKING:
    from kubernetes.client import ApiClient

_RESOURCE = ResourceType("kubernetes-cluster", instances=False, help="A Kubernetes cluster.")


def _secret_pem(value: Secret) -> Secret:
    return Secret(pem(value.reveal()))


def _secret_token(value: Secret) -> Secret:
    return Secret(bearer(value.reveal()))


class _Cluster(Settings):
    cluster_name: Annotated[str, About("Name of the cluster, by which it is known here.")]
    server: Annotated[str, About("Address of the API server, https://host[:port].", then=api_server)]
    insecure: Annotated[bool, About("Do not check the server's certificate: anyone in between can read all.")] = False
    certificate_authority: Annotated[
        str | None, About("Certificate of the authority that signed the server's, PEM or base64 of it.", then=pem)
    ] = None
    namespace: Annotated[str, About("Namespace that jobs use; verifying asks whether pods may be created in it.")] = (
        "default"
    )

    def conflicts(self) -> Iterator[str]:
        if self.insecure and self.certificate_authority:
            yield "insecure and certificate_authority exclude each other: give one of them"

    def cluster(self) -> ClusterAccess:
        return ClusterAccess(
            cluster=self.cluster_name,
            server=self.server,
            insecure=self.insecure,
            authority=self.certificate_authority,
            namespace=self.namespace,
        )


class PasswordConfig(_Cluster):
    """A user name and password."""

    username: Annotated[str, About("Name of the user.")]
    password: Annotated[Secret, About("Password of the user.")]

    def access(self) -> ClusterAccess:
        """Return the cluster and its user."""
        return replace(self.cluster(), username=self.username, password=self.password)


class CertificateConfig(_Cluster):
    """A client certificate."""

    client_certificate: Annotated[Secret, About("Certificate of the user, PEM or base64 of it.", then=_secret_pem)]
    client_key: Annotated[Secret, About("Private key of the certificate, PEM or base64 of it.", then=_secret_pem)]

    def access(self) -> ClusterAccess:
        """Return the cluster and its user."""
        return replace(self.cluster(), certificate=self.client_certificate, key=self.client_key)


class TokenConfig(_Cluster):
    """A bearer token; a client certificate may stand beside it or in its place, as in ZenML."""

    token: Annotated[Secret | None, About("Bearer token, as of a service account.", then=_secret_token)] = None
    client_certificate: Annotated[Secret | None, About("Certificate of the user, PEM or base64.", then=_secret_pem)] = (
        None
    )
    client_key: Annotated[Secret | None, About("Private key of the certificate.", then=_secret_pem)] = None

    def conflicts(self) -> Iterator[str]:
        """Yield a fault for half a certificate, and for no credentials at all."""
        yield from super().conflicts()
        if (self.client_certificate is None) != (self.client_key is None):
            yield "client_certificate and client_key belong together: give both or none"
        elif not (self.token or self.client_key):
            yield "token is missing"

    def access(self) -> ClusterAccess:
        """Return the cluster and its user."""
        return replace(self.cluster(), token=self.token, certificate=self.client_certificate, key=self.client_key)


class KubeconfigConfig(Settings):
    """A whole kubeconfig."""

    kubeconfig: Annotated[Secret, About("Text of the file, or @FILE; one without credentials from commands.")]
    context: Annotated[str | None, About("Context to use; by default the file's current one.")] = None

    def conflicts(self) -> Iterator[str]:
        """Yield what keeps the context from being used."""
        try:
            self.access()
        except PodiumError as error:
            yield ": ".join(filter(None, (error.where, error.message)))

    def access(self) -> ClusterAccess:
        """Return what the context gives access to; raise UsageError when it cannot be used."""
        from .kubeconfig import access_in

        return access_in(self.kubeconfig.reveal(), self.context, name="kubeconfig")


class KubernetesConnector(ServiceConnector[PasswordConfig | CertificateConfig | TokenConfig | KubeconfigConfig]):
    """Reaches a Kubernetes cluster."""

    type = "kubernetes"
    title = "Kubernetes Service Connector"
    help = "Gives components a Kubernetes client, and jobs and kubectl a kubeconfig."
    integration = "kubernetes"
    modules = ("kubernetes",)
    resource_types = (_RESOURCE,)
    auth_methods = (
        AuthMethod("password", PasswordConfig, "A user name and password, on clusters that still take them."),
        AuthMethod("token", TokenConfig, "A bearer token, as of a service account."),
        AuthMethod("certificate", CertificateConfig, "A client certificate and its key."),
        AuthMethod("kubeconfig", KubeconfigConfig, "A kubeconfig, of which one context is used."),
    )
    remote = True

    def resources(self, resource_type: str) -> Iterator[str]:
        """Authenticate, and yield the cluster's name."""
        self.verify(resource_type)
        yield self._access().cluster

    def verify(self, resource_type: str | None = None, resource_id: str | None = None) -> None:
        """Have the API server check the credentials, and say whether they may create pods in the namespace."""
        del resource_type
        from .cluster_api import verify

        verify(self._access(resource_id))

    def client(self, resource_type: str, resource_id: str | None = None) -> ApiClient:
        """Return a kubernetes ApiClient; neither its default configuration nor any file holds the credentials."""
        del resource_type
        access = self._access(resource_id)
        from .cluster_api import authorization, tls

        sdk = require("kubernetes.client", self.integration)
        configuration = sdk.Configuration()
        configuration.host = access.server
        configuration.verify_ssl = not access.insecure
        header = authorization(access)
        if header:
            configuration.api_key["authorization"] = header
        client: ApiClient = sdk.ApiClient(configuration)
        client.rest_client.pool_manager.connection_pool_kw["ssl_context"] = tls(access)
        return client

    def credentials(self, resource_type: str, resource_id: str | None = None) -> Credentials:
        """Return a kubeconfig and KUBECONFIG; they end only with the connector's own credentials."""
        del resource_type
        from .kubeconfig_entry import to_kubeconfig

        access = self._access(resource_id)
        return Credentials(
            environment={"KUBECONFIG": Secret("{dir}/kubeconfig")},
            files={"kubeconfig": Secret(to_kubeconfig(access, access.cluster))},
        )

    def login(self, resource_type: str, resource_id: str | None = None) -> str:
        """Give kubectl a context of the connector's own, and make it the current one."""
        del resource_type
        from .kubeconfig_entry import add_to_own

        context = f"podium-{self.name}"
        path = add_to_own(self._access(resource_id), context)
        return f"kubectl now uses context {context!r} of {path}"

    @classmethod
    def detect(cls) -> Detected:
        """Take over the current context of kubectl on this machine."""
        from .kubeconfig import current_access

        access, source = current_access()
        values: dict[str, object] = {
            "cluster_name": access.cluster,
            "server": access.server,
            "insecure": access.insecure,
            "certificate_authority": access.authority,
            "namespace": access.namespace,
            "client_certificate": access.certificate,
            "client_key": access.key,
            "token": access.token,
        }
        method = "token" if access.token else "certificate"
        if access.password and not (access.token or access.key):
            method = "password"
            values |= {"username": access.username, "password": access.password}
        return Detected(method, {name: value for name, value in values.items() if value}, source)

    def _access(self, resource_id: str | None = None) -> ClusterAccess:
        """Return the cluster and credentials; raise UsageError when another cluster is wanted."""
        access = self.config.access()
        if resource_id not in {None, access.cluster}:
            raise UsageError(
                f"service connector {self.name!r} is for the cluster {access.cluster!r}, not for {resource_id!r}"
            )
        return access
