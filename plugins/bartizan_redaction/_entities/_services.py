"""Further keys that a prefix or a form of their own gives away: cloud accounts, web hooks, and services by their prefixes."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from bartizan_redaction._entities._entity import ALONE, D, Entity, edge, groups
from bartizan_redaction._entities._judge import stands_for_one
from bartizan_redaction._entities._vendor import random_looking

if TYPE_CHECKING:
    from bartizan_redaction._entities._entity import Resolve, Span

_DIGIT: Final = re.compile("[0-9]")
_SAME: Final = re.compile(r"(.)\1{7}")

# First two characters -> (what follows them in the gate, the whole pattern), by service.
_SERVICES: Final[tuple[tuple[str, str, str], ...]] = (
    ("do", r"[por]_v1_[0-9a-f]{16}", r"do[por]_v1_[0-9a-f]{64}"),  # DigitalOcean
    ("li", r"n_(?:api|oauth)_[A-Za-z0-9]{16}", r"lin_(?:api|oauth)_[A-Za-z0-9]{32,64}"),  # Linear
    ("nt", r"n_[A-Za-z0-9]{16}", r"ntn_[A-Za-z0-9]{40,60}"),  # Notion
    ("fi", r"g[dou]r?_[A-Za-z0-9_-]{16}", r"fig[dou]r?_[A-Za-z0-9_-]{36,60}"),  # Figma
    ("AT", r"ATT3[A-Za-z0-9_=-]{16}", r"ATATT3[A-Za-z0-9_=-]{60,250}"),  # Atlassian
    ("AT", r"CTT3[A-Za-z0-9_=-]{16}", r"ATCTT3[A-Za-z0-9_=-]{60,250}"),
    ("sh", r"p(?:at|ss|ca|pa)_[0-9A-Fa-f]{16}", r"shp(?:at|ss|ca|pa)_[0-9A-Fa-f]{32}"),  # Shopify
    ("sq", r"0(?:atp|csp|idp)-[A-Za-z0-9_-]{16}", r"sq0(?:atp|csp|idp)-[A-Za-z0-9_-]{22,50}"),  # Square
    ("NR", r"AK-[A-Z0-9]{16}", r"NRAK-[A-Z0-9]{27}"),  # New Relic
    ("gl", r"(?:c|sa)_[A-Za-z0-9+/_]{16}", r"glc_[A-Za-z0-9+/]{32,400}={0,2}|glsa_[A-Za-z0-9]{32}_[0-9A-Fa-f]{8}"),  # Grafana
    ("sn", r"try[su]_[A-Za-z0-9+/=_]{16}", r"sntry[su]_[A-Za-z0-9+/=_-]{40,400}"),  # Sentry
    ("hv", r"[sbr]\.[A-Za-z0-9_-]{16}", r"hv[sbr]\.[A-Za-z0-9_-]{24,300}"),  # HashiCorp Vault
    (
        "dp",
        r"\.(?:pt|st|ct|sa|scim|audit)\.[A-Za-z0-9._-]{16}",
        r"dp\.(?:pt|st|ct|sa|scim|audit)\.(?:[a-z0-9_-]{1,40}\.)?[A-Za-z0-9]{40,44}",
    ),  # Doppler
    ("ps", r"cale_(?:tkn|pw|oauth)_[A-Za-z0-9_.-]{16}", r"pscale_(?:tkn|pw|oauth)_[A-Za-z0-9_.-]{32,64}"),  # PlanetScale
    ("PM", r"AK-[0-9a-f]{16}", r"PMAK-[0-9a-f]{24}-[0-9a-f]{34}"),  # Postman
    ("ru", r"bygems_[0-9a-f]{16}", r"rubygems_[0-9a-f]{48}"),  # RubyGems
    ("sb", r"p_(?:oauth_)?[0-9a-f]{16}", r"sbp_(?:oauth_)?[0-9a-f]{40}"),  # Supabase
    ("sb", r"_secret_[A-Za-z0-9_-]{16}", r"sb_secret_[A-Za-z0-9_-]{22,60}"),
    ("gs", r"k_[A-Za-z0-9]{16}", r"gsk_[A-Za-z0-9]{48,60}"),  # Groq
    ("pp", r"lx-[A-Za-z0-9]{16}", r"pplx-[A-Za-z0-9]{40,60}"),  # Perplexity
    ("r8", r"_[A-Za-z0-9]{16}", r"r8_[A-Za-z0-9]{36,40}"),  # Replicate
    ("xa", r"i-[A-Za-z0-9]{16}", r"xai-[A-Za-z0-9]{70,90}"),  # xAI
    ("pc", r"sk_[A-Za-z0-9_]{16}", r"pcsk_[A-Za-z0-9_]{40,90}"),  # Pinecone
    ("ls", r"v2_(?:pt|sk)_[0-9a-f]{16}", r"lsv2_(?:pt|sk)_[0-9a-f]{32}_[0-9a-f]{10}"),  # LangSmith
    ("ts", r"key-[a-z]{3,12}-[A-Za-z0-9-]{8}", r"tskey-[a-z]{3,12}-[A-Za-z0-9-]{16,64}"),  # Tailscale
    ("nv", r"api-[A-Za-z0-9_-]{16}", r"nvapi-[A-Za-z0-9_-]{60,80}"),  # NVIDIA
    ("tg", r"p_v1_[A-Za-z0-9_-]{16}", r"tgp_v1_[A-Za-z0-9_-]{40,50}"),  # Together
    ("ci", r"o[A-Za-z0-9]{32}", r"cio[A-Za-z0-9]{32}"),  # crates.io
    ("oy", r"2[a-z0-9]{43}", r"oy2[a-z0-9]{43}"),  # NuGet
    ("xk", r"eysib-[0-9a-f]{16}", r"xkeysib-[0-9a-f]{64}-[A-Za-z0-9]{16}"),  # Brevo
    ("ke", r"y-[0-9a-f]{32}", r"key-[0-9a-f]{32}"),  # Mailgun
    ("EA", r"A[A-Za-z0-9]{16}", r"EAA[A-Za-z0-9]{80,300}"),  # Meta
    ("EA", r"AA[A-Za-z0-9_-]{16}", r"EAAA[A-Za-z0-9_-]{60}"),  # Square
    ("HR", r"KU-AA[A-Za-z0-9_-]{16}", r"HRKU-AA[A-Za-z0-9_-]{56,64}"),  # Heroku
    ("AG", r"E-SECRET-KEY-1[0-9A-Z]{16}", r"AGE-SECRET-KEY-1[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{58}"),  # age
    ("db", r"tc_[A-Za-z0-9_-]{16}", r"dbtc_[A-Za-z0-9_-]{32,60}"),  # dbt
    ("ph", r"[cx]_[A-Za-z0-9]{16}", r"ph[cx]_[A-Za-z0-9]{40,50}"),  # PostHog
    ("re", r"_[A-Za-z0-9]{8}_[A-Za-z0-9]{8}", r"re_[A-Za-z0-9]{8}_[A-Za-z0-9]{24}"),  # Resend
    ("rn", r"d_[A-Za-z0-9]{16}", r"rnd_[A-Za-z0-9]{32}"),  # Render
    ("pu", r"l-[0-9a-f]{16}", r"pul-[0-9a-f]{40}"),  # Pulumi
    ("pa", r"t[A-Za-z0-9]{14}\.[0-9a-f]{16}", r"pat[A-Za-z0-9]{14}\.[0-9a-f]{64}"),  # Airtable
    ("CC", r"IPAT_[A-Za-z0-9_]{16}", r"CCIPAT_[A-Za-z0-9]{22}_[0-9a-f]{40}"),  # CircleCI
    ("bk", r"ua_[0-9a-f]{16}", r"bkua_[0-9a-f]{40}"),  # Buildkite
    ("LT", r"AI[A-Za-z0-9]{12}", r"LTAI[A-Za-z0-9]{12,20}"),  # Alibaba Cloud
    ("AK", r"ID[A-Za-z0-9]{32}", r"AKID[A-Za-z0-9]{32}"),  # Tencent Cloud
    ("ya", r"29\.[A-Za-z0-9_-]{16}", r"ya29\.[A-Za-z0-9_-]{20,500}"),  # Google
)


def _all_of(pattern: str) -> Resolve:
    match = re.compile(rf"{ALONE}(?:{pattern})(?![A-Za-z0-9])").match

    def resolve(text: str, pivot: int) -> Span | None:
        found = match(text, pivot)
        if found is None or not _DIGIT.search(found.group()) or _SAME.search(found.group()):
            return None
        return found.span()

    return resolve


_FIRST: Final = "|".join(dict.fromkeys(begins for begins, _, _ in _SERVICES))
API_KEY: Final = Entity(
    label="API_KEY",
    groups=groups("secrets", "developer"),
    why="a key with the published prefix of a service",
    source="the services' own documentation of their tokens' prefixes, named beside each pattern",
    gate=edge("|".join(f"{begins}{ahead}" for begins, ahead, _ in _SERVICES)),
    begins=_FIRST,
    resolve=_all_of("|".join(pattern for _, _, pattern in _SERVICES)),
)


def _group(pattern: str) -> Resolve:
    match = re.compile(pattern).match

    def resolve(text: str, pivot: int) -> Span | None:
        found = match(text, pivot)
        return found.span("value") if found is not None and not stands_for_one(found["value"], "") else None

    return resolve


# Forty characters in all, as they are issued, whatever the last one; a shorter one ends before a full stop.
_CLIENT_SECRET: Final = re.compile(
    r"(?<![A-Za-z0-9_~.-])[A-Za-z0-9_~.-]{3}[0-9]Q~"
    r"(?:[A-Za-z0-9_~.-]{34}|[A-Za-z0-9_~.-]{30,33}[A-Za-z0-9_~-])(?![A-Za-z0-9_~-])"
)


def _client_secret(text: str, pivot: int) -> Span | None:
    found = _CLIENT_SECRET.match(text, pivot - 3) if pivot >= 3 else None  # noqa: PLR2004 (three characters come before the digit)
    return None if found is None else found.span()


AZURE_CLIENT_SECRET: Final = Entity(
    label="AZURE_CLIENT_SECRET",
    groups=groups("secrets", "cloud"),
    why="a client secret in the published format of Microsoft Entra ID",
    source="Microsoft Purview, 'Entra client secret' (three characters, a digit, Q~, 31 to 34 characters)",
    gate=r"[0-9]Q~[A-Za-z0-9_~.-]{31}",
    begins=f"{D}a_",
    resolve=_client_secret,
)
AZURE_SAS_TOKEN: Final = Entity(
    label="AZURE_SAS_TOKEN",
    groups=groups("secrets", "cloud"),
    why="the signature of a shared access signature",
    source="Microsoft Learn, 'Create a service SAS': sig, an HMAC-SHA-256 in base64, percent-encoded",
    gate=r"[?&;\"' ](?i:sig)=[A-Za-z0-9%+/]{20}",
    begins="[?&;\"' ][Ss]",
    resolve=_group(r"[?&;\"' ](?i:sig)=(?P<value>(?:[A-Za-z0-9+/]|%2[BbFf]){43}(?:=|%3[Dd]))"),
)
_STORAGE: Final = re.compile(r"(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{76}(?:\+(?:ASt|AIo|ABa|AEh|ARm|ACR)|ACDb)[A-Za-z0-9+/]{5}[AQgw]==")


def _signed_key(text: str, pivot: int) -> Span | None:
    """The mark stands 76 characters behind the key's beginning."""
    found = _STORAGE.match(text, pivot - 76) if pivot >= 76 else None  # noqa: PLR2004 (said above)
    return None if found is None else found.span()


