# ruff: noqa: RUF001 - other scripts, their digits and their punctuation are what is written here
"""Identifiers of more countries, with check digits as their issuers define them; any label of the country is right for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from support.redaction_corpus import checksums
from support.redaction_corpus.model import DIGITS, UPPER, Kind, Value, birthday, take

if TYPE_CHECKING:
    import random
    from collections.abc import Callable


def fi_hetu(rng: random.Random) -> Value:
    """DVV: DDMMYY, century sign, three digits, the remainder modulo 31."""
    born, serial = birthday(rng), f"{rng.randint(2, 899):03d}"
    date = f"{born:%d%m%y}"
    return Value(
        f"{date}{'A' if born.year >= 2000 else '-'}{serial}{'0123456789ABCDEFHJKLMNPRSTUVWXY'[int(date + serial) % 31]}",
        bare=True,
    )


def dk_cpr(rng: random.Random) -> Value:
    """CPR office: DDMMYY-SSSS (no check digit since 2007); the seventh digit tells the century."""
    born = birthday(rng, 1940, 1999)
    return Value(f"{born:%d%m%y}-{rng.choice('0123')}{take(rng, DIGITS, 3)}")


def no_fodselsnummer(rng: random.Random) -> Value:
    """Skatteetaten: DDMMYY, individual number (000 to 499 for 1900 to 1999), two check digits modulo 11."""
    while True:
        body = f"{birthday(rng, 1930, 1999):%d%m%y}{rng.randrange(500):03d}"
        first = (11 - checksums.weighted(body, (3, 7, 6, 1, 8, 9, 4, 5, 2)) % 11) % 11
        second = (11 - checksums.weighted(f"{body}{first}"[:10], (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)) % 11) % 11
        if first < 10 and second < 10:
            return Value(rng.choice([f"{body}{first}{second}", f"{body[:6]} {body[6:]}{first}{second}"]))


def be_nn(rng: random.Random) -> Value:
    """RRN: YY.MM.DD-SSS.CC, 97 minus the number modulo 97, with a 2 before it from 2000 on."""
    born, serial = birthday(rng), f"{rng.randint(1, 997):03d}"
    body = f"{born:%y%m%d}{serial}"
    check = 97 - int(("2" if born.year >= 2000 else "") + body) % 97
    return Value(f"{born:%y.%m.%d}-{serial}.{check:02d}", bare=True)


def ch_ahv(rng: random.Random) -> Value:
    """ZAS: 756, nine digits, EAN-13 check digit."""
    body = "756" + take(rng, DIGITS, 9)
    return Value(f"{body[:3]}.{body[3:7]}.{body[7:11]}.{body[11:]}{-checksums.weighted(body, (1, 3) * 6) % 10}", bare=True)


def at_svnr(rng: random.Random) -> Value:
    """Dachverband: three digits, a check digit, DDMMYY; weights 3 7 9 and 5 8 4 2 1 6."""
    while True:
        serial, date = f"{rng.randint(100, 999)}", f"{birthday(rng):%d%m%y}"
        check = checksums.weighted(serial + date, (3, 7, 9, 5, 8, 4, 2, 1, 6)) % 11
        if check < 10:
            return Value(f"{serial}{check} {date}")


def ie_pps(rng: random.Random) -> Value:
    """DSP: seven digits, a letter of the sum modulo 23, since 2013 a second letter that counts nine times."""
    digits, last = take(rng, DIGITS, 7), rng.choice(["", "A", "B"])
    total = checksums.weighted(digits, range(8, 1, -1)) + (9 * (UPPER.index(last) + 1) if last else 0)
    return Value(f"{digits}{'WABCDEFGHIJKLMNOPQRSTUV'[total % 23]}{last}")


def pt_nif(rng: random.Random) -> Value:
    """AT: nine digits, weights 9 to 2, modulus 11."""
    body = rng.choice("12") + take(rng, DIGITS, 7)
    check = (11 - checksums.weighted(body, range(9, 1, -1)) % 11) % 11 % 10
    text = f"{body}{check}"
    return Value(rng.choice([text, f"{text[:3]} {text[3:6]} {text[6:]}"]))


def cn_ric(rng: random.Random) -> Value:
    """GB 11643: place, date of birth, serial number, ISO 7064 MOD 11-2."""
    body = f"{rng.choice(['110105', '310104', '110101', '120101'])}{birthday(rng):%Y%m%d}{rng.randint(1, 999):03d}"
    check = (12 - sum(int(d) * pow(2, 17 - at, 11) for at, d in enumerate(body)) % 11) % 11
    return Value(body + ("X" if check == 10 else str(check)), bare=True)


def kr_rrn(rng: random.Random) -> Value:
    """MOIS: YYMMDD, century and sex, place, serial number, weights 2 to 9 and 2 to 5."""
    born = birthday(rng, 1950, 2015)
    body = f"{born:%y%m%d}{rng.choice('34' if born.year >= 2000 else '12')}{rng.randint(0, 95):02d}{take(rng, DIGITS, 3)}"
    check = (11 - checksums.weighted(body, (2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)) % 11) % 10
    return Value(f"{body[:6]}-{body[6:]}{check}", bare=True)


def sg_nric(rng: random.Random) -> Value:
    """ICA: a letter, seven digits, a letter of the sum modulo 11."""
    first, digits = rng.choice("STFG"), take(rng, DIGITS, 7)
    total = checksums.weighted(digits, (2, 7, 6, 5, 4, 3, 2)) + (4 if first in "TG" else 0)
    return Value(f"{first}{digits}{('JZIHGFEDCBA' if first in 'ST' else 'XWUTRQPNMLK')[total % 11]}", bare=True)


def za_id(rng: random.Random) -> Value:
    """DHA: YYMMDD SSSS C A, Luhn."""
    body = f"{birthday(rng):%y%m%d}{take(rng, DIGITS, 4)}{rng.choice('01')}8"
    return Value(f"{body}{checksums.luhn(body)}")


def tr_tckn(rng: random.Random) -> Value:
    """NVİ: eleven digits; the tenth and eleventh check the others."""
    body = rng.choice("123456789") + take(rng, DIGITS, 8)
    odd, even = sum(map(int, body[::2])), sum(map(int, body[1::2]))
    body += str((7 * odd - even) % 10)
    return Value(f"{body}{sum(map(int, body)) % 10}")


def ro_cnp(rng: random.Random) -> Value:
    """MAI: sex and century, YYMMDD, county, serial number, weights 279146358279 modulo 11."""
    born = birthday(rng, 1930, 2015)
    body = f"{rng.choice('56' if born.year >= 2000 else '12')}{born:%y%m%d}{rng.randint(1, 46):02d}{rng.randint(1, 999):03d}"
    check = checksums.weighted(body, (2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9)) % 11
    return Value(f"{body}{1 if check == 10 else check}")


def bg_egn(rng: random.Random) -> Value:
    """GRAO: YYMMDD (month plus 40 from 2000 on), three digits, weights 2 4 8 5 10 9 7 3 6 modulo 11."""
    born = birthday(rng)
    body = f"{born:%y}{born.month + (40 if born.year >= 2000 else 0):02d}{born:%d}{take(rng, DIGITS, 3)}"
    return Value(f"{body}{checksums.weighted(body, (2, 4, 8, 5, 10, 9, 7, 3, 6)) % 11 % 10}")


def hr_oib(rng: random.Random) -> Value:
    """Porezna uprava: ten digits, ISO 7064 MOD 11,10."""
    body = take(rng, DIGITS, 10)
    return Value(body + checksums.mod_11_10(body))


def cl_rut(rng: random.Random) -> Value:
    """SII: the number, a dash, modulus 11 with weights 2 to 7 from the right."""
    body = str(rng.randint(5_000_000, 25_999_999))
    check = (11 - checksums.weighted(body[::-1], (2, 3, 4, 5, 6, 7) * 2) % 11) % 11
    return Value(f"{int(body):,}".replace(",", ".") + "-" + ("K" if check == 10 else str(check)), bare=True)


def ar_cuit(rng: random.Random) -> Value:
    """AFIP: kind, number, check digit with weights 5432765432."""
    while True:
        body = rng.choice(["20", "27", "23", "30"]) + take(rng, DIGITS, 8)
        check = (11 - checksums.weighted(body, (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)) % 11) % 11
        if check < 10:
            return Value(f"{body[:2]}-{body[2:]}-{check}", bare=True)


def th_tnin(rng: random.Random) -> Value:
    """DOPA: thirteen digits, weights 13 to 2, modulus 11."""
    body = rng.choice("12345678") + take(rng, DIGITS, 11)
    text = f"{body}{(11 - checksums.weighted(body, range(13, 1, -1)) % 11) % 10}"
    return Value(rng.choice([text, f"{text[0]}-{text[1:5]}-{text[5:10]}-{text[10:12]}-{text[12]}"]))


def _kind(name: str, make: Callable[[random.Random], Value], *phrases: str) -> Kind:
    return Kind(name, make, phrases=phrases)


KINDS = (
    _kind("FI_", fi_hetu, "Henkilötunnus: {v}", "HETU {v}", "My Finnish personal identity code is {v}."),
    _kind("DK_", dk_cpr, "CPR-nummer: {v}", "Mit CPR-nr. er {v}", "CPR: {v}"),
    _kind("NO_", no_fodselsnummer, "Fødselsnummer: {v}", "fødselsnr. {v}", "My Norwegian fødselsnummer is {v}."),
    _kind("BE_", be_nn, "Rijksregisternummer: {v}", "Numéro national : {v}", "Belgian national number {v}"),
    _kind("CH_", ch_ahv, "AHV-Nummer: {v}", "AHV-Nr. {v}", "N° AVS : {v}"),
    _kind("AT_", at_svnr, "Sozialversicherungsnummer: {v}", "SVNR {v}", "SV-Nummer: {v}"),
    _kind("IE_", ie_pps, "PPS number: {v}", "PPSN {v}", "My PPS No. is {v}"),
    _kind("PT_", pt_nif, "NIF: {v}", "Número de contribuinte: {v}", "contribuinte n.º {v}"),
    _kind("CN_", cn_ric, "身份证号：{v}", "身份证号码 {v}", "Chinese ID card number: {v}"),
    _kind("KR_", kr_rrn, "주민등록번호: {v}", "Korean RRN: {v}"),
    _kind("SG_", sg_nric, "NRIC: {v}", "NRIC/FIN {v}", "My NRIC number is {v}."),
    _kind("ZA_", za_id, "South African ID number: {v}", "SA ID {v}", "RSA ID number {v}"),
    _kind("TR_", tr_tckn, "T.C. Kimlik No: {v}", "TC kimlik numarası {v}", "TCKN: {v}"),
    _kind("RO_", ro_cnp, "CNP: {v}", "Cod numeric personal: {v}"),
    _kind("BG_", bg_egn, "ЕГН: {v}", "EGN: {v}", "ЕГН {v}"),
    _kind("HR_", hr_oib, "OIB: {v}", "OIB {v}", "Moj OIB je {v}."),
    _kind("CL_", cl_rut, "RUT: {v}", "Mi RUT es {v}", "RUN {v}"),
    _kind("AR_", ar_cuit, "CUIT: {v}", "CUIL {v}", "Mi CUIT es {v}."),
    _kind("TH_", th_tnin, "เลขประจำตัวประชาชน: {v}", "Thai national ID: {v}"),
)
"""Named by the prefix of the labels that are right."""
