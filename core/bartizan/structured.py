"""Structured values as segments, one per leaf, and back again.

Tool arguments, tool results, JSON documents and metadata hide text in every leaf and key. `flatten` gives a segment for each; `rebuild`
puts judged texts back: what was not touched comes back as it was (a JSON document byte for byte), a redacted number becomes a string,
and keys that would collide once redacted are refused.
"""

from __future__ import annotations

from bartizan._structured.documents import flatten_json
from bartizan._structured.values import Flat, flatten

__all__ = ["Flat", "flatten", "flatten_json"]