AZURE_SIGNED_KEY: Final = Entity(
    label="AZURE_STORAGE_KEY",
    groups=groups("secrets", "cloud"),
    why="an account key with a mark of Azure",
    source="Microsoft Security DevOps, 'Common annotated security keys': a mark before the checksum (+ASt, ACDb and others)",
    gate=r"(?:\+(?:ASt|AIo|ABa|AEh|ARm|ACR)|ACDb)[A-Za-z0-9+/]{5}[AQgw]==",
    begins=r"\+A|AC",
    resolve=_signed_key,
)
_DEVOPS: Final = re.compile(r"(?<![A-Za-z0-9])[A-Za-z0-9]{76}AZDO[A-Za-z0-9]{4}(?![A-Za-z0-9])")


def _devops(text: str, pivot: int) -> Span | None:
    """The mark stands 76 characters behind the token's beginning."""
    found = _DEVOPS.match(text, pivot - 76) if pivot >= 76 else None  # noqa: PLR2004 (said above)
    return None if found is None else found.span()


AZURE_DEVOPS_PAT: Final = Entity(
    label="AZURE_DEVOPS_TOKEN",
    groups=groups("secrets", "developer"),
    why="a personal access token of Azure DevOps",
    source="Microsoft Learn, 'Use personal access tokens': 84 characters, AZDO before the last four",
    gate=r"AZDO[A-Za-z0-9]{4}\b",
    begins="AZ",
    resolve=_devops,
)
GCP_KEY_ID: Final = Entity(
    label="GCP_SERVICE_ACCOUNT",
    groups=groups("secrets", "cloud"),
    why="the id of a service account's private key",
    source="Google Cloud IAM docs, 'Create and delete service account keys': private_key_id in the key's JSON",
    gate=r"(?i:private_?key_?id)\\?[\"']?[ \t]{0,3}[:=][ \t]{0,3}\\?[\"']?[0-9a-f]{40}",
    begins="(?i:pr)",
    resolve=_group(r"(?i:private_?key_?id)\\?[\"']?[ \t]{0,3}[:=][ \t]{0,3}\\?[\"']?(?P<value>[0-9a-f]{40})(?![0-9A-Za-z])"),
)
FIREBASE_KEY: Final = Entity(
    label="GOOGLE_API_KEY",
    groups=groups("secrets", "cloud"),
    why="a server key of Firebase Cloud Messaging",
    source="Firebase docs, 'Authorize legacy protocol send requests': AAAA, a colon, 140 characters",
    gate=edge(r"AAAA[A-Za-z0-9_-]{7}:[A-Za-z0-9_-]{40}"),
    begins="AA",
    resolve=_all_of(r"AAAA[A-Za-z0-9_-]{7}:[A-Za-z0-9_-]{140}"),
)
DISCORD_WEBHOOK: Final = Entity(
    label="DISCORD_TOKEN",
    groups=groups("secrets", "messaging"),
    why="an address that lets anyone post to a channel",
    source="Discord developer docs, 'Webhook resource': /webhooks/{id}/{token}",
    gate=r"discord(?:app)?\.com/api/(?:v[0-9]{1,2}/)?webhooks/[0-9]",
    begins="di",
    resolve=_group(r"discord(?:app)?\.com/api/(?:v[0-9]{1,2}/)?webhooks/[0-9]{15,22}/(?P<value>[A-Za-z0-9_-]{60,80})"),
)
DISCORD_MFA: Final = replace(
    DISCORD_WEBHOOK,
    why="a user token of Discord",
    source="Discord developer docs, 'Reference', authentication",
    gate=edge(r"mfa\.[A-Za-z0-9_-]{40}"),
    begins="mf",
    resolve=_all_of(r"mfa\.[A-Za-z0-9_-]{84}"),
)
TEAMS_WEBHOOK: Final = Entity(
    label="TEAMS_WEBHOOK",
    groups=groups("secrets", "messaging"),
    why="an address that lets anyone post to a channel",
    source="Microsoft Learn, 'Create incoming webhooks'",
    gate=r"\.webhook\.office\.com/webhookb2/[0-9a-f]{8}",
    begins=r"\.w",
    resolve=_group(
        r"\.webhook\.office\.com/webhookb2/(?P<value>[0-9a-f-]{36}@[0-9a-f-]{36}/IncomingWebhook/[0-9a-f]{32}/[0-9a-f-]{36})"
    ),
)
_TWILIO: Final = r"(?i:twilio[^\n0-9]{0,56})"
TWILIO_SECRET: Final = Entity(
    label="TWILIO_KEY",
    groups=groups("secrets", "messaging"),
    why="an authentication token, named as Twilio's",
    source="Twilio docs, 'Auth tokens and how to change them': 32 hexadecimal digits",
    gate=_TWILIO + "[0-9a-f]{32}",
    begins="(?i:tw)",
    resolve=_group(_TWILIO + "(?<![0-9A-Za-z])(?P<value>[0-9a-f]{32})(?![0-9A-Za-z])"),
)
_LOGIN: Final = re.compile(
    r"(?<![A-Za-z0-9-])(?:-u|--user|--proxy-user)[ =]{1,2}[\"']?(?P<value>(?P<user>[A-Za-z0-9._@+-]{1,64}):(?P<password>[^\s\"'`@]{4,128}))"
)


def _login(text: str, pivot: int) -> Span | None:
    found = _LOGIN.match(text, pivot)
    if found is None or stands_for_one(found["password"], "") or found["password"].isdecimal():
        return None
    return found.span("value") if random_looking(found["password"]) or not found["password"].isalpha() else None


CURL_LOGIN: Final = Entity(
    label="BASIC_AUTH",
    groups=groups("secrets", "web"),
    why="a user name and a password on a command line",
    source="curl manual, --user",
    gate=r"(?:-u|--user|--proxy-user)[ =]{1,2}[\"']?[A-Za-z0-9._@+-]{1,60}:[^\s]",
    begins="-[-u]",
    resolve=_login,
)
ENTITIES: Final = (
    API_KEY,
    AZURE_CLIENT_SECRET,
    AZURE_SAS_TOKEN,
    AZURE_SIGNED_KEY,
    AZURE_DEVOPS_PAT,
    GCP_KEY_ID,
    FIREBASE_KEY,
    DISCORD_WEBHOOK,
    DISCORD_MFA,
    TEAMS_WEBHOOK,
    TWILIO_SECRET,
    CURL_LOGIN,
)
