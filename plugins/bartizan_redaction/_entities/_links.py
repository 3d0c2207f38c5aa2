"""Credentials in addresses and headers: DATABASE_URL, URL_CREDENTIALS, BASIC_AUTH."""

from __future__ import annotations

import binascii
import re
from base64 import b64decode
from typing import TYPE_CHECKING, Final

from bartizan_redaction._entities._entity import ALONE, Entity, edge, groups
from bartizan_redaction._entities._judge import stands_for_one

if TYPE_CHECKING:
    from bartizan_redaction._entities._entity import Span

_DATABASES: Final = (
    r"(?:postgres(?:ql)?|mysql|mariadb|mssql|sqlserver|oracle|mongodb|rediss?|amqps?|clickhouse|cockroachdb|couchdb|cassandra"
    r"|neo4j|bolt|snowflake|redshift|trino|presto|db2|nats|ldaps?|kafka)(?:\+[a-z0-9_]{1,16})?"
)
_LOGIN: Final = r"(?P<user>[^\s/@:\"'`<>]{0,64}):(?P<password>[^\s/@\"'`<>]{1,200})@"
_DATABASE: Final = re.compile(rf"(?i:{ALONE}{_DATABASES})://{_LOGIN}[^\s\"'`<>,;)\]}}]{{1,220}}(?<![.!?])")
_DATABASE_BEFORE: Final = re.compile(rf"(?i:{ALONE}{_DATABASES})\Z")
_SCHEME_WINDOW: Final = 32
_CREDENTIALS: Final = re.compile(rf"(?<=[A-Za-z0-9+.-])://{_LOGIN}(?=[\w\[])")


def _placeholder(found: re.Match[str]) -> bool:
    return stands_for_one(found["password"], "")


def _database(text: str, begin: int) -> Span | None:
    found = _DATABASE.match(text, begin)
    return None if found is None or _placeholder(found) else found.span()


def _credentials(text: str, colon: int) -> Span | None:
    found = _CREDENTIALS.match(text, colon)
    if found is None or _placeholder(found) or _DATABASE_BEFORE.search(text[max(0, colon - _SCHEME_WINDOW) : colon]):
        return None
    return found.start("user"), found.end("password")


DATABASE_URL: Final = Entity(
    label="DATABASE_URL",
    groups=groups("secrets", "database"),
    why="an address of a database with a password in it",
    source="RFC 3986 section 3.2.1 (user information); libpq, 'Connection URIs'; MongoDB, 'Connection strings'; SQLAlchemy, 'Engine URLs'",
    gate=edge(rf"(?i:{_DATABASES})://[^\s/@:]{{0,40}}:[^\s/@]"),
    begins="(?i:po|my|ma|ms|sq|or|mo|re|am|cl|co|ca|ne|bo|sn|tr|pr|db|na|ld|ka)",
    resolve=_database,
)
URL_CREDENTIALS: Final = Entity(
    label="URL_CREDENTIALS",
    groups=groups("secrets", "network"),
    why="a user name and a password in an address",
    source="RFC 3986 section 3.2.1 (user information)",
    gate=r"://[^\s/@:]{0,64}:[^\s/@]",
    begins=":/",
    resolve=_credentials,
)

_BASIC: Final = re.compile(rf"{ALONE}(?i:basic)[ \t]{{1,2}}(?P<value>[A-Za-z0-9+/]{{6,400}}={{0,2}})(?![A-Za-z0-9+/=])")


def _basic(text: str, begin: int) -> Span | None:
    found = _BASIC.match(text, begin)
    if found is None:
        return None
    value = found["value"]
    try:
        login = b64decode(value + "=" * (-len(value) % 4), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return None
    return found.span("value") if ":" in login and login.isprintable() else None


BASIC_AUTH: Final = Entity(
    label="BASIC_AUTH",
    groups=groups("secrets", "web"),
    why="a user name and a password as sent in an HTTP header",
    source="RFC 7617: Basic and the base64 form of user:password",
    gate=edge(r"(?i:basic)[ \t]{1,2}[A-Za-z0-9+/]{6}"),
    begins="(?i:ba)",
    resolve=_basic,
)
ENTITIES: Final = (DATABASE_URL, URL_CREDENTIALS, BASIC_AUTH)
