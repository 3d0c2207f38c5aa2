"""Entities of your own in a policy, values that are allowed, and pseudonyms carried to another process, encrypted."""

from __future__ import annotations

import secrets

from bartizan import Guard, PolicyError, Principal, Refused

POLICY = {
    "guard": {"plugins": ["redaction"]},
    "plugins": {
        "redaction": {
            "style": "pseudonym",
            "entities": ["pii", "MEMBER"],
            "allow_list": ["*@acme.test", "regex:TEST-[0-9]+"],
            "custom": {
                "MEMBER": {"regex": r"\bM\d{11}\b", "checksum": "luhn", "context_words": ["member", "badge"]},
                "PROJECT": {"deny_list": ["Bluebird"]},
            },
        }
    },
}
ALICE = Principal("alice", tenant="acme")
TEXT = "Member M79927398713 of bluebird, jane@example.com; not M79927398710, not help@acme.test"


def carry() -> None:
    """What one process pseudonymised, another restores: with the key, and for the same owner."""
    key = secrets.token_bytes(32)
    here = Guard.from_dict(POLICY).session(ALICE, id="chat-7")
    sent = here.pre_prompt(TEXT).text
    print(f"  the model sees: {sent}")
    blob = here.export_pseudonyms(key)
    there = Guard.from_dict(POLICY)  # as another process would make it
    session = there.session(ALICE, id="chat-7")
    print(f"  before the import: {session.restore(sent) == TEXT}")
    session.import_pseudonyms(blob, key)
    print(f"  after it: {session.restore(sent) == TEXT}, and the same placeholders: {session.pre_prompt(TEXT).text == sent}")
    try:
        there.session(Principal("mallory", tenant="acme"), id="chat-7").import_pseudonyms(blob, key)
    except Refused as refused:
        print(f"  mallory: {refused}")


def main() -> None:
    """Carry pseudonyms; then a pattern that can't be put in force."""
    print("Entities of a policy, and their pseudonyms in another process:")
    carry()
    print("A pattern that takes more than linear time:")
    try:
        Guard(config={"redaction": {"custom": {"X": {"regex": r"(a+)\1"}}}})
    except PolicyError as error:
        print(f"  {error}")


if __name__ == "__main__":
    main()
