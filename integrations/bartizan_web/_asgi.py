"""`PrincipalMiddleware`: for Starlette, FastAPI and other ASGI applications."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import TYPE_CHECKING, Any, Final

from bartizan import Refused
from bartizan_web._bearer import bearer
from bartizan_web._current import Current, current, resource_of
from bartizan_web._identity import InvalidCredentials
from bartizan_web._marks import marks_of, requirements
from bartizan_web._problems import Problem, refused, unauthorized, undeclared
from bartizan_web._routes import Found, Scope, find, routes_of

if TYPE_CHECKING:
    from bartizan import Guard, Principal
    from bartizan_web._identity import Identity

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
_REDIRECTS: Final = frozenset({307, 308})
_NOTHING_THERE: Final = frozenset({404, 405, *_REDIRECTS})
_POLICY_VIOLATION: Final = 1008


class PrincipalMiddleware:
    """Identifies who is asking, lets only those through that the route's `require` allows, and holds the guard's session meanwhile.

    `app.add_middleware(PrincipalMiddleware, guard=guard, identity=JWTIdentity(...))`. All of it happens before the view, its
    dependencies or its body are touched: 401 without a valid token, 403 where it is not allowed or the route declares neither `require`
    nor `public`, as problem details. The session lasts until the answer is out, streams and background tasks included. What the view
    itself raises as AccessDenied or ApprovalRequired, and nobody handles, becomes a 403 too.

    WebSockets are refused before they are accepted.
    """

    def __init__(self, app: Any, guard: Guard, identity: Identity) -> None:
        self.app = app
        self._guard = guard
        self._identity = identity

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request (ASGI 3)."""
        if scope["type"] not in {"http", "websocket"}:
            await self.app(scope, receive, send)
            return
        running = Current(self._guard)
        found = self._found(scope)
        problem = None if found is None else await self._admit(scope, running, found)
        if problem is not None:
            await _answer(problem, scope, send)
            return
        token = current.set(running)
        gate = _Gate(scope, send, found)
        try:
            with self._guard.session(running.principal):
                await self.app(scope, receive, gate)
        except Refused as error:
            if gate.begun:
                raise
            problem = refused(error, getattr(getattr(error, "request", None), "action", ""))
        finally:
            current.reset(token)
        if problem is not None:
            await _answer(problem, scope, send)

    def _found(self, scope: Scope) -> Found | None:
        routes = routes_of(self.app, scope)
        if routes is None:  # an application without routes is one view
            return Found(self.app, marks_of(self.app, ""), {})
        return find(routes, scope)

    async def _admit(self, scope: Scope, running: Current, found: Found) -> Problem | None:
        """Identify and authorize; what to answer instead, if it is not allowed."""
        required = requirements(found.marks)
        try:
            running.principal = await self._principal(scope)
        except InvalidCredentials as error:
            return unauthorized(error.reason)
        running.parameters = found.parameters
        if not found.marks:
            return undeclared() if running.principal is not None else unauthorized()
        if required and running.principal is None:
            return unauthorized()
        with self._guard.session(running.principal):
            for one in required:
                try:
                    await self._guard.aauthorize(one.action, resource_of(one, running.parameters))
                except Refused as error:
                    return refused(error, one.action)
                running.ensured.append(one)
        return None

    async def _principal(self, scope: Scope) -> Principal | None:
        sent = [value.decode("latin-1") for name, value in scope.get("headers", ()) if name.lower() == b"authorization"]
        credentials = bearer(sent)
        if credentials is None:
            return None
        if self._identity.ready(credentials):
            return self._identity.principal(credentials)
        import asyncio  # loaded by any ASGI server

        return await asyncio.to_thread(self._identity.principal, credentials)


class _Gate:
    """Passes an answer on, unless it comes from elsewhere than from the view that was let through."""

    def __init__(self, scope: Scope, send: Send, found: Found | None) -> None:
        self._scope = scope
        self._send = send
        self._found = found
        self._shut = False
        self.begun = False

    async def __call__(self, message: Message) -> None:
        """ASGI's send."""
        if self._shut:
            return
        if not self.begun and self._strange(message):
            self._shut = self.begun = True
            await _answer(undeclared(), self._scope, self._send)
            return
        self.begun = True
        await self._send(message)

    def _strange(self, message: Message) -> bool:
        if self._found is None:  # no route was found, so none may answer
            if message["type"] == "http.response.start":
                return message["status"] not in _NOTHING_THERE
            return bool(message["type"] == "websocket.accept")
        reached = self._scope.get("endpoint")
        return reached is not None and self._found.view is not None and reached is not self._found.view


async def _answer(problem: Problem, scope: Scope, send: Send) -> None:
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": _POLICY_VIOLATION, "reason": problem.status.phrase})
        return
    headers = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in problem.all_headers]
    await send({"type": "http.response.start", "status": problem.status.value, "headers": headers})
    await send({"type": "http.response.body", "body": problem.body})
