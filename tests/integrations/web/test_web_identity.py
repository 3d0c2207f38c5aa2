"""What settings an identity takes, where its keys come from, and what marks on views mean."""

from __future__ import annotations

import http.server
import json
import os
import secrets
import threading
import time
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, ClassVar

import jwt
import pytest
from support.access import rbac
from support.tokens import AUDIENCE, ISSUER, claims, forged, jwk, jwks, pem, private, token

from bartizan import BartizanError, Principal
from bartizan_web import (
    APIKeyIdentity,
    InvalidCredentials,
    JWTIdentity,
    PrincipalMiddleware,
    current_principal,
    hash_api_key,
    public,
    require,
)
from bartizan_web._keys import KeyURL
from bartizan_web._marks import marks_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SECRET = secrets.token_urlsafe(48)


def identity(**settings: Any) -> JWTIdentity:
    return JWTIdentity(**{"issuer": ISSUER, "audience": AUDIENCE, "algorithms": ["RS256"], **settings})


def refuses(one: Any, credentials: str, reason: str = "the token is not valid") -> None:
    with pytest.raises(InvalidCredentials) as refused:
        one.principal(credentials)
    assert refused.value.reason == reason
    assert refused.value.__context__ is None
    assert refused.value.__cause__ is None


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"algorithms": ["none"], "key": pem("rsa1")}, "'none' is no signature algorithm"),
        ({"algorithms": ["rs256"], "key": pem("rsa1")}, "'rs256' is no signature algorithm"),
        ({"algorithms": [], "key": pem("rsa1")}, "algorithms is a list"),
        ({"algorithms": "RS256", "key": pem("rsa1")}, "algorithms is a list"),
        ({"algorithms": ["RS256", "HS256"], "key": pem("rsa1")}, "don't mix"),
        ({"algorithms": ["HS256"], "key": pem("rsa1")}, "this key is a public key"),
        ({"algorithms": ["HS256"], "key": "short"}, "at least 32 bytes"),
        ({"algorithms": ["HS256", "HS512"], "key": "x" * 40}, "at least 64 bytes"),
        ({"algorithms": ["HS256"], "jwks": "jwks.json"}, "a key set is public"),
        ({}, "give jwks="),
        ({"jwks": "jwks.json", "key": pem("rsa1")}, "give jwks="),
        ({"issuer": "", "key": pem("rsa1")}, "issuer and audience are required"),
        ({"audience": None, "key": pem("rsa1")}, "issuer and audience are required"),
        ({"algorithms": ["ES256"], "key": pem("rsa1")}, "no PEM public key for ES256"),
        ({"key": "not a key"}, "no PEM public key for RS256"),
        ({"jwks": "http://id.test/jwks.json"}, "begins with https://"),
        ({"jwks": "nowhere.json"}, "the key set 'nowhere.json' can't be read: No such file"),
    ],
)
def test_settings_that_would_let_a_forged_token_pass_are_refused(
    settings: dict[str, Any], told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(BartizanError) as refused:
        identity(**settings)
    assert told in str(refused.value)
    assert "BEGIN" not in str(refused.value)


def test_a_private_key_is_not_asked_for() -> None:
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    own = private("rsa1").private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    with pytest.raises(BartizanError, match="private key"):
        identity(key=own)


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "{}",
        '{"keys": []}',
        '{"keys": 7}',
        '{"keys": [7]}',
        "not json",
        json.dumps({"keys": [{"kty": "oct", "k": "c2VjcmV0"}]}),
    ],
)
def test_a_file_without_a_usable_key_is_refused_at_the_start(tmp_path: Path, content: str) -> None:
    (tmp_path / "jwks.json").write_text(content, "utf-8")
    with pytest.raises(BartizanError, match="holds no public signature key"):
        identity(jwks=tmp_path / "jwks.json")


@pytest.mark.parametrize("more", [{"use": "enc"}, {"alg": "RS512"}, {"key_ops": ["encrypt"]}, {"alg": "HS256"}])
def test_a_key_serves_only_what_it_says_it_is_for(tmp_path: Path, more: dict[str, Any]) -> None:
    (tmp_path / "jwks.json").write_text(json.dumps({"keys": [jwk("rsa1", **more), jwk("rsa2")]}), "utf-8")
    one = identity(jwks=tmp_path / "jwks.json")
    refuses(one, token("rsa1"))
    assert one.principal(token("rsa2")).id == "alice"


