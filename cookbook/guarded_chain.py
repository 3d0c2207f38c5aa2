"""A LangChain chain with a guard around it, on a support desk's messages.

The model is a small local one that repeats what it was given, so that you see what reached it; it needs no key and no download. With
OPENAI_API_KEY or ANTHROPIC_API_KEY set and the provider's package installed, a real model answers instead.
"""

from __future__ import annotations

import importlib.util
import json
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from langchain_core.callbacks import CallbackManagerForLLMRun
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage
from langchain_core.output_parsers import StrOutputParser
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.prompts import ChatPromptTemplate

from bartizan import Blocked, Event, Guard, hookimpl
from bartizan_langchain import guard_model

MESSAGES = Path(__file__).parent / "data" / "support_messages.jsonl"
REAL_MODELS = {
    "OPENAI_API_KEY": ("langchain_openai", "openai:gpt-4o-mini"),
    "ANTHROPIC_API_KEY": ("langchain_anthropic", "anthropic:claude-3-5-haiku-latest"),
}
# Invented. It stands for what a careless knowledge base holds; a model that has read it may well say it.
LEAKED_KEY = "sk_live_" + "inventedinventedinvented"


class EchoModel(BaseChatModel):
    """Repeats the last message, word by word. Asked for the key, it gives one away: a guard must not count on the model."""

    @property
    def _llm_type(self) -> str:
        return "echo"

    def _answer(self, messages: list[BaseMessage]) -> str:
        said = messages[-1].text
        return f"I read: {said}" if "the key" not in said else f"Of course, the key is {LEAKED_KEY}, anything else?"

    def _generate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        return ChatResult(generations=[ChatGeneration(message=AIMessage(self._answer(messages)))])

    def _stream(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: CallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> Iterator[ChatGenerationChunk]:
        answer = self._answer(messages)
        for start in range(0, len(answer), 5):  # pieces cut anywhere, as a tokenizer would
            yield ChatGenerationChunk(message=AIMessageChunk(content=answer[start : start + 5]))


class Summary:
    """An observer: counts what was found and refused. Events hold labels and places, never values."""

    def __init__(self) -> None:
        self.found: Counter[str] = Counter()
        self.refused = 0

    @hookimpl
    def observe(self, event: Event) -> None:
        where = "prompt" if event.hook == "pre_prompt" else "answer"
        self.found.update(f"{finding.label} in the {where}: {finding.action.name.lower()}" for finding in event.findings)
        self.refused += bool(event.refused)


def the_model() -> BaseChatModel:
    """A real model where there is a key and a package for one, else the local echo."""
    for variable, (package, name) in REAL_MODELS.items():
        if os.environ.get(variable) and importlib.util.find_spec(package):
            from langchain.chat_models import init_chat_model

            print(f"Model: {name}\n")
            return init_chat_model(name)
    print("Model: a local echo that repeats what it was given (no key, no download)\n")
    return EchoModel()


def main() -> None:
    """Send every message through the guarded chain and print what came of it."""
    summary = Summary()
    guard = Guard(plugins=[*Guard.DEFAULT_PLUGINS, summary])
    prompt = ChatPromptTemplate.from_messages([("system", "You answer a shop's support desk."), ("user", "{text}")])
    chain = prompt | guard_model(the_model(), guard) | StrOutputParser()

    messages = [json.loads(line) for line in MESSAGES.read_text("utf-8").splitlines()]
    messages.append({"id": "long", "kind": "over-long", "text": "All the log I have: " + "x" * 200_000})
    messages.append({"id": "leak", "kind": "asks for a secret", "text": "What was the key for payments again?"})
    for message in messages:
        print(f"{message['id']} ({message['kind']})")
        print("   ", end="")
        try:
            for piece in chain.stream({"text": message["text"]}):
                print(piece.replace("\n", "\n   "), end="", flush=True)
        except Blocked as refused:
            print(f"REFUSED: {refused.reason}", end="")
        print()

    print(f"\n{len(messages)} messages, {summary.refused} refused. Found:")
    for what, count in sorted(summary.found.items()):
        print(f"  {count:3}  {what}")


if __name__ == "__main__":
    main()
