"""What each entity finds and what it leaves alone. Values are invented from the formats' definitions; keys are put together from
pieces."""

from __future__ import annotations

import pytest

from bartizan_redaction import ENTITIES, GROUPS, Config, Redaction

SCANNER = Redaction(Config()).scanners[0]
A36 = "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8"
HEX32 = "0123456789abcdef" * 2
JWT = "ey" + "JhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.ey" + "JzdWIiOiIxMjM0NTY3ODkwIn0.SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c"
BODY = (
    "MIIEpAIBAAKCAQEAx4UbaDzY5xjW6hc9jwN0mX33XpTDVW+WqHp5AKaRbTAC3DqX\n"
    "IXFMPgw3K45jxRb93f8tv9vL3rD9CUG1Gv4FM+o7ds7FRES5RTjv2RT/JVNJCoqF\n"
    "ol8+ngLqRZCyBtQN7zYByWMRirPGoDUqdPYrj2yq+ObBBNhg5N+hOwKjjpzdj2Ud\n"
)


def pem(kind: str, body: str = BODY) -> str:
    return f"-----BEGIN {kind}-----\n{body}-----END {kind}-----"


# label -> (text, what must be found in it)
HITS: dict[str, list[tuple[str, str]]] = {
    "EMAIL_ADDRESS": [
        ("mail jane.doe+tag@mail.example.co.uk.", "jane.doe+tag@mail.example.co.uk"),
        ("<o'neil@example.com>", "o'neil@example.com"),
        ("mailto:a_b-c%d@x-y.io?subject=hi", "a_b-c%d@x-y.io"),
        ("\u90ae\u7bb1jane@example.cn\u662f", "jane@example.cn"),
        ("m\u00fcller@stra\u00dfe.de,", "m\u00fcller@stra\u00dfe.de"),
        ("x@xn--fiqs8s.xn--p1ai", "x@xn--fiqs8s.xn--p1ai"),
        ("See jane@example.com.Then", "jane@example.com.Then"),
        ('"jane@EXAMPLE.ORG"', "jane@EXAMPLE.ORG"),
    ],
    "PHONE_NUMBER": [
        ("call +1 415 555 0132 now", "+1 415 555 0132"),
        ("+442079460958", "+442079460958"),
        ("+49 (0)30 901820", "+49 (0)30 901820"),
        ("(+33) 6 12 34 56 78", "(+33) 6 12 34 56 78"),
        ("0044 20 7946 0958", "0044 20 7946 0958"),
        ("(415) 555-0132 ext", "(415) 555-0132"),
        ("(415-555-0132)", "415-555-0132"),
        ("415.555.0132, x", "415.555.0132"),
        ("212-555-0199 2 times", "212-555-0199"),
        ("1-800-555-0199", "1-800-555-0199"),
        ("555-123-4567", "555-123-4567"),
        ("ring 020 7946 0958 today", "020 7946 0958"),
        ("07700 900123", "07700 900123"),
        ("06 12 34 56 78", "06 12 34 56 78"),
        ("06.12.34.56.78", "06.12.34.56.78"),
        ("030 / 901820", "030 / 901820"),
        ("0171-2345678", "0171-2345678"),
        ("(11) 91234-5678", "(11) 91234-5678"),
        ("98765 43210", "98765 43210"),
        ("phone: 4155550132", "4155550132"),
        ("m\u00f3vil 612 345 678", "612 345 678"),
        ("WhatsApp me: 98765-43210", "98765-43210"),
    ],
    "CREDIT_CARD": [
        ("4111 1111 1111 1111 12/27 123", "4111 1111 1111 1111"),
        ("5500-0000-0000-0004", "5500-0000-0000-0004"),
        ("378282246310005", "378282246310005"),
        ("3782 822463 10005", "3782 822463 10005"),
        ("2223003122003222", "2223003122003222"),
        ("6011.1111.1111.1117", "6011.1111.1111.1117"),
        ("30569309025904", "30569309025904"),
        ("3530111333300000", "3530111333300000"),
        ("6304000000000000", "6304000000000000"),
        ("4222222222222", "4222222222222"),
        ("card_4012888888881881_x", "4012888888881881"),
    ],
    "IBAN_CODE": [
        ("DE89 3704 0044 0532 0130 00", "DE89 3704 0044 0532 0130 00"),
        ("IBAN:GB29NWBK60161331926819.", "GB29NWBK60161331926819"),
        ("NO93 8601 1117 947", "NO93 8601 1117 947"),
        ("MT84 MALT 0110 0001 2345 MTLC AST0 01S", "MT84 MALT 0110 0001 2345 MTLC AST0 01S"),
        ("fr1420041010050500013m02606", "fr1420041010050500013m02606"),
        ("CH93-0076-2011-6238-5295-7", "CH93-0076-2011-6238-5295-7"),
    ],
    "US_SSN": [
        ("536-22-1234", "536-22-1234"),
        ("536 22 1234", "536 22 1234"),
        ("SSN: 536221234", "536221234"),
        ("Social Security number 536.22.1234", "536.22.1234"),
    ],
    "IP_ADDRESS": [
        ("from 10.20.30.40:8080", "10.20.30.40"),
        ("http://192.168.1.17/x", "192.168.1.17"),
        ("ip=203.0.113.9,", "203.0.113.9"),
        ("node:198.51.100.7.", "198.51.100.7"),
        ("db.example.com/172.16.254.1", "172.16.254.1"),
        ("2001:db8:85a3::8a2e:370:7334", "2001:db8:85a3::8a2e:370:7334"),
        ("[2001:db8::1]:443", "2001:db8::1"),
        ("fe80::1ff:fe23:4567:890a%eth0", "fe80::1ff:fe23:4567:890a"),
        ("2001:0db8:0000:0000:0000:ff00:0042:8329", "2001:0db8:0000:0000:0000:ff00:0042:8329"),
        ("node:2001:db8::7: down", "2001:db8::7"),
        ("::ffff:203.0.113.9", "::ffff:203.0.113.9"),
    ],
    "AWS_ACCESS_KEY": [
        ("id A" + "KIAQ3EGRZNK7WMLD2PB;", "A" + "KIAQ3EGRZNK7WMLD2PB"),
        ("A" + "SIAQ3EGRZNK7WMLD2PB", "A" + "SIAQ3EGRZNK7WMLD2PB"),
    ],
    "AWS_SECRET_KEY": [
        (
            "aws_secret_access_key = " + "wJalrXUtnF/I7K+MDENGbPxRfiCYa1b2c3d4e5f6"[:40],
            "wJalrXUtnF/I7K+MDENGbPxRfiCYa1b2c3d4e5f6"[:40],
        ),
        ('"SecretAccessKey": "' + "a1B2c3D4e5" * 4 + '"', "a1B2c3D4e5" * 4),
    ],
    "GITHUB_TOKEN": [(f"gh{kind}_{A36}", f"gh{kind}_{A36}") for kind in "pousr"]
    + [("github" + f"_pat_{A36[:22]}_{A36}{A36[:23]}", "github" + f"_pat_{A36[:22]}_{A36}{A36[:23]}")],
    "GITLAB_TOKEN": [
        ("gl" + "pat-" + A36[:20], "gl" + "pat-" + A36[:20]),
        ("gl" + "rt-t1_" + A36[:20], "gl" + "rt-t1_" + A36[:20]),
    ],
    "SLACK_TOKEN": [
        ("xox" + "b-123456789012-1234567890123-" + A36[:24], "xox" + "b-123456789012-1234567890123-" + A36[:24]),
        ("xa" + "pp-1-A0123456789-1234567890123-" + HEX32, "xa" + "pp-1-A0123456789-1234567890123-" + HEX32),
        (
            "https://hooks." + "slack.com/services/T0123/B0123/" + A36[:24],
            "https://hooks." + "slack.com/services/T0123/B0123/" + A36[:24],
        ),
    ],
    "STRIPE_KEY": [
        ("sk" + "_live_" + A36[:24], "sk" + "_live_" + A36[:24]),
        ("rk" + "_test_" + A36, "rk" + "_test_" + A36),
        ("wh" + "sec_" + A36, "wh" + "sec_" + A36),
    ],
    "OPENAI_API_KEY": [
        ("sk" + "-" + A36[:20] + "T3Blbk" + "FJ" + A36[:20], "sk" + "-" + A36[:20] + "T3Blbk" + "FJ" + A36[:20]),
        ("key sk" + "-proj-" + A36 + "_-" + A36 + " ok", "sk" + "-proj-" + A36 + "_-" + A36),
        ("sk" + "-svcacct-" + A36, "sk" + "-svcacct-" + A36),
    ],
    "ANTHROPIC_API_KEY": [("sk" + "-ant-api03-" + A36 * 2 + "-AA", "sk" + "-ant-api03-" + A36 * 2 + "-AA")],
    "HUGGINGFACE_TOKEN": [
        ("hf" + "_" + A36[:34], "hf" + "_" + A36[:34]),
        ("api" + "_org_" + A36[:34], "api" + "_org_" + A36[:34]),
    ],
    "GOOGLE_API_KEY": [("AI" + "za" + A36[:35], "AI" + "za" + A36[:35]), ("GOC" + "SPX-" + A36[:28], "GOC" + "SPX-" + A36[:28])],
    "SENDGRID_API_KEY": [("S" + f"G.{A36[:22]}.{A36}{A36[:7]}", "S" + f"G.{A36[:22]}.{A36}{A36[:7]}")],
    "TWILIO_KEY": [("S" + "K" + HEX32, "S" + "K" + HEX32), ("A" + "C" + HEX32 + ",", "A" + "C" + HEX32)],
    "NPM_TOKEN": [("//registry/:_authToken=npm" + "_" + A36, "npm" + "_" + A36)],
    "PYPI_TOKEN": [("pyp" + "i-AgEIcHlwaS5vcmc" + A36 * 3, "pyp" + "i-AgEIcHlwaS5vcmc" + A36 * 3)],
    "TELEGRAM_BOT_TOKEN": [("bot 110201543:" + "AA" + A36[:33], "110201543:" + "AA" + A36[:33])],
    "JWT": [(f"Bearer {JWT}", JWT), (f"id_token={JWT}&x=1", JWT), (f"'{JWT}'.", JWT)],
    "PRIVATE_KEY": [
        (f"x {pem('PRIVATE KEY')} y", pem("PRIVATE KEY")),
        (pem("RSA PRIVATE KEY"), pem("RSA PRIVATE KEY")),
        (pem("EC PRIVATE KEY"), pem("EC PRIVATE KEY")),
        (pem("OPENSSH PRIVATE KEY"), pem("OPENSSH PRIVATE KEY")),
        (pem("ENCRYPTED PRIVATE KEY"), pem("ENCRYPTED PRIVATE KEY")),
        (
            pem("PGP PRIVATE KEY BLOCK", "Version: GnuPG v2.0 (GNU/Linux)\n\n" + BODY),
            pem("PGP PRIVATE KEY BLOCK", "Version: GnuPG v2.0 (GNU/Linux)\n\n" + BODY),
        ),
        (
            pem("RSA PRIVATE KEY", "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,0A1B2C3D\n\n" + BODY),
            pem("RSA PRIVATE KEY", "Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,0A1B2C3D\n\n" + BODY),
        ),
        ('{"k": "' + pem("PRIVATE KEY").replace("\n", "\\n") + '\\n"}', pem("PRIVATE KEY").replace("\n", "\\n")),
        ("-----BEGIN PRIVATE KEY-----\n" + BODY, "-----BEGIN PRIVATE KEY-----\n" + BODY),
    ],
    "GENERIC_SECRET": [
        ("password: hunter2", "hunter2"),
        ("Password=Tr0ub4dor&3;", "Tr0ub4dor&3"),
        ("my password is Hunter2!", "Hunter2"),
        ("DB_PASSWORD='p@ss/w0rd'", "p@ss/w0rd"),
        ('{"password": "swordfish"}', "swordfish"),
        ("password: swordfish", "swordfish"),
        ("passwd := Pa$$word", "Pa$$word"),
        ("mysql --password s3cr3t99 -h x", "s3cr3t99"),
        ("https://x.test/?token=" + A36[:20] + "&page=2", A36[:20]),
        ('api_key = "' + A36[:24] + '"', A36[:24]),
        ('const apiKey: string = "' + A36[:24] + '"', A36[:24]),
        ("config['secret_key'] = '" + A36 + "'", A36),
        ("client_secret: " + HEX32, HEX32),
        ("auth_token => 550e8400-e29b-41d4-a716-446655440000", "550e8400-e29b-41d4-a716-446655440000"),
        ("Authorization: Bearer " + A36, A36),
        ('\\"password\\": \\"hunter2\\"', "hunter2"),
        ("credentials: a1b2c3d4e5", "a1b2c3d4e5"),
        ("password: applepie", "applepie"),
        ("password: password123", "password123"),
        ("password: $ecret123 ok", "$ecret123"),
        ("password: @dm1nPass", "@dm1nPass"),
    ],
}

