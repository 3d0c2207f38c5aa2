"""A chat that streams, with pseudonyms: the model never reads a customer's address, the customer reads it in the answer.

The same placeholder stands for the same address in every turn of a chat. A tool that the model calls gets the address itself. The model
here is a small local one that follows a script, so that it needs no key and no download; a real one goes in its place.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, HumanMessage, SystemMessage, ToolMessage
from langchain_core.outputs import ChatGeneration, ChatGenerationChunk, ChatResult
from langchain_core.tools import tool

from bartizan import Guard, Principal
from bartizan_langchain import guard_model, guard_tool


@tool
def send_copy(to: str) -> str:
    """Send a copy of the invoice."""
    print(f"  the mail server gets: {to}")
    return f"sent to {to}"


class ScriptedModel(BaseChatModel):
    """Repeats the address that it was given, in pieces as a tokenizer would cut them, or calls the tool with it."""

    @property
    def _llm_type(self) -> str:
        return "scripted"

    def _answer(self, messages: list[BaseMessage]) -> AIMessageChunk:
        print(f"  the model reads: {messages[-1].text}")
        words = " ".join(message.text for message in messages).split()
        address = next(word.strip(".,") for word in words if "@" in word or "<" in word)
        if "send" in messages[-1].text:
            return AIMessageChunk(content="", tool_calls=[{"name": "send_copy", "args": {"to": address}, "id": "call-1"}])
        return AIMessageChunk(content=f"I have noted {address} for you.")

    def _generate(self, messages: list[BaseMessage], stop: Any = None, run_manager: Any = None, **kwargs: Any) -> ChatResult:
        answer = self._answer(messages)
        return ChatResult(generations=[ChatGeneration(message=AIMessage(answer.content, tool_calls=answer.tool_calls))])

    def _stream(
        self, messages: list[BaseMessage], stop: Any = None, run_manager: Any = None, **kwargs: Any
    ) -> Iterator[ChatGenerationChunk]:
        answer = self._answer(messages)
        text = str(answer.content)
        for start in range(0, len(text), 4):
            yield ChatGenerationChunk(message=AIMessageChunk(content=text[start : start + 4]))
        if answer.tool_calls:
            yield ChatGenerationChunk(message=AIMessageChunk(content="", tool_calls=answer.tool_calls))


def main() -> None:
    """Three turns of alice's chat; then someone else who claims to be in it."""
    guard = Guard(plugins=["redaction"], config={"redaction": {"style": "pseudonym"}})
    model, tools = guard_model(ScriptedModel(), guard), {"send_copy": guard_tool(send_copy, guard)}
    history: list[BaseMessage] = [SystemMessage("You answer a shop's support desk.")]

    def turn(user: str, text: str) -> None:
        print(f"{user} writes: {text}")
        history.append(HumanMessage(text))
        answer = AIMessageChunk(content="")
        # The session is whose values are given back: who is asking comes from the login, the chat's id alone proves nothing.
        with guard.session(Principal(user), id="chat-7"):
            for chunk in model.stream(history):
                if not answer.content and chunk.text:
                    print(f"  {user} reads: ", end="")
                print(chunk.text, end="", flush=True)
                answer = answer + chunk
            if answer.content:
                print()
            history.append(answer)
            for call in answer.tool_calls:
                result: ToolMessage = tools[call["name"]].invoke(call)
                history.append(result)
                print(f"  kept of the result: {result.text}")

    turn("alice", "My address is jane@example.com.")
    turn("alice", "Which address do you have?")
    turn("alice", "Please send me a copy.")
    kept = guard.session(Principal("alice"), id="chat-7").pre_prompt("jane@example.com").text
    with guard.session(Principal("mallory"), id="chat-7") as session:
        print(f"mallory, who saw the placeholder in a log, reads: {session.restore(kept).replace(kept, 'the placeholder')}")


if __name__ == "__main__":
    main()
