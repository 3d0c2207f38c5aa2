"""A server of each framework under attack, and under two hundred users at once."""

from __future__ import annotations

import asyncio
import contextvars
import ssl
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from fastapi import APIRouter, BackgroundTasks, Depends, FastAPI
from fastapi.responses import StreamingResponse
from flask import Flask, Response, request
from support.access import rbac
from support.servers import asgi, wsgi
from support.tokens import AUDIENCE, ISSUER, forged, jwks, token

from bartizan import Guard, Resource
from bartizan_web import BartizanFlask, JWTIdentity, PrincipalMiddleware, current_principal, public, require

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

ROLES = {
    "user": {"allow": ["query", {"action": "read", "when": "resource.tenant == principal.tenant"}]},
    "admin": {"allow": ["deploy", "train", "monitor"]},
    "payer": {"ask": ["pay"]},
}
SEEN: list[tuple[str, str]] = []


def doc(doc_id: str) -> Resource:
    """The row's own tenant, as the store knows it."""
    return Resource("doc", doc_id, tenant={"1": "acme", "2": "other"}.get(doc_id))


def who(guard: Guard) -> str:
    """The identity as the guard sees it, and as the view does; they never differ."""
    session = guard._session()
    assert session is not None
    assert session.principal == current_principal()
    return current_principal().id


def fastapi_app(guard: Guard, identity: JWTIdentity) -> FastAPI:  # noqa: C901 (one view for each kind of declaration)
    app = FastAPI()
    app.add_middleware(PrincipalMiddleware, guard=guard, identity=identity)

    @require("deploy")  # above: a wrapper would leave the route open here
    @app.post("/deploy")
    def deploy() -> str:
        return who(guard)

    @app.post("/deploy2")
    @require("deploy")
    async def deploy_too() -> str:
        return who(guard)

    @app.post("/deploy3", dependencies=[Depends(require("deploy"))])
    async def deploy_three() -> str:
        return who(guard)

    @app.get("/query", dependencies=[Depends(require("query"))])
    async def query() -> str:
        return who(guard)

    @app.get("/query_sync")
    @require("query")
    def query_sync() -> str:
        return who(guard)

    @app.get("/docs_of/{doc_id}")
    @require("read", doc)
    async def read(doc_id: str) -> str:
        return doc_id

    @app.get("/pay")
    @require("pay")
    async def pay() -> str:
        return "paid"

    @app.get("/inside")
    @require("query")
    async def inside() -> str:
        await guard.aauthorize("deploy")
        return "deployed"

    @app.get("/undeclared")
    async def undeclared() -> str:
        return "open"

    @app.get("/health")
    @public
    async def health() -> str:
        return "ok"

    @app.get("/stream")
    @require("query")
    async def stream(tasks: BackgroundTasks) -> StreamingResponse:
        async def pieces() -> AsyncIterator[str]:
            for _ in range(4):
                await asyncio.sleep(0.002)
                yield who(guard) + "\n"

        asked = current_principal().id
        tasks.add_task(lambda: SEEN.append((asked, who(guard))))
        return StreamingResponse(guard.astream_response(pieces()), background=tasks)

    router = APIRouter(dependencies=[Depends(require("monitor"))])

    @router.get("/metrics")
    async def metrics() -> str:
        return who(guard)

    app.include_router(router, prefix="/ops")
    return app


def flask_app(guard: Guard, identity: JWTIdentity) -> Flask:  # noqa: C901 (the same)
    app = Flask(__name__)
    BartizanFlask(app, guard=guard, identity=identity)

    @require("deploy")
    @app.post("/deploy")
    def deploy() -> str:
        return who(guard)

    @app.post("/deploy2")
    @require("deploy")
    def deploy_too() -> str:
        return who(guard)

    @app.get("/query")
    @require("query")
    def query() -> str:
        return who(guard)

    @app.get("/docs_of/<doc_id>")
    @require("read", doc)
    def read(doc_id: str) -> str:
        return doc_id

    @app.get("/pay")
    @require("pay")
    def pay() -> str:
        return "paid"

    @app.get("/inside")
    @require("query")
    def inside() -> str:
        guard.authorize("deploy")
        return "deployed"

    @app.get("/undeclared")
    def undeclared() -> str:
        return "open"

    @app.get("/health")
    @public
    def health() -> str:
        return "ok"

    @app.get("/stream")
    @require("query")
    def stream() -> Response:
        def pieces() -> Iterator[str]:
            for _ in range(4):
                yield who(guard) + "\n"

        return Response(guard.stream_response(pieces()))

    return app


@pytest.fixture(scope="module")
def guard() -> Guard:
    return rbac(ROLES)


