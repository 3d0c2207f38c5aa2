"""Personal data as people, keys, other languages and other separators write it, and the numbers beside it that are no one's."""

from __future__ import annotations

import pytest

from bartizan_redaction import Config, Redaction

SCANNER = Redaction(Config()).scanners[0]

# label -> (text, the value in it); the value must be found whole.
HITS: dict[str, list[tuple[str, str]]] = {
    "EMAIL_ADDRESS": [
        ("write to x@team.big-corp.example.com now", "x@team.big-corp.example.com"),
        ("x@mx01.eu-west.acme.com", "x@mx01.eu-west.acme.com"),
        ("x@mail.eu2.acme.com.", "x@mail.eu2.acme.com"),
        ("x@mail.acme.3com-test.org", "x@mail.acme.3com-test.org"),
        ("see jane@example.com1", "jane@example.com"),
        (
            "\u0930\u093e\u092e@\u0909\u0926\u093e\u0939\u0930\u0923.\u092d\u093e\u0930\u0924",
            "\u0930\u093e\u092e@\u0909\u0926\u093e\u0939\u0930\u0923.\u092d\u093e\u0930\u0924",
        ),
        ("\uff0c\u7528\u6237@\u4f8b\u5b50.\u516c\u53f8\uff0c", "\u7528\u6237@\u4f8b\u5b50.\u516c\u53f8"),
    ],
    "PHONE_NUMBER": [
        ("Telem\xf3vel: 21 234 6867", "21 234 6867"),
        ("You can reach me on 628 186 626 after six.", "628 186 626"),
        ("<telephone>81237970</telephone>", "81237970"),
        ('phoneNumber="(601) 2316600"', "(601) 2316600"),
        ("\u0442\u0435\u043b. 8 (912) 348-46-78", "8 (912) 348-46-78"),
        ("\u624b\u673a\u53f7\uff1a131 2345 6875", "131 2345 6875"),
    ],
    "CREDIT_CARD": [
        ("5019-1767-9637-7154", "5019-1767-9637-7154"),
        ("5061 7985 5254 8011 50", "5061 7985 5254 8011 50"),
        ("card 8282975414241849", "8282975414241849"),
        ("paid with 4111111111111111/2027", "4111111111111111"),
    ],
    "IBAN_CODE": [
        ("Numer IBAN: gb70 vrbb 5116 6704 5920 66", "gb70 vrbb 5116 6704 5920 66"),
        ("no46 6904 6348 995.", "no46 6904 6348 995"),
    ],
    "SWIFT_CODE": [("bank identifier code = CHASUS33XXX", "CHASUS33XXX"), ('bankIdentifierCode: "DEUTDEFF"', "DEUTDEFF")],
    "IP_ADDRESS": [
        ("- item: 90.185.238.130", "90.185.238.130"),
        ('<span data-v="51.185.42.87">', "51.185.42.87"),
        ("64:ff9b::32.123.234.197", "64:ff9b::32.123.234.197"),
        ("10.0.0.1-10.0.0.9", "10.0.0.9"),
        ("10.20.30.40 Gateway", "10.20.30.40"),
    ],
    "LOCATION_COORDINATES": [
        ("Koordinaten: -34.4222-140.2405/", "-34.4222-140.2405/"),
        ("+12.1029-042.0255/", "+12.1029-042.0255/"),
    ],
    "US_SSN": [("SS# 064976844", "064976844"), ("mi n\xfamero de seguro social es 255969114", "255969114")],
    "UK_NINO": [("SZ-83-74-57-B", "SZ-83-74-57-B"), ("national_insurance_number: nw876779b", "nw876779b")],
    "UK_NHS": [('{"nhsNumber": "4783730180"}', "4783730180"), ("customerNhs=478-373-0180", "478-373-0180")],
    "IN_AADHAAR": [
        (
            "\u092e\u0947\u0930\u093e \u0906\u0927\u093e\u0930 \u0928\u0902\u092c\u0930 2341 2341 2346 \u0939\u0948",
            "2341 2341 2346",
        )
    ],
    "IN_PAN": [("\u092a\u0948\u0928 \u0915\u093e\u0930\u094d\u0921 acupa7085r", "acupa7085r")],
    "BR_CNPJ": [("12.ABC.345/01DE-35", "12.ABC.345/01DE-35"), ("CNPJ 12ABC34501DE35", "12ABC34501DE35")],
    "CA_SIN": [("social_insurance_number=123-456-782", "123-456-782")],
    "AU_TFN": [("tax_file_number = '123-456-782'", "123-456-782"), ("taxFileNumber: 123456782", "123456782")],
    "AU_ABN": [("Australian business number is 62 046 716 858", "62 046 716 858")],
    "ES_NIF": [("D.N.I. 54362315k", "54362315k"), ("54.362.315-K", "54.362.315-K")],
    "FR_NIR": [("(265012A16193952)", "265012A16193952")],
    "IT_FISCAL_CODE": [("DZZ BMR 53L63 Z148Q, and", "DZZ BMR 53L63 Z148Q")],
    "SE_PERSONNUMMER": [("19701063-2391", "19701063-2391"), ("pers.nr 8506712341", "8506712341")],
    "SG_NRIC_FIN": [("see S9876543C", "S9876543C"), ("[F4225168L]", "F4225168L")],
    "ZA_ID": [("SA ID 5811269467184", "5811269467184"), ("South African ID number: 8410309062183", "8410309062183")],
    "DK_CPR": [("CPR-nummer: 150444-0905", "150444-0905")],
    "DATE_OF_BIRTH": [
        ("Sz\xfclet\xe9si d\xe1tum: 1967-06-08", "1967-06-08"),
        (
            "\u0414\u0430\u0442\u0430 \u0440\u043e\u0436\u0434\u0435\u043d\u0438\u044f: 5 \u043e\u043a\u0442\u044f\u0431\u0440\u044f 2002",
            "5 \u043e\u043a\u0442\u044f\u0431\u0440\u044f 2002",
        ),
        ("\u05ea\u05d0\u05e8\u05d9\u05da \u05dc\u05d9\u05d3\u05d4: 28/01/2006", "28/01/2006"),
        ("ur. 05-05-1941 w Krakowie", "05-05-1941"),
        ('"dateOfBirth": "1980-02-29"', "1980-02-29"),
    ],
    "PASSPORT": [
        ("Paspoortnummer: NZR0JG7M8", "NZR0JG7M8"),
        ("Reisepass-Nr. CTJGVGWN3", "CTJGVGWN3"),
        ("passportNo: 74 2143245", "74 2143245"),
    ],
    "DRIVER_LICENSE": [
        ("drivers_license R2334 10774 28809", "R2334 10774 28809"),
        ("DL# M 140 312 767 692", "M 140 312 767 692"),
        ("DLN: DL-3920787069098", "DL-3920787069098"),
        ("DL number WDLLBBN276R9", "WDLLBBN276R9"),
        ("patente: U15ZT8HFUN", "U15ZT8HFUN"),
        ("Prawo jazdy nr 78654/39/6509", "78654/39/6509"),
        ("license_number: 'T745-3802-5911'", "T745-3802-5911"),
    ],
}
MISSES = [
    "ZIP 02110-1301",
    "Boston, MA 06960-3697, USA",
    "CEP 41650-082, S\xe3o Paulo",
    "as defined in clause 252.227-7013 (c) (1)",
    "ISSN 0283-5696",
    "part no. 083-65860-f",
    "https://www.example.com/groups/268/posts/6063939739500478",
    "EAN 4006381333931",
    "https://www.example.com/posts/jane-activity-6963242628536487936-trAp/",
    "6*x + 4828147466240000*t**12",
    "array([1.1200, 1.1200])",
    "contact: Copyright (c) 1995-2011 Ann",
    "call it on 20201231",
    "It breaks in Chrome 92.0.22.136 but not here",
    'AssemblyVersion("2.23.30.8")',
    "<Version>3.25.26.28</Version>",
    "5.17.4.10 Error handling\n5.17.4.11 Recovery",
    "PDB 7BVF, EC 3.16.1.2",
    '<path d="M14.31 0.86c-0.634-.5-1.2.3.4-1.3.5z"/>',
    "heap 89260000K->17852000K(17852000K), 0.089267 secs",
    "version v1.2.3.4",
    "be12 3456 7890 1234",
    "the company 123456782",
    "a cousin 123 456 782",
]
GROWING = [
    "pay to gb70 vrbb 5116 6704 5920 66 by noon",
    "code DZZ BMR 53L63 Z148Q of hers",
    "drivers_license R2334 10774 28809 is old",
    "DL# M 140 312 767 692 is old",
    "at -34.4222-140.2405/ we met",
]


