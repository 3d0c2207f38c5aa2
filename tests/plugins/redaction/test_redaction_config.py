"""Settings of the plugin: what they choose, and the one clear sentence when they are wrong."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import ValidationError

from bartizan import Action
from bartizan_redaction import GROUPS, Config, Redaction


def config(**values: Any) -> Config:
    """As from TOML: strict JSON mode."""
    return Config.model_validate_json(json.dumps(values), strict=True)


def labels_in(plugin: Redaction, text: str, start: int = 0) -> list[str]:
    return [finding.label for finding in plugin.scanners[0].scan(text, start)]


def test_default_is_everything_redacted_by_one_pointwise_scanner() -> None:
    plugin = Redaction(config())
    assert plugin.labels == {label for labels in GROUPS.values() for label in labels}
    assert len(plugin.scanners) == 1
    assert plugin.scanners[0].pointwise
    assert plugin.scanners[0].max_span <= 65_536
    (finding,) = plugin.scanners[0].scan("jane@example.org")
    assert finding.action is Action.REDACT
    assert plugin.default_rules == ({"origins": ["system"], "labels": ["pii"], "action": "note"},)


def test_groups_split_personal_data_from_secrets() -> None:
    groups = Redaction(config()).groups
    assert {"EMAIL_ADDRESS", "PHONE_NUMBER", "CREDIT_CARD", "IBAN_CODE", "US_SSN", "IP_ADDRESS"} < groups["pii"]
    assert {"DE_TAX_ID", "FR_NIR", "ES_NIF", "IBAN_CODE"} < groups["eu"] < groups["pii"]
    assert {"CRYPTO"} == groups["crypto"]
    assert {"JWT", "PRIVATE_KEY", "GENERIC_SECRET", "AWS_ACCESS_KEY"} < groups["secrets"]
    assert not groups["pii"] & groups["secrets"]


def test_entities_choose_labels_and_groups() -> None:
    text = "jane@example.org from 10.20.30.40, password: hunter2"
    assert labels_in(Redaction(config(entities=["EMAIL_ADDRESS"])), text) == ["EMAIL_ADDRESS"]
    assert labels_in(Redaction(config(entities=["secrets", "IP_ADDRESS"])), text) == ["IP_ADDRESS", "GENERIC_SECRET"]
    assert labels_in(Redaction(config(entities=[])), text) == []
    only = Redaction(config(entities=["EMAIL_ADDRESS"]))
    assert only.labels == {"EMAIL_ADDRESS"}
    assert only.groups["pii"] == {"EMAIL_ADDRESS"}
    assert only.groups["secrets"] == frozenset()


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"entities": ["EMAIL_ADRESS"]}, "did you mean 'EMAIL_ADDRESS'"),
        ({"entities": ["secret"]}, "did you mean 'secrets'"),
        ({"entities": ["email_address"]}, "did you mean 'EMAIL_ADDRESS'"),
        ({"entities": ["??"]}, "known are default"),
        ({"allow_list": [""]}, "allow_list may not hold blank entries"),
        ({"allow_list": ["**"]}, "switch redaction off"),
        ({"custom": {"T": {"regex": "(?=a)"}}}, "not a pattern that RE2 can compile"),
        ({"custom": {"T": {"regex": "("}}}, "not a pattern that RE2 can compile"),
        ({"custom": {"T": {"regex": "a*"}}}, "matches the empty text"),
        ({"custom": {"T": {"regex": "x|"}}}, "matches the empty text"),
        ({"custom": {"T": {}}}, "needs a regex or a deny_list"),
        ({"custom": {"T": {"deny_list": [" "]}}}, "blank"),
        ({"custom": {"T": {"regex": "a", "max_span": 0}}}, "greater than or equal to 1"),
        ({"custom": {"T": {"regexp": "a"}}}, "Extra inputs are not permitted"),
        ({"custom": {"JWT": {"regex": "a"}}}, "has the name of a built-in entity"),
        ({"custom": {"ticket id": {"regex": "a"}}}, "capitals, digits and underscores"),
        ({"custom": {"T": {"regex": "a", "checksum": "crc32"}}}, "Input should be 'luhn'"),
        ({"custom": {"T": {"deny_list": ["a"], "checksum": "luhn"}}}, "asked of matches of a regex"),
        ({"allow_list": ["regex:("]}, "RE2 can't compile"),
        ({"allow_list": ["regex:.*"]}, "switch redaction off"),
        ({"allow_list": ["regex:.+"]}, "switch redaction off"),
        ({"allow_list": [r"regex:\w*"]}, "switch redaction off"),
        ({"allow_list": ["regex:"]}, "switch redaction off"),
        ({"entitys": []}, "Extra inputs are not permitted"),
    ],
)
def test_wrong_settings_are_refused_in_clear_words(values: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError, match=r"(?s).*") as caught:
        config(**values)
    assert says in caught.value.errors()[0]["msg"]


def test_refusals_hold_no_values() -> None:
    with pytest.raises(ValidationError) as caught:
        config(allow_list=["planted-value", ""], custom={"T": {"regex": "(planted-value", "deny_list": ["planted-value"]}})
    assert "planted-value" not in str(caught.value)


def test_allow_list_ignores_case_and_knows_globs() -> None:
    plugin = Redaction(config(allow_list=["Help@acme.test", "*@corp.test", "10.0.*.1", "a.c@x.test"]))
    assert labels_in(plugin, "help@ACME.test any.one@Corp.Test 10.0.77.1") == []
    assert labels_in(plugin, "helper@acme.test x@corp.test.org 10.0.77.12") == ["EMAIL_ADDRESS", "EMAIL_ADDRESS", "IP_ADDRESS"]
    assert labels_in(plugin, "abc@x.test") == ["EMAIL_ADDRESS"], "a dot stands for itself"


def test_custom_entity_is_found_without_being_named_in_entities() -> None:
    plugin = Redaction(
        config(entities=["EMAIL_ADDRESS", "TICKET"], custom={"TICKET": {"regex": r"TCK-\d{6}"}, "OTHER": {"deny_list": ["zeta"]}})
    )
    assert plugin.labels == {"EMAIL_ADDRESS", "TICKET", "OTHER"}
    assert plugin.groups["custom"] == {"TICKET", "OTHER"}
    assert labels_in(plugin, "TCK-123456 zeta") == ["TICKET", "OTHER"]


def test_reprs_hold_no_values() -> None:
    plugin = Redaction(config(allow_list=["planted@example.org"], custom={"T": {"regex": "planted"}}))
    assert "planted" not in repr(plugin) + repr(plugin.scanners)


def test_allow_list_knows_patterns_that_match_a_whole_value() -> None:
    plugin = Redaction(config(allow_list=[r"regex:test-[0-9]+@x\.test", r"regex:(?i)ops@[a-z]+\.test"]))
    assert labels_in(plugin, "test-17@x.test OPS@corp.test") == []
    assert labels_in(plugin, "Test-17@x.test") == ["EMAIL_ADDRESS"], "a pattern says itself whether case counts"
    assert labels_in(plugin, "a.test-17@x.test") == ["EMAIL_ADDRESS"]
    assert labels_in(plugin, "test-17@x.test.org") == ["EMAIL_ADDRESS"]
