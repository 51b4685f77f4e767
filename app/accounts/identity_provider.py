"""The organisation's log-in: OpenID Connect, authorization code flow with PKCE.

Threats: a token for another site (audience), provider (issuer) or login (nonce), an old or forged one; a callback not
begun by this browser (state); a hanging provider.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from urllib.parse import urlsplit

import requests
from authlib.integrations.requests_client import OAuth2Session, OAuthError
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, KeySetSerialization

from app.concurrency.cache import Cache
from app.core.text import sentence
from app.errors import HuntError
from config import LOOPBACK, StaffRule

SCOPE = "openid profile email"
# Seconds to connect, and of silence.
PATIENCE = (3.0, 5.0)
# Discovery and keys.
KEPT_SECONDS, DOCUMENTS = 3600.0, 2
# Two clocks may differ by this many seconds.
LEEWAY_SECONDS = 30
# Signatures by a private key alone: "none" and those by a shared secret are out.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")


class ProviderSilent(HuntError):
    code = "busy"
    message = sentence("Your organisation’s login isn’t responding. You can still use your password.")
    retry_after = 30


class ProviderRefused(HuntError):
    """The login failed: refused, cancelled, replayed, or a token for another site."""

    code = "forbidden"
    message = sentence("Your organisation’s login failed. Try again.")


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    state: str
    nonce: str
    verifier: str


class IdentityProvider:
    """Discovery and keys are cached for an hour; keys are fetched again if a signature fits none."""

    def __init__(self, issuer: str, client_id: str, client_secret: str, monotonic: Callable[[], float]) -> None:
        self.issuer, self._client_id, self._client_secret = issuer, client_id, client_secret
        self._kept: Cache[str, dict[str, Any]] = Cache(DOCUMENTS, KEPT_SECONDS, monotonic)

    def begin(self, callback: str) -> tuple[str, AuthorizationRequest]:
        """Returns the address for the browser, and what its session keeps. Raises :class:`ProviderSilent`."""
        asked = AuthorizationRequest(*(secrets.token_urlsafe(32) for _ in range(3)))
        with self._session(callback) as session:
            address, _ = session.create_authorization_url(
                self._metadata()["authorization_endpoint"],
                state=asked.state,
                nonce=asked.nonce,
                code_verifier=asked.verifier,
            )
        return str(address), asked

    def finish(self, callback: str, code: str, asked: AuthorizationRequest, now: datetime) -> Mapping[str, Any]:
        """Returns the checked claims. Raises ProviderSilent, :class:`ProviderRefused`."""
        address = self._metadata()["token_endpoint"]
        try:
            with self._session(callback) as session:
                token = session.fetch_token(
                    address, code=code, code_verifier=asked.verifier, timeout=PATIENCE, allow_redirects=False
                )
        except OAuthError:
            raise ProviderRefused from None
        except (requests.RequestException, ValueError) as problem:
            raise ProviderSilent from problem
        return self.claims_of(token.get("id_token"), asked.nonce, now)

    def claims_of(self, id_token: object, nonce: str, now: datetime) -> Mapping[str, Any]:
        """The claims of a valid ID token for us and this login. Raises :class:`ProviderRefused`."""
        if not isinstance(id_token, str):
            raise ProviderRefused
        options = {
            "iss": {"essential": True, "value": self.issuer},
            "aud": {"essential": True, "value": self._client_id},
        }
        parameters = {"nonce": nonce, "client_id": self._client_id}
        try:
            decoded = self._decoded(id_token)
            found = CodeIDToken(decoded.claims, decoded.header, options, parameters)
            found.validate(int(now.timestamp()), LEEWAY_SECONDS)
        except (JoseError, ValueError, TypeError, AttributeError):
            raise ProviderRefused from None
        if not isinstance(found.get("sub"), str) or not found["sub"]:
            raise ProviderRefused
        return dict(found)

    def _decoded(self, id_token: str) -> jwt.Token:
        try:
            return jwt.decode(id_token, self._keys(), algorithms=list(ALGORITHMS))
        except (JoseError, ValueError):
            # The provider may have changed its keys since.
            return jwt.decode(id_token, self._keys(is_fresh=True), algorithms=list(ALGORITHMS))

    def _keys(self, *, is_fresh: bool = False) -> KeySet:
        address = self._metadata()["jwks_uri"]
        if is_fresh:
            self._kept.pop(address)
        try:
            return KeySet.import_key_set(cast(KeySetSerialization, self._document(address)))
        except (JoseError, ValueError, TypeError, KeyError) as problem:
            raise ProviderSilent from problem

    def _metadata(self) -> Mapping[str, str]:
        """Raises :class:`ProviderSilent`, also for another issuer's."""
        found = self._document(self.issuer.rstrip("/") + "/.well-known/openid-configuration")
        if found.get("issuer") != self.issuer or not all(self._is_safe(found.get(name)) for name in ENDPOINTS):
            raise ProviderSilent
        return found

    def _is_safe(self, address: object) -> bool:
        parts = urlsplit(address) if isinstance(address, str) else urlsplit("")
        return parts.scheme == "https" or (parts.scheme == "http" and self._is_here and parts.hostname in LOOPBACK)

    @property
    def _is_here(self) -> bool:
        return urlsplit(self.issuer).hostname in LOOPBACK

    def _document(self, address: str) -> dict[str, Any]:
        if (known := self._kept.get(address)) is not None:
            return dict(known)
        try:
            with self._session("") as session:
                reply = session.get(address, timeout=PATIENCE, allow_redirects=False, withhold_token=True)
            found = reply.json() if reply.status_code == 200 else None
        except (requests.RequestException, ValueError) as problem:
            raise ProviderSilent from problem
        if not isinstance(found, dict):
            raise ProviderSilent
        self._kept.put(address, found)
        return dict(found)

    def _session(self, callback: str) -> OAuth2Session:
        session = OAuth2Session(
            self._client_id,
            self._client_secret,
            scope=SCOPE,
            redirect_uri=callback,
            code_challenge_method="S256",
        )
        # A proxy of the environment is for providers elsewhere.
        session.trust_env = not self._is_here
        return session


def roles_by(rules: Iterable[StaffRule], claims: Mapping[str, Any]) -> frozenset[str]:
    """The roles of all matching rules; an e-mail must be verified."""
    return frozenset(
        role
        for rule in rules
        if rule.value in _values(claims, rule.claim) and (rule.claim != "email" or claims.get("email_verified") is True)
        for role in rule.roles
    )


def _values(claims: Mapping[str, Any], name: str) -> set[str]:
    """A claim's values as text. Dots lead into objects: ``realm_access.roles``."""
    found: Any = claims.get(name)
    if found is None:
        found = claims
        for part in name.split("."):
            found = found.get(part) if isinstance(found, dict) else None
    several = found if isinstance(found, list) else [found]
    return {
        str(one).lower() if isinstance(one, bool) else str(one) for one in several if isinstance(one, str | int | bool)
    }
