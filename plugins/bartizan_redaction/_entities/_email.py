"""EMAIL_ADDRESS."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from unicodedata import category

from bartizan_redaction._entities._entity import Entity, groups

if TYPE_CHECKING:
    from bartizan_redaction._entities._entity import Span

_LOCAL: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._%+-'"
_LOCAL_LENGTH: Final = 64
_DOMAIN_LENGTH: Final = 255
_SPACED_SCRIPTS: Final = "\u0e00"
"""Letters before this code point belong to scripts that put spaces between words; Thai, Han, kana and Hangul lie behind it."""

_LETTER: Final = "A-Za-z\u00c0-\u024f\u0370-\u0dff"
_LABEL: Final = rf"[{_LETTER}0-9][{_LETTER}0-9-]{{0,62}}+"
_TOP: Final = rf"(?:xn--[A-Za-z0-9-]{{2,59}}+|[{_LETTER}]{{2,63}}+)"
# Lazy: it ends at the first label that may be a top-level one, is whole, and has no other behind it.
_DOMAIN: Final = re.compile(rf"(?:{_LABEL}\.){{1,8}}?{_TOP}(?!-{{0,62}}[{_LETTER}0-9]|\.(?:{_LABEL}\.)?[{_LETTER}]{{2}}|\.xn--)")
# What follows is part of no label (a footnote's digit): up to there it is an address all the same.
_CUT: Final = re.compile(rf"(?:{_LABEL}\.){{1,8}}{_TOP}")
# Scripts without spaces: what follows an address stands right behind it, so that its end must be a top-level domain there is.
_HAN: Final = "\u3041-\u30ff\u3400-\u9fff\uac00-\ud7a3"
_HAN_TOPS: Final = (
    "公司|网络|網絡|中国|中國|香港|澳門|台灣|台湾|新加坡|みんな|コム|クラウド|ストア|セール|ファッション|ポイント|닷컴|닷넷|한국|商城|商店|商标|网店|网址"
    "|网站|在线|中文网|集团|公益|政务|政府|机构|组织机构|世界|企业|信息|我爱你|手机|慈善|游戏|佛山|广东|移动|时尚|八卦|健康|招聘|购物|书籍|大拿|娱乐"
    "|家電|通販|食品|餐厅|点看|珠宝|天主教|新闻|工行|网"
)
_HAN_DOMAIN: Final = re.compile(rf"(?:[{_HAN}A-Za-z0-9-]{{1,63}}\.){{1,4}}(?:{_HAN_TOPS})")
_HAN_LOCAL: Final = re.compile(rf"[{_HAN}]{{1,32}}\Z")
_PICTURE: Final = re.compile(r"[0-9]+(?:\.[0-9]+)?x\.(?:png|jpe?g|gif|webp|svg|avif)", re.IGNORECASE)


def _of_a_word(character: str) -> bool:
    """Whether it is a letter, a digit, or a mark that belongs to the letter before it (vowel signs of Indian scripts)."""
    return character.isalnum() or category(character)[0] == "M"


def _begins(text: str, at: int) -> int:
    """Where the local part before the `@` begins; `at` if there is none."""
    lowest = max(0, at - _LOCAL_LENGTH)
    local = text[lowest:at]
    left = len(local)
    while left:
        left = len(local[:left].rstrip(_LOCAL))
        if not left or not "\u007f" < local[left - 1] < _SPACED_SCRIPTS or not _of_a_word(local[left - 1]):
            break
        left -= 1
    kept = local[left:].lstrip(".%+-'")
    return at - len(kept)


def _han(text: str, at: int) -> Span | None:
    """The same in Han, kana or Hangul."""
    domain = _HAN_DOMAIN.match(text, at + 1, at + 1 + _DOMAIN_LENGTH)
    if domain is None or text[at] != "@":
        return None
    local = _HAN_LOCAL.search(text, max(0, at - _LOCAL_LENGTH), at)
    begin = local.start() if local is not None else _begins(text, at)
    return None if begin == at else (begin, domain.end())


def _resolve(text: str, at: int) -> Span | None:
    end = at + 1 + _DOMAIN_LENGTH
    domain = (_DOMAIN.match(text, at + 1, end) or _CUT.match(text, at + 1, end)) if text[at] == "@" else None
    if domain is None:
        return _han(text, at)
    if _PICTURE.fullmatch(domain.group()):
        return None
    begin = _begins(text, at)
    # `git@host:path` is how repositories are written: no one's address.
    if begin == at or text[at - 1] == "." or text[begin:at] == "git":
        return None
    return begin, domain.end()


EMAIL_ADDRESS: Final = Entity(
    label="EMAIL_ADDRESS",
    groups=groups("pii", "contact"),
    why="an email address",
    source="RFC 5321 section 4.5.3.1 (lengths), RFC 5322 section 3.4.1 (dot-atom), RFC 6531 (other scripts); IANA, 'Root zone database'",
    gate=r"@[0-9A-Za-z?\x80-\xff][^\s@.]{0,62}\.[0-9A-Za-z?\x80-\xff]",
    begins="@",
    resolve=_resolve,
    max_span=_LOCAL_LENGTH + 1 + _DOMAIN_LENGTH,
)
ENTITIES: Final = (EMAIL_ADDRESS,)
