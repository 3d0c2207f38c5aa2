"""National numbers: published examples, how people write them, and what must be left alone."""

from __future__ import annotations

import random

import pytest

from bartizan_redaction import ENTITIES, GROUPS, Config, Redaction

SCANNER = Redaction(Config()).scanners[0]

# label -> examples, mostly those of python-stdnum's documentation, that stand by themselves.
ALONE: dict[str, list[str]] = {
    "FI_PERSONAL_IDENTITY_CODE": ["131052-308T"],
    "NO_FODSELSNUMMER": ["151086 95088", "15108695088"],
    "BE_NATIONAL_NUMBER": ["85.07.30-033.28", "850730-033.28", "98.47.28-997.65"],
    "PT_CITIZEN_CARD": ["00000000 0 ZZ4", "000000000ZZ4"],
    "CH_AHV": ["756.9217.0769.85", "7569217076985", "756 9217 0769 85"],
    "CZ_BIRTH_NUMBER": ["710319/2745"],
    "RO_CNP": ["1630615123457"],
    "LV_PERSONAL_CODE": ["161175-19997"],
    "IS_KENNITALA": ["450401-3150"],
    "DE_SOCIAL_SECURITY": ["15 070649 C 10 3", "15070649C103"],
    "RU_SNILS": ["112-233-445 95", "112-233-445-95"],
    "US_MBI": ["1EG4-TE5-MK73"],
    "MX_CURP": ["BOXW310820HNERXN09"],
    "AR_CUIT": ["20-05536168-2"],
    "CL_RUT": ["12.531.909-2", "7.608.601-K"],
    "DO_CEDULA": ["001-1391820-5"],
    "ZA_ID": ["7503305044089", "750330 5044 08 9"],
    "KR_RRN": ["971013-9019902"[:7] + "1019902"],
    "CN_RIC": ["360426199101010071", "11010519491231002X"],
    "SG_NRIC_FIN": ["S1234567D", "T1234567J", "F1234567N", "G1234567X", "M1234567K"],
    "TH_TNIN": ["1-2345-45678-78-1"],
    "MY_NRIC": ["770305-02-1234"],
    "PK_CNIC": ["34201-0891231-8", "42201-0397640-8"],
    "AE_EMIRATES_ID": ["784-1982-1234567-6", "784198212345676"],
    "IN_GSTIN": ["27AAPFU0939F1ZV"],
}
# label -> (words, examples) that need one of the words before them.
NAMED: dict[str, tuple[list[str], list[str]]] = {
    "FI_PERSONAL_IDENTITY_CODE": (["hetu", "henkil\xf6tunnus", "Finnish ID"], ["131052-308t"]),
    "DK_CPR": (["CPR", "CPR-nummer", "cpr nr"], ["211062-5629", "2110625629", "211062 5629"]),
    "BE_NATIONAL_NUMBER": (["rijksregisternummer", "Registre national", "NISS"], ["85073003328", "85 07 30 033 28"]),
    "PT_NIF": (["NIF", "contribuinte", "N\xfamero fiscal"], ["501964843", "501 964 843", "501.964.843"]),
    "AT_SVNR": (["SVNR", "Sozialversicherungsnummer", "SV-Nr", "Versicherungsnummer"], ["1237 010180", "1237010180"]),
    "IE_PPS": (["PPS", "PPSN", "pps number"], ["6433435F", "6433435FW", "6433435OA", "6433435f"]),
    "CZ_BIRTH_NUMBER": (["rodn\xe9 \u010d\xedslo", "birth number", "R\u010c"], ["7103192745", "991231123", "991231/123"]),
    "BG_EGN": (["EGN", "\u0415\u0413\u041d"], ["8032056031"]),
    "LT_PERSONAL_CODE": (["asmens kodas", "Asmens kodo"], ["33309240064"]),
    "EE_PERSONAL_CODE": (["isikukood"], ["36805280109"]),
    "HR_OIB": (["OIB", "osobni identifikacijski broj"], ["33392005961"]),
    "GR_AMKA": (["AMKA", "\u0391\u039c\u039a\u0391"], ["01013099997"]),
    "GR_AFM": (["AFM", "\u0391\u03a6\u039c"], ["094259216"]),
    "SI_EMSO": (["EMSO", "EM\u0160O", "JMBG"], ["0101006500006"]),
    "IS_KENNITALA": (["kennitala"], ["4504013150"]),
    "TR_TCKN": (["TCKN", "T.C. Kimlik No", "kimlik numaras\u0131"], ["17291716060"]),
    "DE_ID_CARD": (["Personalausweis", "Ausweisnummer", "Personalausweisnummer"], ["L01X00T471", "L01X00T47", "T220001293"]),
    "IT_VAT_CODE": (["partita IVA", "P.IVA", "p. iva"], ["00743110157"]),
    "PL_NIP": (["NIP"], ["8567346215", "856-734-62-15", "856-73-46-215"]),
    "UK_UTR": (["UTR", "unique taxpayer reference"], ["1955839661", "19558 39661"]),
    "UA_RNTRC": (["\u0420\u041d\u041e\u041a\u041f\u041f", "RNOKPP"], ["1759013776"]),
    "RU_INN": (["INN", "\u0418\u041d\u041d"], ["123456789047", "1234567894"]),
    "RU_SNILS": (["SNILS", "\u0421\u041d\u0418\u041b\u0421"], ["11223344595"]),
    "VAT_ID": (
        ["VAT", "VAT no.", "USt-IdNr.", "TVA", "BTW-nummer", "IVA"],
        ["BE0697449992", "FR61954506077", "DE136695976", "ATU13585627"],
    ),
    "US_EIN": (["EIN", "Employer ID", "FEIN"], ["91-1144442", "911144442"]),
    "US_MBI": (["MBI", "Medicare number"], ["1EG4TE5MK73", "1eg4te5mk73"]),
    "US_NPI": (["NPI", "National Provider Identifier"], ["1234567893"]),
    "MEDICAL_LICENSE": (["DEA", "DEA number"], ["AB1234563", "ab1234563"]),
    "MX_CURP": (["CURP"], ["boxw310820hnerxn09"]),
    "MX_RFC": (["RFC"], ["VACE460910SX6", "GODE561231GR8"]),
    "AR_CUIT": (["CUIT", "CUIL"], ["20055361682"]),
    "AR_DNI": (["DNI"], ["27.653.418", "27653418"]),
    "CL_RUT": (["RUT", "RUN"], ["76086428-5", "12531909-2"]),
    "CO_NIT": (["NIT"], ["213.123.432-1", "213123432-1", "2131234321"]),
    "CO_CEDULA": (["c\xe9dula de ciudadan\xeda", "cedula"], ["1.032.456.789", "52.345.678"]),
    "EC_CI": (["c\xe9dula", "C.I. ecuatoriana c\xe9dula"], ["171430710-3", "1714307103"]),
    "DO_CEDULA": (["c\xe9dula"], ["00113918205"]),
    "KR_RRN": (["\uc8fc\ubbfc\ub4f1\ub85d\ubc88\ud638", "resident registration number", "RRN"], ["9710131019902"]),
    "JP_MY_NUMBER": (
        ["My Number", "\u30de\u30a4\u30ca\u30f3\u30d0\u30fc", "\u500b\u4eba\u756a\u53f7"],
        ["6214 9832 0257", "621498320257", "6214-9832-0257"],
    ),
    "SG_NRIC_FIN": (["NRIC", "FIN"], ["s1234567d"]),
    "IL_ID": (["teudat zehut", "\u05ea\u05e2\u05d5\u05d3\u05ea \u05d6\u05d4\u05d5\u05ea"], ["39337423", "039337423"][1:]),
    "TH_TNIN": (
        [
            "Thai ID",
            "\u0e40\u0e25\u0e02\u0e1b\u0e23\u0e30\u0e08\u0e33\u0e15\u0e31\u0e27\u0e1b\u0e23\u0e30\u0e0a\u0e32\u0e0a\u0e19",
        ],
        ["3100600445635"],
    ),
    "MY_NRIC": (["MyKad", "NRIC", "IC no"], ["770305021234", "770305 02 1234"]),
    "ID_NIK": (["NIK", "KTP", "e-KTP"], ["3171011708450001"]),
    "PK_CNIC": (["CNIC"], ["3420108912318"]),
    "NZ_IRD": (["IRD", "IRD number"], ["49-098-576", "49098576"]),
    "AU_MEDICARE": (["Medicare", "medicare card"], ["2123 45670 1", "2123456701", "2123 45670 1/2"]),
    "AU_ACN": (["ACN"], ["004 085 616", "004085616"]),
    "IN_VOTER": (["EPIC", "Voter ID", "voter's card"], ["WKH1186253", "wkh1186253"]),
}
AROUND = [
    "{}",
    "It is {}.",
    "({})",
    "[{}]",
    "<{}>",
    '"{}"',
    "'{}',",
    "`{}`",
    "**{}**",
    "*{}*",
    "_{}_",
    "x={}&y=2",
    "?id={}",
    "one\n{}\ntwo",
    "\t{}\t",
    "a,{},b",
    "1,{},jane",
    '{{"id": "{}", "n": 1}}',
    '{{"id":"{}"}}',
    "|{}|",
    "{};",
    "{}!",
    "{}?",
    "{}: yes",
    "\u00ab{}\u00bb",
    "\u8eab\u4efd{}\u3002",
    "id\u00a0{}",
]
BETWEEN = [": ", " ", ":", "=", " = ", " is ", ": **", " no. ", "\t", '": "', " - ", "\n", " (", " # ", "\u00a0"]


