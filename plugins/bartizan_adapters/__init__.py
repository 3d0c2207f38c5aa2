"""Existing tools as plugins: each is optional, installed by an extra of its name, and loaded when a policy names it.

    [guard]
    plugins = ["validation", "redaction", "moderation"]
    [plugins.moderation]
    url = "https://api.openai.com/v1/moderations"
    api_key_env = "OPENAI_API_KEY"

All of them judge whole texts, so they hold a stream until its end, and they see texts as they are, before anything is redacted.
docs/adapters.md says what each costs and what it can't do.
"""

from bartizan_adapters._classifier import Classifier
from bartizan_adapters._detect_secrets import DetectSecrets
from bartizan_adapters._moderation import Moderation
from bartizan_adapters._presidio import Presidio

__all__ = ["Classifier", "DetectSecrets", "Moderation", "Presidio"]
