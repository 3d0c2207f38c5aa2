"""What is about to be learned."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bartizan._values.texts import NO_METADATA

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


@dataclass(frozen=True, slots=True, init=False, repr=False)
class TrainingJob:
    """A data set as raw text, before tokenising, and what is to be trained on it.

    `text_columns` name the columns that hold text; `dataset_id` is the stable name under which the privacy budget is kept.
    """

    dataset: Any
    text_columns: tuple[str, ...]
    model: Any = None
    hyperparameters: Mapping[str, Any] = field(default_factory=dict)
    purpose: str = ""
    dataset_id: str = ""
    decisions: Mapping[str, Any] = field(default_factory=dict)
    """What the `on_train` plugins decided, by plugin; under `sanitize`, what was found and replaced in the texts before them."""

    def __init__(
        self,
        dataset: Any,
        text_columns: Sequence[str],
        *,
        dataset_id: str,
        model: Any = None,
        hyperparameters: Mapping[str, Any] = NO_METADATA,
        purpose: str = "",
        decisions: Mapping[str, Any] = NO_METADATA,
    ) -> None:
        if isinstance(text_columns, str) or not all(isinstance(name, str) for name in text_columns):
            message = 'TrainingJob.text_columns must be a sequence of column names, such as ["body"]'
            raise TypeError(message)
        if not isinstance(dataset_id, str) or not dataset_id:
            message = "TrainingJob.dataset_id must be a non-empty str: the privacy budget is kept under it"
            raise TypeError(message)
        for name, value in (
            ("dataset", dataset),
            ("text_columns", tuple(text_columns)),
            ("model", model),
            ("hyperparameters", hyperparameters),
            ("purpose", purpose),
            ("dataset_id", dataset_id),
            ("decisions", decisions),
        ):
            object.__setattr__(self, name, value)

    def __repr__(self) -> str:
        return f"TrainingJob({type(self.dataset).__name__}, text_columns={len(self.text_columns)})"
