"""What must hold before a file is sanitised."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from bartizan._engine.sanitizer import Sanitizer
from bartizan.data._errors import DataError
from bartizan.data._options import SUFFIXES

if TYPE_CHECKING:
    from typing import BinaryIO

    from bartizan._guard import Guard


def file_sanitizer(guard: Guard) -> Sanitizer:
    """Its scanners.

    Raises:
        DataError: there is none, or one only monitors; BartizanError: its style is of no use in data.
    """
    engine = guard.engine
    sanitizer = Sanitizer(engine.members, engine.digest, exact=engine.exact)
    message = ""
    if not sanitizer:
        message = (
            "no plugin of this policy scans training data, so nothing would be sanitised: load redaction, or another that does"
        )
    elif sanitizer.unenforced:
        names = ", ".join(sanitizer.unenforced)
        message = f"monitor mode would leave what {names} finds in the output as it is: use a policy that enforces"
    if message:
        raise DataError(message)
    sanitizer.check()
    return sanitizer


def file_format(name: str, named: str | None) -> tuple[str, str]:
    """The format, named or by the file's name, and the ending of the name.

    Raises:
        DataError: nothing says which.
    """
    stem = name.lower().removesuffix(".gz")
    suffix = os.path.splitext(stem)[1]  # noqa: PTH122 (names throughout)
    found = named or SUFFIXES.get(suffix)
    if found is None:
        known = ", ".join(SUFFIXES)
        hint = "; JSON in one piece: write one value a line first" if suffix == ".json" else ""
        message = f"the input is named {suffix or 'without an ending'}, which is not one of {known}: say its --format{hint}"
        raise DataError(message)
    if found == "parquet" and stem != name.lower():
        message = "Parquet is compressed inside: .parquet.gz can't be read in pieces"
        raise DataError(message)
    return found, suffix


def check_same_format(kind: str, out: str) -> None:
    """Refuse an output whose name says another format."""
    suffix = os.path.splitext(out.lower().removesuffix(".gz"))[1]  # noqa: PTH122 (names throughout)
    if SUFFIXES.get(suffix, kind) != kind:
        message = f"the output is named {suffix} but the input is {kind}: sanitize does not convert, so name it alike"
        raise DataError(message)


def check_files(raw: BinaryIO, name: str, target: str, *, force: bool) -> int | None:
    """The mode of an output that is replaced.

    Raises:
        DataError: the input is no regular file, or the output exists or is the input.
    """
    status = os.fstat(raw.fileno())
    if not stat.S_ISREG(status.st_mode):
        message = f"{name} is no regular file: sanitize reads files, which it can go on with after an interruption"
        raise DataError(message)
    try:
        found = os.stat(target)  # noqa: PTH116 (names throughout)
    except FileNotFoundError:
        return None
    if os.path.samestat(found, status):
        message = "the output is the input: inputs are never changed, so name another file"
        raise DataError(message)
    if not stat.S_ISREG(found.st_mode):
        message = "the output exists and is no regular file: name another"
        raise DataError(message)
    if not force:
        message = "the output exists: name another file, or say --force to replace it"
        raise DataError(message)
    return stat.S_IMODE(found.st_mode)
