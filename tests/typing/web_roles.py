"""Type-checked, never run: FastAPI and Flask with verified tokens, as their users would write them."""

from __future__ import annotations

from collections.abc import AsyncIterator

from fastapi import Depends, FastAPI, Request
from fastapi.responses import JSONResponse, StreamingResponse
from flask import Flask

from bartizan import Guard, Principal, Refused, Resource
from bartizan_web import (
    APIKeyIdentity,
    BartizanFlask,
    JWTIdentity,
    PrincipalMiddleware,
    current_principal,
    hash_api_key,
    public,
    require,
)

guard = Guard.from_file("bartizan.toml")
identity = JWTIdentity(
    issuer="https://id.example.com", audience="chat", algorithms=["RS256"], jwks="https://id.example.com/jwks.json"
)

app = FastAPI()
app.add_middleware(PrincipalMiddleware, guard=guard, identity=identity)


@app.exception_handler(Refused)
async def refused(_: Request, error: Refused) -> JSONResponse:
    return JSONResponse({"title": error.reason}, status_code=403)


async def tokens(question: str) -> AsyncIterator[str]:
    yield question


@app.post("/chat", dependencies=[Depends(require("query"))])
async def chat(body: dict[str, str]) -> StreamingResponse:
    text = (await guard.apre_prompt(body["q"])).text
    return StreamingResponse(guard.astream_response(tokens(text)))


def document(doc_id: str) -> Resource:
    return Resource("doc", doc_id, tenant="acme")


@app.get("/docs/{doc_id}")
@require("read", document)
async def read(doc_id: str) -> dict[str, str]:
    return {"read": doc_id, "by": current_principal().id}


flask_app = Flask(__name__)
keys = APIKeyIdentity({hash_api_key("k" * 32): Principal("batch", roles=["user"])})
BartizanFlask(flask_app, guard=guard, identity=keys)


@require("deploy")
@flask_app.post("/deploy")
def deploy() -> str:
    return "deployed"


@flask_app.get("/health")
@public
def health() -> str:
    return "ok"
