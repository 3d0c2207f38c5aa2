# ruff: noqa: RUF001 - other scripts, their digits and their punctuation are what is written here
"""Secrets in the forms that vendors document or secret-scanning lists publish, put together from pieces and random parts."""

from __future__ import annotations

import base64
import json
import uuid
import zlib
from typing import TYPE_CHECKING

from support.redaction_corpus.model import ALNUM, BASE64, DIGITS, HEX, LOWER, UPPER, URLSAFE, Kind, Value, mixed, take

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

WORDS = ("Tr0ub4dor", "Corvus", "Maple", "quartz", "Zebra")
BASE32 = UPPER + "234567"


def padded(rng: random.Random, size: int) -> str:
    return base64.b64encode(rng.randbytes(size)).decode()


def bare(text: str, form: str = "") -> Value:
    return Value(text, bare=True, form=form)


def aws_id(rng: random.Random) -> Value:
    prefix = rng.choice(["AK", "AK", "AS", "AB", "AC"])
    return bare({"AK": "AKIA", "AS": "ASIA", "AB": "ABIA", "AC": "ACCA"}[prefix] + take(rng, BASE32, 16))


def aws_secret(rng: random.Random) -> Value:
    return Value(mixed(rng, BASE64, 40), form="40 characters")


def github(rng: random.Random) -> Value:
    """GitHub's token formats: 30 characters and six of CRC-32 in base 62; fine-grained ones have 22, an underscore and 59."""
    if rng.random() < 0.25:
        return bare(f"github_{'pat'}_{mixed(rng, ALNUM, 22)}_{mixed(rng, ALNUM, 59)}", "fine-grained")
    kind, body = rng.choice("pousr"), mixed(rng, ALNUM, 30)
    number, check = zlib.crc32(body.encode()), ""
    for _ in range(6):
        number, rest = divmod(number, 62)
        check = (DIGITS + UPPER + LOWER)[rest] + check
    return bare(f"gh{kind}_{body}{check}", f"gh{kind}")


def gitlab(rng: random.Random) -> Value:
    kind = rng.choice(["pat", "pat", "dt", "rt", "cbt", "ptt", "ft", "imt", "agent", "oas", "soat", "routable"])
    if kind == "routable":
        return bare(f"gl{'pat'}-{mixed(rng, URLSAFE, 27)}.{take(rng, DIGITS, 2)}.{take(rng, LOWER + DIGITS, 9)}", kind)
    if kind == "cbt":
        return bare(f"gl{kind}-{take(rng, HEX, 2)}_{mixed(rng, URLSAFE, 20)}", kind)
    return bare(
        f"gl{kind}-{mixed(rng, URLSAFE, 50 if kind == 'agent' else 40 if kind == 'ptt' else 64 if kind == 'oas' else 20)}", kind
    )


def slack(rng: random.Random) -> Value:
    n = lambda: take(rng, "123456789", 1) + take(rng, DIGITS, rng.randint(10, 12))  # noqa: E731 - used three times below
    kind = rng.choice(["xoxb", "xoxp", "xoxa", "xoxr", "xoxs", "xapp", "hook", "xoxe"])
    if kind == "hook":
        return bare(
            f"https://hooks.slack.com/{'services'}/T{take(rng, UPPER + DIGITS, 10)}/B{take(rng, UPPER + DIGITS, 10)}/{mixed(rng, ALNUM, 24)}",
            kind,
        )
    if kind == "xapp":
        return bare(f"xapp-1-A{take(rng, UPPER + DIGITS, 10)}-{n()}-{take(rng, HEX, 64)}", kind)
    if kind == "xoxe":
        return bare(f"xoxe.{'xoxp'}-1-{mixed(rng, ALNUM, 166)}", kind)
    if kind == "xoxp":
        return bare(f"{kind}-{n()}-{n()}-{n()}-{take(rng, HEX, 32)}", kind)
    return bare(f"{kind}-{n()}-{n()}-{mixed(rng, ALNUM, 24)}", kind)


def stripe(rng: random.Random) -> Value:
    kind = rng.choice(["sk_live", "sk_test", "rk_live", "rk_test", "whsec"])
    return bare(f"{kind}_{mixed(rng, ALNUM, 32 if kind == 'whsec' else rng.choice([24, 99]))}", kind)


