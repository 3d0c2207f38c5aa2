"""Roles behind a web application: verified tokens say who asks, the policy says who may deploy, views say what they require."""

from __future__ import annotations

import json
import tempfile
import time
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from flask import Flask
from jwt.algorithms import ECAlgorithm

from bartizan import Guard, Resource
from bartizan_web import BartizanFlask, JWTIdentity, current_principal, public, require

POLICY = """
[guard]
plugins = ["rbac"]

[plugins.rbac.roles.user]
allow = ["query", { action = "read", when = "resource.tenant == principal.tenant" }]

[plugins.rbac.roles.admin]
inherits = ["user"]
allow = ["deploy", "train", "monitor"]
"""
ISSUER, AUDIENCE = "https://id.example.com", "ops"
DOCUMENTS = {"7": "acme", "8": "globex"}


def document(doc_id: str) -> Resource:
    """The row's own tenant, from the store. Taken from the principal, the rule would compare it with itself."""
    return Resource("document", doc_id, tenant=DOCUMENTS.get(doc_id))


def application(guard: Guard, keys: Path) -> Flask:
    """Four routes; the last one forgot to say who may use it."""
    app = Flask(__name__)
    BartizanFlask(app, guard=guard, identity=JWTIdentity(issuer=ISSUER, audience=AUDIENCE, algorithms=["ES256"], jwks=keys))

    @require("deploy")  # above or below the line that registers the route: both hold
    @app.post("/deploy")
    def deploy() -> str:
        return f"deployed by {current_principal().id}"

    @app.get("/documents/<doc_id>")
    @require("read", document)
    def read(doc_id: str) -> str:
        return f"document {doc_id}"

    @app.get("/health")
    @public
    def health() -> str:
        return "ok"

    @app.get("/forgotten")
    def forgotten() -> str:
        return "open to everyone"

    return app


def main() -> None:
    """Play the identity provider, then ask as an admin, as a user, and as someone who forges."""
    ours, theirs = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    public_key = json.loads(ECAlgorithm.to_jwk(ours.public_key()))

    def bearer(key: ec.EllipticCurvePrivateKey, **claims: Any) -> dict[str, str]:
        base = {"iss": ISSUER, "aud": AUDIENCE, "exp": int(time.time()) + 60, "tenant": "acme"}
        return {"Authorization": f"Bearer {jwt.encode({**base, **claims}, key, algorithm='ES256', headers={'kid': 'k1'})}"}

    admin = bearer(ours, sub="ada", roles=["admin"])
    user = bearer(ours, sub="uma", roles=["user"])
    with tempfile.TemporaryDirectory() as folder:
        keys = Path(folder, "jwks.json")
        keys.write_text(json.dumps({"keys": [{**public_key, "kid": "k1", "use": "sig"}]}), "utf-8")
        policy = Path(folder, "bartizan.toml")
        policy.write_text(POLICY, "utf-8")
        client = application(Guard.from_file(policy), keys).test_client()
        asked: list[tuple[str, str, str, dict[str, str]]] = [
            ("an admin deploys", "POST", "/deploy", admin),
            ("a user deploys", "POST", "/deploy", user),
            ("nobody deploys", "POST", "/deploy", {}),
            ("a header claims a role", "POST", "/deploy", {"Role": "admin"}),
            ("a token of another issuer's key", "POST", "/deploy", bearer(theirs, sub="eve", roles=["admin"])),
            ("an expired token", "POST", "/deploy", bearer(ours, sub="ada", roles=["admin"], exp=1)),
            ("a token for another service", "POST", "/deploy", bearer(ours, sub="ada", roles=["admin"], aud="chat")),
            ("a user reads a document of their tenant", "GET", "/documents/7", user),
            ("a user reads another tenant's", "GET", "/documents/8", user),
            ("anyone asks for health", "GET", "/health", {}),
            ("an admin finds the forgotten route", "GET", "/forgotten", admin),
        ]
        for what, method, path, headers in asked:
            answer = client.open(path, method=method, headers=headers)
            said = answer.get_json()["detail"] if answer.is_json else answer.text
            print(f"  {what}: {answer.status_code} {said}")


if __name__ == "__main__":
    main()