# The same for the entities that the generated values of test_redaction_recall.py check too.
MORE_HITS: dict[str, list[tuple[str, str]]] = {
    "MAC_ADDRESS": [
        ("eth0 00:1a:2b:3c:4d:5e up", "00:1a:2b:3c:4d:5e"),
        ("00-1A-2B-3C-4D-5E", "00-1A-2B-3C-4D-5E"),
        ("001a.2b3c.4d5e,", "001a.2b3c.4d5e"),
    ],
    "CRYPTO": [
        ("send to 1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa.", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"),
        ("bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq", "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq"),
        (
            "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0",
            "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0",
        ),
        ("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"),
        ("0xfb6916095ca1df60bb79ce92ce3ea74c37c5d359", "0xfb6916095ca1df60bb79ce92ce3ea74c37c5d359"),
    ],
    "US_ITIN": [("912-70-1234", "912-70-1234"), ("ITIN 912701234", "912701234")],
    "UK_NINO": [("NINO AB 12 34 56 C.", "AB 12 34 56 C"), ("AB123456C", "AB123456C")],
    "UK_NHS": [("NHS no 943 476 5919", "943 476 5919")],
    "FR_NIR": [("2 95 10 99 126 111 93", "2 95 10 99 126 111 93")],
    "ES_NIF": [("DNI 54362315K", "54362315K")],
    "ES_NIE": [("X2482300W", "X2482300W")],
    "IT_FISCAL_CODE": [("CF: RCCMNL83S18D969H", "RCCMNL83S18D969H")],
    "PL_PESEL": [("PESEL: 44051401359", "44051401359")],
    "IN_AADHAAR": [("aadhaar 2341 2341 2346", "2341 2341 2346")],
    "IN_PAN": [("ACUPA7085R", "ACUPA7085R")],
    "BR_CPF": [("390.533.447-05", "390.533.447-05")],
    "BR_CNPJ": [("16.727.230/0001-97", "16.727.230/0001-97")],
    "CA_SIN": [("SIN 123-456-782", "123-456-782")],
    "AU_TFN": [("TFN: 123 456 782", "123 456 782")],
    "AU_ABN": [("83 914 571 673", "83 914 571 673")],
    "NL_BSN": [("BSN: 111222333", "111222333")],
    "SE_PERSONNUMMER": [("880320-0016", "880320-0016")],
    "SWIFT_CODE": [("BIC: DEUTDEFF500", "DEUTDEFF500")],
    "DATE_OF_BIRTH": [("DOB: 1980-02-29", "1980-02-29"), ("born on 3/4/1975,", "3/4/1975")],
    "US_PASSPORT": [("passport number: C12345678", "C12345678")],
    "DRIVER_LICENSE": [("driver's license D1234567", "D1234567")],
    "BANK_ACCOUNT": [("account number 12345678", "12345678"), ("sort code 12-34-56", "12-34-56")],
    "DATABRICKS_TOKEN": [("da" + "pi" + HEX32, "da" + "pi" + HEX32)],
    "DOCKER_TOKEN": [("dckr" + "_pat_" + A36[:27], "dckr" + "_pat_" + A36[:27])],
    "AZURE_STORAGE_KEY": [("Account" + "Key=" + A36 * 2 + A36[:14] + "==;", A36 * 2 + A36[:14] + "==")],
    "DATABASE_URL": [
        ("url=postgres://app:s3cr3t@db:5432/x?y=1.", "postgres://app:s3cr3t@db:5432/x?y=1"),
        ("Server=db;Password=hunter22;Database=x", "hunter22"),
    ],
    "URL_CREDENTIALS": [("https://joe:s3cr3t@localhost/x", "joe:s3cr3t")],
    "BASIC_AUTH": [("Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==", "QWxhZGRpbjpvcGVuIHNlc2FtZQ==")],
}
HITS |= MORE_HITS

MISSES = [
    # versions, sections, code
    "Chrome/120.0.150.20 Safari/537.36",
    "version 10.0.19.1",
    "v1.2.3.4",
    "openssl-1.1.1.4",
    "package==1.2.3.4",
    "firmware: 2.4.10.3",
    "section 3.2.1.4",
    "OID 1.3.6.1.4.1.311",
    "1.2.3.4.5",
    "300.1.2.3",
    "x[1::20] + a::b + std::vector",
    "12:30:45 and 2024-01-15T10:20:30",
    "00:00:00:00:00:00",
    "ff:ff:ff:ff:ff:ff",
    "00:1a:2b:3c:4d:5e:6f:70",
    "0000.1111.2222",
    # digits
    "978-0-306-40615-7",
    "ISBN 0-306-40615-2",
    "9780306406157",
    "1700000000",
    "1700000000000",
    "call at 1700000000",
    "order 48151623421",
    "4111 1111 1111 1112",
    "0000 0000 0000 0000",
    "1234567812345670",
    "3.14159265358979",
    "0.4111111111111111",
    "4111-1111-1111-1111-9999",
    "550e8400-e29b-41d4-a716-446655440000",
    "d41d8cd98f00b204e9800998ecf8427e",
    "da39a3ee5e6b4b0d3255bfef95601890afd80709",
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
    "2024-01-15 10:20:30",
    "01.02.2024 10:30",
    "120 350 450 1200",
    "000-12-3456",
    "666-12-3456",
    "900-12-3456",
    "536-00-1234",
    "536-22-0000",
    "536221234",
    "1536-22-12345",
    "DE89 3704 0044 0532 0130 01",
    "DE89370400440532013",
    "ZZ89370400440532013000",
    # addresses that are none
    "a@b",
    "react@18.2.0",
    "git@github.com:owner/repository.git",
    "icon@2x.png",
    "@property",
    # words about secrets, placeholders, code that fetches them
    "password: forgotten again",
    "The password is required for login",
    "password: must be 8-16 characters",
    "token: 512",
    "max_tokens: 4096",
    "next_page_token: a1B2c3D4e5F6",
    "eos_token: '<|endoftext|>'",
    "secret: base64 encoded",
    "bypass: a1b2c3d4",
    "secretary: Anna2024x",
    'api_key = "YOUR_API_KEY"',
    "api_key: your-api-key-here",
    'api_key = os.environ["OPENAI_API_KEY"]',
    "apiKey: process.env.API_KEY1",
    "token: ${{ secrets.GITHUB_TOKEN }}",
    "password: ${DB_PASSWORD1}",
    "password = $DB_PASSWORD1",
    "password: {{ vault_pass1 }}",
    "password=%(password1)s",
    "password: <your password1>",
    "password: [REDACTED1]",
    "password: ********",
    "password: xxxxxxxx",
    "password = changeme",
    'password = "changeme"',
    "password: None",
    "password: str = None",
    "token = get_token1(user)",
    "token = self.token1",
    "secret: /run/secrets/db1",
    "api_key = sk-...",
    "sk" + "-xxxxxxxxxxxxxxxxxxxxxxxx",
    "key sk-folding-cube-animation-container-2",
    "password: <GENERIC_SECRET>",
    "Bearer of bad news",
    # keys cut short or of the wrong alphabet
    "gh" + "p_" + A36[:30],
    "A" + "KIA" + "Q3EGRZNK7",
    "xox" + "b-",
    "hf" + "_hub_download_file_from_repository",
    "npm" + "_config_registry",
    "S" + "G.short.short",
    "sk" + "_live_",
    "ey" + "JhbGciOiJIUzI1NiJ9",
    "ey" + "JhbGciOiJIUzI1NiJ9.eyJ",
    "a file begins with -----BEGIN PRIVATE KEY-----.",
    "-----BEGIN CERTIFICATE-----\n" + BODY + "-----END CERTIFICATE-----",
    # what the words before would have to say, and wrong check digits
    "BIC DEUTXXFF",
    "the meeting on 1980-02-29",
    "DEUTDEFF",
    "9434765919 items",
    "AB123456E",
    "BG123456A",
    "912-40-1234",
    "54362315L",
    "X2482300V",
    "RCCMNL83S18D969I",
    "PESEL: 44051401358",
    "44051401359",
    "ACUQA7085R",
    "390.533.447-06",
    "16.727.230/0001-98",
    "83 914 571 674",
    "880320-0017",
    "881320-0016",
    "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb",
    "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdp",
    "0x5AAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
    "https://user:password@localhost/x",
    "postgres://user:${DB_PASS1}@localhost/x",
    "http://localhost:8080/a@b",
    "Basic authentication",
    "Basic QWxhZGRpbg==",
    "-----BEGIN PUBLIC KEY-----\n" + BODY + "-----END PUBLIC KEY-----",
]


def found(text: str, start: int = 0) -> list[tuple[str, str]]:
    return [(finding.label, text[finding.start : finding.end]) for finding in SCANNER.scan(text, start)]


@pytest.mark.parametrize(("label", "text", "value"), [(label, *case) for label, cases in HITS.items() for case in cases])
def test_value_is_found_with_its_exact_span(label: str, text: str, value: str) -> None:
    assert found(text) == [(label, value)]


@pytest.mark.parametrize("text", MISSES)
def test_what_only_looks_alike_is_left_alone(text: str) -> None:
    for around in (text, f"Note: {text} and so on", f"{text}, {text}"):
        assert found(around) == []


def test_every_entity_has_a_source_and_a_group() -> None:
    assert set(HITS) <= {entity.label for entity in ENTITIES}
    for entity in ENTITIES:
        assert len(entity.source) > 10
        assert {"pii", "secrets"} & entity.groups
        assert all(entity.label in GROUPS[name] for name in entity.groups)


@pytest.mark.parametrize(
    ("label", "text", "value"),
    [(label, *case) for label, cases in HITS.items() for case in cases if label in {"CREDIT_CARD", "IBAN_CODE"}],
)
def test_one_wrong_character_of_a_checked_value_is_a_miss(label: str, text: str, value: str) -> None:
    last = max(index for index, character in enumerate(value) if character.isdigit())
    wrong = value[:last] + str((int(value[last]) + 1) % 10) + value[last + 1 :]
    assert label not in {name for name, _ in found(text.replace(value, wrong))}


def test_leaf_is_found_from_its_value_on() -> None:
    for key, value in (("password", "swordfish"), ("db.password", "hunter2"), ("api_key", A36[:20]), ("Secret", HEX32)):
        text = f"{key}: {value}"
        assert found(text, len(key) + 2) == [("GENERIC_SECRET", value)]
        assert found(text, len(key) + 3) == []
    assert found("title: swordfish", 7) == []


def test_more_specific_label_keeps_the_span() -> None:
    key = "sk" + "-ant-api03-" + A36
    assert found(f'api_key = "{key}"') == [("ANTHROPIC_API_KEY", key)]
    assert found("tel 536-22-1234") == [("US_SSN", "536-22-1234")]


@pytest.mark.parametrize("size", [300, 20_000, 60_000])
def test_long_private_key_is_one_finding(size: int) -> None:
    text = pem("PRIVATE KEY", ("A1b2" * 16 + "\n") * (size // 65))
    assert found(f"x {text} y") == [("PRIVATE_KEY", text)]


@pytest.mark.parametrize(
    "text",
    [
        pem("PRIVATE KEY", ("A1b2" * 16 + "\n") * 3000),
        "ey" + "J" + "a1" * 90_000,
        "ey" + "JhbGciOiJIUzI1NiJ9.ey" + "Ja" * 90_000 + ".abc",
    ],
)
def test_over_long_secret_is_longer_than_what_the_engine_lets_through(text: str) -> None:
    spans = [(finding.start, finding.end) for finding in SCANNER.scan(text)]
    assert (0, 65_536) in spans
    assert (1, 65_537) in spans
    assert all(end - begin <= SCANNER.max_span <= 65_536 for begin, end in spans)