@pytest.fixture(scope="module", params=["fastapi", "flask"])
def server(request: pytest.FixtureRequest, guard: Guard, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    keys = tmp_path_factory.mktemp("keys") / "jwks.json"
    keys.write_text(jwks("rsa1", "rsa2"), "utf-8")
    identity = JWTIdentity(issuer=ISSUER, audience=AUDIENCE, algorithms=["RS256"], jwks=keys)
    with asgi(fastapi_app(guard, identity)) if request.param == "fastapi" else wsgi(flask_app(guard, identity)) as url:
        yield url


def bearer(**claims: Any) -> dict[str, str]:
    return {"Authorization": f"Bearer {token(**claims)}"}


def test_an_admin_deploys_and_a_user_does_not(server: str, client: httpx.Client) -> None:
    paths = ["/deploy", "/deploy2"]
    for path in paths:
        assert client.post(server + path, headers=bearer(roles=["admin"], sub="root")).status_code == 200
        refused = client.post(server + path, headers=bearer(roles=["user"]))
        assert refused.status_code == 403
        assert refused.headers["content-type"] == "application/problem+json"
        assert refused.json() == {"type": "about:blank", "title": "Forbidden", "status": 403, "detail": "you may not do this"}
    assert "root" in client.post(server + "/deploy", headers=bearer(roles=["admin"], sub="root")).text


FORGED = forged()


@pytest.mark.parametrize("what", sorted(FORGED))
def test_what_is_forged_is_refused(server: str, client: httpx.Client, what: str) -> None:
    header = FORGED[what]
    headers = {"Role": "admin", "X-Role": "admin", "X-User": "root", **({} if header is None else {"Authorization": header})}
    for path in ("/query", "/stream", "/undeclared"):
        answer = client.get(server + path, headers=headers)
        assert answer.status_code == 401, (what, path, answer.text)
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert answer.headers["cache-control"] == "no-store"
        assert answer.json()["status"] == 401
    assert client.post(server + "/deploy", headers=headers).status_code == 401


def test_a_role_in_a_header_is_nobody_s(server: str, client: httpx.Client) -> None:
    answer = client.post(server + "/deploy", headers={"Role": "admin"})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"


def test_two_authorization_headers_are_refused(server: str, client: httpx.Client) -> None:
    good = f"Bearer {token(roles=['admin'])}"
    for pair in ([good, "Bearer x"], ["Bearer x", good], [good, good]):
        assert client.post(server + "/deploy", headers=[("Authorization", one) for one in pair]).status_code == 401


def test_the_second_key_of_the_set_is_good_too(server: str, client: httpx.Client) -> None:
    assert client.get(server + "/query", headers={"authorization": f"bearer {token('rsa2')}"}).status_code == 200


def test_a_route_that_declares_nothing_is_closed(server: str, client: httpx.Client) -> None:
    answer = client.get(server + "/undeclared", headers=bearer(roles=["admin"]))
    assert answer.status_code == 403
    assert "declares neither require nor public" in answer.json()["detail"]


def test_a_public_route_is_open_yet_bad_credentials_are_told(server: str, client: httpx.Client) -> None:
    assert client.get(server + "/health").status_code == 200
    assert client.get(server + "/health", headers=bearer()).status_code == 200
    assert client.get(server + "/health", headers={"Authorization": "Bearer x"}).status_code == 401


def test_what_is_not_there_is_404_and_another_method_405(server: str, client: httpx.Client) -> None:
    assert client.get(server + "/nowhere").status_code == 404
    assert client.get(server + "/deploy").status_code == 405


@pytest.mark.parametrize(
    ("tenant", "doc_id", "status"),
    [("acme", "1", 200), ("acme", "2", 403), ("other", "2", 200), (None, "3", 403), ("acme", "3", 403)],
)
def test_a_document_s_own_tenant_counts(server: str, client: httpx.Client, tenant: str | None, doc_id: str, status: int) -> None:
    assert client.get(f"{server}/docs_of/{doc_id}", headers=bearer(tenant=tenant)).status_code == status


def test_what_the_view_itself_is_denied_is_403(server: str, client: httpx.Client) -> None:
    assert client.get(server + "/inside", headers=bearer()).status_code == 403
    assert client.get(server + "/inside", headers=bearer(roles=["user", "admin"])).text.strip('"') == "deployed"


def test_what_needs_approval_is_403(server: str, client: httpx.Client) -> None:
    answer = client.get(server + "/pay", headers=bearer(roles=["payer"]))
    assert answer.status_code == 403
    assert answer.json()["detail"] == "this needs a person's approval"


def test_a_stream_keeps_its_identity_to_the_end(server: str, client: httpx.Client) -> None:
    with client.stream("GET", server + "/stream", headers=bearer(sub="carol")) as answer:
        assert answer.status_code == 200
        assert "".join(answer.iter_text()) == "carol\n" * 4


def test_two_hundred_users_at_once_never_meet(server: str) -> None:
    SEEN.clear()
    tokens = {f"user-{index}": token(sub=f"user-{index}", tenant=f"t{index}") for index in range(200)}
    wrong: list[str] = []
    begun = threading.Barrier(200)
    trusted = ssl.create_default_context()  # made once: each client would make one of its own

    def ask(user: str) -> None:
        headers = {"Authorization": f"Bearer {tokens[user]}"}
        with httpx.Client(timeout=60, verify=trusted, headers=headers) as client:
            begun.wait()
            for path in ("/query", "/stream", "/query"):
                with client.stream("GET", server + path) as answer:
                    text = "".join(answer.iter_text()).replace('"', "")
                if answer.status_code != 200 or set(text.split()) != {user}:
                    wrong.append(f"{user} {path}: {answer.status_code} {text[:80]}")
            if client.get(server + "/docs_of/1").status_code != 403:
                wrong.append(f"{user}: another tenant's document")

    with ThreadPoolExecutor(max_workers=200) as pool:
        list(pool.map(ask, tokens))
    assert wrong == []
    assert all(asked == seen for asked, seen in SEEN)


@pytest.fixture(scope="module")
def url(guard: Guard, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    keys = tmp_path_factory.mktemp("keys") / "jwks.json"
    keys.write_text(jwks("rsa1"), "utf-8")
    with asgi(fastapi_app(guard, JWTIdentity(issuer=ISSUER, audience=AUDIENCE, algorithms=["RS256"], jwks=keys))) as address:
        yield address


class TestFastAPI:
    def test_requirements_of_dependencies_and_of_included_routers_hold(self, url: str, client: httpx.Client) -> None:
        assert client.post(url + "/deploy3", headers=bearer(roles=["user"])).status_code == 403
        assert client.post(url + "/deploy3", headers=bearer(roles=["admin"])).status_code == 200
        assert client.get(url + "/ops/metrics", headers=bearer(roles=["user"])).status_code == 403
        assert client.get(url + "/ops/metrics", headers=bearer(roles=["admin"])).status_code == 200
        assert client.get(url + "/ops/metrics").status_code == 401

    def test_the_pages_that_fastapi_adds_are_closed(self, url: str, client: httpx.Client) -> None:
        for path in ("/docs", "/openapi.json", "/redoc"):
            assert client.get(url + path).status_code == 401
            assert client.get(url + path, headers=bearer(roles=["admin"])).status_code == 403

    def test_views_in_the_thread_pool_know_who_asks(self, url: str, client: httpx.Client) -> None:
        assert client.get(url + "/query_sync", headers=bearer(sub="dave")).json() == "dave"

    def test_background_tasks_know_who_asked(self, url: str, client: httpx.Client) -> None:
        SEEN.clear()
        client.get(url + "/stream", headers=bearer(sub="erin"))
        for _ in range(200):
            if SEEN:
                break
            threading.Event().wait(0.01)
        assert SEEN == [("erin", "erin")]


class TestFlask:
    def test_no_identity_stays_behind_in_a_thread(self, guard: Guard, tmp_path: Path) -> None:
        (tmp_path / "jwks.json").write_text(jwks("rsa1"), "utf-8")
        app = flask_app(
            guard, JWTIdentity(issuer=ISSUER, audience=AUDIENCE, algorithms=["RS256"], jwks=str(tmp_path / "jwks.json"))
        )
        client = app.test_client()
        before = contextvars.copy_context()
        assert client.get("/query", headers=bearer(sub="frank")).text == "frank"
        assert guard._session() is None
        assert dict(before) == dict(contextvars.copy_context())

    def test_a_request_that_goes_round_the_middleware_is_refused(self, guard: Guard, tmp_path: Path) -> None:
        (tmp_path / "jwks.json").write_text(jwks("rsa1"), "utf-8")
        app = flask_app(guard, JWTIdentity(issuer=ISSUER, audience=AUDIENCE, algorithms=["RS256"], jwks=tmp_path / "jwks.json"))
        app.wsgi_app = Flask.wsgi_app.__get__(app)  # type: ignore[method-assign]  # as someone might
        assert app.test_client().get("/query", headers=bearer()).status_code == 500

    def test_other_hooks_before_a_request_run_after_ours(self, guard: Guard, tmp_path: Path) -> None:
        (tmp_path / "jwks.json").write_text(jwks("rsa1"), "utf-8")
        app = Flask(__name__)
        ran: list[str] = []
        app.before_request(lambda: ran.append(request.path))
        BartizanFlask(
            app,
            guard=guard,
            identity=JWTIdentity(issuer=ISSUER, audience=AUDIENCE, algorithms=["RS256"], jwks=tmp_path / "jwks.json"),
        )
        app.get("/query")(require("query")(lambda: "ok"))
        assert app.test_client().get("/query").status_code == 401
        assert ran == []
        assert app.test_client().get("/query", headers=bearer()).status_code == 200
        assert ran == ["/query"]
