"""A decision: by the table alone, with conditions, through a guard with its event; beside other engines on the same policy."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any

import pytest
from support.access import request

from bartizan import Guard, Principal, hookimpl
from bartizan_rbac import Config, Rbac

if TYPE_CHECKING:
    from pytest_benchmark.fixture import BenchmarkFixture

SIZES = (10, 1_000, 10_000)


def roles(rules: int) -> dict[str, Any]:
    """The roles of the README's example among others with as many rules as are asked for, a quarter of them globs."""
    chosen = random.Random(6)
    out: dict[str, Any] = {
        "user": {"allow": ["query", {"action": "retrieve", "when": "resource.tenant == principal.tenant"}]},
        "admin": {
            "inherits": ["user"],
            "allow": ["deploy", {"action": "tool:pay", "when": "args.amount > 0 and args.amount <= 100"}],
            "ask": [{"action": "tool:pay", "when": "args.amount > 100"}],
        },
    }
    for index in range(max(rules - 6, 0)):
        own = out.setdefault(f"role{index % 50}", {"inherits": ["user"], "allow": [], "deny": []})
        action = f"tool:{chosen.randrange(10**6)}_{index}{'*' if index % 4 == 0 else ''}"
        own["deny" if index % 10 == 0 else "allow"].append(action)
    out["admin"]["inherits"] = ["user", *(f"role{i}" for i in range(50) if f"role{i}" in out)]
    return out


def plugin(rules: int) -> Rbac:
    return Rbac(Config.model_validate({"roles": roles(rules)}))


PLAIN = request("deploy", ["admin"])
PAY = request("tool:pay", ["admin"], args={"amount": 50})


@pytest.mark.parametrize("rules", SIZES)
def bench_roles_alone(benchmark: BenchmarkFixture, rules: int) -> None:
    decide = plugin(rules).authorize
    assert decide(PLAIN, PLAIN.context).effect.value == "allow"
    benchmark.extra_info.update(bar="<= 1 us, flat")
    benchmark.pedantic(decide, (PLAIN, PLAIN.context), rounds=2_000, iterations=50, warmup_rounds=50)


@pytest.mark.parametrize("rules", SIZES)
def bench_with_conditions(benchmark: BenchmarkFixture, rules: int) -> None:
    decide = plugin(rules).authorize
    assert decide(PAY, PAY.context).effect.value == "allow"
    benchmark.extra_info.update(bar="<= 3 us, flat")
    benchmark.pedantic(decide, (PAY, PAY.context), rounds=2_000, iterations=50, warmup_rounds=50)


@pytest.mark.parametrize("rules", SIZES)
def bench_an_action_never_asked_before(benchmark: BenchmarkFixture, rules: int) -> None:
    one = plugin(rules)
    invented = (request(f"tool:{index}", ["admin"]) for index in range(10**9))
    benchmark.extra_info.update(bar="flat")
    benchmark.pedantic(
        one.authorize, setup=lambda: ((asked := next(invented), asked.context), {}), rounds=3_000, iterations=1, warmup_rounds=50
    )


class Observer:
    @hookimpl
    def observe(self, event: Any) -> None:
        self.last = event


@pytest.mark.parametrize("rules", SIZES)
def bench_through_a_guard_with_its_event(benchmark: BenchmarkFixture, rules: int) -> None:
    guard = Guard(plugins=[plugin(rules), Observer()])
    benchmark.extra_info.update(bar="<= 6 us, flat")
    with guard.session(Principal("alice", ["admin"])):
        benchmark.pedantic(guard.authorize, ("deploy",), rounds=2_000, iterations=20, warmup_rounds=50)


@pytest.mark.parametrize("rules", SIZES)
def bench_cedarpy_on_the_same_rules(benchmark: BenchmarkFixture, rules: int) -> None:
    cedarpy = pytest.importorskip("cedarpy", reason="cedarpy comes with the extra 'cedar'")
    said = []
    for role, table in roles(rules).items():
        for effect in ("allow", "deny"):
            for rule in table.get(effect, ()):
                action = rule if isinstance(rule, str) else rule["action"]
                verb = "permit" if effect == "allow" else "forbid"
                said.append(f'{verb}(principal in Role::"{role}", action == Action::"{action}", resource);')
    policies = "\n".join(said)
    entities = [
        {"uid": {"type": "User", "id": "u"}, "attrs": {}, "parents": [{"type": "Role", "id": "admin"}]},
        {"uid": {"type": "Role", "id": "admin"}, "attrs": {}, "parents": []},
    ]
    asked = {"principal": 'User::"u"', "action": 'Action::"deploy"', "resource": 'Thing::"t"', "context": {}}
    parsed = cedarpy.PolicySet.from_str(policies), cedarpy.Entities.from_json_str(json.dumps(entities))
    assert cedarpy.is_authorized(asked, *parsed).allowed
    benchmark.pedantic(cedarpy.is_authorized, (asked, *parsed), rounds=30, warmup_rounds=1)


@pytest.mark.parametrize("rules", SIZES)
def bench_pycasbin_on_the_same_rules(benchmark: BenchmarkFixture, rules: int) -> None:
    casbin = pytest.importorskip("casbin", reason="pycasbin is no dependency: pip install pycasbin to compare")
    model = casbin.Model()
    model.load_model_from_text(
        "[request_definition]\nr = sub, act\n[policy_definition]\np = sub, act, eft\n[role_definition]\ng = _, _\n"
        "[policy_effect]\ne = some(where (p.eft == allow)) && !some(where (p.eft == deny))\n"
        "[matchers]\nm = g(r.sub, p.sub) && r.act == p.act\n"
    )
    enforcer = casbin.Enforcer(model)
    for role, table in roles(rules).items():
        for effect in ("allow", "deny"):
            names = [rule if isinstance(rule, str) else rule["action"] for rule in table.get(effect, ())]
            enforcer.add_policies([[role, name, effect] for name in names])
        for parent in table.get("inherits", ()):
            enforcer.add_grouping_policy(role, parent)
    enforcer.add_grouping_policy("u", "admin")
    assert enforcer.enforce("u", "deploy")
    benchmark.pedantic(enforcer.enforce, ("u", "deploy"), rounds=10, warmup_rounds=1)
