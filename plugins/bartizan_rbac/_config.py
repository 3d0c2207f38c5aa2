"""The plugin's part of the policy."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, GetJsonSchemaHandler, ValidationError, field_validator, model_validator
from pydantic_core import InitErrorDetails

from bartizan_rbac._expressions import parse
from bartizan_rbac._patterns import check_pattern

if TYPE_CHECKING:
    from collections.abc import Iterator

Location = tuple[str | int, ...]


class RuleTable(BaseModel):
    """One entry of `allow`, `ask` or `deny`: an action, or `{ action = "tool:pay", when = "args.amount <= 100" }`."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid", frozen=True)

    action: Annotated[str, Field(description="An action, in which * stands for any characters: query, tool:pay, tool:*.")]
    when: Annotated[str | None, Field(description="The rule applies where this holds; where it has no answer, it denies.")] = None

    @model_validator(mode="before")
    @classmethod
    def _from_action(cls, given: Any) -> Any:  # noqa: ANN401 (pydantic's hook)
        return {"action": given} if isinstance(given, str) else given

    @field_validator("action")
    @classmethod
    def _checked_action(cls, action: str) -> str:
        return check_pattern(action)

    @field_validator("when")
    @classmethod
    def _checked_when(cls, when: str | None) -> str | None:
        if when is not None:
            parse(when)
        return when

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: Any, handler: GetJsonSchemaHandler) -> dict[str, Any]:  # noqa: ANN401 (pydantic's)
        """A string stands for a rule without a condition."""
        table = handler.resolve_ref_schema(handler(core_schema))
        table.setdefault("additionalProperties", False)
        return {"anyOf": [{"type": "string", "minLength": 1}, dict(table)]}


class RoleTable(BaseModel):
    """`[plugins.rbac.roles.NAME]`."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid", frozen=True)

    inherits: Annotated[tuple[str, ...], Field(description="Roles whose rules, denials included, this one has too.")] = ()
    allow: Annotated[tuple[RuleTable, ...], Field(description="What it may do.")] = ()
    ask: Annotated[tuple[RuleTable, ...], Field(description="What a person must approve each time.")] = ()
    deny: Annotated[tuple[RuleTable, ...], Field(description="What it may not do, whatever else allows it.")] = ()


class Config(BaseModel):
    """`[plugins.rbac]`."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid", frozen=True)

    roles: Annotated[dict[str, RoleTable], Field(description="Roles by name.", json_schema_extra={"minProperties": 1})]
    unknown_roles: Annotated[
        Literal["ignore", "deny"],
        Field(description="A principal's role that is not defined here: it gives nothing (ignore), or denies everything (deny)."),
    ] = "ignore"

    @field_validator("roles")
    @classmethod
    def _sound(cls, roles: dict[str, RoleTable]) -> dict[str, RoleTable]:
        found = _unsound(roles)
        if found is not None:
            at, problem = found
            details = InitErrorDetails(type="value_error", loc=at, input=None, ctx={"error": ValueError(problem)})
            raise ValidationError.from_exception_data(cls.__name__, [details])
        return roles


def _unsound(roles: dict[str, RoleTable]) -> tuple[Location, str] | None:
    """The first thing that is wrong with the roles as a whole: where, and what."""
    if not roles:
        return (), "defines no role, so everything would be denied: add [plugins.rbac.roles.NAME]"
    for name, role in roles.items():
        if not name or name != name.strip() or not name.isprintable():
            return (name,), "a role's name is not empty, has no space around it and no character that can't be seen"
        for index, parent in enumerate(role.inherits):
            if parent not in roles:
                near = difflib.get_close_matches(parent, roles, n=1)
                return (name, "inherits", index), f"no role is called {parent!r}" + (
                    f": did you mean {near[0]!r}?" if near else ""
                )
    circle = _circle(roles)
    if circle:
        return (circle[0], "inherits"), f"goes round in a circle, {' → '.join(circle)}: break it"
    return None


def _circle(roles: dict[str, RoleTable]) -> list[str]:
    """A role that inherits from itself, with the way back to it; empty if there is none. Iterative: chains may be long."""
    done: set[str] = set()
    for start, role in roles.items():
        way: dict[str, Iterator[str]] = {} if start in done else {start: iter(role.inherits)}
        while way:
            name, parents = next(reversed(way.items()))
            parent = next(parents, None)
            if parent is None:
                del way[name]
                done.add(name)
            elif parent in way:
                names = list(way)
                return [*names[names.index(parent) :], parent]
            elif parent not in done:
                way[parent] = iter(roles[parent].inherits)
    return []
