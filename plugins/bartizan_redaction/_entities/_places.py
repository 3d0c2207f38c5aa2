"""LOCATION_COORDINATES: latitude and longitude, in decimals or in degrees, minutes and seconds."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from bartizan_redaction._entities._entity import SPACED_SPAN, D, Entity, groups

if TYPE_CHECKING:
    from bartizan_redaction._entities._entity import Span

_S: Final = "[ \u00a0]"
_SIGN: Final = "[+\u2212-]"
_DECIMAL: Final = rf"{_SIGN}?[0-9]{{1,3}}\.[0-9]{{4,8}}"
_NO_NUMBER_BEFORE: Final = rf"(?<![0-9A-Za-z_.])(?<![0-9][,;])(?<![0-9][,;]{_S})(?<![0-9][,;]{_SIGN})(?<![0-9][,;]{_S}{_SIGN})"
# Not followed by one more decimal: lists of numbers are longer.
_NO_NUMBER_AFTER: Final = rf"(?![0-9A-Za-z]|\.[0-9]|[,;]?{_S}{{0,2}}{_SIGN}?[0-9]{{1,4}}\.[0-9])"
_PAIR: Final = re.compile(rf"{_NO_NUMBER_BEFORE}({_DECIMAL})(?:[,;]{_S}{{0,2}}|%2C)({_DECIMAL}){_NO_NUMBER_AFTER}")
_SPACED_PAIR: Final = re.compile(
    rf"({_SIGN}?[0-9]{{1,3}}\.[0-9]{{2,15}})(?:[,;]{_S}{{0,2}}|{_S}|%2C)({_SIGN}?[0-9]{{1,3}}\.[0-9]{{2,15}})"
)
_DEGREE: Final = "[°º˚]"
_MINUTE: Final = "['’‘′´]"
_SECOND: Final = "(?:[\"”“″]|''|′′|’’)"
_ANGLE: Final = (
    rf"[0-9]{{1,3}}(?:\.[0-9]{{1,12}})?{_S}?{_DEGREE}(?:{_S}?[0-9]{{1,2}}(?:\.[0-9]{{1,9}})?{_S}?{_MINUTE}"
    rf"(?:{_S}?[0-9]{{1,2}}(?:\.[0-9]{{1,9}})?{_S}?{_SECOND})?)?"
)
_BETWEEN: Final = rf"(?:,?{_S}{{1,2}}|,|{_S}?[;/]{_S}?|)"
_ANGLES: Final = re.compile(
    rf"(?<![0-9A-Za-z.])(?:{_ANGLE}{_S}?[NSns](?![A-Za-z]){_BETWEEN}{_ANGLE}{_S}?[EWOewo](?![A-Za-z])"
    rf"|[NS]{_S}?{_ANGLE}{_BETWEEN}[EWO]{_S}?{_ANGLE}"
    rf"|{_SIGN}?{_ANGLE}{_BETWEEN}{_SIGN}?{_ANGLE}(?!{_S}?[A-Za-z0-9]))"
)
_PLAIN: Final = r"[0-9]{1,3}\.[0-9]{2,12}"
_HEMISPHERES: Final = re.compile(
    rf"(?<![0-9A-Za-z.])(?:{_PLAIN}{_S}?[NS](?![A-Za-z0-9]){_BETWEEN}{_PLAIN}{_S}?[EW](?![A-Za-z0-9])"
    rf"|[NS]{_S}?{_PLAIN}{_BETWEEN}[EW]{_S}?{_PLAIN}(?![0-9A-Za-z]))"
)
_STRING: Final = re.compile(
    r"(?<![0-9A-Za-z.])(?P<latitude>[+-](?:[0-9]{2}){1,3}\.[0-9]{2,9})(?P<longitude>[+-][0-9]{3}(?:[0-9]{2}){0,2}\.[0-9]{2,9})"
    r"(?:[+-][0-9]{1,5}(?:\.[0-9]{1,4})?)?(?:CRS[A-Za-z0-9_:]{1,16})?/"
)
_ARRAY: Final = re.compile(r"(?:[Tt]ensor|array|[Mm]atrix)\([\[( ]{0,8}\Z")
_ARRAY_REACH: Final = 24
_WIDEST: Final = 90.0
_LONGEST: Final = 180.0

_NAMES: Final = "latitude|longitude|lat|lng|lon|long"
_NAMED: Final = re.compile(
    rf"(?<![A-Za-z])(?:{_NAMES})[\"']?[ \t]{{0,2}}[:=][ \t]{{0,2}}[\"']?"
    rf"(?P<value>{_SIGN}?[0-9]{{1,3}}\.[0-9]{{2,15}})(?![0-9A-Za-z]|\.[0-9])",
    re.IGNORECASE,
)
_PLACED: Final = (
    "coordinates?|coords?|gps|location|located at|position|geo|geolocation|latlng|lat/lng|lat/lon|lat,lng|lat/long|point"
    "|koordinaten|standort|coordonn[ée]es|coordenadas|coordinate|ubicaci[óo]n|q|ll|center|query|destination|origin|sll|daddr|saddr"
)
_WORD: Final = re.compile(
    rf"(?<![A-Za-z])(?:{_PLACED})(?![A-Za-z])[^0-9A-Za-z\n]{{0,3}}(?:(?:are|is|at|of|:)[ ])?[\[({{\"' ]{{0,2}}", re.IGNORECASE
)


def _inside(latitude: str, longitude: str) -> bool:
    """Whether two decimals are on Earth, and more than numbers between 0 and 1."""
    first, second = (float(value.replace("\u2212", "-")) for value in (latitude, longitude))
    return abs(first) <= _WIDEST and abs(second) <= _LONGEST and (abs(first) >= 1 or abs(second) >= 1)


def _begin(text: str, pivot: int) -> int:
    """The sign before the pivot is part of it."""
    return pivot - 1 if pivot and text[pivot - 1] in "+-\u2212" else pivot


def _pair(text: str, pivot: int) -> Span | None:
    found = _PAIR.match(text, _begin(text, pivot))
    if found is None or not _inside(found.group(1), found.group(2)):
        return None
    # Numbers of any meaning, as numerical libraries print them.
    return None if _ARRAY.search(text, max(0, pivot - _ARRAY_REACH), found.start()) else found.span()


def _angles(text: str, pivot: int) -> Span | None:
    found = _ANGLES.match(text, _begin(text, pivot)) or _HEMISPHERES.match(text, pivot)
    return None if found is None else found.span()


def _string(text: str, pivot: int) -> Span | None:
    found = _STRING.match(text, pivot - 1) if pivot else None
    if found is None:
        return None
    # Degrees, and minutes and seconds where there are more digits before the point.
    whole = float(found["latitude"][1:3]), float(found["longitude"][1:4])
    return found.span() if whole[0] <= _WIDEST and whole[1] <= _LONGEST else None


def _named(text: str, pivot: int) -> Span | None:
    found = _NAMED.match(text, pivot)
    return found.span("value") if found is not None and _inside("1.0", found["value"]) else None


def _placed(text: str, pivot: int) -> Span | None:
    word = _WORD.match(text, pivot)
    found = None if word is None else _SPACED_PAIR.match(text, word.end())
    if found is None or text[found.end() : found.end() + 1].isalnum():
        return None
    latitude, longitude = found.groups()
    # A few systems (WKT, GeoJSON) say the longitude first.
    return found.span() if _inside(latitude, longitude) or _inside(longitude, latitude) else None


_CHARACTERS: Final = "0123456789.,;°º˚'’‘′´\"”“″NSEWOnsewo+-\u2212/% \u00a02C"
_STARTS: Final = re.compile(rf"[NS{_SIGN[1:-1]}]?{_S}?[0-9]|[NS]{_S}?\Z")


def _unfinished(text: str, start: int) -> int:
    """The first number from which nothing but a coordinate's characters follows."""
    size = len(text)
    if text[-1:] not in _CHARACTERS:
        return size
    left = max(start, size - SPACED_SPAN - 2)
    tail = text[left:]
    run = len(tail.rstrip(_CHARACTERS))
    found = _STARTS.search(tail, run)
    return size if found is None else left + found.start()


