"""Where a construct that leads somewhere may begin, as patterns that `re` searches quickly.

Every alternative begins with a literal character, so that `re` skips all text without these characters.
"""

from __future__ import annotations

import re
from typing import Final

from bartizan_validation._spans import REACH

_STYLES: Final = "style", "background"
_BEGINNINGS: Final = frozenset(style[:end] for style in _STYLES for end in range(1, len(style) + 1))
_INITIALS: Final = "sS\u017fbB"
"""With U+017F, which is an s where case is ignored."""


def _style_patterns() -> tuple[str, str]:
    """An attribute that may load, up to its `=`; and what may become one."""
    whole, so_far = [rf"=(?<=\s{{{REACH - 99}}}=)"], []
    for word in _STYLES:
        beginning = ""
        for letter in reversed(word[1:]):
            beginning = f"(?:{letter}{beginning})?"
        for initial in _INITIALS:
            if initial.casefold() == word[0]:
                first = rf"""{initial}(?<![^\s/"'].)"""
                whole.append(rf"{first}(?i:{word[1:]})\s{{0,{REACH - 100}}}=")
                so_far += [rf"{first}(?i:{beginning})\Z", rf"{first}(?i:{word[1:]})\s{{1,{REACH - 100}}}\Z"]
    return "|".join(whole), "|".join(so_far)


_WHOLE, _SO_FAR = _style_patterns()
TRIGGER: Final = re.compile(rf"\](?=[(:])|<(?=[A-Za-z])|{_WHOLE}")
"""A `]`, a `<`, or the name of an attribute up to its `=` (the `=` alone, where the name is out of sight)."""
UNFINISHED: Final = re.compile(rf"!\[|\[|\]|<|!\Z|{_WHOLE}|{_SO_FAR}")
"""These, and what they may begin with at the end of the text."""


def none_triggers(new: str) -> bool:
    """Whether no trigger can be in a text's new part."""
    return "]" not in new and "<" not in new and "=" not in new


def none_unfinished(new: str) -> bool:
    """Whether nothing in a text's new part may be unfinished; when in doubt, no. Plain words are decided first."""
    word = new.strip()
    if word.isalpha():
        return word[0] not in _INITIALS or word.casefold() not in _BEGINNINGS
    if "[" in new or "]" in new or "<" in new or "=" in new or new[-1:] == "!":
        return False
    return not word[-1:].isalpha() or not _ends_like_style(word.casefold())


def _ends_like_style(folded: str) -> bool:
    for style in _STYLES:
        at = folded.rfind(style[0])
        if at >= 0 and style.startswith(folded[at:]) and (at == 0 or not folded[at - 1].isalnum()):
            return True
    return False
