"""Where a secret would stand: placeholders, look-ups, declarations, prose."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random

WORDS = ("user", "order", "cache", "index", "buffer", "handler", "session", "record", "widget", "config")
NAMES = ("password", "api_key", "secret", "token", "client_secret", "access_token", "AUTH_TOKEN", "SECRET_KEY", "db_password")
PLACEHOLDERS = (
    "YOUR_API_KEY",
    "your-api-key-here",
    "<token>",
    "<YOUR_SECRET>",
    "sk-...",
    "xxxx",
    "XXXXXXXXXXXXXXXX",
    "********",
    "changeme",
    "...",
    "${API_KEY}",
    "${{ secrets.API_KEY }}",
    "{{ api_key }}",
    "$API_KEY",
    "%API_KEY%",
    "REPLACE_ME",
    "[REDACTED]",
    "example",
    "<your token>",
    "insert-key-here",
    "sk-xxxxxxxxxxxxxxxxxxxxxxxx",
    "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
    "AKIAXXXXXXXXXXXXXXXX",
    "my-secret",
    "TODO",
    "null",
    "None",
    "undefined",
    "string",
    "your_password",
    "{password}",
    "{api_key}",
    "#{ENV['KEY']}",
    "@@TOKEN@@",
    "____",
    "••••••••",
    "(hidden)",
    "vault:secret/data/app#key",
    "!secret db_password",
    "arn:aws:secretsmanager:eu-west-1:123456789012:secret:app",
)


def placeholder(rng: random.Random) -> str:
    name, word = rng.choice(NAMES), rng.choice(PLACEHOLDERS)
    return rng.choice(
        [
            f'{name} = "{word}"',
            f"{name}: {word}",
            f"{name.upper()}={word}",
            f'"{name}": "{word}"',
            f"export {name.upper()}={word}",
            f"--{name.replace('_', '-')} {word}",
            f"{name}={word}",
        ]
    )


def lookup(rng: random.Random) -> str:
    name, w = rng.choice(NAMES), rng.choice(WORDS)
    return rng.choice(
        [
            f'{name} = os.environ["{name.upper()}"]',
            f"{name} = os.getenv('{name.upper()}', default=None)",
            f"const {w} = process.env.{name.upper()};",
            f"{name} = settings.{name}",
            f"{name}: str = Field(default=...)",
            f"def check({name}: str) -> bool:",
            f"if {name} is None: raise ValueError(name)",
            f"{name} = get_{w}_{name}()",
            f"self.{name} = {name}",
            f"{name}=config['{w}']['{name}']",
            f"{name}: !Ref {w.title()}Secret",
            "password_field = forms.CharField(widget=PasswordInput)",
            f"{name} = input('Enter {name}: ')",
            f"{name} = hashlib.sha256({w}).hexdigest()",
            f"{name}: {{{{ .Values.{w}.{name} }}}}",
            f"valueFrom: {{secretKeyRef: {{name: {w}-secret, key: {name}}}}}",
            f"max_tokens = {rng.randint(100, 9000)}",
            f"tokenizer = AutoTokenizer.from_pretrained('{w}-base-uncased')",
            f"primary_key=True, foreign_key='{w}.id'",
            f"The {name.replace('_', ' ')} must have at least twelve characters.",
            "Forgot your password? Click here to reset it.",
            f"SELECT {name} FROM {w}s WHERE id = ?",  # noqa: S608 - text, never run
            f'System.getProperty("{name}")',
            f"var.{name}",
            f'{name} = data.vault_generic_secret.{w}.data["{name}"]',
            "sort_key: created_at",
            "keyboard: querty-layout",
            f"author: {w}bot",
            f"secretName: {w}-tls-secret",
            f"tokens: {rng.randint(1, 9999)}",
            f"password_hash = bcrypt.hashpw({w}, salt)",
            "passwordResetUrl: https://example.com/reset",
            f"Token limit exceeded: {rng.randint(1000, 9999)} tokens",
            f"const {{ {w}, token }} = props;",
            f"secret=str({w}.secret)",
            f"api_key=api_key, {w}={w}",
            "type Secret struct { Name string; Key []byte }",
            f"public_key: {w}.pem",
            f"key={w}_id&value=1",
            "token_type: bearer",
            "csrf_token: {% csrf_token %}",
            "password: ENC[AES256_GCM,type:str]",
        ]
    )


FAMILIES = {"placeholders": placeholder, "secrets looked up": lookup}
