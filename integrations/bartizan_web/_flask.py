"""`BartizanFlask`: for Flask applications."""

from __future__ import annotations

from contextvars import Context, copy_context
from typing import TYPE_CHECKING, Any

from bartizan import BartizanError, MissingExtra, Refused
from bartizan_web._bearer import bearer
from bartizan_web._current import Current, current, resource_of
from bartizan_web._identity import InvalidCredentials
from bartizan_web._marks import marks_of, requirements
from bartizan_web._problems import refused, unauthorized, undeclared

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bartizan import Guard
    from bartizan_web._identity import Identity
    from bartizan_web._problems import Problem


class BartizanFlask:
    """Identifies who is asking, lets only those through that the view's `require` allows, and holds the guard's session meanwhile.

    `BartizanFlask(app, guard=guard, identity=JWTIdentity(...))`, or without `app` and `init_app(app)` later. All of it happens before
    the view and before any other `before_request`: 401 without a valid token, 403 where it is not allowed or the view declares neither
    `require` nor `public`, as problem details. The whole request runs in a context of its own, so that a streamed answer, which Flask
    reads after the request has ended, still has its identity, and no thread carries one on to the next request.
    """

    def __init__(self, app: Any = None, *, guard: Guard, identity: Identity) -> None:
        self._guard = guard
        self._identity = identity
        if app is not None:
            self.init_app(app)

    def init_app(self, app: Any) -> None:
        """Guard an application."""
        from importlib.util import find_spec

        if find_spec("flask") is None:
            feature = "BartizanFlask"
            raise MissingExtra(feature, "web")
        if "bartizan" in app.extensions:
            message = "this application has a BartizanFlask already"
            raise BartizanError(message)
        app.extensions["bartizan"] = self
        app.before_request_funcs.setdefault(None, []).insert(0, self._before)
        app.register_error_handler(Refused, _on_refused)
        app.wsgi_app = _Contexts(app.wsgi_app, self._guard)

    def _before(self) -> Any:
        """Let the request through, or answer in its place."""
        from flask import current_app, request

        running = current.get()
        if running is None or running.guard is not self._guard or running.begun:
            message = "this request did not come through app.wsgi_app as BartizanFlask set it"
            raise BartizanError(message)
        running.begun = True
        if request.endpoint is None:  # nothing there: Flask answers 404 or 405
            return None
        if request.method == "OPTIONS" and getattr(request.url_rule, "provide_automatic_options", False):
            return None  # Flask's own answer, which names the methods; no view runs
        problem = self._admit(running, current_app.view_functions.get(request.endpoint), request)
        if problem is not None:
            return _response(problem)
        self._guard.session(running.principal).__enter__()  # ends with the request's context, after its stream
        return None

    def _admit(self, running: Current, view: Any, request: Any) -> Problem | None:
        marks = marks_of(view, request.method)
        required = requirements(marks)
        running.parameters = request.view_args or {}
        try:
            credentials = bearer(request.headers.getlist("Authorization"))
            running.principal = None if credentials is None else self._identity.principal(credentials)
        except InvalidCredentials as error:
            return unauthorized(error.reason)
        if not marks:
            return undeclared() if running.principal is not None else unauthorized()
        if required and running.principal is None:
            return unauthorized()
        with self._guard.session(running.principal):
            for one in required:
                try:
                    self._guard.authorize(one.action, resource_of(one, running.parameters))
                except Refused as error:
                    return refused(error, one.action)
                running.ensured.append(one)
        return None


class _Contexts:
    """Runs each request, its answer's stream included, in a context of its own (PEP 567)."""

    def __init__(self, app: Any, guard: Guard) -> None:
        self._app = app
        self._guard = guard

    def __call__(self, environ: Any, start_response: Any) -> Iterable[bytes]:
        """WSGI (PEP 3333)."""
        context = copy_context()

        def run() -> Iterable[bytes]:
            current.set(Current(self._guard))
            answer: Iterable[bytes] = self._app(environ, start_response)
            return answer

        return _Answer(context.run(run), context)


class _Answer:
    """A body that is read in its request's context."""

    def __init__(self, body: Iterable[bytes], context: Context) -> None:
        self._body = body
        self._context = context

    def __iter__(self) -> Iterator[bytes]:
        pieces = self._context.run(iter, self._body)
        end = object()
        while (piece := self._context.run(next, pieces, end)) is not end:
            yield piece  # type: ignore[misc]  # not the end

    def close(self) -> None:
        """Close the body, as a server does at the end."""
        close = getattr(self._body, "close", None)
        if callable(close):
            self._context.run(close)


def _on_refused(error: Refused) -> Any:
    """What a view raises and nobody else handles."""
    return _response(refused(error, getattr(getattr(error, "request", None), "action", "")))


def _response(problem: Problem) -> Any:
    from flask import Response

    return Response(problem.body, status=problem.status.value, headers=problem.all_headers)
