# ruff: noqa: RUF001 - names and punctuation of many scripts are what is written here
"""Secrets by their names in many languages and forms, connection strings, parts of keys, placeholders behind true prefixes."""

from __future__ import annotations

import random
import string
import time

import pytest

from bartizan_redaction import Config, Redaction

SCANNER = Redaction(Config()).scanners[0]
ALNUM = string.ascii_letters + string.digits


def some(seed: int, alphabet: str, size: int) -> str:
    rng = random.Random(seed)
    return "".join(rng.choice(alphabet) for _ in range(size - 3)) + "aA7"


AWS = some(1, ALNUM + "/+", 40)
LINE = some(2, ALNUM + "+/", 64)
A24, HEX = some(3, ALNUM, 24), "f3f15c97fa59d63c35bd3340ed6fb5d8"
WORD = "Tr0ub4dor_22x"


def found(text: str) -> list[tuple[str, str]]:
    return [(f.label, text[f.start : f.end]) for f in SCANNER.scan(text)]


NAMED = [
    "Passwort: {}",
    "Das Passwort lautet {} .",
    "mot de passe : {}",
    "mot de passe\u00a0: {}",
    "Le mot de passe est {}, merci",
    "contraseña: {}",
    "la contraseña es {}",
    "senha = {}",
    "La password è {} ok",
    "wachtwoord: {}",
    "Hasło: {}",
    "lösenord: {}",
    "mật khẩu: {}",
    "şifre: {}",
    "API-Schlüssel: {}",
    "clé API : {}",
    "Password：{}",
    "Пароль: {}",
    "пароль - {}",
    "токен: '{}'",
    "密码：{}",
    "密码：{}，谢谢。",
    "パスワードは{}です",
    "비밀번호: {}",
    "كلمة المرور: {}",
    "סיסמה: {}",
    "รหัสผ่าน: {}",
    "<password>{}</password>",
    "<db:secretKey>{}</db:secretKey>",
    '<string name="api_key">{}</string>',
    '<property name="password" value="{}"/>',
    "<tr><td>Password</td><td>{}</td></tr>",
    '<label>password</label> <input value="{}">',
    "<key>apiKey</key>\n\t<string>{}</string>",
    "| a | b |\n|---|---|\n| API key   | {} |",
    "- **Password:** {}",
    "**Password**: {}",
    "define('AUTH_KEY', '{}');",
    "define('NONCE_KEY', '{}');",
    'props.setProperty("db.password", "{}");',
    '{{"name": "DB_PASSWORD", "value": "{}"}}',
    "- name: DB_PASSWORD\n  value: {}",
    '<add key="ApiKey" value="{}" />',
    "ENV JWT_SECRET {}",
    "setenv API_KEY {}",
    "npm config set //r.test/:_authToken {}",
    "login admin / password {}",
    "machine h.test login bob password {}",
    "CREATE USER bob IDENTIFIED BY '{}';",
    "ALTER ROLE bob WITH PASSWORD '{}';",
    "requirepass {}",
    "sshpass -p {} ssh h",
    "Authorization: Bearer {}",
    'resource "x" {{ master_password = "{}" }}',
    "spring.datasource.password={}",
    "password should be {}, not the old one",
    "![b](https://ci.test/b.svg?token={})](https://ci.test/x)",
]


@pytest.mark.parametrize("text", NAMED)
@pytest.mark.parametrize("value", [WORD, "d8a458c6-50d5-4105-a5c4-c9b96fc38407"])
def test_a_name_in_any_language_and_form_gives_its_value_away(text: str, value: str) -> None:
    assert ("GENERIC_SECRET", value) in found(text.format(value))


@pytest.mark.parametrize("text", NAMED)
def test_words_in_the_value_s_place_are_left_alone(text: str) -> None:
    for word in ("${PASSWORD}", "db_password", "********", "<your-key>", "changeme"):
        assert found(text.format(word)) == []