def labels(text: str, value: str) -> set[str]:
    begin = text.index(value)
    return {f.label for f in SCANNER.scan(text) if (f.start, f.end) == (begin, begin + len(value))}


def covered(text: str, value: str) -> bool:
    begin = text.index(value)
    return any((f.start or 0) <= begin and begin + len(value) <= (f.end or 0) for f in SCANNER.scan(text))


@pytest.mark.parametrize(("label", "value"), [(label, value) for label, values in ALONE.items() for value in values])
def test_a_form_of_its_own_is_found_in_every_surrounding(label: str, value: str) -> None:
    for around in AROUND:
        assert label in labels(around.format(value), value), around


@pytest.mark.parametrize(
    ("label", "word", "value"),
    [(label, word, value) for label, (words, values) in NAMED.items() for word in words for value in values],
)
def test_a_common_form_is_found_behind_its_words_only(label: str, word: str, value: str) -> None:
    for between in BETWEEN:
        for said in (word, f"my {word.upper()}"):
            text = f"{said}{between}{value}"
            found = labels(text, value)
            assert label in found or (found and label in {"EC_CI", "DO_CEDULA", "CO_CEDULA", "MY_NRIC", "IT_VAT_CODE"}), text
    for around in AROUND:
        text = f"{word}: {around.format(value)}"
        if around != "1,{},jane":
            assert covered(text, value), text
    far = f"{word}{' .' * 40}{value}"
    assert label not in labels(far, value) or value == "GODE561231GR8"


