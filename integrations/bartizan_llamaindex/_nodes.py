"""Nodes and documents ↔ texts: every field that a model, a dump or a template can show.

What is rewritten is rewritten in a copy: a document store hands out the objects that it keeps. A copy names its neighbours by their
ids alone, for LlamaIndex keeps their metadata and hashes in `relationships` too, and it has no embedding: that was the old text's.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from llama_index.core.schema import (
    DEFAULT_METADATA_TMPL,
    DEFAULT_TEXT_NODE_TMPL,
    BaseNode,
    MediaResource,
    NodeWithScore,
    RelatedNodeInfo,
    TextNode,
)

from bartizan import BartizanError, Origin
from bartizan_llamaindex._texts import Things

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from bartizan_llamaindex._texts import Texts

# RFC 9562: the ids that LlamaIndex makes itself.
_OWN_ID: Final = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
_ID_LENGTH: Final = 36
_DOCUMENT: Final = Origin.DOCUMENT
_METADATA: Final = "metadata"
_CONSTANTS: Final[Mapping[str, object]] = {
    "metadata_template": DEFAULT_METADATA_TMPL,
    "metadata_separator": "\n",
    "mimetype": "text/plain",
    "text_template": DEFAULT_TEXT_NODE_TMPL,
}
_SKIPPED: Final = frozenset({"embedding", "text_embedding", "start_char_idx", "end_char_idx", "image_mimetype", "relationships"})
"""Without text; relationships are read last."""


def read_scored(texts: Texts, nodes: Sequence[NodeWithScore], path: str = "nodes") -> list[NodeWithScore]:
    """Retrieved nodes; those that changed are copies with the same score."""
    out = []
    for index, one in enumerate(nodes):
        node = read_node(texts, one.node, f"{path}[{index}]")
        out.append(one if node is one.node else one.model_copy(update={"node": node}))
    return out


def read_node(texts: Texts, node: BaseNode, path: str) -> BaseNode:
    """One node or document, in all its fields, those of subclasses included."""
    fields = node.__dict__
    source = fields["id_"]
    changed = (
        _read_plain(texts, fields, path, source)
        if type(node) is TextNode and _is_plain(fields)
        else _read_fields(texts, node, path, source)
    )
    if node.__pydantic_extra__:
        changed |= _extra(texts, node.__pydantic_extra__, path, source)
    if changed:
        changed["embedding"] = None
    known = fields["relationships"]
    if known:
        related = _relationships(texts, known, path, fields["metadata"], bare=bool(changed))
        if related is not known:
            changed["relationships"] = related
    return node.model_copy(update=changed) if changed else node


def _read_fields(texts: Texts, node: BaseNode, path: str, source: str) -> dict[str, Any]:
    """The fields of a node that are others now."""
    changed = {}
    for name, value in node.__dict__.items():
        if name in _SKIPPED or not value or (name in _CONSTANTS and value == _CONSTANTS[name]):
            continue
        new = _READERS.get(name, _other)(texts, node, name, value, path, source)
        if new is not value:
            changed[name] = new
    return changed


def _read_plain(texts: Texts, fields: Mapping[str, Any], path: str, source: str) -> dict[str, Any]:
    """The same for a plain node."""
    changed: dict[str, Any] = {}
    new: Any = read_id(texts, source, path)
    if new is not source:
        changed["id_"] = new
    metadata = fields["metadata"]
    if metadata and not texts.repeated(metadata):
        new = read_metadata(texts, metadata, path, source)
        if new is not metadata:
            changed["metadata"] = new
    text = fields["text"]
    new = texts.text(text, _DOCUMENT, f"{path}.text", "text", source)
    if new is not text:
        changed["text"] = new
    return changed


def _is_plain(fields: Mapping[str, Any]) -> bool:
    """Whether a TextNode, as most nodes are, has no text outside of its id, metadata and text: it is then read in half the time."""
    return not (
        fields["metadata_template"] != DEFAULT_METADATA_TMPL
        or fields["text_template"] != DEFAULT_TEXT_NODE_TMPL
        or fields["metadata_separator"] != "\n"
        or fields["mimetype"] != "text/plain"
        or fields["excluded_embed_metadata_keys"]
        or fields["excluded_llm_metadata_keys"]
    )


def read_id(texts: Texts, value: str, path: str) -> str:
    """An id; those that LlamaIndex makes hold no text."""
    if len(value) == _ID_LENGTH and _OWN_ID.fullmatch(value):
        return value
    return texts.text(value, _DOCUMENT, f"{path}.id", _METADATA)


def read_metadata(texts: Texts, value: Mapping[str, Any], path: str, source: str = "") -> Mapping[str, Any]:
    """A node's metadata: its keys, and its values with their keys as context.

    Raises:
        BartizanError: two keys are the same once redacted.
    """
    if texts.repeated(value):
        return value
    path = f"{path}.metadata"
    things = None
    out: dict[str, Any] = {}
    same = True
    for name, item in value.items():
        new: Any
        if type(item) is str:
            new_name, new = texts.pair(name, item, path, source)
        else:
            new_name = texts.text(name, _DOCUMENT, path, _METADATA, source)
            things = things or Things(texts, _DOCUMENT, _METADATA, source)
            new = things.thing(item, f"{path}.{name}", name)
        if new is not item or new_name is not name:
            same = False
        if new_name in out:
            message = "two keys of a node's metadata are the same once redacted: give them other names, or let a rule keep them"
            raise BartizanError(message)
        out[new_name] = new
    return value if same else out


def special(texts: Texts) -> Callable[[Any, str], Any]:
    """For `Things`: nodes within other values are read as nodes."""

    def read(value: Any, path: str) -> Any:
        if isinstance(value, BaseNode):
            return read_node(texts, value, path)
        if isinstance(value, NodeWithScore):
            node = read_node(texts, value.node, path)
            return value if node is value.node else value.model_copy(update={"node": node})
        return NotImplemented

    return read


def _text(texts: Texts, node: BaseNode, name: str, value: Any, path: str, source: str) -> Any:  # noqa: ARG001 (one signature for all)
    return texts.text(value, _DOCUMENT, f"{path}.text", "text", source)


def _id(texts: Texts, node: BaseNode, name: str, value: Any, path: str, source: str) -> Any:  # noqa: ARG001 (the same)
    return read_id(texts, value, path)


def _metadata(texts: Texts, node: BaseNode, name: str, value: Any, path: str, source: str) -> Any:  # noqa: ARG001 (the same)
    return read_metadata(texts, value, path, source)


def _template(texts: Texts, node: BaseNode, name: str, value: Any, path: str, source: str) -> Any:  # noqa: ARG001 (the same)
    return texts.text(value, _DOCUMENT, f"{path}.{name}", _METADATA, source)


def _payload(texts: Texts, node: BaseNode, name: str, value: Any, path: str, source: str) -> Any:  # noqa: ARG001 (the same)
    texts.unreadable(name, _DOCUMENT, f"{path}.{name}", media=False)
    return value


def _picture(texts: Texts, node: BaseNode, name: str, value: Any, path: str, source: str) -> Any:
    """Where an image lies: the node is one, whether it holds it or not."""
    texts.unreadable("image", _DOCUMENT, f"{path}.{name}", media=False)
    return _template(texts, node, name, value, path, source)


def _led_to(texts: Texts, node: BaseNode, name: str, value: Any, path: str, source: str) -> None:
    """What an IndexNode leads to: retrieval is past it, so it was retrieved in the node's place, or is not the reader's business."""


def _other(texts: Texts, node: BaseNode, name: str, value: Any, path: str, source: str) -> Any:  # noqa: ARG001 (the same)
    """A field that not every node has."""
    if isinstance(value, MediaResource):
        return _media(texts, name, value, f"{path}.{name}", source)
    return Things(texts, _DOCUMENT, _METADATA, source).thing(value, f"{path}.{name}", name)


def _media(texts: Texts, name: str, value: MediaResource, path: str, source: str) -> MediaResource:
    """A text, or what can't be read: unlike an image in a chat, one out of a store comes from who knows whom."""
    changed: dict[str, Any] = {}
    if value.data is not None or value.url is not None or value.path is not None:
        texts.unreadable(name.removesuffix("_resource"), _DOCUMENT, path, media=False)
    if value.text:
        text = texts.text(value.text, _DOCUMENT, f"{path}.text", "text", source)
        if text is not value.text:
            changed |= {"text": text, "embeddings": None}
    for field in ("url", "path", "mimetype"):
        item = getattr(value, field)
        if item is not None and str(item) != "text/plain":
            shown = str(item)
            new = texts.text(shown, _DOCUMENT, f"{path}.{field}", _METADATA, source)
            if new is not shown:
                changed[field] = None if field == "url" else type(item)(new)  # a label is no URL
    return value.model_copy(update=changed) if changed else value


