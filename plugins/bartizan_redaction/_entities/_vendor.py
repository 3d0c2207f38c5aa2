"""Keys that vendors mark with a prefix of their own: the prefix and the alphabet decide, no words around them are needed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from bartizan_redaction._entities._entity import ALONE, Entity, edge, groups, matching

if TYPE_CHECKING:
    from collections.abc import Callable

_DIGIT: Final = re.compile(r"[0-9]")
_PIECE: Final = re.compile(r"[A-Za-z0-9]{16}")


def random_looking(value: str) -> bool:
    """A digit, and sixteen letters and digits in a row: what words joined by hyphens and underscores don't have."""
    return bool(_DIGIT.search(value) and _PIECE.search(value))


def _mixed(value: str) -> bool:
    """Digits, capitals and small letters: what a random token of 35 characters has."""
    return any(map(str.islower, value)) and any(map(str.isupper, value)) and bool(_DIGIT.search(value[11:]))


def _class(characters: str) -> str:
    return f"[{characters}]"


def _key(
    label: str,
    family: str,
    begins: str,
    second: str,
    ahead: str,
    pattern: str,
    *,
    source: str,
    accept: Callable[[str], bool] | None = None,
) -> Entity:
    """An entity that begins with one of `begins`, one of `second` behind it, then with `ahead`, and is all that `pattern` matches."""
    return Entity(
        label=label,
        groups=groups("secrets", family),
        why=f"a key in the published format of {label.split('_', maxsplit=1)[0].capitalize()}",
        source=source,
        gate=edge(f"{_class(begins)}(?:{ahead})"),
        first=begins,
        second=second,
        resolve=matching(f"{ALONE}(?:{pattern})", accept),
    )


