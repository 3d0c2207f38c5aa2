"""The corpus itself: its values are valid by other people's code, its spans are where the values are, its measures can fail."""

from __future__ import annotations

import importlib
import ipaddress
import itertools
import random
import re

import phonenumbers
import pytest
from support.redaction_corpus import carriers, checksums, contact, evasions, finance, measure, national_more, negatives, records
from support.redaction_corpus.model import Value

VALIDATORS = {
    "US_SSN": "us.ssn",
    "UK_NHS": "gb.nhs",
    "DE_TAX_ID": "de.idnr",
    "FR_NIR": "fr.nir",
    "ES_NIF": "es.dni",
    "ES_NIE": "es.nie",
    "IT_FISCAL_CODE": "it.codicefiscale",
    "PL_PESEL": "pl.pesel",
    "IN_AADHAAR": "in_.aadhaar",
    "IN_PAN": "in_.pan",
    "BR_CPF": "br.cpf",
    "BR_CNPJ": "br.cnpj",
    "CA_SIN": "ca.sin",
    "AU_TFN": "au.tfn",
    "AU_ABN": "au.abn",
    "NL_BSN": "nl.bsn",
    "SWIFT_CODE": "bic",
    "CREDIT_CARD": "luhn",
}


def made(name, count=60):
    rng = random.Random(7)
    return [carriers.BY_NAME[name].make(rng) for _ in range(count)]


@pytest.mark.parametrize("name", VALIDATORS)
def test_values_are_valid_by_python_stdnum(name):
    module = importlib.import_module(f"stdnum.{VALIDATORS[name]}")
    values = [value.text for value in made(name) if "alphanumeric" not in value.form]  # a form younger than the library
    assert [text for text in values if not module.is_valid(re.sub(r"[ .\-]", "", text))] == []


def test_taxpayer_numbers_have_a_group_that_the_irs_gives():
    for value in made("US_ITIN"):
        digits = re.sub(r"\D", "", value.text)
        assert digits[0] == "9"
        assert int(digits[3:5]) in {*range(50, 66), *range(70, 89), 90, 91, 92, *range(94, 100)}


def test_personal_numbers_of_sweden_are_valid_by_python_stdnum():
    module = importlib.import_module("stdnum.se.personnummer")
    for value in made("SE_PERSONNUMMER"):
        digits = re.sub(r"\D", "", value.text)[-10:]
        assert checksums.luhn(digits[:-1]) == digits[-1]
        assert int(digits[4:6]) > 60 or module.is_valid(f"{digits[:6]}-{digits[6:]}")  # the library knows no coordination numbers


def test_account_numbers_are_valid_by_python_stdnum():
    module = importlib.import_module("stdnum.iban")
    lengths = {entry[:2]: 4 + sum(int(size) for size in re.findall(r"\d+", entry)) for entry in finance.IBANS}
    assert len(lengths) >= 85
    for value in made("IBAN_CODE", 400):
        compact = re.sub(r"[ \-]", "", value.text).upper()
        assert len(compact) == lengths[compact[:2]]
        assert checksums.mod_97(compact[4:] + compact[:4]) == 1
        assert module.is_valid(compact, check_country=compact[:2] == "ES") or compact[:2] in {"HN", "OM", "YE"}


def test_telephone_numbers_are_valid_by_phonenumbers():
    rng = random.Random(7)
    for region in contact.REGIONS:
        assert phonenumbers.is_valid_number(contact.phone_number(rng, region)), region


def test_wallets_have_the_published_check_sums():
    assert (
        checksums.base58check(0, bytes.fromhex("010966776006953d5567439e5e39f86a0d273bee")) == "16UwLL9Risc3QfPqBUvKofHmBQ7wMtjvM"
    )
    assert (
        checksums.segwit("bc", 0, bytes.fromhex("751e76e8199196d454941c45d1b3a323f1433bd6"))
        == "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"
    )
    assert checksums.eip_55("5aaeb6053f3e94c9b9a09f33669435e7ef1beaed") == "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"


MORE = {
    "FI_": "fi.hetu",
    "DK_": "dk.cpr",
    "NO_": "no.fodselsnummer",
    "BE_": "be.nn",
    "CH_": "ch.ssn",
    "AT_": "at.vnr",
    "IE_": "ie.pps",
    "PT_": "pt.nif",
    "CN_": "cn.ric",
    "KR_": "kr.rrn",
    "ZA_": "za.idnr",
    "TR_": "tr.tckimlik",
    "RO_": "ro.cnp",
    "BG_": "bg.egn",
    "HR_": "hr.oib",
    "CL_": "cl.rut",
    "AR_": "ar.cuit",
    "TH_": "th.pin",
}