def _extra(texts: Texts, extra: Mapping[str, Any], path: str, source: str) -> dict[str, Any]:
    new = Things(texts, _DOCUMENT, _METADATA, source).thing(dict(extra), path)
    return {name: item for name, item in new.items() if item is not extra.get(name)}


def _relationships(texts: Texts, value: Mapping[Any, Any], path: str, metadata: Mapping[str, Any], *, bare: bool) -> Any:
    """The neighbours: their ids alone, unless what is known of them was just judged and stays as it is."""
    if not value:
        return value
    out: dict[Any, Any] = {}
    same = True
    for kind, one in value.items():
        new: Any = (
            [_related(texts, item, path, metadata, bare=bare) for item in one]
            if isinstance(one, list)
            else _related(texts, one, path, metadata, bare=bare)
        )
        unchanged = new is one or (isinstance(one, list) and all(x is y for x, y in zip(new, one, strict=True)))
        same = same and unchanged
        out[kind] = one if unchanged else new
    return value if same else out


def _related(texts: Texts, one: RelatedNodeInfo, path: str, metadata: Mapping[str, Any], *, bare: bool) -> RelatedNodeInfo:
    node_id = read_id(texts, one.node_id, path)
    known = not one.metadata or one.metadata == metadata
    if node_id is one.node_id and known and not bare and not one.__pydantic_extra__:
        return one
    return RelatedNodeInfo(node_id=node_id, node_type=one.node_type)


_READERS: Final[Mapping[str, Callable[[Texts, BaseNode, str, Any, str, str], Any]]] = {
    "id_": _id,
    "index_id": _id,
    "metadata": _metadata,
    "text": _text,
    "image": _payload,
    "image_path": _picture,
    "image_url": _picture,
    "obj": _led_to,
    **dict.fromkeys(_CONSTANTS, _template),
}