def openai(rng: random.Random) -> Value:
    mark = "T3Blbk" + "FJ"
    kind = rng.choice(["sk", "sk-proj", "sk-proj", "sk-svcacct", "sk-admin"])
    size = 20 if kind == "sk" else rng.choice([58, 74])
    alphabet = ALNUM if kind == "sk" else URLSAFE
    return bare(f"{kind}-{mixed(rng, alphabet, size)}{mark}{mixed(rng, alphabet, size)}", kind)


def anthropic(rng: random.Random) -> Value:
    kind = rng.choice(["api03", "api03", "admin01", "oat01"])
    return bare(f"sk-{'ant'}-{kind}-{mixed(rng, URLSAFE, 93)}AA", kind)


def google(rng: random.Random) -> Value:
    kind = rng.choice(["AIza", "AIza", "GOCSPX", "ya29"])
    if kind == "AIza":
        return bare(f"AI{'za'}{mixed(rng, URLSAFE, 35)}", kind)
    return bare(f"GOC{'SPX'}-{mixed(rng, URLSAFE, 28)}" if kind == "GOCSPX" else f"ya29.a0{mixed(rng, URLSAFE, 160)}", kind)


def azure(rng: random.Random) -> Value:
    kind = rng.choice(["storage", "storage", "client secret", "sas", "service bus", "cosmos"])
    if kind == "client secret":
        return bare(f"{mixed(rng, ALNUM, 3)}8Q~{mixed(rng, ALNUM + '_-.~', 34)}", kind)
    if kind == "sas":
        head = f"https://acme.blob.core.windows.net/data?sv=2022-11-02&ss=b&srt=sco&sp=rl&se=2027-01-01T00:00:00Z&{'sig'}="
        signature = padded(rng, 32).replace("+", "%2B").replace("/", "%2F").replace("=", "%3D")
        return Value(head + signature, bare=True, core=(len(head), len(head + signature)), form=kind)
    size = 32 if kind == "service bus" else 64
    key = padded(rng, size)
    head = {
        "storage": f"DefaultEndpointsProtocol=https;AccountName=acmedata;{'Account'}Key=",
        "service bus": f"Endpoint=sb://acme.servicebus.windows.net/;SharedAccessKeyName=Root;SharedAccess{'Key'}=",
        "cosmos": f"AccountEndpoint=https://acme.documents.azure.com:443/;{'Account'}Key=",
    }[kind]
    tail = ";EndpointSuffix=core.windows.net" if kind == "storage" else ""
    return Value(head + key + tail, bare=True, core=(len(head), len(head + key)), form=kind)


def databricks(rng: random.Random) -> Value:
    return bare(f"da{'pi'}{take(rng, HEX, 32)}{rng.choice(['', '', '-2'])}")


def telegram(rng: random.Random) -> Value:
    return bare(f"{rng.randrange(10**8, 10**10)}:AA{mixed(rng, URLSAFE, 33)}")


def discord(rng: random.Random) -> Value:
    if rng.random() < 0.3:
        head = f"https://discord.com/api/{'webhooks'}/{rng.randrange(10**17, 10**19)}/"
        text = head + mixed(rng, URLSAFE, 68)
        return Value(text, bare=True, core=(len(head), len(text)), form="webhook")
    head = base64.b64encode(str(rng.randrange(10**17, 10**18)).encode()).decode().rstrip("=")
    return bare(f"{head}.{mixed(rng, URLSAFE, 6)}.{mixed(rng, URLSAFE, rng.choice([27, 38]))}", "bot")


def jwt(rng: random.Random) -> Value:
    """RFC 7519 in the compact form of RFC 7515."""

    def part(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value, separators=(",", ":")).encode()).decode().rstrip("=")

    head = rng.choice(
        [{"alg": "HS256", "typ": "JWT"}, {"alg": "RS256", "kid": take(rng, HEX, 8)}, {"typ": "JWT", "alg": "ES256"}]
    )
    body = {"sub": str(rng.randrange(10**9)), "name": "J. Doe", "iat": 1_700_000_000 + rng.randrange(10**6)}
    return bare(f"{part(head)}.{part(body)}.{take(rng, URLSAFE, rng.choice([43, 86, 342]))}")


