"""What tests of a guarded application need: invented values to plant, a check that none got out, and a guard that records.

from bartizan import Guard
from bartizan.testing import PLANTED, RecordingGuard, assert_no_planted

def test_keys_never_reach_the_model():
    guard = RecordingGuard(Guard.from_file("bartizan.toml"))
    sent = guard.pre_prompt(f"use {PLANTED['GITHUB_TOKEN']}").text
    assert_no_planted(sent, guard.events)

For authors of plugins there is a class of tests for each kind of plugin: subclass it, and name the plugin.

class TestMine(TextPluginConformance):
    plugin = Mine
    hits = ("a text that it finds something in",)
    misses = ("a text like it, in which it finds nothing",)
"""

from __future__ import annotations

from bartizan.testing._conformance import (
    AuthorizerConformance,
    ObserverConformance,
    TextPluginConformance,
    TrainingPluginConformance,
)
from bartizan.testing._planted import PLANTED
from bartizan.testing._record import RecordingGuard, capture_events
from bartizan.testing._search import assert_no_planted

__all__ = [
    "PLANTED",
    "AuthorizerConformance",
    "ObserverConformance",
    "RecordingGuard",
    "TextPluginConformance",
    "TrainingPluginConformance",
    "assert_no_planted",
    "capture_events",
]