ENTITIES: Final = (
    _key(
        "AWS_ACCESS_KEY",
        "cloud",
        "A",
        "KSBC",
        r"(?:KIA|SIA|BIA|CCA)[A-Z0-9]{16}",
        r"A(?:KIA|SIA|BIA|CCA)[A-Z0-9]{16}(?![A-Za-z0-9])",
        source="AWS IAM user guide, 'IAM identifiers', unique ID prefixes",
    ),
    _key(
        "GITHUB_TOKEN",
        "developer",
        "g",
        "hi",
        r"h[pousr]_[A-Za-z0-9]|ithub_pat_[A-Za-z0-9]",
        r"gh[pousr]_[A-Za-z0-9_]{36,251}|github_pat_[A-Za-z0-9_]{36,244}",
        source="GitHub, 'Behind GitHub's new authentication token formats' (2021); docs, 'About authentication to GitHub'",
    ),
    _key(
        "GITLAB_TOKEN",
        "developer",
        "g",
        "l",
        r"l(?:pat|dt|rt|cbt|ptt|ft|imt|agent|oas|soat|ffct|wt)-[A-Za-z0-9_]",
        r"gl(?:pat|dt|rt|rtr|cbt|ptt|ft|imt|agent|oas|soat|ffct|wt)-[A-Za-z0-9_-]{20,300}(?:\.[0-9a-z]{2}\.[0-9a-z]{7,9})?",
        source="GitLab docs, 'Token overview', token prefixes",
    ),
    _key(
        "SLACK_TOKEN",
        "messaging",
        "xh",
        "oat",
        r"ox[abeoprs][.-][A-Za-z0-9]|app-[0-9]|ttps://hooks\.slack\.com/",
        r"xox[abeoprs](?:\.xox[bp])?-[A-Za-z0-9-]{10,400}|xapp-[0-9]-[A-Za-z0-9-]{10,400}"
        r"|https://hooks\.slack\.com/(?:services|workflows|triggers)/[A-Za-z0-9/_-]{20,200}",
        source="Slack API docs, 'Tokens' and 'Sending messages using incoming webhooks'",
        accept=lambda value: bool(_DIGIT.search(value)),
    ),
    _key(
        "STRIPE_KEY",
        "financial",
        "srw",
        "kh",
        r"k_(?:live|test)_[A-Za-z0-9]|hsec_[A-Za-z0-9]",
        r"[sr]k_(?:live|test)_[A-Za-z0-9]{10,250}|whsec_[A-Za-z0-9+/=]{24,200}",
        source="Stripe docs, 'API keys' (secret and restricted keys; publishable keys are no secret) and 'Webhooks'",
    ),
    _key(
        "OPENAI_API_KEY",
        "ai",
        "s",
        "k",
        r"k-[A-Za-z0-9_]",
        r"sk-(?!ant-)(?:proj-|svcacct-|admin-|None-|or-v1-)?[A-Za-z0-9_-]{20,250}",
        source="OpenAI API reference, 'Authentication'; project, service account and admin keys carry the kind after sk-",
        accept=random_looking,
    ),
    _key(
        "ANTHROPIC_API_KEY",
        "ai",
        "s",
        "k",
        r"k-ant-[A-Za-z0-9]",
        r"sk-ant-[A-Za-z0-9_-]{20,250}",
        source="Anthropic API docs, 'Getting started' and 'Admin API' (sk-ant-api03-, sk-ant-admin01-, sk-ant-oat01-)",
        accept=random_looking,
    ),
    _key(
        "HUGGINGFACE_TOKEN",
        "ai",
        "ha",
        "fp",
        r"f_[A-Za-z0-9]{8}|pi_org_[A-Za-z0-9]{8}",
        r"(?:hf|api_org)_[A-Za-z0-9]{30,80}",
        source="Hugging Face Hub docs, 'User access tokens'",
    ),
    _key(
        "GOOGLE_API_KEY",
        "cloud",
        "AGy",
        "IOa",
        r"Iza[A-Za-z0-9_-]{35}|OCSPX-[A-Za-z0-9_-]{8}|a29\.[A-Za-z0-9_-]{8}",
        r"AIza[A-Za-z0-9_-]{35}(?![A-Za-z0-9_-])|GOCSPX-[A-Za-z0-9_-]{20,60}|ya29\.[A-Za-z0-9_-]{20,500}",
        source="Google Cloud docs, 'Manage API keys'; Google Identity docs, client secrets (GOCSPX-) and access tokens (ya29.)",
    ),
    _key(
        "SENDGRID_API_KEY",
        "messaging",
        "S",
        "G",
        r"G\.[A-Za-z0-9_-]{16}",
        r"SG\.[A-Za-z0-9_-]{16,32}\.[A-Za-z0-9_-]{32,64}",
        source="Twilio SendGrid docs, 'API keys': SG., 22 characters, a dot, 43 characters",
    ),
    _key(
        "TWILIO_KEY",
        "messaging",
        "SA",
        "KC",
        r"[KC][0-9a-f]{32}",
        r"(?:SK|AC)[0-9a-f]{32}(?![0-9A-Za-z])",
        source="Twilio docs, 'Twilio's string identifiers': API key and account SIDs",
    ),
    _key(
        "NPM_TOKEN",
        "developer",
        "n",
        "p",
        r"pm_[A-Za-z0-9]{8}",
        r"npm_[A-Za-z0-9]{36}(?![A-Za-z0-9])",
        source="GitHub blog, 'Announcing npm's new access token format' (2021)",
    ),
    _key(
        "PYPI_TOKEN",
        "developer",
        "p",
        "y",
        r"ypi-[A-Za-z0-9_-]{8}",
        r"pypi-[A-Za-z0-9_-]{50,500}",
        source="PyPI help, 'How can I use API tokens'; warehouse: macaroons (pypi-AgEIcHlwaS5vcmc...)",
        accept=random_looking,
    ),
    _key(
        "TELEGRAM_BOT_TOKEN",
        "messaging",
        "0123456789",
        "0123456789",
        r"[0-9]{7,9}:[A-Za-z0-9_-]{35}",
        r"[0-9]{8,10}:[A-Za-z0-9_-]{35}(?![A-Za-z0-9_-])",
        source="Telegram Bot API, 'Authorizing your bot'",
        accept=_mixed,
    ),
)