def test_a_word_within_a_word_says_nothing() -> None:
    assert "DK_CPR" not in labels("scpr 211062-5629", "211062-5629")
    assert "RU_INN" not in labels("inner 1234567894", "1234567894")
    assert "HR_OIB" not in labels("boib33392005961", "33392005961")
    assert "AR_DNI" not in labels("sidni 27653418", "27653418")


@pytest.mark.parametrize(
    ("label", "value"),
    [
        (label, value)
        for label, values in ALONE.items()
        for value in values
        if label not in {"US_MBI", "PK_CNIC", "KR_RRN", "MY_NRIC"}
    ],
)
def test_one_wrong_digit_is_a_miss(label: str, value: str) -> None:
    places = [place for place, character in enumerate(value) if character.isdigit()]
    wrong = value[: places[-1]] + str((int(value[places[-1]]) + 1) % 10) + value[places[-1] + 1 :]
    assert label not in labels(wrong, wrong)


@pytest.mark.parametrize(
    ("label", "word", "value"),
    [
        (label, words[0], values[0])
        for label, (words, values) in NAMED.items()
        # no check digit, or one that says nothing of the last digit
        if label
        not in {
            "DK_CPR",
            "US_EIN",
            "US_MBI",
            "AR_DNI",
            "CO_CEDULA",
            "KR_RRN",
            "MY_NRIC",
            "ID_NIK",
            "PK_CNIC",
            "AU_MEDICARE",
            "MX_RFC",
        }
    ],
)
def test_one_wrong_digit_is_a_miss_behind_words_too(label: str, word: str, value: str) -> None:
    places = [place for place, character in enumerate(value) if character.isdigit()]
    wrong = value[: places[-1]] + str((int(value[places[-1]]) + 1) % 10) + value[places[-1] + 1 :]
    assert label not in labels(f"{word}: {wrong}", wrong)


@pytest.mark.parametrize("size", [7, 8, 9, 10, 11, 12, 13, 16, 18])
def test_bare_digits_are_hardly_ever_taken_for_one(size: int) -> None:
    rng, count, wrong = random.Random(size), 3000, []
    for _ in range(count):
        value = "".join(rng.choice("0123456789") for _ in range(size))
        wrong += [(f.label, value) for f in SCANNER.scan(f"order {value} was shipped") if f.label in GROUPS["national_id"]]
    assert len(wrong) <= 0.005 * count, wrong[:5]


@pytest.mark.parametrize(
    "shape",
    [
        "dd.dd.dd-ddd.dd",
        "dddddd-dddd",
        "dddddd/dddd",
        "dddddd-ddddd",
        "AdddddddA",
        "dddddd-dd-dddd",
        "ddddddddAddd",
        "dd-dddddddd-d",
        "AAAAddddddAAA",
    ],
)
def test_forms_of_ones_own_are_seldom_met_by_chance(shape: str) -> None:
    rng, count, wrong = random.Random(shape), 2000, 0
    for _ in range(count):
        value = "".join({"d": rng.choice("0123456789"), "A": rng.choice("ABCDEFGHJKLMNPRSTVWXYZ")}.get(c, c) for c in shape)
        wrong += any(f.label in GROUPS["national_id"] for f in SCANNER.scan(value))
    print(f"{shape}: {wrong / count:.4f}")
    assert wrong <= 0.03 * count


def test_every_national_number_has_examples() -> None:
    here = set(ALONE) | set(NAMED)
    families = {entity.label for entity in ENTITIES if entity.label in GROUPS["national_id"]}
    assert here <= families
    assert {label for label in families if label not in here} <= {
        "US_SSN", "US_ITIN", "UK_NINO", "UK_NHS", "DE_TAX_ID", "FR_NIR", "ES_NIF", "ES_NIE", "IT_FISCAL_CODE", "PL_PESEL",
        "IN_AADHAAR", "IN_PAN", "BR_CPF", "BR_CNPJ", "CA_SIN", "AU_TFN", "AU_ABN", "NL_BSN", "SE_PERSONNUMMER", "US_PASSPORT",
        "DRIVER_LICENSE", "PASSPORT",
    }  # fmt: skip
