"""Keys that vendors mark with a prefix of their own: the prefix and the alphabet decide, no words around them are needed."""

from __future__ import annotations

import binascii
import re
from base64 import b64decode
from typing import TYPE_CHECKING, Final

from bartizan_redaction._entities._entity import ALONE, D, Entity, edge, groups, matching

if TYPE_CHECKING:
    from collections.abc import Callable

    from bartizan_redaction._entities._entity import Span

_DIGIT: Final = re.compile(r"[0-9]")
_PIECE: Final = re.compile(r"[A-Za-z0-9]{16}")


_LONG: Final = 48
_MOST_JOINTS: Final = 0.2
_STANDS_IN: Final = re.compile(r"(?i)(.)\1{7}|your_|placeholder|redacted|_here\b")


def random_looking(value: str) -> bool:
    """A digit, and sixteen letters and digits in a row: what words joined by hyphens and underscores don't have.

    A long random value of the URL-safe alphabet may lack such a row; it has capitals and few joints.
    """
    if not _DIGIT.search(value):
        return False
    if _PIECE.search(value):
        return True
    joints = value.count("-") + value.count("_")
    return len(value) >= _LONG and joints < _MOST_JOINTS * len(value) and _mixed(value)


def _mixed(value: str) -> bool:
    """Digits, capitals and small letters: what a random token of 35 characters has."""
    return any(map(str.islower, value)) and any(map(str.isupper, value)) and bool(_DIGIT.search(value[11:]))


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
    """An entity that begins with one of `begins`, one of `second` behind it, then with `ahead`, and is all that `pattern` matches.

    One character over and over, or words that say so, make it a placeholder.
    """

    def real(value: str) -> bool:
        return _STANDS_IN.search(value) is None and (accept is None or accept(value))

    return Entity(
        label=label,
        groups=groups("secrets", family),
        why=f"a key in the published format of {label.split('_', maxsplit=1)[0].capitalize()}",
        source=source,
        gate=edge(f"[{begins}](?:{ahead})"),
        begins=f"[{begins}][{second}]" if second else f"{D}{{8}}",
        resolve=matching(f"{ALONE}(?:{pattern})", real),
    )


def _random_id(value: str) -> bool:
    """Whether the first part is a number in base64: an id, as bots have."""
    first = value.split(".", maxsplit=1)[0]
    try:
        return b64decode(first + "=" * (-len(first) % 4), altchars=b"-_").isdigit()
    except binascii.Error:
        return False


_AZURE_NAME: Final = r"(?:account|shared_?access)_?key[\"']?[ \t]{0,2}[=:][ \t]{0,2}[\"']?"
_AZURE: Final = re.compile(rf"(?i:{_AZURE_NAME})(?P<value>[A-Za-z0-9+/]{{86}}==|[A-Za-z0-9+/]{{43}}=)(?![A-Za-z0-9+/=])")


def _azure(text: str, pivot: int) -> Span | None:
    found = _AZURE.match(text, pivot)
    return None if found is None else found.span("value")


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
        r"l(?:pat|dt|rtr?|cbt|ptt|ft|imt|agent|oas|soat|ffct|wt)-[A-Za-z0-9_-]{8}",
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
        r"k-[A-Za-z0-9_-]{20}",
        r"sk-(?!ant-)(?:proj-|svcacct-|admin-|None-|or-v1-)?[A-Za-z0-9_-]{20,250}",
        source="OpenAI API reference, 'Authentication'; project, service account and admin keys carry the kind after sk-",
        accept=random_looking,
    ),
    _key(
        "ANTHROPIC_API_KEY",
        "ai",
        "s",
        "k",
        r"k-ant-[A-Za-z0-9_-]{20}",
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
        "0-9",
        "",
        r"[0-9]{7,9}:[A-Za-z0-9_-]{35}",
        r"[0-9]{8,10}:[A-Za-z0-9_-]{35}(?![A-Za-z0-9_-])",
        source="Telegram Bot API, 'Authorizing your bot'",
        accept=_mixed,
    ),
    _key(
        "DATABRICKS_TOKEN",
        "cloud",
        "d",
        "a",
        r"api[0-9a-f]{32}",
        r"dapi[0-9a-f]{32}(?:-[0-9])?(?![0-9A-Za-z])",
        source="Databricks docs, 'Personal access token authentication': dapi and 32 hexadecimal digits",
    ),
    _key(
        "DOCKER_TOKEN",
        "developer",
        "d",
        "c",
        r"ckr_[po]at_[A-Za-z0-9_-]{20}",
        r"dckr_[po]at_[A-Za-z0-9_-]{20,100}",
        source="Docker docs, 'Personal access tokens' and 'Organization access tokens' (dckr_pat_, dckr_oat_)",
    ),
    _key(
        "DISCORD_TOKEN",
        "messaging",
        "MNO",
        "A-Za-z0-9",
        r"[A-Za-z0-9_-]{23,27}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27}",
        r"[MNO][A-Za-z0-9_-]{23,27}\.[A-Za-z0-9_-]{6}\.[A-Za-z0-9_-]{27,40}(?![A-Za-z0-9_-])",
        source="Discord developer docs, 'Reference', authentication: the bot's id in base64, a time and an HMAC, joined by dots",
        accept=_random_id,
    ),
    Entity(
        label="AZURE_STORAGE_KEY",
        groups=groups("secrets", "cloud"),
        why="an account key in the published format of Azure Storage",
        source="Microsoft Learn, 'Configure Azure Storage connection strings' and 'Manage storage account access keys'",
        gate=rf"(?i:{_AZURE_NAME})[A-Za-z0-9+/]{{16}}",
        begins="(?i:ac|sh)",
        resolve=_azure,
    ),
)
