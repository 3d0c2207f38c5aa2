"""Code, markup and data that look like values to a careless pattern."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from support.redaction_corpus.model import ALNUM, BASE64, DIGITS, HEX, LOWER, UPPER, take

if TYPE_CHECKING:
    import random

WORDS = ("user", "order", "cache", "index", "buffer", "handler", "session", "record", "widget", "config")


def decorator(rng: random.Random) -> str:
    w, v = rng.choice(WORDS), rng.choice(WORDS)
    return rng.choice(
        [
            f"@app.route('/{w}')\ndef {w}(): ...",
            f"@{w}.{v}\nclass A: ...",
            f"import x from '@{w}/{v}';",
            f'"@types/{w}": "^18.0.0"',
            f"npm i @{w}/core@latest {v}@{rng.randint(1, 20)}.{rng.randint(0, 9)}.{rng.randint(0, 9)}",
            f"git@github.com:{w}/{v}.git",
            f"ssh://git@example.com/{w}/{v}",
            f"@{w}_{v} thanks!",
            f"ping @{w} and @{v}",
            f"image: {w}/{v}@sha256:{take(rng, HEX, 64)}",
            f"@media (min-width: 600px) {{ .{w} {{ color: red }} }}",
            f"@param {{string}} {w} the {v}",
            "A = B @ C.T",
            f"uses: actions/{w}@v{rng.randint(1, 5)}",
            f"https://medium.com/@{w}.{v}/post",
            f"@Override public void {w}() {{}}",
            f"{w}@{v}",
            f"user@localhost:~$ ls {w}",
            f"pip install {w}@git+https://github.com/{w}/{v}",
            f"pkg:npm/%40{w}/{v}@1.2.3",
            f"x@y = {w}",
            f"Math.max(a,b)@{v}.js:10:{rng.randint(1, 99)}",
            f"go get example.com/{w}/{v}@v1.{rng.randint(0, 20)}.{rng.randint(0, 9)}",
            f"{w}.ts@{rng.randint(1, 9)}",
            f"<@U{take(rng, UPPER + DIGITS, 8)}>",
        ]
    )


def cpp(rng: random.Random) -> str:
    w, v = rng.choice(WORDS), rng.choice(WORDS)
    return rng.choice(
        [
            f"std::{w}::{v} a::b;",
            "a::b",
            "std::cout << f::e << std::endl;",
            f"use crate::{w}::{v}::{{self, Error}};",
            "abc::def::fade",
            "Face::Bed::add()",
            f"{w.title()}::{v}()",
            "template <class A> struct b::c : d::e {};",
            "dead::beef",
            "cafe::Bad",
            "impl a::B for c::D {}",
            f"namespace {w}::{v} {{ int f; }}",
            "x ? a::b : c::d",
            "php: Foo::bar(), Ab::cd()",
            "SELECT '5'::int, a::text",
            f"Rails::Application::{w.title()}",
            "feed::add(bad::face)",
            "select now()::date, 'x'::fade",
            "array[1::2, ::3]",
            "x[::-1]",
            "a[1:2, 3:4, 5:6]",
            "at 12:34:56 it rained",
            "aspect 4:3:2:1",
            "time 10:20:30:40:50:60:70:80",
            "Psalm 119:105; John 3:16",
            "{a:1,b:2,c:3,d:4,e:5,f:6}",
            "CSS a:b:c:d:e:f",
        ]
    )


def blob(rng: random.Random) -> str:
    data = base64.b64encode(rng.randbytes(rng.randint(40, 900))).decode()
    return rng.choice(
        [
            f"data:image/png;base64,iVBORw0KGgo{data}",
            f'<img src="data:image/jpeg;base64,/9j/4AAQ{data}">',
            f"url(data:font/woff2;base64,{data})",
            f"-----BEGIN CERTIFICATE-----\n{data}\n-----END CERTIFICATE-----",
            f"-----BEGIN PUBLIC KEY-----\n{data}\n-----END PUBLIC KEY-----",
            f"ssh-rsa AAAAB3NzaC1yc2E{data.rstrip('=')} ann@laptop".split(" ann")[0],
            f"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI{take(rng, BASE64, 43)}",
            f"payload: {data}",
            f"//# sourceMappingURL=data:application/json;base64,{data}",
            f'{{"image": "{data}"}}',
            f"Content-Transfer-Encoding: base64\n\n{data}",
            f"{rng.randbytes(60).hex()}",
            "\\x" + "\\x".join(f"{b:02x}" for b in rng.randbytes(30)),
            f"0x{rng.randbytes(32).hex()}",
            f"-----BEGIN PGP SIGNATURE-----\n\n{data}\n-----END PGP SIGNATURE-----",
            " ".join(f"{b:02x}" for b in rng.randbytes(16)),
            f"00000010  {' '.join(f'{b:02x}' for b in rng.randbytes(8))}  |........|",
            f"[{', '.join(str(b) for b in rng.randbytes(24))}]",
            f"eval(function(p,a,c,k,e,d){{}}('{take(rng, ALNUM, 80)}'))",
        ]
    )


def styles(rng: random.Random) -> str:
    h = lambda n: take(rng, HEX, n)  # noqa: E731 - a shorthand for the lines below
    w = rng.choice(WORDS)
    return rng.choice(
        [
            f".{w}{{color:#{h(6)};background:#{h(3)};margin:0 {rng.randint(1, 20)}px 10px 20px}}",
            f"--{w}-color: #{h(8)};",
            f'fill="#{h(6)}" stroke="#{h(6)}"',
            f".a{{transform:translate3d({rng.random():.6f}px,0,0) rotate({rng.randint(0, 359)}deg)}}",
            f"!function(e,t){{var n={rng.randint(1, 9999)},r=e[{rng.randint(1, 99)}];t.{w}=n<<3|r>>>{rng.randint(1, 9)}}}(window,{{}});",
            f"a.{w}=function(b,c){{return b.d(c,{rng.randint(10**5, 10**9)})}};",
            f'<path d="M{rng.randint(0, 99)}.{rng.randint(0, 99)} {rng.random():.2f}c-{rng.random():.3f}-.5-1.2.3.4-1.3.5z"/>',
            f"rgba({rng.randint(0, 255)}, {rng.randint(0, 255)}, {rng.randint(0, 255)}, .{rng.randint(1, 9)})",
            f'viewBox="0 0 {rng.randint(10, 999)} {rng.randint(10, 999)}"',
            f'<link href="/static/{w}.{h(20)}.css">',
            f"main.{h(8)}.chunk.js",
            f"__webpack_require__({rng.randint(1000, 99999)})",
            f"grid-area:1/2/{rng.randint(3, 9)}/4;z-index:{rng.randint(1000, 2147483647)}",
        ]
    )


def source(rng: random.Random) -> str:
    w, v, n = rng.choice(WORDS), rng.choice(WORDS), rng.randint(1, 999999)
    return rng.choice(
        [
            f"for i in range({n}):\n    {w}[i] = {v}.get(i, 0) % {n + 7}\n",
            f"public static final int {w.upper()}_MAX = {n};",
            f"fn {w}(x: u64) -> u64 {{ x.wrapping_mul(0x{take(rng, HEX, 16)}) ^ {rng.randrange(10**15, 10**18)} }}",
            f"SELECT {w}_id, count(*) FROM {v}s WHERE created_at > '2024-01-{rng.randint(10, 28)}' AND total > {n};",  # noqa: S608 - text, never run
            f"INSERT INTO {w}s (id, name, qty) VALUES ({n}, '{v}', {n % 97}), ({n + 1}, '{w}', {n % 89});",  # noqa: S608 - text, never run
            f"#define {w.upper()}_MAGIC 0x{take(rng, '0123456789ABCDEF', 8)}UL",
            f"assert {w}({n}) == {rng.randrange(10**9, 10**12)}",
            f"rng = np.random.default_rng({n}); {w} = rng.normal(size=({n % 50}, 3))",
            f'resource "aws_instance" "{w}" {{ ami = "ami-0{take(rng, HEX, 16)}" instance_type = "t3.micro" }}',
            f"kubectl get pods -n {w} | grep {v}-{take(rng, HEX, 10)}-{take(rng, LOWER, 5)}",
            f"const {w} = new Map([[{n}, '{v}'], [{n + 1}, '{w}']]);",
            f"if (x[{n % 9}] == 0x{take(rng, HEX, 4)} && y >= {n}) goto {w};",
            f"diff --git a/{w}.py b/{w}.py\n@@ -{n % 500},{n % 9} +{n % 500},{n % 9} @@ def {v}():",
            f"docker run -p {rng.randint(1024, 65535)}:{rng.randint(1024, 65535)} --name {w}_{v} {w}:{n % 9}.{n % 20}-alpine",
            f"0x{take(rng, HEX, 12)} <{w}+{n}>: mov %rax,0x{take(rng, HEX, 4)}(%rip)",
            "regex = r'^\\d{3}-\\d{2}-\\d{4}$'",
            "re.compile(r'[\\w.+-]+@[\\w-]+\\.[\\w.]+')",
            f"var {w} = {{ a: {n}, b: [{n % 7}, {n % 11}, {n % 13}] }};",
            f"LC_ALL=C sort -t: -k{n % 9},{n % 9} {w}.txt | uniq -c",
            f'[tool.{w}]\nversion = "{n % 9}.{n % 7}.{n % 5}"\n',
            f"{w}:\n  - {v}\n  - replicas: {n % 10}\n",
            f"CREATE TABLE {w}s (id BIGINT PRIMARY KEY, iban VARCHAR(34), ssn CHAR(11), email TEXT);",
            f"class {w.title()}(BaseModel):\n    email: EmailStr\n    phone: str | None = None\n    ssn: str\n    dob: date\n",
            f'"phone": {{"type": "string", "maxLength": {n % 40}}}',
        ]
    )


def trace(rng: random.Random) -> str:
    w, v, n = rng.choice(WORDS), rng.choice(WORDS), rng.randint(1, 9999)
    return rng.choice(
        [
            f'Traceback (most recent call last):\n  File "/usr/lib/python3/{w}.py", line {n}, in {v}\n    raise KeyError({n})\nKeyError: {n}',
            f"    at com.example.{w}.{v.title()}.run({v.title()}.java:{n})\n    at java.base/java.lang.Thread.run(Thread.java:{n})",
            f"    at Object.<anonymous> (/app/node_modules/@{w}/core/dist/{v}.js:{n}:{n % 97})",
            f"panic: runtime error: index out of range [{n}]\n\ngoroutine {n} [running]:\nmain.{w}(0xc000{take(rng, HEX, 6)})",
            f"#{n % 30}  0x00007f{take(rng, HEX, 10)} in {w} () from /lib/x86_64-linux-gnu/libc.so.6",
            f"Segmentation fault at address 0x{take(rng, HEX, 12)}",
            f"{v}.c:{n}:{n % 80}: error: expected ';' before '}}' token",
            f'Exception in thread "main" java.lang.NullPointerException: {w}.{v} is null',
            f"npm ERR! code ELIFECYCLE errno {n}",
            f'[pid {n}] openat(AT_FDCWD, "/etc/{w}", O_RDONLY) = -{n % 30}',
            f"thread '{w}' panicked at src/{v}.rs:{n}:{n % 80}",
            f"HTTP/1.1 {rng.choice([200, 404, 500])} - {n}ms - {n * 7} bytes",
            f"Process finished with exit code {n % 255}; heap {n * 1000}K->{n * 900}K({n * 2000}K), 0.{n:05d}7 secs",
        ]
    )


def lock_file(rng: random.Random) -> str:
    w, digest = rng.choice(WORDS), take(rng, BASE64, 86)
    v = f"{rng.randint(0, 20)}.{rng.randint(0, 20)}.{rng.randint(0, 20)}"
    return rng.choice(
        [
            f'"node_modules/{w}": {{\n  "version": "{v}",\n  "resolved": "https://example.com/{w}.tgz",\n "integrity": "sha512-{digest}=="\n}}',
            f'{w}@^{v}:\n  version "{v}"\n  resolved "https://example.com/{w}-{v}.tgz#{take(rng, HEX, 40)}"',
            f'[[package]]\nname = "{w}"\nversion = "{v}"\nchecksum = "{take(rng, HEX, 64)}"',
            f'{{file = "{w}-{v}-py3-none-any.whl", hash = "sha256:{take(rng, HEX, 64)}"}},',
            f"example.com/{w} v{v} h1:{take(rng, BASE64, 43)}=",
            f"{w} ({v})\n  checksum: {take(rng, HEX, 32)}",
            f"cache-key: {w}-{take(rng, HEX, 64)}",
            f"  - {w}={v}=py311h{take(rng, HEX, 7)}_0",
        ]
    )


def latex(rng: random.Random) -> str:
    a, b = rng.randint(1, 99), rng.randint(1, 99)
    return rng.choice(
        [
            rf"\begin{{equation}} x_{{{a}}} = \frac{{{a}.{b}}}{{\sqrt{{{b}}}}} \label{{eq:{a}}} \end{{equation}}",
            rf"\cite{{doe2021,roe2019}} and Table~\ref{{tab:{b}}}",
            rf"$\sum_{{i=1}}^{{{a}}} i^2 = {a * (a + 1) * (2 * a + 1) // 6}$",
            rf"{a}.{b} & {b}.{a} & {a * b} \\ \hline",
            rf"\usepackage[margin={a}mm]{{geometry}}",
            rf"\includegraphics[width=0.{a}\textwidth]{{fig{b}.pdf}}",
            rf"Tel. is short for telephone; \SI{{{a}e{b}}}{{\metre}}",
            f"H2O, C{a}H{b}N3O2; {a}°C at {b} kPa",
            f"gene BRCA{a % 3}, rs{rng.randrange(10**6, 10**9)}, chr{a % 22}:{rng.randrange(10**5, 10**8)}-{rng.randrange(10**5, 10**8)}",
            f"NM_{take(rng, DIGITS, 6)}.{a % 9} c.{a}A>G (p.Lys{b}Glu)",
            f"PDB {a % 9}{take(rng, UPPER, 3)}, EC {a % 7}.{b % 20}.1.{a % 50}",
            f"E. coli ATCC {rng.randint(10000, 99999)}",
            f"MMLU {a}.{b}, HellaSwag {b}.{a}, GSM8K {a}.{a}",
            f"angles 30°, 45° and {a}°; latitude lines are parallel",
        ]
    )


FAMILIES = {
    "at signs": decorator,
    "colons": cpp,
    "blobs and public keys": blob,
    "CSS, SVG, minified": styles,
    "source code": source,
    "stack traces": trace,
    "lock files": lock_file,
    "LaTeX and science": latex,
}
