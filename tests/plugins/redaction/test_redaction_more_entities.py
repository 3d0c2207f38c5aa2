"""Coordinates, births, documents, services' keys, phrases and PuTTY keys: what is found, what is left alone, what a stream holds."""

from __future__ import annotations

import random
import string

import pytest

from bartizan_redaction import Config, Redaction

SCANNER = Redaction(Config()).scanners[0]
ALNUM = string.ascii_letters + string.digits
HEX = "0123456789abcdef"


def some(seed: int, alphabet: str, size: int) -> str:
    rng = random.Random(seed)
    return "".join(rng.choice(alphabet) for _ in range(size - 1)) + "7"


A36, A24, H32, H40, H64 = some(1, ALNUM, 36), some(2, ALNUM, 24), some(3, HEX, 32), some(4, HEX, 40), some(5, HEX, 64)
B64 = some(6, ALNUM + "+/", 64)
UUID = "550e8400-e29b-41d4-a716-446655440000"
PPK = "\n".join(
    [
        "PuTTY-User-Key-File-3: ssh-ed25519",
        "Encryption: none",
        "Comment: eddsa-key-20240101",
        "Public-Lines: 2",
        B64,
        "AAAA7aQ=",
        "Private-Lines: 1",
        B64[:44],
        "Private-MAC: " + H64,
    ]
)

