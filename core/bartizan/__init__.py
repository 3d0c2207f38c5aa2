"""Bartizan: a plugin framework that makes LLM applications safe to deploy.

A plugin is a class; its entry point in the group `bartizan` names it:

    from bartizan import Action, Finding, hookimpl

    class NoCodenames:
        @hookimpl
        def pre_prompt(self, prompt, context):
            return [Finding("CODENAME", Action.REDACT, segment=i, start=at, end=at + 8)
                    for i, segment in enumerate(prompt.segments)
                    if (at := segment.text.find("Bluebird")) >= 0]

and a guard takes it by name or as an instance: `Guard(plugins=["redaction", NoCodenames()])`.
"""

from __future__ import annotations

from bartizan._engine.response_stream import ResponseStream
from bartizan._errors import (
    AccessDenied,
    ApprovalRequired,
    BartizanError,
    Blocked,
    MissingExtra,
    PluginError,
    PluginLoadError,
    PolicyError,
    Refused,
)
from bartizan._guard import Guard
from bartizan._hooks import hookimpl
from bartizan._session import Session
from bartizan._values.access import AccessRequest, Approval, Decision, Effect, Principal, Resource
from bartizan._values.context import Context
from bartizan._values.events import Event, PluginRun
from bartizan._values.findings import Action, Finding, Scanner
from bartizan._values.retrieval import RetrievalPolicy
from bartizan._values.texts import Origin, Prompt, Response, ResponseText, Segment, Text
from bartizan._values.training import TrainingJob
from bartizan._verdict import Verdict

__all__ = [
    "AccessDenied",
    "AccessRequest",
    "Action",
    "Approval",
    "ApprovalRequired",
    "BartizanError",
    "Blocked",
    "Context",
    "Decision",
    "Effect",
    "Event",
    "Finding",
    "Guard",
    "MissingExtra",
    "Origin",
    "PluginError",
    "PluginLoadError",
    "PluginRun",
    "PolicyError",
    "Principal",
    "Prompt",
    "Refused",
    "Resource",
    "Response",
    "ResponseStream",
    "ResponseText",
    "RetrievalPolicy",
    "Scanner",
    "Segment",
    "Session",
    "Text",
    "TrainingJob",
    "Verdict",
    "hookimpl",
]
