"""Who is asking: from a verified JSON Web Token, or from an API key."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Protocol

from bartizan import BartizanError, MissingExtra, Principal
from bartizan_web._keys import ASYMMETRIC, SYMMETRIC, KeyFile, Keys, KeyURL, NoKeys, OneKey

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_TOKEN: Final = 16_384
_SHORTEST_SECRET: Final = {"HS256": 32, "HS384": 48, "HS512": 64}
_SHORTEST_API_KEY: Final = 32
_DIGEST: Final = re.compile(r"sha256:[0-9a-f]{64}")


class InvalidCredentials(BartizanError):
    """The credentials identify nobody. `reason` is free of data, and says to a client no more than it may know."""

    def __init__(self, reason: str = "the credentials are not valid") -> None:
        super().__init__(reason)
        self.reason = reason


class Identity(Protocol):
    """Turns what follows `Authorization: Bearer` into a principal."""

    def principal(self, token: str) -> Principal:
        """The principal that a token stands for. Raises InvalidCredentials."""

    def ready(self, token: str) -> bool:
        """Whether `principal` answers at once, without asking the network."""


class JWTIdentity:
    """Principals from JSON Web Tokens (RFC 7519), verified as RFC 8725 asks for.

    The algorithms are pinned here, whatever a token's header says; a key serves only the algorithms of its own type, so that a public
    key is never taken for a shared secret. Issuer, audience, expiry and subject are required. The subject is the principal's id;
    `roles_claim` holds a list of role names, `tenant_claim` a string; a dotted name looks into nested objects
    (`realm_access.roles`). Everything verified is in `Principal.claims`.

    `jwks` is a file or an https URL of a key set (RFC 7517); or `key` is a PEM public key, or a secret of at least 32 bytes for HS256.
    `leeway_s` forgives clocks that differ.

    Raises:
        BartizanError: the settings would let a forged token pass, or the key set can't be read; MissingExtra: PyJWT is not installed.
    """

    def __init__(
        self,
        *,
        issuer: str,
        audience: str,
        algorithms: Sequence[str],
        jwks: str | Path | None = None,
        key: str | bytes | None = None,
        roles_claim: str = "roles",
        tenant_claim: str = "tenant",
        leeway_s: float = 0.0,
    ) -> None:
        _check_installed()
        problem = _problem(issuer, audience, algorithms, jwks, key)
        if problem:
            message = f"JWTIdentity: {problem}"
            raise BartizanError(message)
        self._issuer = issuer
        self._audience = audience
        self._algorithms = frozenset(algorithms)
        self._roles_claim = roles_claim
        self._tenant_claim = tenant_claim
        self._leeway_s = leeway_s
        self._keys: Keys = _keys(algorithms, jwks, key)

    def __repr__(self) -> str:
        return f"JWTIdentity(issuer={self._issuer!r}, audience={self._audience!r}, algorithms={sorted(self._algorithms)})"

    def ready(self, token: str) -> bool:
        """Whether the key for a token is here already."""
        try:
            kid, _ = self._header(token)
        except InvalidCredentials:
            return True
        return self._keys.ready(kid)

    def principal(self, token: str) -> Principal:
        """The principal that a token stands for.

        Raises:
            InvalidCredentials: it is not a valid token for this audience.
        """
        import jwt

        kid, algorithm = self._header(token)
        claims: dict[str, Any] = {}
        problem = ""
        try:
            key = self._keys.find(kid, algorithm)
            if key is not None:
                claims = jwt.decode(
                    token,
                    key.material,
                    algorithms=[algorithm],
                    audience=self._audience,
                    issuer=self._issuer,
                    leeway=self._leeway_s,
                    options={"require": ["exp", "iss", "aud", "sub"]},
                )
            else:
                problem = "the token is not valid"
        except jwt.ExpiredSignatureError:
            problem = "the token has expired"
        except NoKeys:
            problem = "tokens can't be verified now"
        except Exception:  # noqa: BLE001 (a library's parser meets what anyone sends; and its text may quote the token)
            problem = "the token is not valid"
        if problem:
            raise InvalidCredentials(problem)
        return self._principal(claims)

    def _header(self, token: str) -> tuple[str | None, str]:
        """The name of the key and the algorithm, which must be one of ours."""
        import jwt

        header: Mapping[str, Any] = {}
        if len(token) <= MAX_TOKEN:
            try:
                header = jwt.get_unverified_header(token)
            except Exception:  # noqa: BLE001 (as above)
                header = {}
        kid, algorithm = header.get("kid"), header.get("alg")
        # `crit` names extensions that must be understood (RFC 7515, 4.1.11), and none is.
        if algorithm not in self._algorithms or "crit" in header or not (kid is None or isinstance(kid, str)):
            message = "the token is not valid"
            raise InvalidCredentials(message)
        return kid, str(algorithm)

    def _principal(self, claims: dict[str, Any]) -> Principal:
        subject, roles = claims.get("sub"), _claim(claims, self._roles_claim)
        tenant = _claim(claims, self._tenant_claim)
        message = "the token's claims are not of the types they have here"
        if not isinstance(subject, str) or not subject or not (tenant is None or (isinstance(tenant, str) and tenant)):
            raise InvalidCredentials(message)
        if not (roles is None or (isinstance(roles, list) and all(isinstance(role, str) for role in roles))):
            raise InvalidCredentials(message)
        return Principal(subject, roles or (), tenant if isinstance(tenant, str) else None, MappingProxyType(claims))


class APIKeyIdentity:
    """Principals by API key, for small set-ups. Only hashes are kept: `{"sha256:…": Principal(...)}`, as `hash_api_key` makes them.

    A plain SHA-256 does, for keys are random: `secrets.token_urlsafe(32)` makes one.

    Raises:
        BartizanError: an entry is no hash.
    """

    def __init__(self, entries: Mapping[str, Principal]) -> None:
        for digest, who in entries.items():
            if not _DIGEST.fullmatch(digest) or not isinstance(who, Principal):
                message = "APIKeyIdentity: an entry is no hash with its Principal: make it with hash_api_key"
                raise BartizanError(message)
        self._entries = dict(entries)

    def __repr__(self) -> str:
        return f"APIKeyIdentity(<{len(self._entries)} keys>)"

    def ready(self, token: str) -> bool:  # noqa: ARG002 (the protocol's)
        """Always."""
        return True

    def principal(self, token: str) -> Principal:
        """The principal of a key.

        Raises:
            InvalidCredentials: it is none of ours.
        """
        found = self._entries.get(_digest(token)) if len(token) <= MAX_TOKEN else None
        if found is None:
            message = "the key is not valid"
            raise InvalidCredentials(message)
        return found


def hash_api_key(key: str) -> str:
    """What an APIKeyIdentity keeps of a key.

    Raises:
        ValueError: it is too short to be random.
    """
    if len(key) < _SHORTEST_API_KEY:
        message = f"an API key has at least {_SHORTEST_API_KEY} characters: secrets.token_urlsafe(32) makes one"
        raise ValueError(message)
    return _digest(key)


def _digest(key: str) -> str:
    return f"sha256:{hashlib.sha256(key.encode('utf-8', 'surrogatepass')).hexdigest()}"


def _check_installed() -> None:
    from importlib.util import find_spec

    if find_spec("jwt") is None:
        feature = "verifying tokens"
        raise MissingExtra(feature, "web")


def _problem(  # noqa: PLR0911 (one return for each thing that can be wrong)
    issuer: str, audience: str, algorithms: Sequence[str], jwks: object, key: str | bytes | None
) -> str:
    """Why these settings can't be used; empty if they can."""
    if not issuer or not audience or not isinstance(issuer, str) or not isinstance(audience, str):
        return "issuer and audience are required: without them any token of anyone's would do"
    if isinstance(algorithms, str) or not algorithms:
        return 'algorithms is a list, such as ["RS256"]'
    unknown = sorted(set(map(str, algorithms)) - ASYMMETRIC - SYMMETRIC)
    if unknown:
        return f"{unknown[0]!r} is no signature algorithm that could be trusted"
    if (jwks is None) is (key is None):
        return "give jwks=, a file or URL of public keys, or key="
    if len({name in SYMMETRIC for name in algorithms}) > 1:
        return "HS algorithms and others don't mix: a public key could be taken for the secret"
    if not set(algorithms) & SYMMETRIC:
        return "" if key is None else _key_problem(key, algorithms)
    if key is None:
        return "HS algorithms take key=, a shared secret: a key set is public"
    secret = key.encode() if isinstance(key, str) else key
    least = max(_SHORTEST_SECRET[name] for name in algorithms)
    if b"-----BEGIN" in secret or secret.startswith((b"ssh-", b"ecdsa-")):
        return "this key is a public key: name the algorithm that it is for"
    return "" if len(secret) >= least else f"a secret has at least {least} bytes here (RFC 7518, 3.2)"


def _key_problem(key: str | bytes, algorithms: Sequence[str]) -> str:
    """Why a public key does not serve; empty if it does."""
    from jwt.algorithms import get_default_algorithms

    if b"PRIVATE KEY" in (key.encode() if isinstance(key, str) else key):
        return "this key is a private key: verifying takes the public one, and nothing else may be able to sign"
    known = get_default_algorithms()
    for name in algorithms:
        try:
            known[name].prepare_key(key)
        except Exception as error:  # noqa: BLE001 (a parser's own errors may quote the key)
            return f"this key is no PEM public key for {name} ({type(error).__name__})"
    return ""


def _keys(algorithms: Sequence[str], jwks: str | Path | None, key: str | bytes | None) -> Keys:
    if key is not None:
        return OneKey(key, algorithms)
    return KeyURL(jwks) if isinstance(jwks, str) and jwks.startswith(("https://", "http://")) else KeyFile(Path(jwks or ""))


def _claim(claims: Mapping[str, Any], name: str) -> object:
    """A claim by its name, or by the way to it."""
    if name in claims:
        return claims[name]
    found: object = claims
    for part in name.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found