COORDINATES: Final = Entity(
    label="LOCATION_COORDINATES",
    groups=groups("pii", "location"),
    why="a place in geographic coordinates",
    source="ISO 6709 (order, hemispheres, degrees, minutes and seconds); RFC 5870 (geo URIs); RFC 7946 section 3.1.1 (GeoJSON)",
    gate=r"\b[0-9]{1,3}\.[0-9]{4,15}(?:[,;]|%2C)[ \xa0]{0,2}[+?-]?[0-9]{1,3}\.[0-9]{4}",
    begins=rf"{D}{{1,3}}\.",
    resolve=_pair,
    max_span=SPACED_SPAN,
    unfinished=_unfinished,
)
ANGLES: Final = replace(
    COORDINATES,
    gate=(
        r"\b[0-9]{1,3}(?:\.[0-9]{1,12})?[ \xa0]?[\xb0\xba?]|\b[NS][ \xa0]?[0-9]{1,3}(?:\.[0-9]{1,12})?[ \xa0]?[\xb0\xba?]"
        r"|\b[0-9]{1,3}\.[0-9]{2,12}[ \xa0]?[NS]\b|\b[NS][ \xa0]?[0-9]{1,3}\.[0-9]{2}"
    ),
    begins=rf"{D}{{1,3}}[ ._]|[NS]",
    resolve=_angles,
)
NAMED: Final = replace(
    COORDINATES,
    gate=rf"(?i:\b(?:{_NAMES})[\"']?[ \t]{{0,2}}[:=][ \t]{{0,2}}[\"']?[+?-]?[0-9])",
    begins="(?i:l[aon])",
    resolve=_named,
)
PLACED: Final = replace(
    COORDINATES,
    gate=r"(?i:\b(?:coord|gps|locat|position|geo|lat|point|koord|standort|ubica|q=|ll|center|query|destin|origin|daddr|saddr|sll)[^0-9\n]{0,24}[+?-]?[0-9]{1,3}\.[0-9]{2})",
    begins="(?i:co|gp|lo|po|ge|la|ko|st|ub|q=|ll|ce|qu|de|or|da|sa|sl)",
    resolve=_placed,
)
STRINGS: Final = replace(
    COORDINATES,
    gate=r"\b[0-9]{2,6}\.[0-9]{2,9}[+-][0-9]{3,7}\.[0-9]{2,9}",
    begins=rf"{D}{{2,6}}\.",
    resolve=_string,
)
ENTITIES: Final = (STRINGS, COORDINATES, ANGLES, NAMED, PLACED)
