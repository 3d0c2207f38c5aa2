"""Texts with numbers and identifiers that are nobody's data: versions, ISBNs, orders, times, hashes, measurements, scores."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import uuid
from typing import TYPE_CHECKING

from support.redaction_corpus.checksums import weighted
from support.redaction_corpus.model import ALNUM, DIGITS, HEX, LOWER, UPPER, take

if TYPE_CHECKING:
    import random

PACKAGES = ("numpy", "requests", "left-pad", "openssl", "libc6", "tokio", "spring-core", "react-dom", "kernel", "busybox")


def user_agent(rng: random.Random) -> str:
    v = f"{rng.randint(90, 140)}.0.{rng.randint(1000, 7000) if rng.random() < 0.5 else rng.randint(1, 255)}.{rng.randint(1, 255)}"
    return rng.choice(
        [
            f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{v} Safari/537.36",
            f"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 HeadlessChrome/{v}",
            f"It breaks in Chrome {v} but not in Firefox 121.0.1.",
            f"Edg/{v}",
            f"Opera/{rng.randint(60, 110)}.0.{rng.randint(1, 255)}.{rng.randint(1, 255)}",
            f"curl/8.{rng.randint(0, 9)}.{rng.randint(0, 9)} OpenSSL/3.0.{rng.randint(0, 15)} zlib/1.2.13.{rng.randint(0, 9)}",
        ]
    )


def version(rng: random.Random) -> str:
    a, b, c, d = (rng.randint(0, 30) for _ in range(4))
    name = rng.choice(PACKAGES)
    return rng.choice(
        [
            f"upgrade {name} from {a}.{b}.{c} to {a}.{b + 1}.0",
            f"{name}=={a}.{b}.{c}.post{d}",
            f"version 10.{b}.{c}.{d} is out",
            f"Version: {a}.{b}.{c}.{d}",
            f"{name} v{a}.{b}.{c}.{d}",
            f"{name}-{a}.{b}.{c}-rc.{d}+build.{rng.randrange(10**6)}",
            f'"{name}": "^{a}.{b}.{c}",',
            f"build {a}.{b}.{rng.randint(100, 9999)}.{rng.randint(0, 9999)}",
            f'AssemblyVersion("{a}.{b}.{c}.{d}")',
            f"<Version>{a}.{b}.{c}.{d}</Version>",
            f"firmware {a}.{b}.{c}.{d} installed",
            f"{name}_{a}.{b}.{c}.{d}_amd64.deb",
            f"driver version {rng.randint(20, 31)}.0.{rng.randint(10, 101)}.{rng.randint(1000, 9999)}",
            f"Release {a}.{b}.{c}.{d} fixes a crash.",
            f"requires Adobe Reader >= {a}.{b}.{c}.{d}",
        ]
    )


def chapter(rng: random.Random) -> str:
    a, b, c, d = (rng.randint(1, 20) for _ in range(4))
    return rng.choice(
        [
            f"see section {a}.{b}.{c}.{d} of the manual",
            f"{a}.{b}.{c}.{d} Error handling\n{a}.{b}.{c}.{d + 1} Recovery",
            f"Chapter {a}.{b}.{c}: Results",
            f"as stated in clause {a}.{b}.{c}.{d}(b)",
            f"§ {a}.{b}.{c}.{d} applies",
            f"Table {a}.{b}.{c}.{d} lists the values.",
            f"OID 1.3.6.1.4.1.{a}.{b}.{c}",
            f"RFC {rng.randint(1000, 9500)}, section {a}.{b}.{c}",
        ]
    )


def isbn(rng: random.Random) -> str:
    body = rng.choice(["978", "979"]) + take(rng, DIGITS, 9)
    thirteen = body + str(-weighted(body, (1, 3) * 6) % 10)
    check = (11 - weighted(body[3:], range(10, 1, -1)) % 11) % 11
    ten = body[3:] + ("X" if check == 10 else str(check))
    dashed = f"{thirteen[:3]}-{thirteen[3]}-{thirteen[4:7]}-{thirteen[7:12]}-{thirteen[12]}"
    return rng.choice(
        [
            f"ISBN {thirteen}",
            f"ISBN-13: {dashed}",
            f"ISBN {dashed.replace('-', ' ')}",
            f"ISBN-10: {ten}",
            f"ISBN {ten[0]}-{ten[1:4]}-{ten[4:9]}-{ten[9]}",
            f"the book ({thirteen}) is out of print",
            f'{{"isbn": "{thirteen}"}}',
            f"doi:10.{rng.randint(1000, 9999)}/{dashed}_{rng.randint(1, 30)}",
        ]
    )


def ean(rng: random.Random) -> str:
    body = take(rng, DIGITS, 12)
    code = body + str(-weighted(body, (1, 3) * 6) % 10)
    upc = take(rng, DIGITS, 11)
    return rng.choice(
        [
            f"EAN {code}",
            f"barcode: {code}",
            f"GTIN-13 {code}",
            f"UPC {upc}{-weighted(upc, (3, 1) * 6) % 10}",
            f"ISSN {take(rng, DIGITS, 4)}-{take(rng, DIGITS, 4)}",
            f"SKU {take(rng, UPPER, 3)}-{take(rng, DIGITS, 5)}-{take(rng, UPPER, 2)}",
            f"ASIN B0{take(rng, UPPER + DIGITS, 8)}",
        ]
    )


def order(rng: random.Random) -> str:
    n = take(rng, "123456789", 1) + take(rng, DIGITS, rng.randint(5, 11))
    return rng.choice(
        [
            f"Order #{n} has shipped.",
            f"order id: {n}",
            f"Invoice INV-2024-{take(rng, DIGITS, 6)} is due on Friday.",
            f"ticket {n} was closed",
            f"Amazon order 114-{take(rng, DIGITS, 7)}-{take(rng, DIGITS, 7)}",
            f"PO number {n}",
            f"Your reference: {take(rng, UPPER, 2)}{take(rng, DIGITS, 8)}",
            f"case {take(rng, DIGITS, 8)} reopened",
            f"JIRA-{rng.randint(1, 99999)}, see also PROJ-{rng.randint(1, 999)}",
            f'{{"order_id": {n}, "qty": {rng.randint(1, 9)}}}',
            f"customer no. {n}, contract {take(rng, DIGITS, 10)}",
            f"booking {take(rng, UPPER + DIGITS, 6)} confirmed",
            f"Bestellnummer {n}",
            f"numéro de commande {n}",
            f"transaction {take(rng, DIGITS, 12)} failed",
            f"batch {take(rng, DIGITS, 9)}, lot {take(rng, DIGITS, 8)}",
            f"request id {take(rng, DIGITS, 10)}",
        ]
    )


def epoch(rng: random.Random) -> str:
    seconds = rng.randint(1_000_000_000, 1_900_000_000)
    return rng.choice(
        [
            f"ts={seconds}",
            f'{{"created": {seconds}, "object": "chat.completion"}}',
            f"at {seconds * 1000 + rng.randrange(1000)} the job ended",
            f"timestamp: {seconds}.{rng.randrange(10**6):06d}",
            f"{seconds * 1000 + rng.randrange(1000)} INFO started",
            f"{seconds}{rng.randrange(10**9):09d} ns",
            f"exp {seconds}, iat {seconds - 3600}",
            f"[{seconds}] kernel: usb 1-1: new device",
            f"epoch {seconds} is {dt.datetime.fromtimestamp(seconds, dt.UTC):%Y-%m-%d %H:%M:%S}",
            f"lastModified\t{seconds * 1000 + rng.randrange(1000)}",
        ]
    )


def digest(rng: random.Random) -> str:
    raw = rng.randbytes(20)
    sha1, sha256, md5 = (hashlib.new(name, raw, usedforsecurity=False).hexdigest() for name in ("sha1", "sha256", "md5"))
    return rng.choice(
        [
            f"commit {sha1}",
            f"{sha1[: rng.randint(7, 12)]} Fix the build",
            f"sha256:{sha256}",
            f"{sha256}  dist/app.tar.gz",
            f"MD5 ({rng.choice(PACKAGES)}.zip) = {md5}",
            f'ETag: "{md5}"',
            f"image: registry.example.com/app@sha256:{sha256}",
            f"index {sha1[:7]}..{sha1[7:14]} 100644",
            f'checksum = "{sha256}"',
            f"git cherry-pick {sha1[:10]}",
            f"rev: {sha1}",
            f"parent {sha1}\ntree {sha256[:40]}",
            f"sha512-{base64.b64encode(hashlib.sha512(raw).digest()).decode()}",
            f'"integrity": "sha512-{base64.b64encode(hashlib.sha512(raw).digest()).decode()}",',
            f"--hash=sha256:{sha256} \\",
            f"h1:{base64.b64encode(hashlib.sha256(raw).digest()).decode()}",
            f'<script src="a.js" integrity="sha384-{base64.b64encode(hashlib.sha384(raw).digest()).decode()}"></script>',
        ]
    )


def identifier(rng: random.Random) -> str:
    one = str(uuid.UUID(int=rng.getrandbits(128), version=4))
    return rng.choice(
        [
            one,
            f"request {one} failed",
            f'{{"id": "{one}"}}',
            f"https://example.com/items/{one}/edit",
            f"trace_id={one.replace('-', '')} span_id={take(rng, HEX, 16)}",
            f"traceparent: 00-{take(rng, HEX, 32)}-{take(rng, HEX, 16)}-01",
            f"https://example.com/p/{take(rng, DIGITS, rng.randint(6, 12))}",
            f"https://youtu.be/{take(rng, ALNUM, 11)}",
            f"https://example.com/status/{rng.randrange(10**17, 10**18)}",
            f'_id: ObjectId("{take(rng, HEX, 24)}")',
            f"GUID {{{one.upper()}}}",
            f"chatcmpl-{take(rng, ALNUM, 29)}",
            f"arn:aws:iam::{take(rng, DIGITS, 12)}:role/Reader",
            f"i-0{take(rng, HEX, 16)} in subnet-0{take(rng, HEX, 16)}",
            f"session {take(rng, '0123456789ABCDEFGHJKMNPQRSTVWXYZ', 26)}",
        ]
    )


def numbers(rng: random.Random) -> str:
    f = lambda: f"{rng.uniform(-1000, 1000):.{rng.randint(1, 12)}f}"  # noqa: E731 - a shorthand for the lines below
    return rng.choice(
        [
            f"[{f()}, {f()}, {f()}, {f()}]",
            f"loss: {rng.random():.16f} - val_loss: {rng.random():.16f}",
            f"x = {rng.random():.12f}e-{rng.randint(1, 20):02d}",
            f"mean {f()} (sd {abs(float(f())):.3f}, n = {rng.randint(10, 99999)}), p < 0.001",
            f"{f()}\t{f()}\t{f()}\n{f()}\t{f()}\t{f()}",
            f"pi is 3.14159265358979, e is 2.71828182845905, and {rng.randrange(10**12)} is neither",
            "6.02214076e23 and 1.602176634e-19",
            f"tensor([[{rng.random():.4f}, {rng.random():.4f}], [{rng.random():.4f}, {rng.random():.4f}]])",
            f"$ {rng.randint(1, 999)},{rng.randint(0, 999):03d},{rng.randint(0, 999):03d}.00",
            f"Revenue rose from €{rng.randint(1, 99)}.{rng.randint(0, 999):03d}.000,00 to €{rng.randint(100, 999)} million.",
            f"{rng.randint(1000, 9999)} x {rng.randint(1000, 9999)} = {rng.randint(10**6, 10**8 - 1)}",
            f"population {rng.randrange(10**6, 10**9):,}",
            f"size={rng.randrange(10**9, 10**12)} bytes, inode {rng.randrange(10**6, 10**9)}",
            f'points="{rng.randint(0, 500)},{rng.randint(0, 500)} {rng.randint(0, 500)},{rng.randint(0, 500)}"',
            f"| {rng.random():.3f} | {rng.random():.3f} | {rng.randint(100, 99999)} |",
            f"M{f()},{f()}L{f()},{f()}Z",
        ]
    )


def price_or_date(rng: random.Random) -> str:
    day = dt.date(2000, 1, 1) + dt.timedelta(days=rng.randrange(10000))
    return rng.choice(
        [
            f"The meeting is on {day:%d/%m/%Y} at 10:30.",
            f"released {day:%B} {day.day}, {day.year}",
            f"{day.isoformat()}T{rng.randrange(24):02d}:{rng.randrange(60):02d}:{rng.randrange(60):02d}.{rng.randrange(1000):03d}Z",
            f"valid until {day:%d.%m.%Y}",
            f"from {day:%Y%m%d} to {day:%Y}1231",
            f"EUR {rng.randint(1, 9999)}.{rng.randint(0, 99):02d} incl. 19% VAT",
            f"${rng.randint(1, 999)}.99 - ${rng.randint(1000, 1999)}.99",
            f"Founded in {day.year}, the company grew until {day.year + 20}.",
            f"due date: {day:%m/%d/%y}; start date: {day:%m/%d/%y}",
            f"backup_{day:%Y%m%d}_{rng.randrange(240000):06d}.tar.gz",
            f"{day:%Y-%m-%d %H:%M:%S},{rng.randrange(1000):03d} - worker - INFO - done",
            f"last updated {day:%d %b %Y}",
        ]
    )


def ranges_and_scores(rng: random.Random) -> str:
    n = rng.randint
    return rng.choice(
        [
            f"pages {n(100, 499)}-{n(500, 999)}",
            f"{n(1990, 2005)}-{n(2006, 2024)}",
            f"lines {n(1000, 4999)}-{n(5000, 9999)} and {n(100, 499)}-{n(500, 999)}-{n(1000, 9999) % 97}",
            f"The match ended {n(0, 6)}-{n(0, 6)}, {n(0, 6)}-{n(0, 6)}, {n(0, 7)}-{n(6, 7)}.",
            f"items {n(10000, 49999)}..{n(50000, 99999)}",
            "sizes 36-38-40-42-44",
            f"ratio 16:9, scale 1:{n(100, 9999)}",
            "the 2020-21, 2021-22 and 2022-23 seasons",
            f"{n(1, 12)}:{n(10, 59)} to {n(1, 12)}:{n(10, 59)}",
            f"scores: {' '.join(str(n(10, 99)) for _ in range(8))}",
            f"serial 000-{n(100, 999)}-{n(10, 99)}",
            f"lap 00:{n(10, 59)}:{n(10, 59)}:{n(10, 59)}",
            f"timecode {n(0, 23):02d}:{n(0, 59):02d}:{n(0, 59):02d}:{n(0, 24):02d}",
            f"range {n(1024, 9999)}-{n(10000, 65535)}/tcp",
            f"1-{n(2, 9)}-{n(10, 99)}",
        ]
    )


def tracking(rng: random.Random) -> str:
    return rng.choice(
        [
            f"UPS tracking number 1Z{take(rng, UPPER + DIGITS, 6)}{take(rng, DIGITS, 10)}",
            f"FedEx {take(rng, DIGITS, 4)} {take(rng, DIGITS, 4)} {take(rng, DIGITS, 4)}",
            f"USPS 9400 1{take(rng, DIGITS, 3)} {take(rng, DIGITS, 4)} {take(rng, DIGITS, 4)} {take(rng, DIGITS, 4)} {take(rng, DIGITS, 2)}",
            f"DHL shipment {take(rng, DIGITS, 10)} is on its way",
            f"parcel {take(rng, UPPER, 2)}{take(rng, DIGITS, 9)}{rng.choice(['DE', 'GB', 'CN'])}",
            f"flight {take(rng, UPPER, 2)}{rng.randint(100, 9999)}, seat {rng.randint(1, 40)}{rng.choice('ABCDEF')}",
            f"VIN W{take(rng, 'ABCDEFGHJKLMNPRSTUVWXYZ', 2)}ZZZ{take(rng, DIGITS, 3)}Z{take(rng, DIGITS, 7)}",
            f"part no. {take(rng, DIGITS, 3)}-{take(rng, DIGITS, 5)}-{take(rng, LOWER, 1)}",
            f"model {take(rng, UPPER, 2)}-{take(rng, DIGITS, 4)}-{take(rng, UPPER, 2)}{take(rng, DIGITS, 2)}",
            f"CAS {rng.randint(50, 9999)}-{rng.randint(10, 99)}-{rng.randint(0, 9)}",
            f"license MIT, patent US {rng.randint(5, 11)},{take(rng, DIGITS, 3)},{take(rng, DIGITS, 3)} B2",
            f"PMID {take(rng, '123456789', 8)}, arXiv:{rng.randint(1001, 2412)}.{take(rng, DIGITS, 5)}",
        ]
    )


FAMILIES = {
    "user agents": user_agent,
    "versions": version,
    "chapters and OIDs": chapter,
    "ISBN": isbn,
    "EAN, UPC, SKU": ean,
    "orders and tickets": order,
    "epochs": epoch,
    "hashes": digest,
    "UUIDs and ids": identifier,
    "floats and figures": numbers,
    "dates and prices": price_or_date,
    "ranges and scores": ranges_and_scores,
    "tracking and parts": tracking,
}