def pem(rng: random.Random) -> Value:
    """RFC 7468, RFC 4716-like OpenSSH, OpenPGP armour (RFC 9580)."""
    kind = rng.choice(["RSA ", "EC ", "", "ENCRYPTED ", "OPENSSH ", "DSA ", "PGP"])
    name = "PGP PRIVATE KEY BLOCK" if kind == "PGP" else f"{kind}PRIVATE KEY"
    body = padded(rng, rng.choice([120, 320, 900, 1200]))
    newline = rng.choice(["\n", "\n", "\n", "\r\n", "\\n"])
    lines = [body[at : at + 64] for at in range(0, len(body), 64)]
    if kind == "PGP":
        lines = ["", *lines, "=" + take(rng, BASE64, 4)]
    elif kind == "RSA " and rng.random() < 0.3:
        lines = ["Proc-Type: 4,ENCRYPTED", f"DEK-Info: AES-128-CBC,{take(rng, '0123456789ABCDEF', 32)}", "", *lines]
    dashes = "-" * 5
    text = newline.join([f"{dashes}BEGIN {name}{dashes}", *lines, f"{dashes}END {name}{dashes}"])
    return bare(text, f"{kind.strip() or 'PKCS 8'}{' escaped' if newline[0] == chr(92) else ''}")


def basic(rng: random.Random) -> Value:
    """RFC 7617."""
    word = base64.b64encode(
        f"{rng.choice(['admin', 'svc', 'jane.doe', 'api'])}:{mixed(rng, ALNUM, rng.randint(8, 20))}".encode()
    ).decode()
    head = rng.choice(
        [
            "Authorization: Basic ",
            "authorization: basic ",
            "Proxy-Authorization: Basic ",
            '"Authorization": "Basic ',
            "-H 'Authorization: Basic ",
        ]
    )
    return Value(head + word, bare=True, core=(len(head), len(head + word)), form="header")


def password(rng: random.Random) -> str:
    """What people and generators take for secrets."""
    return rng.choice(
        [
            mixed(rng, ALNUM, rng.randint(12, 40)),
            mixed(rng, ALNUM + "!#%*-_@^", rng.randint(10, 24)),
            take(rng, HEX, rng.choice([32, 40, 64])),
            f"{rng.choice(WORDS)}{rng.choice('!@#_-')}{rng.randrange(10, 10000)}{take(rng, LOWER, 2)}",
            padded(rng, rng.choice([16, 24, 32])),
            mixed(rng, URLSAFE, rng.choice([22, 32, 43])),
            str(uuid.UUID(int=rng.getrandbits(128))),
        ]
    )


ASSIGNMENTS = (
    'password = "{v}"',
    "DB_PASSWORD={v}",
    "export API_KEY={v}",
    '"client_secret": "{v}",',
    "secret_key: {v}",
    "api_key = '{v}'",
    'const apiKey = "{v}";',
    "access_token: {v}",
    "SECRET_KEY = '{v}'",
    "X-API-Key: {v}",
    "mysql --password={v} -u root",
    '  password: "{v}"',
    "auth_token={v}",
    'private String password = "{v}";',
    'token := "{v}"',
    "<password>{v}</password>",
    "spring.datasource.password={v}",
    "ENV JWT_SECRET {v}",
    '$env:APP_SECRET = "{v}"',
    'encryption_key = "{v}"',
    "my password is {v}",
    "The API key is {v}",
    "passwd: {v}",
    "pwd={v}",
    "--api-key {v}",
    "Authorization: Bearer {v}",
    "Passwort: {v}",
    "mot de passe : {v}",
    "contraseña: {v}",
    "login admin / password {v}",
    'let client_secret = "{v}"',
    "'refresh_token' => '{v}',",
    "define('AUTH_KEY', '{v}');",
    "private_token={v}",
    "signing_secret = {v}",
    "?api_key={v}&page=2",
    "![cover](https://ci.example.com/b.svg?token={v})](https://ci.example.com/x)",
    '{{"token": "{v}"}}',
    "webhook_secret: '{v}'",
    "passphrase = {v}",
    "set PGPASSWORD={v}",
    "Пароль: {v}",
    "密码：{v}",
    "API-Schlüssel: {v}",
)


def generic(rng: random.Random) -> Value:
    phrase = rng.choice(ASSIGNMENTS).replace("{{", "{").replace("}}", "}")
    while True:
        word = password(rng)
        if "?" not in phrase and "<pass" not in phrase:
            break
        if not set("#&+=%@<^!*") & set(word):
            break
    return Value(word, form=phrase.replace("{v}", "…"), phrases=(phrase,))


def twilio(rng: random.Random) -> Value:
    kind = rng.choice(["SK", "AC", "auth"])
    if kind == "auth":
        return Value(
            take(rng, HEX, 32), form=kind, phrases=("TWILIO_AUTH_TOKEN={v}", 'twilio_auth_token: "{v}"', "Twilio auth token: {v}")
        )
    return bare(f"{kind}{take(rng, HEX, 32)}", kind)


