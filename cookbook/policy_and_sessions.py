"""A policy file, who is asking, pseudonyms over the turns of a chat, and an action that a person must approve."""

from __future__ import annotations

import tempfile
from pathlib import Path

from bartizan import (
    AccessDenied,
    AccessRequest,
    Approval,
    ApprovalRequired,
    Context,
    Decision,
    Guard,
    PolicyError,
    Principal,
    hookimpl,
)

POLICY = """
[guard]
plugins = ["validation", "redaction"]

[plugins.redaction]
style = "pseudonym"
actions = { secrets = "block" }
"""


class Payments:
    """An authorizer: small payments go through, larger ones need a person, and nothing else is its business."""

    @hookimpl
    def authorize(self, request: AccessRequest, context: Context) -> Decision | None:
        """None is no opinion, and no opinion is a deny."""
        if request.action != "tool:pay":
            return None
        return Decision.ALLOW if request.args["amount"] <= 100 else Decision.ask("payments over 100 need a person")


def chat(guard: Guard) -> None:
    """The same value has the same placeholder in every turn, and only its own session gives it back."""
    for user in ("alice", "mallory"):
        session = guard.session(Principal(user), id="chat-7")  # the id comes from the client; the principal never does
        sent = session.pre_prompt("write to jane@example.com").text
        again = session.pre_prompt("did jane@example.com answer?").text
        print(f"  {user}: the model sees {sent!r}, then {again!r}")
        print(f"  {user}: reads {''.join(session.stream_response(iter(['Dear ', *sent.split()[-1], ', hello'])))!r}")
        session.close()


def pay(guard: Guard) -> None:
    """Deny overrides ask overrides allow; an approval holds for one request, once."""
    carol = Principal("carol", roles=["approver"])
    with guard.session(Principal("alice", roles=["clerk"])):
        print(f"  40: {guard.authorize('tool:pay', args={'amount': 40}).effect.value}")
        try:
            guard.authorize("tool:pay", args={"amount": 500})
        except ApprovalRequired as waiting:
            print(f"  500: {waiting.reason}")
            approval = guard.approve(waiting.request, by=carol)
            try_with(guard, approval, 9_000)
            try_with(guard, approval, 500)
            try_with(guard, approval, 500)


def try_with(guard: Guard, approval: Approval, amount: int) -> None:
    """Pay with an approval, and say what came of it."""
    try:
        print(f"  {amount}, approved: {guard.authorize('tool:pay', args={'amount': amount}, approval=approval).effect.value}")
    except AccessDenied as denied:
        print(f"  {amount}, approved: {denied.reason}")


def main() -> None:
    """Read the policy, then a broken one; chat; pay."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "bartizan.toml")
        file.write_text(POLICY, "utf-8")
        guard = Guard.from_file(file)
        file.write_text(POLICY.replace("style", "stile"), "utf-8")
        try:
            Guard.from_file(file)
        except PolicyError as error:
            print(f"A slip in a policy: {error}".replace(folder, "..."))
    print("Two users, one chat id:")
    chat(guard)
    print("Payments:")
    pay(Guard(plugins=[Payments()]))


if __name__ == "__main__":
    main()
