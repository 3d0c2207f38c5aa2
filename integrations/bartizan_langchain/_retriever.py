"""`guard_retriever`: a retriever that is authorized, per document too, and whose documents are judged before anyone sees them."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from langchain_core.retrievers import BaseRetriever

from bartizan import Origin, Resource
from bartizan.structured import Flat
from bartizan_langchain._classes import GUARD, check_guard, guarded_copy, is_guarded
from bartizan_langchain._flats import mapping, sequence, text
from bartizan_langchain._marks import GuardedList, GuardedStr, is_marked
from bartizan_langchain._objects import read_object
from bartizan_langchain._probe import RETRIEVER_CALLS, check_base
from bartizan_langchain._runnables import guardable

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from langchain_core.documents import Document

    from bartizan import Guard

M = TypeVar("M")
ACTION: Final = "retrieve"
_BASE: Final = "BaseRetriever."


def guard_retriever(retriever: M, guard: Guard) -> M:
    """A guarded copy of a retriever, of the same type.

    Where the guard has an authorizer, `retrieve` is authorized before the store is asked, with the query as `args` and
    `Resource("retriever", name)`, whose tenant and attributes are those of the retriever's own `metadata`. Then each document that
    came back is: `Resource("document", id)` with the tenant and attributes of the document's metadata; those that are not allowed
    are left out. What remains is judged in one call, with origin DOCUMENT, metadata and ids included: redacted documents are
    copies, the store's own stay as they are, and one that is refused refuses the whole retrieval.

    Guarding again with the same guard changes nothing.

    Raises:
        TypeError: it is no retriever (a BaseRetriever), or `guard` is no Guard.
        BartizanError: the installed LangChain is not as expected, so that something would go unguarded.
    """
    check_guard(guard, "guard_retriever")
    if not isinstance(retriever, BaseRetriever):
        message = f"guard_retriever takes a retriever (a BaseRetriever), not {type(retriever).__name__}"
        raise TypeError(message)
    if is_guarded(retriever, guard):
        return retriever
    check_base(BaseRetriever, RETRIEVER_CALLS, "guard_retriever")
    return cast("M", guarded_copy(retriever, guard, lambda cls: _body(cls, guard), guard_retriever))


def read_documents(documents: Sequence[Document]) -> Flat:
    """The segments of documents, in all their fields; `rebuild` gives copies where something changed."""
    return sequence(documents, [_document(one, f"documents[{i}]") for i, one in enumerate(documents)])


def _document(document: Document, path: str) -> Flat:
    fields = {**document.__dict__, **(document.__pydantic_extra__ or {})}
    source = document.id or ""
    parts: list[tuple[Any, Flat]] = []
    for name, value in fields.items():
        if name == "type":
            continue
        part = "text" if name == "page_content" else "metadata"
        at = f"{path}.{name}"
        read = text if isinstance(value, str) else read_object
        parts.append((name, read(value, Origin.DOCUMENT, at, part, source)))
    flat = mapping(fields, parts)

    def rebuild(judged: Any) -> Any:
        new = flat.rebuild(judged)
        if new is fields:
            return document
        return document.model_copy(update={name: new[name] for name in new if new[name] is not fields[name]})

    return Flat(flat.segments, rebuild)


def resource_of(document: Document) -> Resource:
    """A document as the authorizers see it."""
    return Resource("document", document.id or "", tenant=_tenant(document.metadata), attributes=document.metadata)


def _tenant(metadata: dict[str, Any]) -> str | None:
    tenant = metadata.get("tenant")
    return None if tenant is None else str(tenant)


def _body(cls: Any, guard: Guard) -> dict[str, Any]:
    original = next(base for base in cls.__mro__ if GUARD not in vars(base))
    body = {
        "invoke": _invoking(cls, guard, whole=original.invoke is not BaseRetriever.invoke),
        "ainvoke": _ainvoking(cls, guard, whole=original.ainvoke is not BaseRetriever.ainvoke),
        "_get_relevant_documents": _getting(cls, guard),
    }
    # The base's own runs `_get_relevant_documents` in a thread: that one is guarded.
    if not cls._aget_relevant_documents.__qualname__.startswith(_BASE):
        body["_aget_relevant_documents"] = _agetting(cls, guard)
    return body


def _invoking(cls: Any, guard: Guard, *, whole: bool) -> Callable[..., Any]:
    """The public call. `whole`: the class has one of its own, which need not come by `_get_relevant_documents`."""

    @wraps(cls.invoke)
    def invoke(self: Any, input: str, config: Any = None, **kwargs: Any) -> Any:  # noqa: A002 (LangChain's name)
        if whole and guard.has_authorizer:
            guard.authorize(ACTION, _itself(self), args={"query": str(input)})
        found = cls.invoke(self, GuardedStr(input, guard), config, **kwargs)
        return found if is_marked(found, guard) else _judged(guard, found)

    return invoke


def _ainvoking(cls: Any, guard: Guard, *, whole: bool) -> Callable[..., Any]:
    @wraps(cls.ainvoke)
    async def ainvoke(self: Any, input: str, config: Any = None, **kwargs: Any) -> Any:  # noqa: A002 (LangChain's name)
        if whole and guard.has_authorizer:
            await guard.aauthorize(ACTION, _itself(self), args={"query": str(input)})
        found = await cls.ainvoke(self, GuardedStr(input, guard), config, **kwargs)
        return found if is_marked(found, guard) else await _ajudged(guard, found)

    return ainvoke


def _getting(cls: Any, guard: Guard) -> Callable[..., Any]:
    inner = cls._get_relevant_documents

    @wraps(inner)
    def _get_relevant_documents(self: Any, query: str, *args: Any, **kwargs: Any) -> Any:
        if guard.has_authorizer:
            guard.authorize(ACTION, _itself(self), args={"query": str(query)})
        return _judged(guard, inner(self, _passed_on(query, guard), *args, **kwargs))

    return _get_relevant_documents


def _agetting(cls: Any, guard: Guard) -> Callable[..., Any]:
    inner = cls._aget_relevant_documents

    @wraps(inner)
    async def _aget_relevant_documents(self: Any, query: str, *args: Any, **kwargs: Any) -> Any:
        if guard.has_authorizer:
            await guard.aauthorize(ACTION, _itself(self), args={"query": str(query)})
        found = await inner(self, _passed_on(query, guard), *args, **kwargs)
        return found if is_marked(found, guard) else await _ajudged(guard, found)

    return _aget_relevant_documents


def _judged(guard: Guard, found: Sequence[Document]) -> GuardedList:
    """The documents that are allowed, as they may be read."""
    if guard.has_authorizer:
        found = guard.filter_allowed(ACTION, found, resource=resource_of)
    flat = read_documents(found)
    return GuardedList(flat.rebuild(guard.pre_prompt(flat.segments).segments), guard)


async def _ajudged(guard: Guard, found: Sequence[Document]) -> GuardedList:
    if guard.has_authorizer:
        found = [one for one in found if await guard.ais_allowed(ACTION, resource_of(one))]
    flat = read_documents(found)
    return GuardedList(flat.rebuild((await guard.apre_prompt(flat.segments)).segments), guard)


def _passed_on(query: str, guard: Guard) -> str:
    """The query as the retriever's own code gets it: a mark must not go on to other retrievers that this one asks."""
    return str(query) if is_marked(query, guard) else query


def _itself(retriever: Any) -> Resource:
    known = dict(retriever.metadata or {})
    return Resource("retriever", retriever.get_name(), tenant=_tenant(known), attributes=known)


guardable(BaseRetriever, guard_retriever)
