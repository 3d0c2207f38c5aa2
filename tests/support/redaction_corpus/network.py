"""IPv4 and IPv6 (RFC 791, 4291, 5952, 4007, 3986), MAC (IEEE 802), URLs with credentials (RFC 3986), positions (ISO 6709, RFC 5870)."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from support.redaction_corpus.model import ALNUM, Kind, Value, mixed

if TYPE_CHECKING:
    import random

HOSTS = (
    "db.example.com",
    "10.20.30.40:5432",
    "db-1.internal:3306",
    "cache.example.org:6379",
    "cluster0.ab1cd.mongodb.net",
    "localhost:5432",
)
USERS = ("admin", "svc_app", "jane.doe", "root", "deploy", "u123", "reporting-ro")


def ipv4(rng: random.Random) -> str:
    """An address outside of this-network, loopback and multicast, with octets that no version has."""
    first = rng.choice([n for n in range(1, 224) if n != 127])
    return f"{first}.{rng.randrange(256)}.{rng.randint(32, 255)}.{rng.randint(1, 254)}"


def ipv6(rng: random.Random) -> Value:
    head = rng.choice(
        [0x20010DB8, 0x2A000000 | rng.randrange(1 << 20), 0xFE800000, 0xFD000000 | rng.randrange(1 << 24), 0x26001F00]
    )
    full = ipaddress.IPv6Address((head << 96) | (rng.getrandbits(32) << 64) | rng.getrandbits(64))
    groups = [f"{rng.randint(1, 0xFFFF):x}" for _ in range(8)]
    start = rng.choice(["2001:db8", "fe80", "fd12:3456", "2a02:6b8"])
    forms = {
        "canonical": str(full),
        "exploded": full.exploded,
        "upper": full.exploded.upper(),
        "compressed": f"{start}::{':'.join(groups[: rng.randint(2, 4)])}",
        "short": f"{start}::{rng.randint(1, 0xFFFF):x}",
        "mapped": f"::ffff:{ipv4(rng)}",
        "NAT64": f"64:ff9b::{ipv4(rng)}",
        "dotted": f"2001:db8:0:0:0:0:{ipv4(rng)}",
        "no zeros": ":".join(groups),
        "zone": f"fe80::{groups[0]}:{groups[1]}",
        "prefix": f"{start}:{groups[0]}::",
        "brackets": f"{start}::{groups[2]}:{groups[3]}",
    }
    form, text = rng.choice(list(forms.items()))
    before = "[" if form == "brackets" else ""
    after = {"zone": "%eth0", "prefix": f"/{rng.choice([32, 48, 64])}", "brackets": f"]:{rng.choice([80, 443, 8080])}"}.get(
        form, ""
    )
    return Value(before + text + after, bare=True, core=(len(before), len(before) + len(text)), form=form)


def ip_v4(rng: random.Random) -> Value:
    text = ipv4(rng)
    tail = rng.choice(["", "", "", f":{rng.choice([22, 80, 8080, 51234])}", rng.choice(["/24", "/8", "/32"])])
    return Value(text + tail, bare=True, core=(0, len(text)), form="v4" + (" port" if ":" in tail else " prefix" if tail else ""))


def mac(rng: random.Random) -> Value:
    digits = f"{rng.getrandbits(48):012x}"
    if rng.random() < 0.5:
        digits = digits.upper()
    form = rng.choice([":", "-", "."])
    size = 4 if form == "." else 2
    return Value(form.join(digits[at : at + size] for at in range(0, 12, size)), bare=True, form=f"with {form}")


def password(rng: random.Random) -> str:
    """A password without characters that a URL must escape."""
    return rng.choice(
        [
            mixed(rng, ALNUM, rng.randint(8, 20)),
            f"{rng.choice(['Tr0ub', 'Winter', 'corvus', 'maple'])}{rng.randrange(1000)}{rng.choice(['!', '$', '_x', '-Q'])}z",
        ]
    )


def credentials(rng: random.Random) -> Value:
    scheme = rng.choice(["https", "https", "http", "ftp", "sftp", "ssh", "git+https", "svn", "ldap", "smb", "rtsp"])
    user, word = rng.choice(USERS), password(rng)
    host = rng.choice(
        [
            "example.com",
            "git.example.org/team/repo.git",
            "10.20.30.40:8080/admin",
            "files.acme.io/a/b?x=1",
            "[2001:db8::7]:8443/x",
        ]
    )
    head = f"{scheme}://{user}:"
    return Value(f"{head}{word}@{host}", bare=True, core=(len(head), len(head) + len(word)), form=scheme)


def database_url(rng: random.Random) -> Value:
    word, host = password(rng), rng.choice(HOSTS)
    scheme = rng.choice(
        [
            "postgres",
            "postgresql",
            "mysql",
            "mongodb",
            "mongodb+srv",
            "redis",
            "rediss",
            "amqp",
            "amqps",
            "mssql",
            "mariadb",
            "postgresql+psycopg2",
            "mysql+pymysql",
            "clickhouse",
            "cockroachdb",
            "oracle",
            "jdbc",
            "ado",
            "jdbc user",
        ]
    )
    if scheme == "jdbc":
        head = f"jdbc:postgresql://{host}/shop?user={rng.choice(USERS)}&password="
        return Value(f"{head}{word}", bare=True, core=(len(head), len(head) + len(word)), form=scheme)
    if scheme == "jdbc user":
        head = f"jdbc:mysql://{rng.choice(USERS)}:"
        return Value(f"{head}{word}@{host}/shop", bare=True, core=(len(head), len(head) + len(word)), form=scheme)
    if scheme == "ado":
        head = f"Server={host};Database=shop;User Id=sa;Password="
        return Value(f"{head}{word};Encrypt=True", bare=True, core=(len(head), len(head) + len(word)), form=scheme)
    user = "" if scheme.startswith("redis") and rng.random() < 0.7 else rng.choice(USERS)
    head = f"{scheme}://{user}:"
    return Value(
        f"{head}{word}@{host}/{rng.choice(['shop', '0', 'app?sslmode=require', ''])}",
        bare=True,
        core=(len(head), len(head) + len(word)),
        form=scheme,
    )


def position(rng: random.Random) -> Value:
    lat, lon = rng.uniform(-80, 80), rng.uniform(-179, 179)
    ns, ew, a, b = "NS"[lat < 0], "EW"[lon < 0], abs(lat), abs(lon)
    (d1, m1, s1), (d2, m2, s2) = ((int(x), int(x * 60 % 60), int(x * 36000 % 600) / 10) for x in (a, b))
    pair = f"{lat:.6f},{lon:.6f}"
    # Form: what stands before the position, the position, whether it can be told without context.
    forms: dict[str, tuple[str, str, bool]] = {
        "decimal": ("", f"{lat:.6f}, {lon:.6f}", False),
        "no space": ("", f"{lat:.5f},{lon:.5f}", False),
        "hemisphere": ("", f"{a:.4f}° {ns}, {b:.4f}° {ew}", True),
        "hemisphere, close": ("", f"{a:.5f}°{ns} {b:.5f}°{ew}", True),
        "hemisphere, no sign": ("", f"{a:.4f} {ns}, {b:.4f} {ew}", True),
        "degrees, minutes, seconds": ("", f"{d1}°{m1:02d}'{s1:04.1f}\"{ns} {d2}°{m2:02d}'{s2:04.1f}\"{ew}", True),
        "primes": ("", f"{d1}° {m1}\u2032 {int(s1)}\u2033 {ns}, {d2}° {m2}\u2032 {int(s2)}\u2033 {ew}", True),
        "degrees, minutes": ("", f"{ns} {d1}° {m1 + s1 / 60:06.3f}' {ew} {d2}° {m2 + s2 / 60:06.3f}'", True),
        "geo URI": ("geo:", pair, True),
        "ISO 6709": ("", f"{lat:+08.4f}{lon:+09.4f}/", False),
        "fields": ("lat: ", f"{lat:.5f}, lon: {lon:.5f}", True),
        "JSON": ('"latitude": ', f'{lat:.6f}, "longitude": {lon:.6f}', True),
        "map": (
            rng.choice(["https://www.google.com/maps/@", "https://maps.google.com/?q=", "https://maps.example.org/place?ll="]),
            pair,
            True,
        ),
    }
    form, (before, text, bare) = rng.choice(list(forms.items()))
    return Value(before + text, bare=bare, core=(len(before), len(before) + len(text)), form=form)


POSITIONS = frozenset(
    {"LOCATION_COORDINATES", "GPS_COORDINATES", "GPS_COORDINATE", "COORDINATES", "GEO_COORDINATES", "GEO_LOCATION"}
)
"""No standard gives this label; whichever of these the plugin has is right."""

KINDS = (
    Kind(
        "IP_ADDRESS v4",
        ip_v4,
        ("IP", "IP address", "server", "client address"),
        ("ip", "client_ip", "remote_addr", "host"),
        ("Der Server {v} antwortet nicht.", "l'adresse {v} est bloquée", "ssh root@{v}"),
        frozenset({"IP_ADDRESS"}),
    ),
    Kind(
        "IP_ADDRESS v6",
        ipv6,
        ("IP", "IPv6 address", "server", "client address"),
        ("ip", "ipv6", "remote_addr", "host"),
        ("Der Server {v} antwortet nicht.", "ping6 {v}"),
        frozenset({"IP_ADDRESS"}),
    ),
    Kind(
        "MAC_ADDRESS",
        mac,
        ("MAC", "MAC address", "hardware address"),
        ("mac", "mac_address", "hwaddr", "ether"),
        ("link/ether {v} brd", "Gerät {v} ist offline"),
    ),
    Kind(
        "URL_CREDENTIALS",
        credentials,
        ("URL", "repository", "link", "endpoint"),
        ("url", "remote", "endpoint", "proxy"),
        ("git clone {v}", "curl -s {v}", "siehe {v}"),
        frozenset({"URL_CREDENTIALS", "DATABASE_URL"}),
    ),
    Kind(
        "DATABASE_URL",
        database_url,
        ("database", "connection string", "DSN", "database URL"),
        ("DATABASE_URL", "dsn", "connection_string", "db_url"),
        ("psql {v}", "connect to {v} first"),
        frozenset({"DATABASE_URL", "URL_CREDENTIALS"}),
    ),
    Kind(
        "GPS_COORDINATES",
        position,
        ("GPS", "coordinates", "GPS coordinates", "location", "GPS position"),
        ("gps", "coordinates", "gps_position", "latlng", "coords"),
        ("Koordinaten: {v}", "Coordonnées GPS : {v}", "meet me at GPS {v}", "coordenadas {v}"),
        POSITIONS,
        parts=True,
    ),
)
