"""Keys, key sets and tokens for tests of identity, good ones and forged ones."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from functools import cache
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

ISSUER = "https://id.test"
AUDIENCE = "chat"


@cache
def rsa_key(name: str) -> rsa.RSAPrivateKey:
    assert name
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@cache
def ec_key(name: str) -> ec.EllipticCurvePrivateKey:
    assert name
    return ec.generate_private_key(ec.SECP256R1())


def private(name: str) -> Any:
    return ec_key(name) if name.startswith("ec") else rsa_key(name)


def pem(name: str) -> str:
    data: bytes = private(name).public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return data.decode()


def jwk(name: str, **more: Any) -> dict[str, Any]:
    kind = jwt.algorithms.ECAlgorithm if name.startswith("ec") else jwt.algorithms.RSAAlgorithm
    return {**json.loads(kind.to_jwk(private(name).public_key())), "kid": name, "use": "sig", **more}


def jwks(*names: str) -> str:
    return json.dumps({"keys": [jwk(name) for name in names]})


def claims(**more: Any) -> dict[str, Any]:
    """The claims of a valid token; None leaves one out."""
    now = int(time.time())
    table = {
        "sub": "alice",
        "iss": ISSUER,
        "aud": AUDIENCE,
        "exp": now + 300,
        "iat": now,
        "roles": ["user"],
        "tenant": "acme",
        **more,
    }
    return {name: value for name, value in table.items() if value is not None}


def token(name: str = "rsa1", *, algorithm: str | None = None, header: dict[str, Any] | None = None, **more: Any) -> str:
    kind = algorithm or ("ES256" if name.startswith("ec") else "RS256")
    return jwt.encode(claims(**more), private(name), algorithm=kind, headers={"kid": name, **(header or {})})


def b64(data: bytes | dict[str, Any]) -> str:
    raw = data if isinstance(data, bytes) else json.dumps(data).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def raw(header: dict[str, Any], payload: dict[str, Any], signature: bytes) -> str:
    return f"{b64(header)}.{b64(payload)}.{b64(signature)}"


def hmac_with_public_key(name: str, **more: Any) -> str:
    """Algorithm confusion: the public key, which anyone has, taken for an HMAC secret."""
    body = f"{b64({'alg': 'HS256', 'typ': 'JWT', 'kid': name})}.{b64(claims(**more))}"
    return f"{body}.{b64(hmac.new(pem(name).encode(), body.encode(), hashlib.sha256).digest())}"


def forged(name: str = "rsa1") -> dict[str, str | None]:
    """Authorization headers that identify nobody, by what is wrong with them."""
    good = token(name)
    head, payload, signature = good.split(".")
    admin = b64(claims(roles=["admin"]))
    now = int(time.time())
    other = "ec9" if name.startswith("ec") else "rsa9"
    own = jwk(other)
    kind = "ES256" if name.startswith("ec") else "RS256"
    bad = {
        "alg none": raw({"alg": "none", "typ": "JWT"}, claims(roles=["admin"]), b""),
        "alg None": raw({"alg": "None", "typ": "JWT", "kid": name}, claims(roles=["admin"]), b""),
        "alg none with the signature kept": f"{b64({'alg': 'none', 'kid': name})}.{admin}.{signature}",
        "no alg": raw({"typ": "JWT", "kid": name}, claims(), b"x"),
        "wrong key": token(other, header={"kid": name}),
        "unknown key": token(other),
        "key in the header": token(other, header={"kid": other, "jwk": own}),
        "key by a URL in the header": token(other, header={"jku": "https://evil.test/jwks.json"}),
        "wrong audience": token(name, aud="other"),
        "several audiences, none ours": token(name, aud=["a", "b"]),
        "no audience": token(name, aud=None),
        "wrong issuer": token(name, iss="https://evil.test"),
        "issuer with a slash": token(name, iss=f"{ISSUER}/"),
        "no issuer": token(name, iss=None),
        "expired": token(name, exp=now - 1),
        "no expiry": token(name, exp=None),
        "not valid yet": token(name, nbf=now + 300),
        "no subject": token(name, sub=None),
        "empty subject": token(name, sub=""),
        "forged payload": f"{head}.{admin}.{signature}",
        "cut signature": f"{head}.{payload}.{signature[:-8]}",
        "no signature": f"{head}.{payload}.",
        "two parts": f"{head}.{payload}",
        "algorithm confusion": hmac_with_public_key(name, roles=["admin"]),
        "another algorithm of the same key": token(name, algorithm="RS512")
        if kind == "RS256"
        else raw({"alg": "ES512", "kid": name}, claims(), b"x" * 64),
        "critical extension": token(name, header={"crit": ["b64"], "b64": True}),
        "key name of another type": raw({"alg": kind, "kid": 7}, claims(), b"x"),
        "key name with a path": raw({"alg": kind, "kid": "../../../dev/null"}, claims(), b""),
        "roles as one string": token(name, roles="admin"),
        "roles of other types": token(name, roles=["user", 7]),
        "tenant of another type": token(name, tenant=["acme"]),
        "not a token": "admin",
        "not even base64": "a.b.c",
        "huge": "a" * 20_000,
        "encrypted": f"{b64({'alg': 'RSA-OAEP', 'enc': 'A256GCM'})}.a.b.c.d",
    }
    return {
        "nothing": None,
        "basic": "Basic YWxpY2U6YWRtaW4=",
        "no scheme": good,
        "empty": "",
        "bearer alone": "Bearer",
        "two tokens in one": f"Bearer {good} {good}",
        **{what: f"Bearer {one}" for what, one in bad.items()},
    }
