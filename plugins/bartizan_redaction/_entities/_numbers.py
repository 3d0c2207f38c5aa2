"""National numbers: one table of shapes, checksums (python-stdnum) and the words that bare digits need before them.

A number in a form of its own (letters, its own separators) is taken when its checksum is right. A form that order numbers and
amounts share (bare digits, groups of three) is taken only with a word for it near by.
"""

from __future__ import annotations

import re
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Final

from bartizan_redaction._entities._entity import SPACED_SPAN, D, Entity, edge, groups
from bartizan_redaction._re2 import Union, encode_latin_1

if TYPE_CHECKING:
    from collections.abc import Callable

    from bartizan_redaction._entities._entity import Resolve, Span

    Check = Callable[[str], bool]

CONTEXT_WINDOW: Final = 56
"""How many characters before a number a word for it may stand."""
_S: Final = "[ \\xa0]"
_AFTER: Final = r"(?![0-9A-Za-z_]|[-.,/][0-9])"
_BEFORE: Final = r"(?<![0-9A-Za-z])(?<![0-9][-.,/])"
_SINGLE_PREFIX: Final = re.compile(r"(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z]", re.IGNORECASE)


def said_before(words: str) -> Callable[[str, int], bool]:
    """A test of whether one of `words` (an RE2 pattern, case ignored) stands within the window before a place."""
    union = Union((rf"(?i)(?:^|[^A-Z])(?:{words})(?:[^A-Z]|\z)",))

    def said(text: str, place: int) -> bool:
        before = encode_latin_1(text[max(0, place - CONTEXT_WINDOW - 1) : place])
        return union.find(before, 0, len(before)) >= 0

    return said


@cache
def _module_check(name: str) -> Check:
    check: Check = import_module(f"stdnum.{name}").is_valid
    return check


def _stdnum(name: str) -> Check:
    """The checksum of a module of python-stdnum, which is loaded when the first candidate comes."""

    def check(value: str) -> bool:
        return _module_check(name)(value.replace("\u00a0", " "))

    return check


def _later_group(value: str, text: str, begin: int) -> bool:
    """Whether a value in groups has a number right before it: then it is part of a table or of a longer number."""
    return begin > 1 and text[begin - 1] in " \u00a0" and text[begin - 2] in "0123456789" and (" " in value or "\u00a0" in value)


def _resolver(own: str, shared: str, words: str, check: Check) -> Resolve:
    match_own = re.compile(f"{_BEFORE}(?:{own}){_AFTER}").match if own else None
    match_shared = re.compile(f"{_BEFORE}(?:{shared}){_AFTER}").match if shared else None
    said = said_before(words)

    def resolve(text: str, begin: int) -> Span | None:
        if match_own is not None and (found := match_own(text, begin)) and check(found.group()):
            return found.span()
        found = match_shared(text, begin) if match_shared is not None else None
        if found is None or _later_group(found.group(), text, begin) or not said(text, begin) or not check(found.group()):
            return None
        return found.span()

    return resolve


def _number(  # noqa: PLR0913 (the columns of a table)
    label: str,
    country: str,
    *,
    begins: str,
    own: str = "",
    shared: str = "",
    words: str,
    check: Check,
    why: str,
    source: str,
    more: tuple[str, ...] = (),
) -> Entity:
    """One kind of number: `own` shapes stand by themselves, `shared` ones need one of `words` before them."""
    shapes = "|".join(shape for shape in (own, shared) if shape)
    # RE2 knows no backreference and no lookahead: the closer look finds out.
    gate = re.sub(r"\(\?P<(\w+)>([^)]*)\)", r"\2", shapes)
    gate = re.sub(r"\(\?P=\w+\)", r"[-. \\xa0/]?", gate)
    gate = re.sub(r"\(\?![^)]*\)", "", gate)
    return Entity(
        label=label,
        groups=groups("pii", "national_id", country, *more),
        why=why,
        source=source,
        gate=edge(rf"(?:{gate})(?:\b|_)"),
        begins=begins,
        resolve=_resolver(own, shared, words, check),
        max_span=SPACED_SPAN,
        spaced=True,
    )


