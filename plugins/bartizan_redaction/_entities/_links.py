# ruff: noqa: RUF001 - punctuation of many scripts is what is written here
"""Credentials in addresses and headers: DATABASE_URL, URL_CREDENTIALS, BASIC_AUTH."""

from __future__ import annotations

import binascii
import re
from base64 import b64decode
from dataclasses import replace
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
_PUNCTUATION: Final = "”“„«»‘’，。、；：！？）】」』》〉…"
"""Of other scripts: an address is ASCII (RFC 3986), and they write on behind it without a space."""
_DATABASE: Final = re.compile(rf"(?i:{ALONE}{_DATABASES})://{_LOGIN}[^\s\"'`<>,;)\]}}{_PUNCTUATION}]{{1,220}}(?<![.!?])")
_DATABASE_BEFORE: Final = re.compile(rf"(?i:{ALONE}{_DATABASES})\Z")
_SCHEME_WINDOW: Final = 32
_CREDENTIALS: Final = re.compile(rf"(?<=[A-Za-z0-9+.-])://{_LOGIN}(?=[\w\[])")
# What Maven writes `scm:cvs://:pserver:user@host`: a method of access and a user, no password.
_CVS_METHOD: Final = re.compile("(?:pserver|ext|extssh|gserver|kserver|sspi|local|fork):[^:]*")


def _placeholder(found: re.Match[str]) -> bool:
    return stands_for_one(found["password"], "")


def _database(text: str, begin: int) -> Span | None:
    found = _DATABASE.match(text, begin)
    return None if found is None or _placeholder(found) else found.span()


def _credentials(text: str, colon: int) -> Span | None:
    found = _CREDENTIALS.match(text, colon)
    if found is None or _placeholder(found) or _DATABASE_BEFORE.search(text[max(0, colon - _SCHEME_WINDOW) : colon]):
        return None
    if found["user"]:
        return found.start("user"), found.end("password")
    return None if _CVS_METHOD.fullmatch(found["password"]) else found.span("password")


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
_ORACLE: Final = re.compile(
    r"(?i:jdbc:oracle:(?:thin|oci8?)):(?P<user>[A-Za-z0-9_$#]{1,64})/(?P<password>[^\s/@\"'`<>]{1,128})@[^\s\"'`<>,;)]{1,220}"
)


def _oracle(text: str, begin: int) -> Span | None:
    found = _ORACLE.match(text, begin)
    return None if found is None or _placeholder(found) else found.span()


ORACLE_URL: Final = replace(
    DATABASE_URL,
    source="Oracle Database JDBC developer's guide, 'Database URLs and database specifiers'",
    gate=r"(?i:jdbc:oracle:(?:thin|oci8?)):[A-Za-z0-9_$#]{1,64}/[^\s/@]",
    begins="(?i:jd)",
    resolve=_oracle,
)
_MYSQL: Final = re.compile(
    r"(?:mysql(?:dump|admin)?|mariadb)(?=[ \t])[^\n|;&]{0,60}?[ \t](?:-p|--password=)(?P<password>[^\s\"'`|;&]{4,64})"
)


def _mysql(text: str, begin: int) -> Span | None:
    found = _MYSQL.match(text, begin)
    return None if found is None or _placeholder(found) else found.span("password")


MYSQL_PASSWORD: Final = replace(
    BASIC_AUTH,
    label="GENERIC_SECRET",
    groups=groups("secrets", "generic"),
    why="a password on a command line",
    source="MySQL reference manual, 'End-user guidelines for password security': -p with the password right behind it",
    gate=r"(?:mysql|mariadb)[a-z]{0,5}[ \t][^\n|;&]{0,60}-p[^\s]",
    begins="my|ma",
    resolve=_mysql,
)
_JDBC: Final = re.compile(
    rf"(?i:jdbc:[a-z0-9]{{2,16}}:)[^\s\"'`<>{_PUNCTUATION}]{{0,200}}?[?;&](?i:[a-z]{{0,8}}password|pwd)=(?P<password>[^\s\"'`<>&;{_PUNCTUATION}]{{1,100}})"
    rf"[^\s\"'`<>,)\]}}{_PUNCTUATION}]{{0,150}}(?<![.?;])"
)


def _jdbc(text: str, begin: int) -> Span | None:
    found = _JDBC.match(text, begin)
    return None if found is None or _placeholder(found) else found.span()


JDBC_URL: Final = replace(
    DATABASE_URL,
    source="JDBC specification, section 9.4 (URLs); PostgreSQL JDBC driver, MySQL Connector/J and Microsoft's driver (password as a property)",
    gate="(?i:jdbc:[a-z0-9]{2,16}:)",
    begins="(?i:jd)",
    resolve=_jdbc,
)
_PAIR: Final = re.compile(r"(?i:password|pwd)[ ]?=[ ]?[\"']?(?P<password>[^\s;\"'`<>]{1,128})")
_PAIR_BEFORE: Final = re.compile(
    r"(?i)(?:(?:server|data source|host|address|database|initial catalog|user id|user ?name|user|uid|dsn|driver|port)[ ]?=[^=;\n]{1,60};[ ]?"
    r"|\b(?:host|hostaddr|dbname|user|port|sslmode)=[^\s=]{1,60}[ ])\Z"
)
_PAIR_REACH: Final = 80


def _pair(text: str, pivot: int) -> Span | None:
    if pivot == 0 or text[pivot - 1] not in "; ":
        return None
    found = _PAIR.match(text, pivot)
    if found is None or _PAIR_BEFORE.search(text, max(0, pivot - _PAIR_REACH), pivot) is None or _placeholder(found):
        return None
    return found.span("password")


CONNECTION_STRING: Final = replace(
    DATABASE_URL,
    why="the password of a database's connection string",
    source="Microsoft Learn, 'Connection string syntax' (ADO.NET, ODBC); libpq, 'Keyword/value connection strings'",
    gate=r"(?i:password|pwd)[ ]?=[ ]?[^\s;]",
    begins="(?i:pa|pw)",
    resolve=_pair,
)
ENTITIES: Final = (DATABASE_URL, URL_CREDENTIALS, BASIC_AUTH, ORACLE_URL, MYSQL_PASSWORD, JDBC_URL, CONNECTION_STRING)
