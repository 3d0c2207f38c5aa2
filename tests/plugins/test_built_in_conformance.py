"""The built-in plugins pass the kit that everyone's plugins are held to."""

from __future__ import annotations

from typing import Any, ClassVar

from bartizan.testing import PLANTED, TextPluginConformance
from bartizan_redaction import Redaction
from bartizan_validation import Validation


class TestRedaction(TextPluginConformance):
    plugin = Redaction
    hits = tuple(f"say {value} to them" for value in PLANTED.values() if len(value) < 80)
    misses = ("Chrome/120.0.150.20 on the 978-0-306-40615-7", "password: forgotten again", "order 1700000000 of 12:30")
    rounds = 60


class TestRedactionWithEntitiesOfItsOwn(TextPluginConformance):
    plugin = Redaction
    config: ClassVar[dict[str, Any]] = {
        "entities": ["EMAIL_ADDRESS"],
        "allow_list": ["*@allowed.example.com"],
        "custom": {"TICKET": {"regex": "TCK-[0-9]{6}"}, "BADGE": {"regex": "E-[0-9]{6}", "context_words": ["employee"]}},
    }
    hits = ("jane@mail.example.org", "see TCK-123456", "employee E-123456")
    misses = ("joe@allowed.example.com", "TCK-12", "E-123456", "card 4111 1111 1111 1111")


class TestValidation(TextPluginConformance):
    plugin = Validation
    hits = ("a\u200bb", "\x1b[31mred\x07", "\u202eevil", "tag \U000e0061 here")
    misses = (
        "plain",
        "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
        "a line\nand another\ttab",
        "\U0001f468\u200d\U0001f469\u200d\U0001f467",
        "",
    )


class TestValidationOfAnswers(TextPluginConformance):
    plugin = Validation
    verbs = ("post_response",)
    config: ClassVar[dict[str, Any]] = {"allowed_hosts": ["good.example"], "check_links": True, "deny_list": ["project bluebird"]}
    hits = ("![a](https://evil.example/?q=1)", "<img src='//evil.example/x'>", "[a](//evil.example)", "the Project Bluebird plan")
    misses = ("![a](https://good.example/x)", "vec![1] a[b](c)", "1 < 2 and [so] on", "blue bird")
