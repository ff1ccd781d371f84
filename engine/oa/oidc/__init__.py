"""Any OpenID Connect provider (Keycloak, Authing, Entra ID, ...): it signs people in, and is shown nothing.

Authorization code flow with PKCE; what the provider says of itself is read at `ISSUER/.well-known/openid-configuration`.
"""

from collections.abc import Mapping
from datetime import UTC, datetime

from engine.errors import OAError
from engine.oa.contract import Capabilities, Connection, Desk, Field, Health, InstanceSnapshot, Receipt
from engine.oa.oidc import sign_in
from engine.oa.oidc.provider import Provider
from engine.oa.standard import Standard

CAPABILITIES = Capabilities(sign_in=True)
FIELDS = (
    Field("client_id", "Client ID", "Client id"),
    Field("client_secret", "Client Secret（公开客户端留空）", "Client secret (empty for a public client)", secret=True, required=False),
    Field("oidc_scope", "Scope", "Scope", required=False, default="openid profile"),
    Field(
        "number_claim", "即为工号的声明（为空则按身份对照）", "Claim that is the work number; empty: people are mapped by their identity", required=False
    ),
    Field("identity_claim", "作为身份编号的声明", "Claim that is the identity", required=False, default="sub"),
)  # fmt: skip
ID_TYPES = (sign_in.IDENTITY,)
SCOPE = {"tasks": False, "notices": False, "requests": False, "people": False}


class OpenIdConnect(Standard):
    """A connector (`engine.oa.contract.Connector`) to a provider; it has no to-dos, and what is pushed to it is passed over."""

    def __init__(self, connection: Connection, desk: Desk) -> None:
        super().__init__(connection, desk)
        self._provider = Provider(connection, desk)

    def push(self, snapshot: InstanceSnapshot, previous: InstanceSnapshot | None) -> Receipt:
        return Receipt(None, datetime.now(UTC), {"skipped": "push"})

    def login_url(self, state: str, redirect: str, proof: str = "") -> str:
        return sign_in.login_url(self.connection, self._provider, state, redirect, proof)

    def signed_in(self, code: str, redirect: str, proof: str = "") -> Mapping[str, str]:
        return sign_in.signed_in(self.connection, self._provider, code, redirect, proof)

    def capabilities(self) -> Capabilities:
        return CAPABILITIES

    def health(self) -> Health:
        try:
            self._provider.keys(fresh=True)
        except OAError as error:
            return Health(False, datetime.now(UTC), str(error.facts["reason"]))
        return Health(True, datetime.now(UTC), "")

    def close(self) -> None:
        self._provider.close()