def fixed(prefix: str, alphabet: str, size: int) -> Callable[[random.Random], Value]:
    return lambda rng: bare(prefix + mixed(rng, alphabet, size))


def docker(rng: random.Random) -> Value:
    return bare(f"dckr_{'pat'}_{mixed(rng, URLSAFE, 27)}" if rng.random() < 0.7 else f"dckr_{'oat'}_{mixed(rng, URLSAFE, 32)}")


def _names(what: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    slug = what.lower().replace(" ", "_")
    return (what, f"{what} value", f"new {what}"), (slug, slug.upper(), "value", f"{slug.split('_', 1)[0]}Token")


def _kind(name: str, make: Callable[[random.Random], Value], what: str, labels: frozenset[str] = frozenset()) -> Kind:
    names, fields = _names(what)
    return Kind(name, make, names, fields, ("Rotate {v} now!", "Der Schlüssel {v} ist abgelaufen.", "leaked: {v}"), labels)


KINDS = (
    _kind("AWS_ACCESS_KEY", aws_id, "AWS access key", frozenset({"AWS_ACCESS_KEY", "AWS_ACCESS_KEY_ID"})),
    Kind(
        "AWS_SECRET_KEY",
        aws_secret,
        ("AWS secret access key", "AWS secret key"),
        ("aws_secret_access_key", "AWS_SECRET_ACCESS_KEY", "secretAccessKey", "aws_secret_key"),
        ("aws configure set aws_secret_access_key {v}", "AWS_SECRET_KEY={v}"),
        frozenset({"AWS_SECRET_KEY", "AWS_SECRET_ACCESS_KEY"}),
    ),
    _kind("GITHUB_TOKEN", github, "GitHub token"),
    _kind("GITLAB_TOKEN", gitlab, "GitLab token"),
    _kind("SLACK_TOKEN", slack, "Slack token", frozenset({"SLACK_TOKEN", "SLACK_WEBHOOK"})),
    _kind("STRIPE_KEY", stripe, "Stripe key", frozenset({"STRIPE_KEY", "STRIPE_WEBHOOK_SECRET"})),
    _kind("OPENAI_API_KEY", openai, "OpenAI key"),
    _kind("ANTHROPIC_API_KEY", anthropic, "Anthropic key"),
    _kind("HUGGINGFACE_TOKEN", fixed("h" + "f_", UPPER + LOWER, 34), "Hugging Face token"),
    _kind(
        "GOOGLE_API_KEY",
        google,
        "Google key",
        frozenset({"GOOGLE_API_KEY", "GOOGLE_OAUTH_SECRET", "GOOGLE_OAUTH_TOKEN", "GCP_API_KEY", "GCP_TOKEN"}),
    ),
    _kind("SENDGRID_API_KEY", lambda rng: bare(f"S{'G'}.{mixed(rng, URLSAFE, 22)}.{mixed(rng, URLSAFE, 43)}"), "SendGrid key"),
    _kind(
        "TWILIO_KEY", twilio, "Twilio key", frozenset({"TWILIO_KEY", "TWILIO_AUTH_TOKEN", "TWILIO_ACCOUNT_SID", "TWILIO_API_KEY"})
    ),
    _kind("NPM_TOKEN", fixed("np" + "m_", ALNUM, 36), "npm token"),
    _kind("PYPI_TOKEN", lambda rng: bare(f"py{'pi'}-AgEIcHlwaS5vcmc{mixed(rng, URLSAFE, rng.randint(70, 160))}"), "PyPI token"),
    _kind("TELEGRAM_BOT_TOKEN", telegram, "Telegram bot token"),
    _kind("DATABRICKS_TOKEN", databricks, "Databricks token"),
    _kind("DOCKER_TOKEN", docker, "Docker token"),
    _kind("DISCORD_TOKEN", discord, "Discord token", frozenset({"DISCORD_TOKEN", "DISCORD_WEBHOOK"})),
    _kind(
        "AZURE_STORAGE_KEY",
        azure,
        "Azure key",
        frozenset(
            {"AZURE_STORAGE_KEY", "AZURE_KEY", "AZURE_CLIENT_SECRET", "AZURE_SAS_TOKEN", "AZURE_SAS", "AZURE_SHARED_ACCESS_KEY"}
        ),
    ),
    _kind("JWT", jwt, "access token"),
    _kind("PRIVATE_KEY", pem, "private key"),
    _kind("BASIC_AUTH", basic, "header"),
    Kind("GENERIC_SECRET", generic, phrases=("password: {v}",)),
)
