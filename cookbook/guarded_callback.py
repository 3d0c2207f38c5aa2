"""One line on a chain that you can't rebuild: a callback refuses and audits; it can hardly redact, and says so."""

from __future__ import annotations

from langchain_core.language_models.fake_chat_models import FakeListChatModel
from langchain_core.prompts import ChatPromptTemplate

from bartizan import Blocked, Guard
from bartizan_langchain import BartizanCallback

ANSWERS = ["Refunded.", "My own number is 202-555-0143, call me!", "Refunded."]


def main() -> None:
    """Three questions to a chain that someone else has built."""
    chain = ChatPromptTemplate.from_messages([("system", "Support desk."), ("user", "{q}")]) | FakeListChatModel(
        responses=ANSWERS
    )
    callback = BartizanCallback(Guard(config={"redaction": {"actions": {"secrets": "block"}}}))
    for question in ("Refund card 4111 1111 1111 1111", "What is your number?", "The key is AK" + "IAIOSFODNN7EXAMPLE"):
        try:
            print(chain.invoke({"q": question}, config={"callbacks": [callback]}).content)  # the one line
        except Blocked as refused:
            print(f"REFUSED: {refused.reason}")
    print()
    print(callback.explain())


if __name__ == "__main__":
    main()