def test_a_token_without_a_key_s_name_needs_a_set_in_which_one_fits(tmp_path: Path) -> None:
    nameless = jwt.encode(claims(), private("rsa1"), algorithm="RS256")
    (tmp_path / "one.json").write_text(jwks("rsa1", "ec1"), "utf-8")
    (tmp_path / "two.json").write_text(jwks("rsa1", "rsa2"), "utf-8")
    assert identity(jwks=tmp_path / "one.json").principal(nameless).id == "alice"
    refuses(identity(jwks=tmp_path / "two.json"), nameless)


@pytest.mark.parametrize("settings", [{"key": pem("rsa1")}, {"algorithms": ["ES256"], "key": pem("ec1")}])
def test_forged_tokens_are_refused_with_a_single_key_too(settings: dict[str, Any]) -> None:
    one = identity(**settings)
    name = "ec1" if "algorithms" in settings else "rsa1"
    assert one.principal(token(name)).roles == {"user"}
    for what, header in forged(name).items():
        if (
            header is not None
            and header.startswith("Bearer ")
            and header.count(" ") == 1
            and what != "key by a URL in the header"
        ):
            with pytest.raises(InvalidCredentials):
                one.principal(header.removeprefix("Bearer "))


def test_a_shared_secret() -> None:
    one = identity(algorithms=["HS256"], key=SECRET)
    assert one.principal(jwt.encode(claims(), SECRET, algorithm="HS256")).id == "alice"
    refuses(one, jwt.encode(claims(), SECRET + "x", algorithm="HS256"))
    refuses(one, token("rsa1"))
    assert SECRET not in repr(one)


def test_what_a_token_says_is_in_the_principal() -> None:
    one = identity(key=pem("rsa1"))
    who = one.principal(token(roles=["user", "lead"], tenant="acme", email="a@acme.test"))
    assert (who.id, who.roles, who.tenant, who.claims["email"]) == ("alice", {"user", "lead"}, "acme", "a@acme.test")
    assert "a@acme.test" not in repr(who)
    bare = one.principal(token(roles=None, tenant=None))
    assert (bare.roles, bare.tenant) == (frozenset(), None)
    with pytest.raises(TypeError):
        who.claims["email"] = "x"  # type: ignore[index]  # read-only


def test_claims_may_lie_deeper_or_have_names_with_dots() -> None:
    one = identity(key=pem("rsa1"), roles_claim="realm_access.roles", tenant_claim="https://id.test/tenant")
    who = one.principal(token(roles=None, tenant=None, realm_access={"roles": ["admin"]}, **{"https://id.test/tenant": "t"}))
    assert (who.roles, who.tenant) == ({"admin"}, "t")


def test_expired_is_told_and_leeway_forgives_it() -> None:
    late = token(exp=int(time.time()) - 5)
    refuses(identity(key=pem("rsa1")), late, "the token has expired")
    assert identity(key=pem("rsa1"), leeway_s=30).principal(late).id == "alice"


def test_a_key_file_is_read_anew_when_it_changes(tmp_path: Path) -> None:
    file = tmp_path / "jwks.json"
    file.write_text(jwks("rsa1"), "utf-8")
    one = identity(jwks=file)
    assert one.principal(token("rsa1")).id == "alice"
    refuses(one, token("rsa2"))
    file.write_text(jwks("rsa2"), "utf-8")
    os.utime(file, ns=(1, 1))
    assert one.principal(token("rsa2")).id == "alice"
    refuses(one, token("rsa1"))  # withdrawn
    file.write_text("{", "utf-8")
    os.utime(file, ns=(2, 2))
    refuses(one, token("rsa2"), "tokens can't be verified now")
    file.unlink()
    refuses(one, token("rsa2"), "tokens can't be verified now")


class Provider:
    """An identity provider's key set, on a server of its own."""

    def __init__(self) -> None:
        provider = self
        self.body = jwks("rsa1")
        self.status = 200
        self.asked = 0
        self.location = ""

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                provider.asked += 1
                self.send_response(provider.status)
                if provider.location:
                    self.send_header("Location", provider.location)
                self.end_headers()
                self.wfile.write(provider.body.encode())

            def log_message(self, *args: Any) -> None:
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/jwks.json"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def provider() -> Iterator[Provider]:
    one = Provider()
    yield one
    one.server.shutdown()
    one.server.server_close()


def keys_of(one: JWTIdentity) -> KeyURL:
    assert isinstance(one._keys, KeyURL)
    return one._keys