def _nino(value: str) -> bool:
    return _SINGLE_PREFIX.match(value) is not None


def _itin(value: str) -> bool:
    """Whether the group, the fourth and fifth digit, is one that is issued; python-stdnum does not know 50 to 65 yet."""
    group = int("".join(filter(str.isdigit, value))[3:5])
    return group in range(50, 66) or (group in range(70, 100) and group not in {89, 93})


def _not_repeated(check: Check) -> Check:
    def checked(value: str) -> bool:
        digits = [character for character in value if character.isdigit()]
        return len(set(digits)) > 2 and check(value)  # noqa: PLR2004 (said in words beside it)

    return checked


ENTITIES: Final = (
    _number(
        "US_ITIN",
        "us",
        begins=f"1{D}{{2}}[- ]{D}{{2}}[- ]|1{D}{{7}}",
        own=r"9[0-9]{2}(?P<s>[- \xa0])[5-9][0-9](?P=s)[0-9]{4}",
        shared=r"9[0-9]{2}[5-9][0-9]{5}",
        words="itin|taxpayers?|tax id(?:entification)?|tin",
        check=_itin,
        why="a US individual taxpayer identification number",
        source="IRS, 'Individual taxpayer identification number (ITIN)': 9, group 50 to 65, 70 to 88, 90 to 92 or 94 to 99",
    ),
    _number(
        "UK_NINO",
        "gb",
        begins=f"(?i:[a-ceghj-pr-tw-z][a-ceghj-npr-tw-z]) ?{D}",
        own=rf"[A-Z]{{2}}{_S}?[0-9]{{2}}{_S}?[0-9]{{2}}{_S}?[0-9]{{2}}{_S}?[A-D]",
        shared=r"[A-Za-z]{2}[0-9]{6}[A-Da-d]",
        words="national insurance|nino|ni(?: number| no)?",
        check=_nino,
        why="a British national insurance number",
        source="HMRC, National Insurance Manual NIM39110: two letters (not all pairs are issued), six digits, A to D",
    ),
    _number(
        "UK_NHS",
        "gb",
        begins=f"{D}{{3}}[- ]{D}{{3}}[- ]|{D}{{8}}",
        shared=r"[0-9]{3}(?P<s>[- \xa0]?)[0-9]{3}(?P=s)[0-9]{4}",
        words="nhs|national health(?: service)?|patient",
        check=_not_repeated(_stdnum("gb.nhs")),
        why="a British health service number with a valid check digit",
        source="NHS Data Dictionary, 'NHS number': ten digits, modulus 11",
        more=("health",),
    ),
    _number(
        "DE_TAX_ID",
        "de",
        begins=f"1{D} {D}{{3}} |1{D}{{7}}",
        own=rf"[1-9][0-9]{_S}[0-9]{{3}}{_S}[0-9]{{3}}{_S}[0-9]{{3}}",
        shared=r"[1-9][0-9]{10}",
        words=r"idnr|tin|steuer\w{0,24}|tax(?:payer)?|identifikationsnummer|steuer-id|id-nr",
        check=_stdnum("de.idnr"),
        why="a German tax identification number with a valid check digit",
        source="Bundeszentralamt für Steuern, 'Steuerliche Identifikationsnummer'; ISO 7064 MOD 11,10",
        more=("eu",),
    ),
    _number(
        "FR_NIR",
        "fr",
        begins="1[01 ]{6}",
        own=rf"[1-478]{_S}?[0-9]{{2}}{_S}?[0-9]{{2}}{_S}?(?:[0-9]{{2}}|2[AB]){_S}?[0-9]{{3}}{_S}?[0-9]{{3}}{_S}?[0-9]{{2}}",
        words="nir",
        check=_stdnum("fr.nir"),
        why="a French social security number with a valid key",
        source="INSEE, 'Numéro de sécurité sociale': sex, year, month, place, order and a key modulo 97",
        more=("eu",),
    ),
    _number(
        "ES_NIF",
        "es",
        begins=f"{D}{{8}}",
        own=r"[0-9]{8}[- ]?[A-HJ-NP-TV-Z]",
        shared=r"[0-9]{8}[a-hj-np-tv-z]",
        words="dni|nif|documento",
        check=_not_repeated(_stdnum("es.dni")),
        why="a Spanish identity number with a valid letter",
        source="Spain, Real Decreto 1553/2005; Ministerio del Interior, 'Cálculo del dígito de control del NIF/NIE'",
        more=("eu",),
    ),
    _number(
        "ES_NIE",
        "es",
        begins=f"(?i:[xyz])(?:[0-9]|-){D}{{4}}",
        own=r"[XYZ]-?[0-9]{7}-?[A-HJ-NP-TV-Z]",
        shared=r"[xyz]-?[0-9]{7}-?[a-hj-np-tv-z]",
        words="nie|documento|extranjeros?",
        check=_stdnum("es.nie"),
        why="a Spanish foreigner's number with a valid letter",
        source="Spain, Real Decreto 557/2011; Ministerio del Interior, 'Cálculo del dígito de control del NIF/NIE'",
        more=("eu",),
    ),
    _number(
        "IT_FISCAL_CODE",
        "it",
        begins="(?i:[a-z][a-z])aaaa",
        own=r"(?i:[A-Z]{6}[0-9LMNPQRSTUV]{2}[ABCDEHLMPRST][0-9LMNPQRSTUV]{2}[A-Z][0-9LMNPQRSTUV]{3}[A-Z])",
        words="codice fiscale",
        check=_stdnum("it.codicefiscale"),
        why="an Italian fiscal code with a valid check letter",
        source="Italy, Decreto ministeriale 345 of 1976",
        more=("eu",),
    ),
    _number(
        "PL_PESEL",
        "pl",
        begins=f"{D}{{8}}",
        shared=r"[0-9]{11}",
        words="pesel|numer ewidencyjny",
        check=_stdnum("pl.pesel"),
        why="a Polish PESEL with a valid date and check digit",
        source="Poland, Ministerstwo Cyfryzacji, 'Co to jest numer PESEL'",
        more=("eu",),
    ),
    _number(
        "IN_AADHAAR",
        "in",
        begins=f"1{D}{{3}}[- ]{D}{{3}}|1{D}{{7}}",
        shared=r"[2-9][0-9]{3}(?P<s>[- \xa0]?)[0-9]{4}(?P=s)[0-9]{4}(?![- \xa0][0-9]{4})",
        words="aadhaa?r|adhaa?r|uid|uidai",
        check=_stdnum("in_.aadhaar"),
        why="an Indian Aadhaar number with a valid check digit",
        source="UIDAI, 'Aadhaar numbering scheme': twelve digits, the first 2 to 9, Verhoeff",
    ),
    _number(
        "IN_PAN",
        "in",
        begins=f"(?i:[a-z][a-z])aaa{D}",
        own=r"[A-Z]{3}[ABCFGHJLPT][A-Z][0-9]{4}[A-Z]",
        shared=r"(?i:[A-Z]{3}[ABCFGHJLPT][A-Z][0-9]{4}[A-Z])",
        words="pan|permanent account",
        check=_stdnum("in_.pan"),
        why="an Indian permanent account number",
        source="Income Tax Department of India, 'Permanent account number': five letters (the fourth is the holder's kind), digits, letter",
        more=("financial",),
    ),
    _number(
        "BR_CPF",
        "br",
        begins=rf"{D}{{3}}\.{D}{{3}}\.|{D}{{8}}",
        own=r"[0-9]{3}\.[0-9]{3}\.[0-9]{3}-[0-9]{2}",
        shared=r"[0-9]{9}-?[0-9]{2}",
        words="cpf|cadastro",
        check=_not_repeated(_stdnum("br.cpf")),
        why="a Brazilian CPF with valid check digits",
        source="Receita Federal, 'Cadastro de Pessoas Físicas'",
    ),
    _number(
        "BR_CNPJ",
        "br",
        begins=rf"{D}{{2}}\.{D}{{3}}\.|{D}{{8}}",
        own=r"[0-9]{2}\.[0-9]{3}\.[0-9]{3}/[0-9]{4}-[0-9]{2}",
        shared=r"[0-9]{12}-?[0-9]{2}",
        words="cnpj|cadastro",
        check=_not_repeated(_stdnum("br.cnpj")),
        why="a Brazilian CNPJ with valid check digits",
        source="Receita Federal, 'Cadastro Nacional da Pessoa Jurídica'",
    ),
    _number(
        "CA_SIN",
        "ca",
        begins=f"{D}{{3}}[- ]{D}{{3}}[- ]|{D}{{8}}",
        shared=r"[1-79][0-9]{2}(?P<s>[- \xa0]?)[0-9]{3}(?P=s)[0-9]{3}",
        words=r"sin|social insurance|nas|assurance sociale",
        check=_not_repeated(_stdnum("ca.sin")),
        why="a Canadian social insurance number with a valid check digit",
        source="Government of Canada, 'Social Insurance Number': nine digits, Luhn",
    ),
    _number(
        "AU_TFN",
        "au",
        begins=f"{D}{{3}}[- ]{D}{{3}}[- ]|{D}{{8}}",
        shared=r"[0-9]{3}(?P<s>[- \xa0]?)[0-9]{3}(?P=s)[0-9]{2,3}",
        words="tfn|tax file",
        check=_not_repeated(_stdnum("au.tfn")),
        why="an Australian tax file number with a valid check digit",
        source="Australian Taxation Office, 'Tax file number': eight or nine digits, weights modulo 11",
    ),
    _number(
        "AU_ABN",
        "au",
        begins=f"1{D} {D}{{3}} |1{D}{{7}}",
        own=rf"[1-9][0-9]{_S}[0-9]{{3}}{_S}[0-9]{{3}}{_S}[0-9]{{3}}",
        shared=r"[1-9][0-9]{10}",
        words="abn|australian business",
        check=_stdnum("au.abn"),
        why="an Australian business number with valid check digits",
        source="Australian Business Register, 'Format of the ABN': eleven digits, weights modulo 89",
    ),
    _number(
        "NL_BSN",
        "nl",
        begins=f"{D}{{3}}[. ]{D}{{3}}[. ]|{D}{{4}}[. ]{D}{{2}}[. ]|{D}{{8}}",
        shared=r"[0-9]{9}|[0-9]{3}[. ][0-9]{3}[. ][0-9]{3}|[0-9]{4}[. ][0-9]{2}[. ][0-9]{3}",
        words="bsn|burgerservicenummer|sofi(?:-?nummer)?|citizen service",
        check=_not_repeated(_stdnum("nl.bsn")),
        why="a Dutch citizen service number with a valid check digit",
        source="Rijksdienst voor Identiteitsgegevens, 'Burgerservicenummer': nine digits, the eleven test",
        more=("eu",),
    ),
    _number(
        "SE_PERSONNUMMER",
        "se",
        begins=f"{D}{{6}}[-+]|{D}{{8}}",
        own=r"(?:19|20)?[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[-+][0-9]{4}",
        shared=r"(?:19|20)?[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[0-9]{4}",
        words="personnummer|personal identity|pnr|svenskt?",
        check=_stdnum("se.personnummer"),
        why="a Swedish personal identity number with a valid date and check digit",
        source="Skatteverket, 'Personnummer': birth date and four digits, Luhn",
        more=("eu",),
    ),
)
