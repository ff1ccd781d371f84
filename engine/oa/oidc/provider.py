"""What an OpenID Connect provider says of itself: where it is asked, and with which keys it signs. Both are asked for anew after an hour."""

import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from authlib.oidc.discovery import get_well_known_url
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from engine.errors import OARejected, OAUnavailable
from engine.oa.contract import Connection, Desk
from engine.oa.http import Http

LIFE = 3600.0  #: seconds
AGAIN = 30.0  #: seconds before keys are asked for once more because one is missing
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")
ASYMMETRIC = ("RSA", "EC", "OKP")


class Provider:
    """One provider, safe to share between threads."""

    def __init__(self, connection: Connection, desk: Desk) -> None:
        self._name = connection.key
        self._issuer = connection.base_url.rstrip("/")
        self.http = Http(connection, desk)
        self._metadata: tuple[float, Mapping[str, Any]] | None = None
        self._keys: tuple[float, KeySet] | None = None

    def close(self) -> None:
        self.http.close()

    def metadata(self) -> Mapping[str, Any]:
        """Return what discovery says. Refuses with `OAUnavailable` where nothing comes, with `OARejected` what is another issuer's or not https as it is."""
        if self._metadata is None or time.monotonic() - self._metadata[0] > LIFE:
            found = self._object(get_well_known_url(self._issuer, external=True), "discovery")
            if str(found.get("issuer", "")).rstrip("/") != self._issuer:
                raise OARejected(connection=self._name, reason="discovery names another issuer")
            scheme = urlsplit(self._issuer).scheme
            for name in ENDPOINTS:
                address = urlsplit(str(found.get(name, "")))
                if not address.hostname or address.scheme not in ("https", scheme):
                    raise OARejected(connection=self._name, reason=f"discovery names no {name} that can be used")
            self._metadata = time.monotonic(), found
        return self._metadata[1]

    def keys(self, *, fresh: bool = False) -> KeySet:
        """Return the provider's public keys; `fresh` asks again, but not more than twice a minute."""
        age = time.monotonic() - self._keys[0] if self._keys is not None else LIFE + 1
        if self._keys is None or age > (AGAIN if fresh else LIFE):
            data = self._object(str(self.metadata()["jwks_uri"]), "keys")
            listed = data.get("keys")
            useful = [
                one
                for one in (listed if isinstance(listed, list) else [])
                if isinstance(one, dict) and one.get("kty") in ASYMMETRIC and one.get("use", "sig") == "sig"
            ]
            try:
                self._keys = time.monotonic(), KeySet.import_key_set({"keys": useful})
            except (JoseError, ValueError, TypeError, KeyError) as error:
                raise OARejected(connection=self._name, reason="its keys cannot be read") from error
        return self._keys[1]

    def _object(self, address: str, api: str) -> Mapping[str, Any]:
        answer = self.http.ask("GET", address, api=api)
        if answer.status != 200 or not isinstance(answer.data, dict):
            raise OAUnavailable(connection=self._name, reason=f"{api}: HTTP {answer.status}")
        return answer.data
