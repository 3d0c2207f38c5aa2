# ruff: noqa: RUF001, S105 - names and punctuation of many scripts are what is written here; names of secrets are none
"""What secrets are called, in many languages, and what stands between such a name and its value."""

from __future__ import annotations

from typing import Final

_LATIN_1: Final = 256
S: Final = r"[ \t]"
QUOTE: Final = r"\\?[\"'`]"
_KEY: Final = r"[_\-. ]?key(?:_?base)?"
PASSWORD: Final = r"pass(?:w(?:or)?d|phrase|code)?|pwd"
_SECRETS: Final = {
    "p": rf"rivate{_KEY}",
    "s": rf"ecret(?:[_\-. ]?access)?(?:{_KEY})?|(?:igning|torage|hared|ervice|ession|ubscription){_KEY}",
    "t": "oken",
    "c": rf"redentials?|(?:lient|onsumer){_KEY}",
    "a": rf"(?:pi|ccess|uth|ccount|pp){_KEY}|uth[_-]salt",
    "e": rf"ncryption{_KEY}",
    "m": rf"aster{_KEY}",
    "l": rf"icense{_KEY}|ogged_in_(?:key|salt)",
    "n": r"once_(?:key|salt)",
}
SECRET: Final = "|".join(f"{first}(?:{rest})" for first, rest in _SECRETS.items())
BEGINS: Final = "(?i:pa|pw|pr|s[eithu]|to|c[rlo]|a[pcu]|en|ma|l[io]|no|be)"

# The same in other languages that are written in Latin letters; `password` and `token` are said in most of them too.
WORDS_PASSWORD: Final = (
    "passwort|kennwort|contrase[ñn]a|contrasenya|clave|mots?[ _-]de[ _-]passe|motdepasse|mdp|senha|palavra[ -]passe|parola d'ordine"
    "|parola|parole|parool|wachtwoord|has[łl]o|l[öo]senord|adgangskode|kodeord|passord|salasana|heslo|jelsz[óo]|parol[ăa]|[şs]ifre"
    "|lozinka|zaporka|geslo|slapta[žz]odis|kata[ _]sandi|m[ậa]t kh[ẩa]u"
)
WORDS_KEY: Final = (
    "(?:api[ _-]?)?schl(?:ü|ue|u)ssel|cl[ée][ _-](?:api|secr[èe]te|priv[ée]e|d['’]acc[èe]s)"
    "|(?:llave|clave|chave|chiave)[ _-](?:de[ _-])?(?:api|secreta|privada|acceso|acesso|segreta|privata)|chiave di accesso"
    "|api[ _-](?:sleutel|nyckel|nøkkel|nøgle|avain|anahtar[ıi]?|kulcs|klucz|jeton)|klucz[ _-](?:api|prywatny|tajny)|kl[íi][čc] api"
    "|token di accesso|jeton d['’]acc[èe]s"
)
# And in other scripts.
SCRIPTS_PASSWORD: Final = (
    "парол[ья]|парола|лозинка|код доступа|密码|密碼|口令|パスワード|パスコード|合言葉|暗証番号|비밀번호|패스워드|암호"
    "|كلمة المرور|كلمة السر|الرمز السري|رمز عبور|گذرواژه|סיסמה|סיסמא|κωδικός(?: πρόσβασης)?|συνθηματικό|รหัสผ่าน|पासवर्ड"
)
SCRIPTS_KEY: Final = (
    "токен(?: доступа)?|секрет|ключ(?: api| доступа)?|密钥|密鑰|金鑰|令牌|秘密鍵|シークレット(?:キー)?|トークン|キー|비밀키|토큰"
    "|مفتاح(?: api)?|מפתח(?: api)?|κλειδί(?: api)?"
)

