"""Reversible pseudonyms over several turns of one chat."""

from collections.abc import Iterator

from bartizan import Guard, Principal

guard = Guard.from_dict({"guard": {"plugins": ["redaction"]}, "plugins": {"redaction": {"style": "pseudonym"}}})
heard: list[str] = []


def model(prompt: str) -> Iterator[str]:
    heard.append(prompt)
    name = prompt.rsplit(maxsplit=1)[-1]
    yield "Dear " + name[:4]
    yield name[4:] + ", hello"


def turn(user: str, chat_id: str, text: str) -> Iterator[str]:
    session = guard.session(Principal(user), id=chat_id)
    prompt = session.pre_prompt(text).text
    yield from session.stream_response(model(prompt))


print("".join(turn("alice", "7", "mail jane@example.com")))
print("".join(turn("alice", "7", "again jane@example.com")))
print("jane" in " ".join(heard), heard[0].split()[-1] == heard[1].split()[-1])
print("".join(turn("mallory", "7", heard[0])))  # the chat's id is a client's claim: alice's values are not mallory's
