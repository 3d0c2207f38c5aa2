"""The schemas of tools bound to a model: text that it reads with every prompt."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from bartizan import Origin
from bartizan_langchain._flats import fixed, mapping, sequence
from bartizan_langchain._objects import read_object

if TYPE_CHECKING:
    from collections.abc import Sequence

_NAMES: Final = ("tools", "functions")


class Tools:
    """The segments of the schemas among a call's keyword arguments. The application binds them: their origin is SYSTEM.

    Only schemas in the shape of JSON are read: what is still an object or a class of the application's is its code, not text.
    """

    __slots__ = ("_flat", "segments")

    def __init__(self, kwargs: dict[str, Any]) -> None:
        self._flat = mapping(kwargs, [(name, _schemas(kwargs[name], name)) for name in _NAMES if kwargs.get(name)])
        self.segments = self._flat.segments

    @staticmethod
    def in_(kwargs: Mapping[str, Any]) -> bool:
        """Whether a call has any."""
        return bool(kwargs) and any(kwargs.get(name) for name in _NAMES)

    def rebuild(self, judged: Sequence[Any]) -> dict[str, Any]:
        """The keyword arguments with the judged texts in place."""
        new: dict[str, Any] = self._flat.rebuild(judged)
        return new


def _schemas(value: Any, name: str) -> Any:
    if not isinstance(value, list | tuple):
        return fixed(value)
    flats = [
        read_object(item, Origin.SYSTEM, f"{name}[{i}]", "metadata") if isinstance(item, Mapping) else fixed(item)
        for i, item in enumerate(value)
    ]
    return sequence(value, flats)
