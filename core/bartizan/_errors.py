"""Every error Bartizan raises. Messages are free of data: they name files, keys, plugins and labels, never a matched value."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bartizan._values.access import AccessRequest
    from bartizan._values.findings import Finding


class BartizanError(Exception):
    """The root of all errors that Bartizan raises on purpose."""


class Refused(BartizanError):
    """A guard said no. Neither a PermissionError nor a ValueError: code that swallows those must not swallow this."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Blocked(Refused):
    """A text was refused; `findings` say what was found and where, never the text itself."""

    def __init__(self, reason: str, findings: Iterable[Finding] = ()) -> None:
        super().__init__(reason)
        self.findings: tuple[Finding, ...] = tuple(findings)

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.reason, self.findings)


class AccessDenied(Refused):
    """An action was denied; `retry_after` (seconds) is set where waiting would help."""

    def __init__(self, reason: str, request: AccessRequest, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.request = request
        self.retry_after = retry_after

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.reason, self.request, self.retry_after)


class ApprovalRequired(Refused):
    """An action waits for a person: pass `request` to `Guard.approve` and the approval back to `authorize`."""

    def __init__(self, reason: str, request: AccessRequest) -> None:
        super().__init__(reason)
        self.request = request

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.reason, self.request)


class PluginError(BartizanError):
    """A plugin failed, overran its time or broke the contract; the call it judged is refused."""

    def __init__(self, plugin: str, reason: str) -> None:
        super().__init__(f"plugin {plugin!r} {reason}")
        self.plugin = plugin
        self.reason = reason

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.plugin, self.reason)


class PolicyError(BartizanError):
    """A policy can't be put in force; the message names the file, the key and what to do."""


class PluginLoadError(PluginError, PolicyError):
    """A plugin that the policy names can't be loaded: missing, claimed twice, failing to import or half-implemented."""


class MissingExtra(BartizanError, ImportError):
    """A feature needs an optional dependency; the message holds the pip command that brings it."""

    def __init__(self, feature: str, extra: str) -> None:
        super().__init__(f"{feature} needs an optional dependency: pip install 'bartizan[{extra}]'")
        self.feature = feature
        self.extra = extra

    def __reduce__(self) -> tuple[object, ...]:
        return type(self), (self.feature, self.extra)


def no_truth_value(name: str, instead: str) -> NoReturn:
    """Refuse `if verdict:` and its like: always-true objects read as consent."""
    message = f"a {name} has no truth value: {instead}"
    raise TypeError(message)