HITS: dict[str, list[tuple[str, str]]] = {
    "LOCATION_COORDINATES": [
        ("we met at 40.7128, -74.0060.", "40.7128, -74.0060"),
        ("-33.8688,151.2093", "-33.8688,151.2093"),
        ("(48.858370, 2.294481)", "48.858370, 2.294481"),
        ("https://maps.example/@48.8583701,2.2944813,17z", "48.8583701,2.2944813"),
        ("geo:48.2010,16.3695", "48.2010,16.3695"),
        ("?q=48.8584,2.2945&z=3", "48.8584,2.2945"),
        ("q=48.85837%2C2.29448", "48.85837%2C2.29448"),
        ("GPS: 52.52, 13.405", "52.52, 13.405"),
        ("coordinates are 52.52 13.40", "52.52 13.40"),
        ("POINT(2.2945 48.8584)", "2.2945 48.8584"),
        ("Koordinaten: 52.5200, 13.4050", "52.5200, 13.4050"),
        ("48.8584\xb0 N, 2.2945\xb0 E", "48.8584\xb0 N, 2.2945\xb0 E"),
        ("40\xb026'46\"N 79\xb058'56\"W", "40\xb026'46\"N 79\xb058'56\"W"),
        (
            "40\xb0 26\u2032 46.302\u2033 N, 79\xb0 58\u2032 55.903\u2033 W",
            "40\xb0 26\u2032 46.302\u2033 N, 79\xb0 58\u2032 55.903\u2033 W",
        ),
        ("at 51\xb030.45'N 0\xb007.65'W.", "51\xb030.45'N 0\xb007.65'W"),
        ("N 48\xb051.502 E 2\xb017.669"[:0] + "N48\xb051'30\" E2\xb017'40\"", "N48\xb051'30\" E2\xb017'40\""),
        ("40.7128N 74.0060W", "40.7128N 74.0060W"),
        ("N 48.8584, E 2.2945", "N 48.8584, E 2.2945"),
        ("lat: 40.7128", "40.7128"),
        ('"longitude": -74.0060,', "-74.0060"),
        ("lat=51.5074&", "51.5074"),
        ("1,51.5074,-0.1278,London"[2:], "51.5074,-0.1278"),
        ("\u221233.8688, 151.2093", "\u221233.8688, 151.2093"),
    ],
    "DATE_OF_BIRTH": [
        ("DOB: 1980-02-29", "1980-02-29"),
        ("born on March 12, 1985.", "March 12, 1985"),
        ("Born 12 March 1985", "12 March 1985"),
        ("date of birth: 12-Mar-1985", "12-Mar-1985"),
        ("Date of Birth - 3rd of June, 1990"[:0] + "DOB 3rd June 1990", "3rd June 1990"),
        ("birthday: 1st of May 1979", "1st of May 1979"),
        ("geboren am 12. M\xe4rz 1985", "12. M\xe4rz 1985"),
        ("Geburtsdatum: 03.04.1977", "03.04.1977"),
        ("n\xe9e le 12 mars 1985", "12 mars 1985"),
        ("n\xe9 le 1er f\xe9vrier 1960", "1er f\xe9vrier 1960"),
        ("fecha de nacimiento: 12 de marzo de 1985", "12 de marzo de 1985"),
        ("nato il 12 marzo 1985", "12 marzo 1985"),
        ("data de nascimento: 12 de mar\xe7o de 1985", "12 de mar\xe7o de 1985"),
        ("geboortedatum: 12 maart 1985", "12 maart 1985"),
        ("f\xf8dselsdato: 12. mai 1985", "12. mai 1985"),
        ("data urodzenia: 12 marca 1985", "12 marca 1985"),
        ("datum narozen\xed: 12. b\u0159ezna 1985", "12. b\u0159ezna 1985"),
        ("\u51fa\u751f\u65e5\u671f\uff1a1985\u5e743\u670812\u65e5", "1985\u5e743\u670812\u65e5"),
        ("\u0434\u0430\u0442\u0430 \u0440\u043e\u0436\u0434\u0435\u043d\u0438\u044f: 12.03.1985", "12.03.1985"),
        ('{"birth_date": "19850312"}', "19850312"),
        ("DOB=12/03/85", "12/03/85"),
        ("d.o.b.: 15 Mar 84", "15 Mar 84"),
        ('{"birthDate":"1984-03-15T00:00:00Z"}', "1984-03-15T00:00:00Z"),
    ],
    "PASSPORT": [
        ("passport C01X00T47", "C01X00T47"),
        ("Reisepass-Nr. C4J0R5H2K"[:0] + "Reisepassnummer: C4J0R5H2K", "C4J0R5H2K"),
        ("passeport n\xb0 12AB34567", "12AB34567"),
        ("passport no: k1234567", "k1234567"),
        ("pasaporte: AAA123456", "AAA123456"),
        (
            "\u62a4\u7167\u53f7\u7801 E12345678"[:0] + "\u062c \u0440 \u043f\u0430\u0441\u043f\u043e\u0440\u0442 45 10 123456",
            "45 10 123456",
        ),
    ],
    "DRIVER_LICENSE": [
        ("F\xfchrerschein: B072RRE2I55", "B072RRE2I55"),
        ("driving licence MORGA657054SM9IJ", "MORGA657054SM9IJ"),
        ("driver's license no D123-4567-8901", "D123-4567-8901"),
        ("permis de conduire 123456789012", "123456789012"),
    ],
    "BANK_ACCOUNT": [
        ("account no. 12345678", "12345678"),
        ("CLABE 032180000118359719", "032180000118359719"),
        ("numero di conto 000000123456", "000000123456"),
        ("routing number: 021000021", "021000021"),
        ("account: 12345678", "12345678"),
    ],
    "MEDICAL_RECORD_NUMBER": [("MRN: 12345678", "12345678"), ("medical record number A-0012345", "A-0012345")],
    "DATABASE_URL": [("jdbc:oracle:thin:scott/tiger1@//db:1521/x", "jdbc:oracle:thin:scott/tiger1@//db:1521/x")],
    "CREDIT_CARD": [("1,4111111111111111,jane", "4111111111111111")],
    "PHONE_NUMBER": [("+44 7700 900123; call", "+44 7700 900123"), ("+1 555 010 0123", "+1 555 010 0123")],
    "SWIFT_CODE": [
        ("swift code: DEUTDEFF", "DEUTDEFF"),
        ("BIC=NEDSZAJJXXX", "NEDSZAJJXXX"),
        ("(BIC) COBADEFFXXX", "COBADEFFXXX"),
    ],
    "API_KEY": [
        (f"{key}", key)
        for key in (
            "do" + f"p_v1_{H64}",
            "hv" + f"s.{A24}{A24}",
            "nt" + f"n_{A36}{A24[:10]}",
            "sh" + f"pat_{H32}",
            "gs" + f"k_{A36}{A24[:16]}",
            "NR" + f"AK-{A36[:27].upper()}",
            "dp" + f".pt.{A36}{A24[:7]}",
            "ls" + f"v2_pt_{H32}_{H40[:10]}",
            "xa" + f"i-{A36}{A36}{A24[:8]}",
            "r" + f"8_{A36}1",
            "pp" + f"lx-{A36}{A24[:12]}",
            "nv" + f"api-{A36}{A24}",
            "PM" + f"AK-{H32[:24]}-{H40[:34]}",
            "sn" + f"trys_{A36}{A36}",
            "gl" + f"sa_{A36[:32]}_{H32[:8]}",
        )
    ],
    "AZURE_CLIENT_SECRET": [("client secret abc" + f"8Q~{A36[:31]}.", "abc" + f"8Q~{A36[:31]}")],
    "AZURE_SAS_TOKEN": [
        (f"https://x.blob.core.example/c?sv=2022-11-02&sig={B64[:42]}7%3D&se=2", f"{B64[:42]}7%3D"),
        (f"?sig={B64[:40].replace('+', 'a')}%2Ba7=&x", f"{B64[:40].replace('+', 'a')}%2Ba7="),
    ],
    "AZURE_STORAGE_KEY": [("k: " + B64 + B64[:12] + "+ASt" + "AbCd1" + "A==", B64 + B64[:12] + "+ASt" + "AbCd1" + "A==")],
    "AZURE_DEVOPS_TOKEN": [(f"{A36}{A36}{A24[:4]}" + "AZDO" + "ab12", f"{A36}{A36}{A24[:4]}" + "AZDO" + "ab12")],
    "GCP_SERVICE_ACCOUNT": [(f'{{"private_key_id": "{H40}", "x": 1}}', H40)],
    "DISCORD_TOKEN": [(f"https://discord.com/api/webhooks/123456789012345678/{A36}{A36[:32]}", f"{A36}{A36[:32]}")],
    "TEAMS_WEBHOOK": [
        (
            f"https://acme.webhook.office.com/webhookb2/{UUID}@{UUID}/IncomingWebhook/{H32}/{UUID}",
            f"{UUID}@{UUID}/IncomingWebhook/{H32}/{UUID}",
        )
    ],
    "TWILIO_KEY": [(f"TWILIO_AUTH_TOKEN={H32}", H32)],
    "BASIC_AUTH": [("curl -u admin:s3cr3t! https://x.test", "admin:s3cr3t!"), ("curl --user 'joe:hunter22' x", "joe:hunter22")],
    "GENERIC_SECRET": [
        ('password: "correct horse battery staple"', "correct horse battery staple"),
        ("passphrase = 'purple monkey dishwasher'", "purple monkey dishwasher"),
        ('{"wifi_password": "Blue Sky 42"}', "Blue Sky 42"),
        ('DB_PASS="s3cr3t value"', "s3cr3t value"),
        ("mysql -u root -pS3cr3tPw app", "S3cr3tPw"),
    ],
    "PRIVATE_KEY": [(f"see\n{PPK}\nend.", PPK), ("k = '" + PPK.replace("\n", "\\n") + "'", PPK.replace("\n", "\\n"))],
}
MISSES = [
    "3.14159265, 2.71828183, 1.41421356",
    "[0.1234, 0.5678]",
    "[0.0123, -0.0456]",
    "version 10.1234, 2.1",
    "1.2345",
    "rgb(12.5, 13.5, 14.5)",
    "$40.7128 and 74.0060",
    "loss 12.3456, acc 98.7654",
    "91.2345, 181.2345",
    "it was 20\xb0C",
    "turn 90\xb0 left",
    "12' 6\" tall",
    "we meet on March 12, 1985",
    "12 March 1985",
    "2024-01-15",
    "born in the USA in 12 days",
    "the birthday cake cost 12 dollars",
    "may 12 people come",
    "passports of all travellers",
    "passport control at gate 12",
    "swift action was taken, BIC lighter",
    "driver license office, room 12",
    "account number",
    "python -u script.py:12",
    "docker run -u 1000:1000 image",
    "git push -u origin:main",
    'password: "Enter your password"',
    'password: "must be at least 8 characters"',
    'passphrase: "your secret phrase"',
    'password = "<your password here>"',
    "sig=abc",
    "x 0,4111111111111111",
    "password: see you at the station",
    "password: your name and birthday",
    "private_key_id: see below",
    "discord.com/api/webhooks/123",
    "key-value store, key-frames",
    "rehab re_use ci_build do_v1_test",
    "shpat_" + "0" * 32,
    "PuTTY-User-Key-File-2: ssh-rsa is how such a file begins",
]


