"""Which scripts a prompt may be written in (The Unicode Standard, annex #24: the property Script)."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Final

from bartizan import Action, Finding
from bartizan_validation._labels import SCRIPT_NOT_ALLOWED
from bartizan_validation._patterns import compiled, encodable

if TYPE_CHECKING:
    from collections.abc import Iterable

ALWAYS: Final = "Common", "Inherited"
"""Punctuation, digits, symbols, and the marks that take the script of what they stand on."""
_NAMES: Final = (
    "Adlam Ahom Anatolian_Hieroglyphs Arabic Armenian Avestan Balinese Bamum Bassa_Vah Batak Bengali Bhaiksuki Bopomofo "
    "Brahmi Braille Buginese Buhid Canadian_Aboriginal Carian Caucasian_Albanian Chakma Cham Cherokee Chorasmian Common "
    "Coptic Cuneiform Cypriot Cypro_Minoan Cyrillic Deseret Devanagari Dives_Akuru Dogra Duployan Egyptian_Hieroglyphs "
    "Elbasan Elymaic Ethiopic Georgian Glagolitic Gothic Grantha Greek Gujarati Gunjala_Gondi Gurmukhi Han Hangul "
    "Hanifi_Rohingya Hanunoo Hatran Hebrew Hiragana Imperial_Aramaic Inherited Inscriptional_Pahlavi Inscriptional_Parthian "
    "Javanese Kaithi Kannada Katakana Kawi Kayah_Li Kharoshthi Khitan_Small_Script Khmer Khojki Khudawadi Lao Latin Lepcha "
    "Limbu Linear_A Linear_B Lisu Lycian Lydian Mahajani Makasar Malayalam Mandaic Manichaean Marchen Masaram_Gondi "
    "Medefaidrin Meetei_Mayek Mende_Kikakui Meroitic_Cursive Meroitic_Hieroglyphs Miao Modi Mongolian Mro Multani Myanmar "
    "Nabataean Nag_Mundari Nandinagari New_Tai_Lue Newa Nko Nushu Nyiakeng_Puachue_Hmong Ogham Ol_Chiki Old_Hungarian "
    "Old_Italic Old_North_Arabian Old_Permic Old_Persian Old_Sogdian Old_South_Arabian Old_Turkic Old_Uyghur Oriya Osage "
    "Osmanya Pahawh_Hmong Palmyrene Pau_Cin_Hau Phags_Pa Phoenician Psalter_Pahlavi Rejang Runic Samaritan Saurashtra "
    "Sharada Shavian Siddham SignWriting Sinhala Sogdian Sora_Sompeng Soyombo Sundanese Syloti_Nagri Syriac Tagalog "
    "Tagbanwa Tai_Le Tai_Tham Tai_Viet Takri Tamil Tangsa Tangut Telugu Thaana Thai Tibetan Tifinagh Tirhuta Toto Ugaritic "
    "Vai Vithkuqi Wancho Warang_Citi Yezidi Yi Zanabazar_Square"
)
SCRIPTS: Final = frozenset(_NAMES.split())
"""The names RE2 knows."""
_MAX_SPAN: Final = 64


def check_script(name: str) -> str:
    """The name, if it is a script's.

    Raises:
        ValueError: it is not; the message has the nearest one.
    """
    if name in SCRIPTS:
        return name
    folded = {known.casefold(): known for known in SCRIPTS}
    near = difflib.get_close_matches(name.casefold().replace(" ", "_").replace("-", "_"), folded, n=1)
    hint = f"did you mean {folded[near[0]]!r}?" if near else "use a name such as 'Latin', 'Greek' or 'Han'"
    message = f"{name!r} is no Unicode script: {hint}"
    raise ValueError(message)


class ScriptScanner:
    """Finds runs of characters of other scripts, in pieces of at most 64 characters. Unassigned characters belong to none."""

    pointwise = False
    hooks = frozenset({"pre_prompt"})
    max_span = _MAX_SPAN
    lookaround = 1

    def __init__(self, allowed: tuple[str, ...]) -> None:
        classes = "".join(rf"\p{{{name}}}" for name in (*ALWAYS, *allowed))
        self._other = compiled(f"[^{classes}]{{1,{_MAX_SPAN}}}")
        self._ascii_allowed = "Latin" in allowed
        self._detail = f"allowed scripts: {', '.join(allowed)}"

    def scan(self, text: str, start: int = 0) -> Iterable[Finding]:
        """Runs from `start` on."""
        if self._ascii_allowed and text.isascii():
            return ()
        if start:
            text = text[start:]
        return [
            Finding(SCRIPT_NOT_ALLOWED, Action.BLOCK, start=run.start() + start, end=run.end() + start, detail=self._detail)
            for run in self._other.finditer(encodable(text))
        ]

    def pending(self, text: str, start: int) -> int:
        """Where the run at the end of the text begins, for it may go on; the end of the text if it has none."""
        runs = list(self.scan(text, start))
        if not runs:
            return len(text)
        last = runs[-1]
        return len(text) if last.start is None or last.end != len(text) else last.start