def found(text: str, start: int = 0) -> list[tuple[str, str]]:
    return [(f.label, text[f.start : f.end]) for f in SCANNER.scan(text, start)]


@pytest.mark.parametrize(("label", "text", "value"), [(label, *case) for label, cases in HITS.items() for case in cases])
def test_value_is_found_whole(label: str, text: str, value: str) -> None:
    assert (label, value) in found(text)
    assert (label, value) in found(f"Note:\n{text}\n")


@pytest.mark.parametrize("text", MISSES)
def test_what_only_looks_alike_is_left_alone(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize("top", ["big", "eu", "com", "pl", "info", "photography"])
@pytest.mark.parametrize("rest", ["-corp", "-1", "2", "--x", "1a-b", "x"])
def test_no_part_of_a_domain_is_left_over(top: str, rest: str) -> None:
    """A label may begin like a top-level domain: what follows it would be shown."""
    address = f"jane.doe@mail.{top}{rest}.example.org"
    assert found(f"to {address}, please") == [("EMAIL_ADDRESS", address)]


@pytest.mark.parametrize(
    "key",
    [
        "tax_file_number",
        "taxFileNumber",
        "TAX_FILE_NUMBER",
        "TaxFileNumber",
        "tax-file-number",
        "customerTfn",
        "customer_tfn",
        "tfnNumber",
        "tfn",
    ],
)
def test_a_word_is_read_in_keys_of_every_style(key: str) -> None:
    assert found(f'{{"{key}": "123456782"}}') == [("AU_TFN", "123456782")]


@pytest.mark.parametrize("key", ["aftfn", "tfns", "TFNS", "ATFN", "taxfiles", "COTFN"])
def test_a_part_of_a_word_is_none(key: str) -> None:
    assert found(f'{{"{key}": "123456782"}}') == []


@pytest.mark.parametrize("text", GROWING)
def test_a_value_in_groups_is_held_while_it_grows(text: str) -> None:
    text += " and the rest of it goes on in small words"
    finding = max(SCANNER.scan(text), key=lambda one: one.end - one.start)
    start = 0
    for size in range(1, len(text)):
        start = SCANNER.pending(text[:size], start)
        if size < finding.end:
            assert start <= finding.start
    assert start >= finding.end


def test_a_word_says_more_than_a_check_digit() -> None:
    """The same digits are one country's by their check and another's by the word before them."""
    assert found("Personnummer: 110618-2007") == [("SE_PERSONNUMMER", "110618-2007")]
    assert found("CPR: 110618-2007") == [("DK_CPR", "110618-2007")]
    assert found("Thai national ID: 3501098836111") == [("TH_TNIN", "3501098836111")]