_WIDE: Final = r"[ \t\u00a0\u202f\u3000]"
_COPULA: Final = "(?:(?:should|must|will) be|is(?: now| set to)?|was|to|es|ist|lautet|est|è|é|jest|är)"
# `": "`, ` = `, `'] = '`, ` is `, ` => `, ` := `, `:** `; what stands between a name and its value.
BETWEEN: Final = (
    rf"(?:{QUOTE}|\*{{1,2}})?\]?"
    rf"(?:{_WIDE}{{0,3}}(?::=|=>|={{1,3}}|[:：])(?:\*\*)?{_WIDE}{{0,3}}|{S}{_COPULA}{S}(?::{S})?)"
)
_SPACE: Final = r"[ \t\u00a0]"
IN_SCRIPTS: Final = (
    rf"(?:{QUOTE}|\*{{1,2}}|[)\]])?"
    rf"(?:{_SPACE}{{0,3}}[:=]{_SPACE}{{0,3}}|(?P<wide>{_SPACE}{{0,3}}[：＝]{_SPACE}{{0,2}}|{_SPACE}[–—]{_SPACE}|(?:は|是|为|為|는|은|이|가){_SPACE}{{0,2}})"
    rf"|{_SPACE}-{_SPACE})"
)
SOON: Final = r"[^\s\x00-\x1f\x7f]{0,24}[0-9]"
"""Where no sign of assignment says so, or but in other scripts, a digit must tell a value; not far behind where it begins."""
BETWEEN_GATE: Final = (
    rf"(?:{QUOTE}|\*{{1,2}})?\]?(?:[ \t\xa0\?]{{0,3}}(?:[:=]|\?[ \t\xa0\?]{{0,3}}[!-~\x80-\xff])"
    rf"|{S}(?:(?:should|must|will) be|is|was|to|es|ist|lautet|est|\xe8|\xe9|jest|\xe4r){S})"
)
NAMED_GATE: Final = rf"(?i:(?:{PASSWORD}|{SECRET}){BETWEEN_GATE}|bearer{S}{{1,2}}[!-~\x80-\xff])"
TYPED_GATE: Final = rf"(?i:(?:{PASSWORD}|{SECRET}){S}?:{S}?[A-Z])"
FLAG_GATE: Final = rf"(?i:--?(?:[A-Z0-9-]{{0,24}})(?:{PASSWORD}|{SECRET}){S})"

# Behind a name: an element's `>`, an attribute's, cells of a table, arguments of a call, and `value` behind `name`.
_VALUE_NAMED: Final = r"(?:value|default)"
MARKED: Final = (
    r"(?:(?P<element>>)|(?P<attribute>\\?[\"']{S}?>)"
    r"|(?P<cell></[a-z]{{1,8}}>[\s:]{{0,12}}<[a-z]{{1,8}}(?:>|[^<>]{{0,16}}?value=[\"'])|\*{{0,2}}[ ]{{1,16}}\|[ ]{{1,4}})"
    rf"|(?P<pair>\\?[\"']?[ \t\r\n,/]{{{{1,24}}}}\\?[\"']?{_VALUE_NAMED}\\?[\"']?[ ]{{{{0,2}}}}[:=][ ]{{{{0,2}}}})"
    r"|(?P<argument>\\?[\"']{S}?,{S}?(?=\\?[\"'])))"
).format(S=S)
MARKED_GATE: Final = (
    rf"(?i:(?:{PASSWORD}|{SECRET})(?:(?:\\?[\"']{S}?)?>[^<\s]|</[a-z]{{1,8}}>|\*{{0,2}}[ ]{{1,16}}\|[ ]|\\?[\"']{S}?,{S}?\\?[\"']"
    rf"|\\?[\"']?[ \t\r\n,/]{{1,24}}[\\\"']{{0,2}}{_VALUE_NAMED}[\\\"' ]{{0,4}}[:=]))"
)
COMMANDS: Final = r"identified by|requirepass|masterauth|sshpass -p"
SPACED_GATE: Final = rf"(?i:(?:{PASSWORD}|{SECRET}|{COMMANDS}){S}[!-~\x80-\xff]{{0,27}}[0-9])"
# From the last but one character of the name: one `?` alone is too common in code.
SCRIPTS_GATE: Final = (
    r"\?\?[\\\"'`*)\]]{0,2}[ \t\xa0]{0,3}"
    r"(?:[:=-][ \t\xa0]{0,3}[!-~\x80-\xff]{4}|\?[ \t\xa0]{0,2}[!-~\x80-\xff]{0,27}[0-9])"
)


def over_latin_1(words: str) -> str:
    """The words as a pattern over Latin-1, its letters in both cases; what lies beyond is a `?`."""
    out, within = [], False
    for character in words:
        within = (within or character == "[") and character != "]"
        if character.isascii():
            out.append(character)
        elif ord(character) >= _LATIN_1:
            out.append("?" if within else r"\?")
        else:
            both = "".join(dict.fromkeys(character.lower() + character.upper()))
            out.append(both if within else f"[{both}]")
    return "".join(out)


WORDED_GATE: Final = rf"(?i:(?:{over_latin_1(WORDS_KEY)}|{over_latin_1(WORDS_PASSWORD)}){BETWEEN_GATE})"
WORDED_BEGINS: Final = "(?i:ke|pa|co|cl|mo|md|se|ha|wa|l.|ad|ko|sa|he|je|[s?]i|lo|za|ge|sl|ka|m.|ap|sc|ll|ch|kl|to)"
