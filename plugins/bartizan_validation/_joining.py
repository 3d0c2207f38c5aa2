"""Where an invisible character is at home: in emoji, in scripts whose letters join, after the characters whose form it selects.

Sources: UTS #51 (emoji sequences), StandardizedVariants.txt and emoji-variation-sequences.txt of the Unicode Character Database,
RFC 5892 appendix A (the joiners in identifiers), The Unicode Standard, chapters 9, 12, 13, 16 and 23. Ranges are blocks, not
lists of characters: characters that later versions add to them are at home too.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_VIRAMA: Final = 9
"""Canonical combining class of the signs that suppress a vowel."""
_PICTURES: Final = (
    "\u203c\u2049\u2100-\u214f\u2190-\u23ff\u2460-\u24ff\u25a0-\u27bf"
    "\u2900-\u297f\u2b00-\u2bff\u3030\u303d\u3200-\u32ff\U0001f000-\U0001faff"
)
_PICTURE: Final = re.compile(f"[{_PICTURES}]")
_EMOJI_BASE: Final = re.compile(f"[#*0-9\u00a9\u00ae{_PICTURES}]")
_HAN: Final = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003fffd"
_IDEOGRAPH: Final = re.compile(f"[{_HAN}]")
# Mathematical operators, quotation marks, CJK and full-width punctuation, Myanmar, Phags-pa, Manichaean, hieroglyphs, slashed
# zero.
_VARIANT_BASE: Final = re.compile(
    f"[0\u2018-\u201f\u2190-\u22ff\u25a0-\u27bf\u2a00-\u2aff\u3001-\u3002\uff00-\uff1f\u1000-\u109f\uaa60-\uaa7f\ua840-\ua87f"
    f"\U00010ac0-\U00010aff\U00013000-\U0001345f{_HAN}]"
)
_MONGOLIAN: Final = re.compile("[\u1807\u1820-\u18aa]")
# Arabic, Syriac, Thaana, NKo, Mandaic and their extensions; the Indic scripts; Myanmar, Khmer; Mongolian; Phags-pa; Adlam;
# Brahmic scripts.
_JOINING: Final = re.compile(
    "[\u0600-\u07ff\u0840-\u08ff\u0900-\u0dff\u1000-\u109f\u1780-\u17d3\u1820-\u18aa\u1b00-\u1bff\u1cd0-\u1cff"
    "\ua840-\ua8ff\uaa60-\uaa7f\uabc0-\uabff\ufb50-\ufdff\ufe70-\ufefc\U00010ac0-\U00010aff\U00011000-\U00011fff\U0001e900-\U0001e95f]"
)
_CURSIVE: Final = re.compile("[\u0620-\u074a\u074d-\u077f\u07ca-\u07ff\u0840-\u085b\u0860-\u08ff]")
_UNSPACED: Final = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u1950-\u19ff\u1a20-\u1aaf\ua9e0-\ua9ff\uaa60-\uaadf]")
"""Thai, Lao, Myanmar, Khmer and Tai scripts: no spaces between words, so that U+200B marks where a line may break."""
SELECTOR: Final = re.compile("[\u180b-\u180d\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef]")
NEEDS_NEXT: Final = re.compile("[\u180b-\u180f\u200b-\u200d\ufe00-\ufe0f\U000e0100-\U000e01ef]")
"""Whether one of these is at home depends on the character after it."""

BLACK_FLAG: Final = "\U0001f3f4"
FLAGS: Final = frozenset(
    BLACK_FLAG + "".join(chr(0xE0000 + ord(c)) for c in region) + "\U000e007f" for region in ("gbeng", "gbsct", "gbwls")
)
"""The tag sequences recommended for interchange: the flags of England, Scotland and Wales (UTS #51, appendix C)."""
FLAG_TAGS: Final = 6


def at_home(text: str, index: int) -> bool:
    """Whether the invisible character there has a use where it stands; reads two characters before it and one after it."""
    char = text[index]
    before = text[index - 1] if index else ""
    after = text[index + 1 : index + 2]
    if char == "\ufeff":
        return index == 0
    if char == "\u200d":
        return _joiner(text, index, before, after)
    if char == "\u200c":
        return _virama(before) or (bool(_JOINING.match(after)) and _letter(after) and (_letter(before) or before.isdigit()))
    if char == "\u200b":
        return bool(_UNSPACED.match(before) and _UNSPACED.match(after))
    if char == "\u180e":
        return bool(_MONGOLIAN.match(before) and _MONGOLIAN.match(after))
    return bool(SELECTOR.match(char)) and _selects(char, before, after)


def _joiner(text: str, index: int, before: str, after: str) -> bool:
    """Zero width joiner: between pictures, after a virama or (Bengali ya-phalaa) before it, in cursive scripts."""
    if _PICTURE.match(after):
        if before == "\ufe0f":
            before = text[index - 2] if index > 1 else ""
        return bool(_PICTURE.match(before))
    if _virama(before) or _CURSIVE.match(before):
        return True
    return _virama(after) and bool(_JOINING.match(before))


def _selects(char: str, before: str, after: str) -> bool:
    """A variation selector: alone, and after a character that has variants."""
    if SELECTOR.match(after):
        return False
    if char >= "\U000e0100":
        return bool(_IDEOGRAPH.match(before))
    if char >= "\ufe0e":
        return bool(_EMOJI_BASE.match(before))
    if char >= "\ufe00":
        return bool(_VARIANT_BASE.match(before))
    return bool(_MONGOLIAN.match(before))


def in_flag(text: str, index: int) -> bool:
    """Whether the tag character there is part of one of the three flags; reads six characters before it and five after it."""
    base = text.rfind(BLACK_FLAG, max(0, index - FLAG_TAGS), index)
    return base >= 0 and text[base : base + 1 + FLAG_TAGS] in FLAGS


def flag_may_follow(text: str) -> int | None:
    """Where the tag characters at the end of the text begin, if more of them could still make them a flag."""
    base = text.rfind(BLACK_FLAG, max(0, len(text) - FLAG_TAGS))
    tail = text[base:] if base >= 0 else ""
    return base + 1 if len(tail) > 1 and any(flag.startswith(tail) for flag in FLAGS) else None


def _virama(char: str) -> bool:
    return bool(char) and unicodedata.combining(char) == _VIRAMA


def _letter(char: str) -> bool:
    """A letter, or a mark on one."""
    return bool(char) and unicodedata.category(char)[0] in "LM"
