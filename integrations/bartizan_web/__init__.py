"""Who is asking, for web applications: principals from verified tokens, routes that say what they require.

    from bartizan_web import JWTIdentity, PrincipalMiddleware, public, require

    app = FastAPI()
    app.add_middleware(PrincipalMiddleware, guard=guard, identity=JWTIdentity(
        issuer="https://id.example.com", audience="chat", algorithms=["RS256"], jwks="https://id.example.com/jwks.json"))

    @app.post("/deploy")
    @require("deploy")
    async def deploy() -> str: ...

and `BartizanFlask(app, guard=guard, identity=...)` for Flask.
"""

from __future__ import annotations

from bartizan_web._asgi import PrincipalMiddleware
from bartizan_web._current import current_principal
from bartizan_web._flask import BartizanFlask
from bartizan_web._identity import APIKeyIdentity, Identity, InvalidCredentials, JWTIdentity, hash_api_key
from bartizan_web._marks import public, require

__all__ = [
    "APIKeyIdentity",
    "BartizanFlask",
    "Identity",
    "InvalidCredentials",
    "JWTIdentity",
    "PrincipalMiddleware",
    "current_principal",
    "hash_api_key",
    "public",
    "require",
]