EXACT = [
    ("AWS_SECRET_KEY", f"aws configure set aws_secret_access_key {AWS}", AWS),
    ("AWS_SECRET_KEY", f"<aws_secret_access_key>{AWS}</aws_secret_access_key>", AWS),
    ("AWS_SECRET_KEY", f"Access key ID,Secret access key\nx,{AWS}\n", AWS),
    ("AWS_SECRET_KEY", f"| AWS secret key | {AWS} |", AWS),
    ("AWS_SECRET_KEY", f"your new AWS secret, as asked for, would be {AWS}.", AWS),
    ("DATABASE_URL", "Server=db,1433;Database=x;User Id=sa;Password=hunter22;Encrypt=True", "hunter22"),
    ("DATABASE_URL", "host=db port=5432 user=app password=hunter22 dbname=x", "hunter22"),
    (
        "DATABASE_URL",
        "open jdbc:postgresql://db.test:5432/x?user=app&password=hunter22 now",
        "jdbc:postgresql://db.test:5432/x?user=app&password=hunter22",
    ),
    ("DATABASE_URL", "请核对redis://:hunter22@db.test:6379/0，谢谢。", "redis://:hunter22@db.test:6379/0"),
    ("URL_CREDENTIALS", "imap://:hunter22@mail.test/x", "hunter22"),
    ("TWILIO_KEY", f"Twilio auth token: {HEX}", HEX),
    ("GITLAB_TOKEN", f"gl{'pat'}--{A24[:19]} ok", f"gl{'pat'}--{A24[:19]}"),
    ("AZURE_CLIENT_SECRET", f"is abc8Q~{A24}abcdefghi. ok", f"abc8Q~{A24}abcdefghi."),
    ("GENERIC_SECRET", "API_KEY=55IDXsT3P^Mz58!", "55IDXsT3P^Mz58!"),
    ("GENERIC_SECRET", "Пароль: /aB3+dE5fG7hI9jK==", "/aB3+dE5fG7hI9jK=="),
    ("PRIVATE_KEY", f"{LINE}\n{LINE}\nab4=\n-----END RSA PRIVATE KEY-----", None),
    ("PRIVATE_KEY", f"{LINE}\\n{LINE}\\nab4=\\n-----END PRIVATE KEY-----", None),
    (
        "PRIVATE_KEY",
        f'---- BEGIN SSH2 ENCRYPTED PRIVATE KEY ----\nComment: "x"\n{LINE}\n---- END SSH2 ENCRYPTED PRIVATE KEY ----',
        None,
    ),
]


@pytest.mark.parametrize(("label", "text", "value"), EXACT)
def test_it_is_found_with_its_exact_span(label: str, text: str, value: str | None) -> None:
    assert (label, text if value is None else value) in found(text)


@pytest.mark.parametrize(
    "text",
    [
        f"AKIA{'X' * 16}",
        f"gh{'p'}_{'x' * 36}",
        f"sk-{'x' * 48}",
        f"gl{'pat'}-{'x' * 20}",
        "sk-" + "0" * 48,
        f"aws_secret_access_key = {'x' * 40}",
        "secret key in /usr/lib/x86/a1/b2/C3/d4/e5/f6/g7/h8",
        "commit da39a3ee5e6b4b0d3255bfef95601890afd80709 of the secret access key code",
        "scm:cvs://:pserver:anoncvs@cvs/x",
        "enclave: Tr0ub4dor22",
        '["password", "email"]',
        'fields = ("token", "address1")',
        "Forgot your password? Click here2",
        "r'outer|output|pig|pwd|quit2|register|returns'",
        "def sign(key: Ed25519PrivateKey | Ed448PrivateKey) -> bytes: ...",
        "Pass `dtype=torch.float32` and pass `id2label/x`",
        "password field with 12 characters",
        "The password hash is sha256",
        '<label for="password">Kennwort</label>',
        "| password | string |",
        "密码：请输入8位以上",
        "使用Python3编程",
        "the line -----END PRIVATE KEY----- ends it",
        f"{LINE}\n-----END CERTIFICATE-----",
        "Server=db;Database=x;Password=${DB_PASSWORD};",
        "jdbc:postgresql://db.test/x?user=app&password=<password>",
    ],
)
def test_what_only_looks_alike_is_left_alone(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize("text", [*(one.format(WORD) for one in NAMED), *(text for _, text, _ in EXACT)])
def test_a_stream_finds_it_however_it_is_cut(text: str) -> None:
    whole = f"so it is. {text}\n and the rest of it"
    final = {(f.label, f.start, f.end) for f in SCANNER.scan(whole)}
    start = 0
    for size in range(1, len(whole)):
        settled = SCANNER.pending(whole[:size], start)
        assert start <= settled <= size
        now = {(f.label, f.start, f.end) for f in SCANNER.scan(whole[:size]) if (f.start or 0) < settled}
        assert now == {one for one in final if (one[1] or 0) < settled}, (size, settled)
        start = settled


def test_a_key_s_end_that_has_its_beginning_is_found_once() -> None:
    text = f"-----BEGIN PRIVATE KEY-----\n{LINE}\n{LINE}\n-----END PRIVATE KEY-----"
    assert found(text) == [("PRIVATE_KEY", text)]


@pytest.mark.parametrize(
    "piece",
    [
        "-----END PRIVATE KEY-----\n",
        f"{LINE}\n",
        f"{LINE}\n-----END PRIVATE KEY-----\n",
        "password ",
        "密码：",
        "secret access key ",
        "</td><td>password",
        "jdbc:a1:?password=",
        "password: “",
        "twilio ",
        'password", "',
        "---- BEGIN SSH2 ",
    ],
)
def test_time_stays_linear_on_hostile_repetition(piece: str) -> None:
    def seconds(size: int) -> float:
        text, best = piece * (size // len(piece)), 9.0
        for _ in range(3):
            began = time.process_time()
            SCANNER.scan(text)
            best = min(best, time.process_time() - began)
        return best

    seconds(2_000)
    assert seconds(64_000) < 14 * max(seconds(8_000), 0.0005)