@pytest.mark.parametrize("kind", [kind for kind in national_more.KINDS if kind.name in MORE], ids=lambda kind: kind.name)
def test_identifiers_of_more_countries_are_valid_by_python_stdnum(kind):
    module, rng = importlib.import_module(f"stdnum.{MORE[kind.name]}"), random.Random(7)
    values = [kind.make(rng).text for _ in range(60)]
    assert [text for text in values if not module.is_valid(text)] == []


@pytest.mark.parametrize("shape", records.SHAPES)
def test_the_spans_of_several_values_in_one_text_hold_them_and_do_not_overlap(shape):
    for seed in range(40):
        samples = records.SHAPES[shape](random.Random(seed))
        assert len({sample.text for sample in samples}) == 1
        ends = [sample.whole for sample in sorted(samples, key=lambda one: one.whole)]
        assert all(one[1] <= other[0] for one, other in itertools.pairwise(ends))
        assert all(sample.gold.strip() == sample.gold for sample in samples)


def test_addresses_parse():
    for value in made("IP_ADDRESS v6", 200) + made("IP_ADDRESS v4", 50):
        begin, end = value.core or (0, len(value.text))
        ipaddress.ip_address(value.text[begin:end])


@pytest.mark.parametrize("name", sorted(carriers.BY_NAME))
def test_a_sample_s_spans_hold_its_value(name):
    kind = carriers.BY_NAME[name]
    for seed in range(40):
        value = kind.make(random.Random(seed))
        sample = carriers.place(kind, value, random.Random(seed))
        begin, end = value.core or (0, len(value.text))
        assert sample.gold == value.text
        assert sample.text[slice(*sample.core)] == value.text[begin:end]
        assert sample.whole[0] <= sample.core[0] < sample.core[1] <= sample.whole[1]
        assert not re.search(r"\{[nkv]\}", sample.text.replace(value.text, ""))


def test_a_finding_counts_only_with_the_right_label_over_all_of_the_value():
    kind = carriers.BY_NAME["US_SSN"]
    sample = carriers.place(kind, Value("536-22-8726", bare=True), random.Random(1))
    begin, end = sample.core
    assert measure.score(lambda _: [("US_SSN", begin, end)], [sample]).found == 1
    assert measure.score(lambda _: [("US_SSN", begin + 1, end)], [sample]).found == 0
    assert measure.score(lambda _: [("US_SSN", begin, end - 1)], [sample]).found == 0
    other = measure.score(lambda _: [("US_ITIN", begin, end)], [sample])
    assert (other.found, other.mislabelled) == (0, 1)
    assert measure.score(lambda _: [("US_SSN", begin, end + 4)], [sample]).overlong
    assert not measure.score(lambda _: [("US_SSN", begin, end + 3)], [sample]).overlong


def test_the_parts_of_a_position_may_be_found_one_by_one_but_not_only_some():
    kind = carriers.BY_NAME["GPS_COORDINATES"]
    sample = carriers.place(kind, Value("lat: 12.5, lon: -7.25", bare=True, core=(5, 21)), random.Random(1))
    label, begin = "LOCATION_COORDINATES", sample.whole[0]
    north, east = (label, begin + 5, begin + 9), (label, begin + 16, begin + 21)
    assert measure.score(lambda _: [north, east], [sample]).found == 1
    assert measure.score(lambda _: [north], [sample]).found == 0
    assert measure.score(lambda _: [east], [sample]).found == 0


def test_a_careless_detector_hits_most_families_of_hard_negatives():
    careless = re.compile(r"\d{5,}|\d+\.\d+|[0-9a-f]{6,}|\w+@\w+|(?i:password|token|secret|key)|::|passp")
    families = measure.hits(lambda text: [("X", m.start(), m.end()) for m in careless.finditer(text)], 40)
    assert sum(len(found) > 0.1 * total for total, found in families.values()) >= 20


@pytest.mark.parametrize("name", sorted(negatives.FAMILIES))
def test_hard_negatives_differ_from_one_another(name):
    rng = measure.seeded(name, 0)
    assert len({negatives.FAMILIES[name](rng) for _ in range(100)}) >= 10


def test_disguises_change_the_value_and_only_the_value():
    for transform in evasions.TRANSFORMS:
        rng = random.Random(3)
        samples = [found for name in evasions.PLAIN if (found := evasions.disguised(name, transform, rng))]
        assert samples, transform
        for plain, sample in samples:
            assert sample.gold not in plain or transform == "newline inside"
            assert sample.text.startswith("Please check ")
            assert sample.text.endswith(" and get back to me.")