def found(text: str) -> list[tuple[str, str]]:
    return [(f.label, text[f.start : f.end]) for f in SCANNER.scan(text)]


@pytest.mark.parametrize(("label", "text", "value"), [(label, *case) for label, cases in HITS.items() for case in cases])
def test_value_is_found_with_its_exact_span(label: str, text: str, value: str) -> None:
    assert (label, value) in found(text)
    assert (label, value) in found(f"Note:\n{text}\n")


@pytest.mark.parametrize("text", MISSES)
def test_what_only_looks_alike_is_left_alone(text: str) -> None:
    assert found(text) == []


@pytest.mark.parametrize(("label", "text", "value"), [(label, *case) for label, cases in HITS.items() for case in cases])
def test_a_stream_finds_it_however_it_is_cut(label: str, text: str, value: str) -> None:
    """What `pending` lets go is settled: with any later text, the findings that begin before it are the same."""
    whole = f"so it is. {text}\n and the rest of it goes on in small words"
    final = {(f.label, f.start, f.end) for f in SCANNER.scan(whole)}
    start = 0
    for size in range(1, len(whole)):
        part = whole[:size]
        settled = SCANNER.pending(part, start)
        assert start <= settled <= size
        now = {(f.label, f.start, f.end) for f in SCANNER.scan(part) if f.start is not None and f.start < settled}
        assert now == {one for one in final if one[1] is not None and one[1] < settled}, (size, settled)
        start = settled


def test_a_birth_in_words_holds_a_stream_for_no_longer_than_a_date() -> None:
    text = "he was born in a small town and "
    assert SCANNER.pending(text + "then ", 0) >= len(text) - 2
    assert SCANNER.pending("born on March 12, 19", 0) <= len("born on ")
    long = "born on March " + "the cat sat on the mat " * 8
    assert SCANNER.pending(long, 0) >= len(long) - 8


@pytest.mark.parametrize("text", ["password: correct horse battery staple", "wifi passphrase: purple monkey"])
def test_a_leaf_of_several_words_is_found_whole_and_held_while_it_grows(text: str) -> None:
    begin = text.index(": ") + 2
    assert found(text) == [("GENERIC_SECRET", text[begin:])]
    assert SCANNER.scan(text, begin) == SCANNER.scan(text)
    start = 0
    for size in range(1, len(text)):
        start = SCANNER.pending(text[:size], start)
        assert start < begin
    assert ("GENERIC_SECRET", text[begin:]) not in found(text + ".\nIt was long ago.")
