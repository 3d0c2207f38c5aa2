"""A guarded model in LCEL, streamed."""

from langchain.chat_models import init_chat_model
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate

from bartizan import Blocked, Guard, Principal
from bartizan_langchain import guard_model

guard = Guard.from_file("bartizan.toml")
model = guard_model(init_chat_model("gpt-4o-mini"), guard)
chain = ChatPromptTemplate.from_template("Answer: {q}") | model | StrOutputParser()

with guard.session(Principal("alice", roles=["user"]), id="chat-7"):
    try:
        for piece in chain.stream({"q": "mail me at jane@example.com"}):
            print(piece, end="", flush=True)
    except Blocked as refused:
        print("\n[withheld]", refused.reason)