def test_keys_behind_a_url_are_fetched_once_and_rotated(provider: Provider) -> None:
    one = identity(jwks=provider.url)
    assert provider.asked == 0  # not before they are needed
    for _ in range(5):
        assert one.principal(token("rsa1")).id == "alice"
    assert provider.asked == 1
    provider.body = jwks("rsa1", "rsa2")
    keys_of(one)._tried -= 11
    assert one.principal(token("rsa2")).id == "alice"
    assert provider.asked == 2
    provider.body = jwks("rsa2")
    keys_of(one)._tried -= 301
    keys_of(one)._fetched -= 301
    refuses(one, token("rsa1"))
    assert provider.asked == 3


def test_unknown_names_of_keys_do_not_flood_the_provider(provider: Provider) -> None:
    one = identity(jwks=provider.url)
    one.principal(token("rsa1"))
    for index in range(50):
        refuses(one, token("rsa2", header={"kid": f"k{index}"}))
    assert provider.asked == 1


def test_while_the_provider_is_down_good_keys_serve_for_an_hour_and_no_longer(provider: Provider) -> None:
    one = identity(jwks=provider.url)
    one.principal(token("rsa1"))
    provider.status = 500
    keys_of(one)._tried -= 1_000
    keys_of(one)._fetched -= 1_000
    assert one.principal(token("rsa1")).id == "alice"
    assert provider.asked == 2
    keys_of(one)._tried -= 3_000
    keys_of(one)._fetched -= 3_000
    refuses(one, token("rsa1"), "tokens can't be verified now")
    refuses(one, token("rsa1"), "tokens can't be verified now")


def test_a_provider_that_is_down_from_the_start_is_asked_only_now_and_then(provider: Provider) -> None:
    one = identity(jwks=provider.url)
    provider.status = 500
    for _ in range(5):
        refuses(one, token("rsa1"), "tokens can't be verified now")
    assert provider.asked == 1
    provider.status = 200
    keys_of(one)._tried -= 11
    assert one.principal(token("rsa1")).id == "alice"


@pytest.mark.parametrize("body", ["", "{}", "x" * 1_100_000])
def test_what_is_no_key_set_verifies_nobody(provider: Provider, body: str) -> None:
    provider.body = body
    refuses(identity(jwks=provider.url), token("rsa1"), "tokens can't be verified now")


def test_a_redirect_is_not_followed(provider: Provider) -> None:
    other = Provider()
    provider.status, provider.location, provider.body = 302, other.url, ""
    refuses(identity(jwks=provider.url), token("rsa1"), "tokens can't be verified now")
    assert other.asked == 0
    other.server.shutdown()
    other.server.server_close()


def test_an_identity_says_whether_it_would_wait_for_the_network(provider: Provider) -> None:
    one = identity(jwks=provider.url)
    assert not one.ready(token("rsa1"))
    one.principal(token("rsa1"))
    assert one.ready(token("rsa1"))
    assert one.ready("rubbish")


def test_api_keys_are_kept_as_hashes() -> None:
    key = secrets.token_urlsafe(32)
    one = APIKeyIdentity({hash_api_key(key): Principal("batch", ["user"])})
    assert one.principal(key).id == "batch"
    assert one.ready(key)
    assert key not in repr(one)
    assert key not in repr(vars(one))
    for wrong in ("", key + "x", key.upper(), hash_api_key(key), "x" * 20_000):
        refuses(one, wrong, "the key is not valid")
    with pytest.raises(ValueError, match="at least 32 characters"):
        hash_api_key("short")
    with pytest.raises(BartizanError, match="no hash"):
        APIKeyIdentity({key: Principal("batch")})


def test_a_mark_is_no_wrapper_and_both_at_once_are_refused() -> None:
    def view() -> None: ...

    assert require("deploy")(view) is view
    assert [one.action for one in marks_of(view, "GET")] == ["deploy"]
    with pytest.raises(BartizanError, match="not both"):
        public(view)
    with pytest.raises(BartizanError, match="not both"):
        require("x")(public(lambda: None))
    with pytest.raises(TypeError, match="an action"):
        require("")
    with pytest.raises(TypeError, match="can't be marked"):
        public(3)


def test_marks_of_a_class_and_its_method_add_up() -> None:
    @require("query")
    class View:
        @require("deploy")
        def post(self) -> None: ...

        def get(self) -> None: ...

    assert [one.action for one in marks_of(View, "POST")] == ["query", "deploy"]
    assert [one.action for one in marks_of(View, "GET")] == ["query"]


