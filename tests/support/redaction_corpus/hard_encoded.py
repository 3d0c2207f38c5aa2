# ruff: noqa: RUF001 - other scripts, their digits and their punctuation are what is written here
"""Harmless texts in the encodings and scripts that evasions use: undoing those must not make findings out of nothing."""

from __future__ import annotations

import base64
import html
import json
from typing import TYPE_CHECKING
from urllib.parse import quote

from support.redaction_corpus.evasions import between, shifted
from support.redaction_corpus.hard_prose import prose
from support.redaction_corpus.model import ALNUM, BASE64, DIGITS, HEX, LOWER, take

if TYPE_CHECKING:
    import random


def encoded(rng: random.Random) -> str:
    """Prose, identifiers and random bytes, encoded."""
    text = prose(rng)
    raw = rng.randbytes(rng.randint(6, 120))
    return rng.choice(
        [
            base64.b64encode(text.encode()).decode(),
            base64.urlsafe_b64encode(raw).decode(),
            base64.b64encode(raw).decode(),
            text.encode().hex(),
            raw.hex(),
            f"https://example.com/search?q={quote(text)}",
            quote(quote(text, safe=""), safe=""),
            f"https://example.com/a%2Fb?next=https%3A%2F%2Fexample.org%2Fp%3Fid%3D{take(rng, DIGITS, 7)}",
            html.escape(text).replace(" ", "&nbsp;"),
            "".join(f"&#{ord(c)};" for c in text[:60]),
            json.dumps({"text": text}),
            json.dumps({"id": take(rng, ALNUM, 24), "n": rng.randrange(10**9)}).replace('"', '\\"'),
            f"\\x{rng.randrange(256):02x}\\u{rng.randrange(0x4E00, 0x9FFF):04x}\\n",
            f"nonce={take(rng, BASE64, 22)}==&state={take(rng, HEX, 32)}",
            f'etag W/"{take(rng, HEX, 16)}" cursor={base64.b64encode(str(rng.randrange(10**6)).encode()).decode()}',
            f"blurhash {take(rng, ALNUM, 28)}; geohash {take(rng, '0123456789bcdefghjkmnpqrstuvwxyz', 9)}",
        ]
    )


def scripts(rng: random.Random) -> str:
    """Writing that needs joiners, marks and digits of its own."""
    text = prose(rng)
    return rng.choice(
        [
            "👩‍💻 and 👨‍👩‍👧‍👦 met 🏳️‍🌈 friends ❤️ at the 🏴󠁧󠁢󠁥󠁮󠁧󠁿 match",
            "می‌خواهم کتاب‌ها را بخوانم",
            "सन् २०२४ में क्‍या हुआ, क्षेत्र १२ और १३",
            "في عام ٢٠٢٣ كان عدد السكان ٤٥٦٧٨٩٠ نسمة",
            f"{shifted(str(rng.randrange(1, 10**6)), 0x660)} + {shifted(str(rng.randrange(1, 10**6)), 0x660)}",
            between(text, "\u00ad", 6),
            "Tiếng Việt có nhiều dấu: phở, bún chả, bánh mì, cà phê sữa đá",
            "Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢L̠ͨͧͩ͘G̴̻͈͍͔̹̑͗̎̅͛́Ǫ̵̹̻̝̳͂̌̌͘",
            "Ｆｕｌｌｗｉｄｔｈ　ｔｉｔｌｅ　２０２４年１２月号（第３巻）",
            "𝐁𝐨𝐥𝐝 𝐡𝐞𝐚𝐝𝐥𝐢𝐧𝐞 𝟐𝟎𝟐𝟒: 𝓯𝓪𝓷𝓬𝔂 𝓵𝓮𝓽𝓽𝓮𝓻𝓼",
            f"{rng.randint(10, 99)}\u202f{rng.randint(100, 999)}\u202f000 km\u00b2 et {rng.randint(1, 9)}\u00a0{rng.randint(100, 999)} €",
            f"pages {rng.randint(10, 99)}–{rng.randint(100, 199)}, the years {rng.randint(1900, 1950)}—{rng.randint(1951, 1999)}",
            "Дом № 12, корпус 3, квартира 456; Вес: 3,5 кг; Орёл и Решка",
            "สวัสดี ๒๕๖๗ ราคา ๑,๒๓๔ บาท",
            text[::-1],
            "１２３４５ × ６７８９ = ８３８１０２０５",
        ]
    )


def spaced(rng: random.Random) -> str:
    """Digits and letters one by one: boards, sequences, spelled words, tables."""
    return rng.choice(
        [
            "1 2 3 4 5 6 7 8 9 10 11 12",
            " ".join(take(rng, DIGITS, rng.randint(8, 40))),
            "\n".join(" ".join(take(rng, DIGITS, 9)) for _ in range(4)),
            f"W E L C O M E  T O  {' '.join(take(rng, LOWER, 6).upper())}",
            "0 1 1 2 3 5 8 13 21 34 55 89 144",
            "\n".join(f"{rng.randrange(100)} {rng.randrange(100)} {rng.randrange(100)} {rng.randrange(100)}" for _ in range(5)),
            "a b c d e f g h i j k l m n o p",
            f"draw: {' - '.join(str(rng.randint(1, 49)) for _ in range(6))}",
            ", ".join(str(rng.randint(1, 99)) for _ in range(12)),
            f"[{','.join(str(rng.randrange(10)) for _ in range(30))}]",
            " ".join(f"{rng.randrange(256):08b}" for _ in range(4)),
            "\n".join(str(rng.randrange(1000, 10000)) for _ in range(6)),
            f"{rng.randint(1000, 9999)}\n{rng.randint(10, 99)}\n{rng.randint(100, 999)}\n",
        ]
    )


FAMILIES = {"encoded": encoded, "scripts and marks": scripts, "spaced digits": spaced}
