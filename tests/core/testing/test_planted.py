from __future__ import annotations

import pytest

from bartizan import Action, Guard
from bartizan.testing import PLANTED

IN_CONTEXT = {
    *("AU_TFN", "AWS_SECRET_KEY", "AZURE_STORAGE_KEY", "BANK_ACCOUNT", "BASIC_AUTH", "CA_SIN", "DATE_OF_BIRTH", "DRIVER_LICENSE"),
    *("AR_DNI", "AT_SVNR", "AU_ACN", "AU_MEDICARE", "AZURE_DEVOPS_TOKEN", "AZURE_SAS_TOKEN", "BG_EGN", "CO_CEDULA", "CO_NIT"),
    *("DE_ID_CARD", "DK_CPR", "EC_CI", "EE_PERSONAL_CODE", "GCP_SERVICE_ACCOUNT", "GR_AFM", "GR_AMKA", "HR_OIB", "ID_NIK"),
    *(
        "IE_PPS",
        "IL_ID",
        "IN_VOTER",
        "IT_VAT_CODE",
        "JP_MY_NUMBER",
        "LT_PERSONAL_CODE",
        "MEDICAL_LICENSE",
        "MEDICAL_RECORD_NUMBER",
    ),
    *("NZ_IRD", "PASSPORT", "PL_NIP", "PT_NIF", "RU_INN", "SI_EMSO", "TEAMS_WEBHOOK", "TR_TCKN", "UA_RNTRC", "UK_UTR", "US_EIN"),
    *("US_NPI", "VAT_ID"),
    *("GENERIC_SECRET", "IN_AADHAAR", "NL_BSN", "PL_PESEL", "SWIFT_CODE", "UK_NHS", "URL_CREDENTIALS", "US_PASSPORT"),
}
"""Found only by the words beside a value, or as a part of something longer."""


@pytest.fixture(scope="module")
def guard() -> Guard:
    return Guard(plugins=["redaction"])


@pytest.mark.parametrize("label", PLANTED)
def test_the_built_in_redaction_finds_each_value_whole_under_its_label(guard: Guard, label: str) -> None:
    for text in (PLANTED[label], f"it is {PLANTED[label]} as said"):
        verdict = guard.pre_prompt(text)
        assert verdict.action is Action.REDACT
        assert {finding.label for finding in verdict.findings} == {label}
        assert verdict.text == text.replace(PLANTED[label], f"<{label}>")


def test_every_built_in_label_has_one_but_those_that_only_what_is_around_gives_away(guard: Guard) -> None:
    (member,) = guard.engine.members
    labels = member.instance.labels  # type: ignore[attr-defined]
    assert labels - set(PLANTED) == IN_CONTEXT
    assert set(PLANTED) <= labels


def test_no_value_is_part_of_another() -> None:
    values = list(PLANTED.values())
    assert len(set(values)) == len(values)
    assert not any(a in b for a in values for b in values if a != b)
