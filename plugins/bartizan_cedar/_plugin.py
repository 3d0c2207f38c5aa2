"""The plugin: an authorizer that asks Cedar. An error in evaluation denies, and so does a request that does not fit the schema."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from bartizan import Decision, MissingExtra, PolicyError, hookimpl
from bartizan_cedar._config import Config as _Config
from bartizan_cedar._values import record

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from bartizan import AccessRequest, Context

_OTHER: Final = "other"
_NOT_EVALUATED: Final = "the Cedar policies could not be evaluated on this request"


class Cedar:
    """Cedar policies as an authorizer (https://docs.cedarpolicy.com), validated against their schema when the guard is built.

    The principal is `User::"id"` with its roles as parents of type `Role`, the resource a `Resource`, the action `Action::"deploy"`, or
    `Action::"other"` where the schema does not declare it; `context.action` is its name in any case. `context.approved` is false at
    first; where the answer is no, the question is put once more with true: what is allowed only then needs a person's approval.
    """

    Config = _Config

    def __init__(self, config: _Config) -> None:
        try:
            import cedarpy
        except ImportError:
            cedarpy = None  # type: ignore[assignment]  # told below, outside the handler
        if cedarpy is None:
            feature = "Cedar policies"
            raise MissingExtra(feature, "cedar")
        self.config = config
        policies, schema = _text(config.policies, "policies"), _text(config.schema_file, "schema_file")
        self._declared = _declared(schema, config.schema_file)
        problem = ""
        try:
            checked = cedarpy.validate_policies(policies, schema)
            problem = "" if checked.validation_passed else "; ".join(str(error) for error in checked.errors[:3])
            self._policies = cedarpy.PolicySet.from_str(policies)
            self._schema = cedarpy.Schema.from_json_str(schema)
        except ValueError as error:
            problem = str(error)
        if problem:
            message = f"plugins.cedar.policies: {config.policies.name}: {' '.join(problem.split())}"
            raise PolicyError(message)
        self._ask = cedarpy.is_authorized

    def __repr__(self) -> str:
        return f"Cedar(policies={self.config.policies.name!r})"

    @hookimpl
    def authorize(self, request: AccessRequest, context: Context) -> Decision:  # noqa: ARG002 (the hook's signature)
        """Decide by the policies; what they don't permit is denied."""
        failed = False
        try:
            if self._allowed(request, approved=False):
                return Decision.allow("the Cedar policies permit it")
            if self._allowed(request, approved=True):
                return Decision.ask("the Cedar policies permit it once a person has approved it")
        except Exception:  # noqa: BLE001 (a caller's mapping, or Cedar's own errors, which may quote the request)
            failed = True
        return Decision.deny(_NOT_EVALUATED if failed else "the Cedar policies don't permit it")

    def _allowed(self, request: AccessRequest, *, approved: bool) -> bool:
        actions: Mapping[str, Any] = self._declared["actions"]
        name = request.action if request.action in actions else _OTHER
        types: Mapping[str, Any] = self._declared["entityTypes"]
        who, what, around = request.principal, request.resource, request.context
        user = {"id": who.id, "claims": who.claims, **_known(tenant=who.tenant)}
        thing = (
            {}
            if what is None
            else {"type": what.type, "id": what.id, "attributes": what.attributes, **_known(tenant=what.tenant)}
        )
        surroundings = {
            "action": request.action,
            "approved": approved,
            "args": request.args,
            "args_written": request.args_written,
            "annotations": request.annotations,
            "metadata": around.metadata,
            **_known(model=around.model, purpose=around.purpose, session_id=around.session_id),
        }
        declared = actions.get(name, {}).get("appliesTo", {}).get("context", {})
        roles = [{"type": "Role", "id": role} for role in sorted(who.roles)]
        uid, thing_uid = {"type": "User", "id": who.id}, {"type": "Resource", "id": "" if what is None else what.id}
        entities = [
            *({"uid": role, "attrs": {}, "parents": []} for role in roles),
            {"uid": uid, "attrs": _attributes(user, types.get("User", {}).get("shape", {})), "parents": roles},
            {"uid": thing_uid, "attrs": _attributes(thing, types.get("Resource", {}).get("shape", {})), "parents": []},
        ]
        asked = {
            "principal": uid,
            "action": {"type": "Action", "id": name},
            "resource": thing_uid,
            "context": _attributes(surroundings, declared),
        }
        answer = self._ask(asked, self._policies, json.dumps(entities), self._schema)
        if answer.diagnostics.errors:
            raise ValueError
        return bool(answer.allowed)


def _known(**fields: str | None) -> dict[str, str]:
    return {name: value for name, value in fields.items() if value is not None}


def _attributes(value: Mapping[str, Any], declared: Mapping[str, Any]) -> dict[str, object]:
    found = record(value, declared)
    if found is None:  # a required attribute is not there: Cedar refuses the request
        raise ValueError
    return found


def _text(path: Path, key: str) -> str:
    problem = ""
    try:
        return path.read_text("utf-8")
    except (OSError, ValueError) as error:
        problem = getattr(error, "strerror", None) or "it is not UTF-8"
    message = f"plugins.cedar.{key}: {path.name}: can't be read: {problem}"
    raise PolicyError(message)


def _declared(schema: str, path: Path) -> Mapping[str, Any]:
    """The schema's one namespace."""
    table: Any = None
    try:
        table = json.loads(schema)
    except (ValueError, RecursionError):
        table = None
    inner = table.get("") if isinstance(table, dict) and len(table) == 1 else None
    if not isinstance(inner, dict) or not {"entityTypes", "actions"} <= inner.keys():
        message = f'plugins.cedar.schema_file: {path.name}: is no schema in Cedar\'s JSON form with the one namespace ""'
        raise PolicyError(message)
    return inner
