"""How a redacted value is written: label, mask, keyed hash or pseudonym."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from bartizan._engine.vault import Vault

_KEPT_SEPARATORS: Final = frozenset(" -./")
_LAST: Final = 4
_MIN_DIGITS: Final = 8
_MOSTLY: Final = 0.6
_HASH_BYTES: Final = 10
# A hash in letters alone can't be taken for a card, a phone number or a key when the text is judged again.
_NIBBLES: Final = str.maketrans("0123456789abcdef", "abcdefghijklmnop")


class Style(Protocol):
    """Writes what stands for a value. What it writes must not be found again."""

    name: str

    def render(self, label: str, value: str, *, whole: bool, vault: Vault, answer: bool) -> str:
        """What stands for `value`.

        `whole`: the winning finding spans all of it (a partial mask is only right then). `answer`: the text comes from a model.
        """
        ...


class LabelStyle:
    """`<EMAIL_ADDRESS>`."""

    name = "label"

    def render(self, label: str, value: str, *, whole: bool, vault: Vault, answer: bool) -> str:  # noqa: ARG002 (one signature)
        """The label in angle brackets."""
        return f"<{label}>"


class MaskStyle:
    """`**** **** **** 1111`: long numbers keep their last four digits, everything else is masked whole."""

    name = "mask"

    def render(self, label: str, value: str, *, whole: bool, vault: Vault, answer: bool) -> str:  # noqa: ARG002 (one signature)
        """Stars of the value's own length; separators of a number stay, so that it is still recognised as one."""
        letters = sum(c.isalnum() for c in value)
        digits = sum(c.isdecimal() for c in value)
        if not whole or "@" in value or digits < _MIN_DIGITS or digits < _MOSTLY * letters or not value[-_LAST:].isdecimal():
            return "*" * len(value)
        return "".join(c if c in _KEPT_SEPARATORS else "*" for c in value[:-_LAST]) + value[-_LAST:]


class HashStyle:
    """`<EMAIL_ADDRESS:hbkdo…>`: HMAC-SHA-256 (RFC 2104) with a named key, 80 bits of it; equal values stay comparable."""

    name = "hash"

    def __init__(self, key: bytes) -> None:
        self._key = key

    def render(self, label: str, value: str, *, whole: bool, vault: Vault, answer: bool) -> str:  # noqa: ARG002 (one signature)
        """The label and the value's keyed hash."""
        import hmac

        digest = hmac.digest(self._key, value.encode("utf-8", "surrogatepass"), "sha256")
        return f"<{label}:{digest[:_HASH_BYTES].hex().translate(_NIBBLES)}>"

    def __repr__(self) -> str:
        return "HashStyle()"


class PseudonymStyle:
    """`<EMAIL_ADDRESS_1_kqzwhtplmnra>`: reversible within the session."""

    name = "pseudonym"

    def render(self, label: str, value: str, *, whole: bool, vault: Vault, answer: bool) -> str:  # noqa: ARG002 (one signature)
        """The session's placeholder.

        A value that only the model wrote gets a label: nobody in the session knows what it stands for. So does one that a full vault
        can't keep.
        """
        return (vault.known(value) if answer else vault.placeholder(label, value)) or f"<{label}>"


LABEL: Final = LabelStyle()
MASK: Final = MaskStyle()
PSEUDONYM: Final = PseudonymStyle()
