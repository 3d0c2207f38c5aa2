"""Postal codes, clauses, law citations, and the long identifiers of public pages: numbers that everyone may see."""

from __future__ import annotations

from typing import TYPE_CHECKING

from support.redaction_corpus.model import ALNUM, DIGITS, HEX, LOWER, UPPER, take

if TYPE_CHECKING:
    import random


def postal(rng: random.Random) -> str:
    n = lambda k: take(rng, DIGITS, k)  # noqa: E731 - a shorthand for the lines below
    return rng.choice(
        [
            f"51 Franklin Street, Fifth Floor, Boston, MA {n(5)}-{n(4)}, USA",
            f"ZIP {n(5)}-{n(4)}",
            f"Springfield, IL {n(5)}",
            f"{rng.randint(10, 99)}{n(3)} Musterstadt, Hauptstraße {rng.randint(1, 200)}",
            f"{rng.randint(1000, 9999)} {take(rng, UPPER, 2)} Utrecht",
            f"London {take(rng, UPPER, 2)}{rng.randint(1, 9)} {rng.randint(1, 9)}{take(rng, UPPER, 2)}",
            f"〒{n(3)}-{n(4)} 東京都",
            f"CEP {n(5)}-{n(3)}, São Paulo",
            f"{n(2)}-{n(3)} Warszawa",
            f"P.O. Box {n(4)}, suite {n(3)}",
            f"PIN code {n(3)} {n(3)}, New Delhi",
        ]
    )


def clause(rng: random.Random) -> str:
    n = lambda k: take(rng, "123456789", 1) + take(rng, DIGITS, k - 1)  # noqa: E731 - a shorthand for the lines below
    return rng.choice(
        [
            f"as defined in clause 252.227-{n(4)} (c) (1) of the DFARS",
            f"under 47 CFR {n(2)}.{n(3)}({take(rng, LOWER, 1)})",
            f"15 U.S.C. §§ {n(4)}-{n(4)}",
            f"Directive 95/{n(2)}/EC and Regulation (EU) 2016/{n(3)}",
            f"ISO/IEC 27001:2022, EN 50{n(3)}-1, DIN 18{n(3)}",
            f"C-{n(3)}/18, EU:C:2020:{n(3)}",
            f"{n(3)} F.3d {n(4)} (9th Cir. 2014)",
            f"Standard ECMA-{n(3)}, 5.1 edition, pp. {n(3)}-{n(3)}",
            f"NIST SP 800-{n(2)}, control AC-{n(1)}({n(1)})",
            f"CVE-2023-{n(5)} and CWE-{n(3)}",
            f"grant no. {n(7)}, project ID {n(9)}",
            f"bug {n(7)}, build {n(5)}.{n(4)}, KB{n(7)}",
        ]
    )


def public_id(rng: random.Random) -> str:
    flake = str(rng.randrange(10**17, 8 * 10**18))
    return rng.choice(
        [
            f"https://www.linkedin.com/posts/someone_python-activity-{flake}-{take(rng, ALNUM, 4)}/",
            f"https://x.com/someone/status/{flake}",
            f"https://discord.com/channels/{flake}/{rng.randrange(10**17, 10**18)}",
            f"<@{flake}> joined",
            f'{{"id": "{flake}", "id_str": "{flake}"}}',
            f"https://www.facebook.com/groups/{take(rng, DIGITS, 15)}/posts/{take(rng, DIGITS, 16)}",
            f"https://drive.google.com/file/d/1{take(rng, ALNUM, 32)}/view?usp=sharing",
            f"https://docs.google.com/document/d/1{take(rng, ALNUM, 43)}/edit#heading=h.{take(rng, LOWER, 12)}",
            f"https://cdn.example.com/{take(rng, HEX, 2)}/{take(rng, HEX, 32)}.jpg?width=640&v={rng.randrange(10**9, 2 * 10**9)}",
            f"![build](https://ci.example.com/badge/{take(rng, LOWER, 8)}/{rng.randint(10, 999)}.svg)",
            f"https://shop.example.com/dp/B0{take(rng, UPPER, 8)}/ref=sr_1_{rng.randint(1, 9)}?qid={rng.randrange(10**9, 2 * 10**9)}&sr=8-3",
            f"utm_source=news&utm_id={take(rng, DIGITS, 10)}&gclid={take(rng, ALNUM, 55)}",
            f"spotify:track:{take(rng, ALNUM, 22)}",
            f"GA-{take(rng, DIGITS, 8)}-1, UA-{take(rng, DIGITS, 8)}-{rng.randint(1, 9)}, GTM-{take(rng, UPPER, 6)}",
        ]
    )


FAMILIES = {"postal codes": postal, "clauses and standards": clause, "public ids": public_id}
