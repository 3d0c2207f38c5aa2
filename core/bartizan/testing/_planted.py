"""Invented values to plant in tests: valid in form, nobody's, and put together here so no secret scanner takes them for real.

Numbers come from ranges set aside for examples where there are any. Labels that only a name beside the value gives away
(`password: ...`) have none: alone, such a value is a word like any other.
"""

from __future__ import annotations

import base64
from itertools import cycle, islice
from typing import Final

_LETTERS: Final = "Planted0By1Bartizan2For3Tests4And5Nothing6Else7"


def _filler(length: int, characters: str = _LETTERS) -> str:
    """`length` characters that are plainly no random key."""
    return "".join(islice(cycle(characters), length))


def _segment(text: str) -> str:
    """A JWT's segment: base64url without padding (RFC 7515, section 2)."""
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _pem() -> str:
    """A PEM block (RFC 7468) whose content is a sentence, not a key."""
    content = base64.b64encode((_filler(47) * 4).encode()).decode()
    lines = [content[at : at + 64] for at in range(0, len(content), 64)]
    kind = "PRIVATE" + " KEY"
    return "\n".join([f"-----BEGIN {kind}-----", *lines, f"-----END {kind}-----"])


PLANTED: Final[dict[str, str]] = {
    "EMAIL_ADDRESS": "wilhelmina.planted@mail.example.com",  # RFC 2606: no one's domain
    "PHONE_NUMBER": "+1 202-555-0143",  # NANPA: 555-0100 to 555-0199 are for fiction
    "CREDIT_CARD": "4000 0020 2611 2308",  # ISO/IEC 7812-1: the check digit is right; the issuer is one for test cards
    "IBAN_CODE": "GB05TEST00000026112303",  # ISO 13616; the bank TEST does not exist
    "US_SSN": "219-09-9999",  # SSA: printed in a pamphlet of 1940, never valid since
    "IP_ADDRESS": "203.0.113.77",  # RFC 5737: for documentation
    "MAC_ADDRESS": "00:00:5e:00:53:01",  # RFC 7042: for documentation
    "CRYPTO": "0xfb6916095ca1df60bb79ce92ce3ea74c37c5d359",  # an example of EIP-55
    # National numbers: the examples that their issuers, or the checksums' descriptions, print.
    "US_ITIN": "912-70-1234",
    "UK_NINO": "AB123456C",
    "DE_TAX_ID": "36 574 261 809",
    "FR_NIR": "2 95 10 99 126 111 93",
    "ES_NIF": "54362315K",
    "ES_NIE": "X2482300W",
    "IT_FISCAL_CODE": "RCCMNL83S18D969H",
    "IN_PAN": "ACUPA7085R",
    "BR_CPF": "390.533.447-05",
    "BR_CNPJ": "16.727.230/0001-97",
    "AU_ABN": "83 914 571 673",
    "SE_PERSONNUMMER": "880320-0016",
    "FI_PERSONAL_IDENTITY_CODE": "131052-308T",
    "NO_FODSELSNUMMER": "151086 95088",
    "BE_NATIONAL_NUMBER": "85.07.30-033.28",
    "PT_CITIZEN_CARD": "00000000 0 ZZ4",
    "CH_AHV": "756.9217.0769.85",
    "DE_SOCIAL_SECURITY": "15 070649 C 10 3",
    "CZ_BIRTH_NUMBER": "710319/2745",
    "RO_CNP": "1630615123457",
    "LV_PERSONAL_CODE": "161175-19997",
    "IS_KENNITALA": "450401-3150",
    "RU_SNILS": "112-233-445 95",
    "US_MBI": "1EG4-TE5-MK73",
    "MX_CURP": "BOXW310820HNERXN09",
    "MX_RFC": "GODE561231GR8",
    "AR_CUIT": "20-05536168-2",
    "CL_RUT": "12.531.909-2",
    "DO_CEDULA": "001-1391820-5",
    "ZA_ID": "7503305044089",
    "KR_RRN": "971013-1019902",
    "CN_RIC": "11010519491231002X",
    "SG_NRIC_FIN": "S1234567D",
    "TH_TNIN": "1-2345-45678-78-1",
    "MY_NRIC": "770305-02-1234",
    "PK_CNIC": "34201-0891231-8",
    "AE_EMIRATES_ID": "784-1982-1234567-6",
    "IN_GSTIN": "27AAPFU0939F1ZV",
    "LOCATION_COORDINATES": "48.8584, 2.2945",  # a tower in Paris
    "API_KEY": "hv" + "s." + _filler(24),
    "AZURE_CLIENT_SECRET": "abc" + "8Q~" + _filler(34),
    "AWS_ACCESS_KEY": "AK" + "IA" + _filler(16, "PLANTED0BARTIZAN"),
    "GITHUB_TOKEN": "gh" + "p_" + _filler(36),
    "GITLAB_TOKEN": "gl" + "pat-" + _filler(20),
    "SLACK_TOKEN": "xo" + "xb-" + _filler(24),
    "STRIPE_KEY": "sk" + "_live_" + _filler(24),
    "OPENAI_API_KEY": "sk" + "-proj-" + _filler(40),
    "ANTHROPIC_API_KEY": "sk" + "-ant-api03-" + _filler(40),
    "HUGGINGFACE_TOKEN": "h" + "f_" + _filler(34),
    "GOOGLE_API_KEY": "AI" + "za" + _filler(35),
    "SENDGRID_API_KEY": "S" + "G." + _filler(22) + "." + _filler(43),
    "TWILIO_KEY": "S" + "K" + _filler(32, "0facade1"),
    "NPM_TOKEN": "np" + "m_" + _filler(36),
    "PYPI_TOKEN": "py" + "pi-" + _filler(64),
    "DATABRICKS_TOKEN": "da" + "pi" + _filler(32, "0facade1"),
    "DOCKER_TOKEN": "dckr" + "_pat_" + _filler(27),
    "DISCORD_TOKEN": ".".join([_segment("198622483471925248"), _filler(6, "Xt0Pq3"), _filler(27)]),
    "DATABASE_URL": "postgres://planted:" + "Bartizan0Tests" + "@db:5432/app",
    "TELEGRAM_BOT_TOKEN": "2026112303" + ":" + _filler(35),
    "JWT": ".".join([_segment('{"alg":"HS256"}'), _segment('{"sub":"planted by bartizan"}'), _filler(43)]),
    "PRIVATE_KEY": _pem(),
}
"""Label -> a value that the built-in redaction finds under it."""
