"""The guard: the one object an application holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final, Self

from bartizan._session import Session, Verbs, current_session

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from os import PathLike
    from types import TracebackType

    from bartizan._engine.engine import Engine
    from bartizan._policy.build import Built
    from bartizan._values.access import AccessRequest, Approval, Principal
    from bartizan._values.retrieval import RetrievalPolicy

_DEFAULT: Final = ("validation", "redaction")


class Guard(Verbs):
    """Judges prompts, responses, actions and training jobs by its plugins, and acts on their judgement.

    `Guard()` validates and redacts: secrets and personal data are replaced by labels, invisible and control characters and over-long
    input are refused. `Guard(plugins=[...])` means exactly these: names of installed plugins, and instances. Shared by any number of
    threads and event loops.

    Raises:
        PolicyError: the settings can't be put in force.
        PluginLoadError: a plugin is missing, claimed twice, fails to import or is half-implemented.
    """

    DEFAULT_PLUGINS: ClassVar[tuple[str, ...]] = _DEFAULT

    def __init__(
        self,
        plugins: Sequence[str | object] = _DEFAULT,
        *,
        config: Mapping[str, Mapping[str, Any]] | None = None,
        mode: str = "enforce",
        on_error: str = "block",
        timeout_s: float = 5.0,
    ) -> None:
        from bartizan._policy.build import from_arguments

        self._take(from_arguments(plugins, config or {}, mode=mode, on_error=on_error, timeout_s=timeout_s))

    @classmethod
    def from_file(cls, *paths: str | PathLike[str]) -> Guard:
        """A guard from one policy file, or several of which the later ones go before.

        Raises:
            PolicyError: a file is missing, empty, not UTF-8, not TOML, or says something that can't be put in force.
        """
        from bartizan._policy.build import from_files

        return cls._made(from_files(paths))

    @classmethod
    def from_dict(cls, policy: Mapping[str, Any], *, base: str | PathLike[str] | None = None) -> Guard:
        """A guard from a policy as `bartizan.toml` would hold it; `base` is the folder its relative paths start from.

        Raises:
            PolicyError: it is empty, or says something that can't be put in force.
        """
        from bartizan._policy.build import from_mapping

        return cls._made(from_mapping(policy, base))

    @property
    def has_authorizer(self) -> bool:
        """Whether a plugin implements `authorize`: integrations ask only then."""
        return bool(self.engine.authorizers)

    @property
    def digest(self) -> str:
        """SHA-256 over the policy in force and its plugins' versions: equal digests judge alike."""
        return self._digest

    @property
    def retrieval(self) -> RetrievalPolicy | None:
        """The policy's `[retrieval]` table, which integrations with document stores follow; None where it has none."""
        return self.engine.settings.retrieval

    def session(self, principal: Principal | None = None, *, id: str | None = None) -> Session:  # noqa: A002 (the field's name)
        """A session for a principal. Take the principal from your own authentication, never from what a client says."""
        return Session(self.engine, self._scopes, principal, id)

    def approve(self, request: AccessRequest, *, by: Principal, expires_s: float = 900.0) -> Approval:
        """A person's consent to one request: pass it back as `authorize(..., approval=...)`. Check first that `by` may approve.

        Raises:
            BartizanError: the request holds arguments that can't be bound (they are no JSON values).
        """
        return self.engine.desk.issue(request, by, expires_s)

    def close(self) -> None:
        """Close the plugins and forget every session. A closed guard refuses."""
        self.engine.close()
        self._scopes.clear()

    def _session(self) -> Session | None:
        return current_session(self.engine)

    def _take(self, built: Built) -> None:
        from bartizan._engine.scope import ScopeStore

        self.engine: Engine = built.engine
        self._built = built
        self._digest = built.digest
        self._scopes = ScopeStore()

    @classmethod
    def _made(cls, built: Built) -> Self:
        guard = cls.__new__(cls)
        guard._take(built)  # noqa: SLF001 (its own class)
        return guard

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"Guard(plugins=[{', '.join(member.name for member in self.engine.members)}])"
