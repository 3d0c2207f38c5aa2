"""Makes members of plugins: their Config checked, their rules and styles compiled, their hooks frozen."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Any, Final

from pydantic import BaseModel, ValidationError

from bartizan._engine.actions import ANY, ActionTable, Rule
from bartizan._engine.styles import LABEL, MASK, PSEUDONYM, HashStyle
from bartizan._errors import BartizanError, PluginLoadError
from bartizan._hooks import ARGUMENTS
from bartizan._plugins.checks import attribute_of, checked_flag, checked_labels, checked_scanners, registered_hooks
from bartizan._plugins.member import Implementation, Member
from bartizan._policy.keys import read_key
from bartizan._policy.tables import RESERVED, RuleTable
from bartizan._policy.validate import nearest, validated
from bartizan._values.findings import Action

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bartizan._engine.styles import Style
    from bartizan._policy.source import Key, Source
    from bartizan._policy.tables import PluginTable, PolicyTable


_STYLES: Final[Mapping[str, Style]] = {style.name: style for style in (LABEL, MASK, PSEUDONYM)}


class Assembly:
    """Makes the members of one policy."""

    def __init__(self, policy: PolicyTable, source: Source) -> None:
        self._policy = policy
        self._source = source

    def instance(self, name: str, kind: type, own: Mapping[str, Any]) -> tuple[object, BaseModel | None]:
        """An instance of a plugin's class, with its Config.

        Raises:
            PolicyError: the Config refuses its table; PluginLoadError: the class can't be made.
        """
        model = config_model(name, kind)
        if model is None:
            for key in own:
                raise self._source.error(("plugins", name, key), "unknown key: this plugin has no configuration")
        config = None if model is None else validated(model, own, self._source, ("plugins", name), beside=RESERVED)
        problem = ""
        refused: BartizanError | None = None
        try:
            return (kind() if config is None else kind(config)), config
        except BartizanError as error:
            refused = error
        except Exception as error:
            problem = f"raised {type(error).__name__} when it was made: check its table [plugins.{name}]"
        if refused is not None:
            raise refused
        raise PluginLoadError(name, problem)

    def member(self, name: str, instance: object, table: PluginTable, distribution: str, version: str) -> Member:
        """The plugin as the engine uses it."""
        found = registered_hooks(name, instance)
        guard = self._policy.guard
        text_mode = table.mode or guard.mode
        own_mode = table.mode or "enforce"
        enforced = {"pre_prompt", "post_response"} if text_mode == "enforce" else set()
        enforced |= {"authorize", "on_train"} if own_mode == "enforce" else set()
        member = Member(
            name=name,
            instance=instance,
            enforced=frozenset(enforced),
            closed_on_error=(table.on_error or guard.on_error) == "block",
            timeout_s=table.timeout_s or guard.timeout_s,
            table=self._table(name, instance, table),
            scanners=checked_scanners(name, instance),
            deterministic=checked_flag(name, instance, "deterministic", default=True),
            required=checked_flag(name, instance, "required", default=False),
            timed_training=table.timeout_s is not None,
            distribution=distribution,
            version=version,
        )
        for hook, implementation in found.items():
            argnames = implementation.argnames
            picks = tuple(ARGUMENTS[hook].index(argument) for argument in argnames)
            asynchronous = inspect.iscoroutinefunction(implementation.function)
            whole = picks == tuple(range(len(ARGUMENTS[hook])))
            member.hooks[hook] = Implementation(member, hook, implementation.function, None if whole else picks, asynchronous)
        return member

    def _table(self, name: str, instance: object, table: PluginTable) -> ActionTable:
        groups, labels = checked_labels(name, instance)
        known = None if labels is None else {*labels, *groups}
        at: Key = ("plugins", name)
        for label in table.actions:
            self._check_label(label, known, (*at, "actions", label))
        defaults = _default_rules(name, instance)
        rules = []
        for index, rule in enumerate(table.rules):
            where = (*at, "rules", index)
            for label in rule.labels or ():
                if label != ANY:
                    self._check_label(label, known, (*where, "labels"))
            if rule.action is None and rule.style is None:
                raise self._source.error(where, "a rule needs an action or a style")
            rules.append(self._rule(rule))
        return ActionTable(
            groups=groups,
            default_rules=[self._rule(rule) for rule in defaults],
            actions={label: Action[action.upper()] for label, action in table.actions.items()},
            rules=rules,
            style=self._style(table.style),
        )

    def _check_label(self, label: str, known: set[str] | None, key: Key) -> None:
        if known is not None and label not in known:
            raise self._source.error(key, f"{label!r} is no label or group of this plugin{nearest(label, known)}")

    def _rule(self, rule: RuleTable) -> Rule:
        action = None if rule.action is None else Action[rule.action.upper()]
        style = None if rule.style is None else self._style(rule.style)
        return Rule(_names(rule.origins), _names(rule.hooks), _names(rule.parts), _names(rule.labels), action, style)

    def _style(self, name: str) -> Style:
        kind, _, key = name.partition(":")
        if kind == "hash":
            named = key or "hash"
            return HashStyle(read_key(named, self._policy.keys.get(named), self._source))
        return _STYLES[kind]


def config_model(name: str, kind: type) -> type[BaseModel] | None:
    """A plugin's Config, if it has one.

    Raises:
        PluginLoadError: it is no pydantic model, or uses a key that the framework reserves in every plugin's table.
    """
    model = getattr(kind, "Config", None)
    if model is None:
        return None
    if not isinstance(model, type) or not issubclass(model, BaseModel):
        raise PluginLoadError(name, "has a Config that is no pydantic BaseModel")
    taken = sorted(RESERVED & {n for name, field in model.model_fields.items() for n in (name, field.alias)})
    if taken:
        raise PluginLoadError(name, f"has a Config with {taken[0]!r}, which the framework reads from the same table: rename it")
    return model


def _default_rules(name: str, instance: object) -> list[RuleTable]:
    problem = ""
    given: Any = attribute_of(name, instance, "default_rules", ())
    try:
        return [RuleTable.model_validate(rule) for rule in given]
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        problem = ".".join(str(part) for part in first["loc"]) or "one of them"
    except TypeError:
        problem = "they are no list of rules"
    raise PluginLoadError(name, f"has default_rules that are no rules of a policy: {problem}")


def _names(given: tuple[str, ...] | None) -> frozenset[str] | None:
    """None, or a `*`, selects all."""
    return None if given is None or ANY in given else frozenset(given)