def test_outside_a_request_nobody_is_identified() -> None:
    with pytest.raises(BartizanError, match="nobody is identified"):
        current_principal()
    with pytest.raises(BartizanError, match="no PrincipalMiddleware"):
        require("deploy")()


class TestPlainASGI:
    """An application without routes is one view."""

    @staticmethod
    def ask(app: Any, path: str = "/", credentials: str | None = None, kind: str = "http") -> list[dict[str, Any]]:
        import asyncio

        sent: list[dict[str, Any]] = []

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        async def receive() -> dict[str, Any]:
            return {"type": "http.request"}

        headers = [] if credentials is None else [(b"authorization", f"Bearer {credentials}".encode())]
        asyncio.run(app({"type": kind, "method": "GET", "path": path, "headers": headers}, receive, send))
        return sent

    @staticmethod
    async def app(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.accept"})
            return
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": current_principal().id.encode()})

    def guarded(self, mark: Any) -> Any:
        async def own(scope: Any, receive: Any, send: Any) -> None:
            await self.app(scope, receive, send)

        return PrincipalMiddleware(mark(own), rbac({"user": {"allow": ["query"]}}), identity(key=pem("rsa1")))

    def test_it_is_closed_unless_it_declares_something(self) -> None:
        assert self.ask(self.guarded(lambda app: app), credentials=token())[0]["status"] == 403
        assert self.ask(self.guarded(require("query")), credentials=token())[1]["body"] == b"alice"
        assert self.ask(self.guarded(require("deploy")), credentials=token())[0]["status"] == 403
        assert self.ask(self.guarded(require("query")))[0]["status"] == 401

    def test_a_websocket_is_refused_before_it_is_accepted(self) -> None:
        assert self.ask(self.guarded(require("query")), kind="websocket") == [
            {"type": "websocket.close", "code": 1008, "reason": "Unauthorized"}
        ]
        assert self.ask(self.guarded(require("deploy")), kind="websocket", credentials=token())[0]["type"] == "websocket.close"
        assert self.ask(self.guarded(require("query")), kind="websocket", credentials=token()) == [{"type": "websocket.accept"}]

    def test_keys_are_fetched_beside_the_event_loop(self, provider: Provider) -> None:
        async def own(scope: Any, receive: Any, send: Any) -> None:
            await self.app(scope, receive, send)

        app = PrincipalMiddleware(require("query")(own), rbac({"user": {"allow": ["query"]}}), identity(jwks=provider.url))
        assert self.ask(app, credentials=token("rsa1"))[1]["body"] == b"alice"
        assert self.ask(app, credentials=token("rsa9"))[0]["status"] == 401
        assert provider.asked == 1

    @pytest.mark.parametrize(
        ("path", "status", "shown"),
        [("/known", 200, 200), ("/strange", 200, 403), ("/unknown", 200, 403), ("/unknown", 404, 404)],
    )
    def test_an_answer_from_elsewhere_than_the_view_that_was_let_through_is_withheld(
        self, path: str, status: int, shown: int
    ) -> None:
        """The router is asked first; should it reach another view than it said, or some other application answer, that is not shown."""

        @require("query")
        def known() -> None: ...

        class Route:
            methods: ClassVar = {"GET"}

            def matches(self, scope: Any) -> Any:
                return SimpleNamespace(name="NONE" if scope["path"] == "/unknown" else "FULL"), {"endpoint": known}

        async def own(scope: Any, receive: Any, send: Any) -> None:
            scope["endpoint"] = known if scope["path"] == "/known" else object()
            await send({"type": "http.response.start", "status": status, "headers": []})
            await send({"type": "http.response.body", "body": b"deployed"})

        own.routes = [Route()]  # type: ignore[attr-defined]  # an application with routes
        app = PrincipalMiddleware(own, rbac({"user": {"allow": ["query"]}}), identity(key=pem("rsa1")))
        start, body = self.ask(app, path, token())
        assert start["status"] == shown
        assert (b"deployed" in body["body"]) is (shown == status)

    def test_the_lifespan_passes(self) -> None:
        async def own(scope: Any, receive: Any, send: Any) -> None:
            await send({"type": "lifespan.startup.complete"})

        app = PrincipalMiddleware(own, rbac({"user": {}}), identity(key=pem("rsa1")))
        assert self.ask(app, kind="lifespan") == [{"type": "lifespan.startup.complete"}]
