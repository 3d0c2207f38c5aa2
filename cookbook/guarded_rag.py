"""Answers from documents: each reader gets those of their own tenant, redacted, and a poisoned document stops the chain."""

from __future__ import annotations

from typing import Any

from langchain_core.documents import Document
from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.output_parsers import StrOutputParser
from langchain_core.outputs import ChatGeneration, ChatResult
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import RunnablePassthrough

from bartizan import AccessDenied, AccessRequest, Blocked, Context, Decision, Guard, Principal, hookimpl
from bartizan_langchain import guard_model, guard_retriever

DOCUMENTS = [
    Document("Refunds take 5 days; ask jane@example.com.", id="refunds", metadata={"tenant": "acme", "author": "202-555-0143"}),
    Document("Refunds at Umbrella are a secret.", id="umbrella", metadata={"tenant": "umbrella"}),
    Document("Parcels take 2 days.\u202e", id="poisoned", metadata={"tenant": "acme"}),  # hides a change of direction
]


class Tenants:
    """An authorizer: who has a tenant may search, and read what belongs to it."""

    @hookimpl
    def authorize(self, request: AccessRequest, context: Context) -> Decision | None:
        """The search itself comes first (`retriever`), then every document that it found."""
        who, what = request.principal, request.resource
        if request.action != "retrieve" or what is None or who.tenant is None:
            return None
        return Decision.ALLOW if what.type == "retriever" or what.tenant == who.tenant else None


class WordRetriever(BaseRetriever):
    """Finds the documents that share a word with the question."""

    documents: list[Document]

    def _get_relevant_documents(self, query: str, *, run_manager: Any) -> list[Document]:
        words = set(query.lower().split())
        return [one for one in self.documents if words & set(one.page_content.lower().split())]


class EchoModel(BaseChatModel):
    """Repeats what it was given, so that you see what reached it."""

    @property
    def _llm_type(self) -> str:
        return "echo"

    def _generate(self, messages: list[BaseMessage], stop: Any = None, run_manager: Any = None, **kwargs: Any) -> ChatResult:
        return ChatResult(generations=[ChatGeneration(message=AIMessage(messages[0].text))])


def together(documents: list[Document]) -> str:
    """The documents as the prompt holds them."""
    return " ".join(f"[{one.id}, by {one.metadata.get('author', 'nobody')}] {one.page_content}" for one in documents)


def main() -> None:
    """The same chain for several readers."""
    guard = Guard(plugins=["validation", "redaction", Tenants()])
    retriever = guard_retriever(WordRetriever(documents=DOCUMENTS), guard)
    prompt = ChatPromptTemplate.from_messages([("system", "Answer from: {found}"), ("user", "{question}")])
    chain: Any = (
        {"found": retriever | together, "question": RunnablePassthrough()}
        | prompt
        | guard_model(EchoModel(), guard)
        | StrOutputParser()
    )
    readers = {"alice": "acme", "wesker": "umbrella", "nobody in particular": None}
    for question in ("How do refunds work", "How do parcels work"):
        for reader, tenant in readers.items():
            try:
                with guard.session(Principal(reader, tenant=tenant)):
                    print(f"{reader}: {chain.invoke(question)}")
            except (AccessDenied, Blocked) as refused:
                print(f"{reader}: REFUSED: {refused.reason}")


if __name__ == "__main__":
    main()
