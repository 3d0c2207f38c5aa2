"""The unfinished output: sanitised data only, in a hidden folder beside the output, with a note of how far it is.

`.OUT.bartizan-part/` holds `data` (what is done) and `state.json` (how much of the input that is, what was counted, and a digest of
what it all depends on). The state is replaced after the data is on disk, so after a kill the data is cut back to what the state says.
"""

from __future__ import annotations

import contextlib
import json
import os
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from bartizan.data._errors import DataError

if TYPE_CHECKING:
    from typing import BinaryIO

_EDGE: Final = 64 * 1024
_VERSION: Final = 1


def identity(stream: BinaryIO) -> dict[str, Any]:
    """What tells a file from another, or from itself once changed: size, time of change, and its first and last 64 KiB."""
    status = os.fstat(stream.fileno())
    stream.seek(0)
    digest = sha256(stream.read(_EDGE))
    stream.seek(max(0, status.st_size - _EDGE))
    digest.update(stream.read(_EDGE))
    stream.seek(0)
    return {"size": status.st_size, "mtime_ns": status.st_mtime_ns, "inode": status.st_ino, "edges": digest.hexdigest()}


def bound(*parts: object) -> str:
    """A digest of what an unfinished output depends on."""
    return sha256(json.dumps([_VERSION, *parts], sort_keys=True).encode()).hexdigest()


class Journal:
    """The folder of one output. Only one run at a time may hold it."""

    def __init__(self, out: str) -> None:
        folder, name = os.path.split(out)
        self.folder: str = os.path.join(folder, f".{name}.bartizan-part")  # noqa: PTH118 (names throughout)
        self._data = os.path.join(self.folder, "data")  # noqa: PTH118 (names throughout)
        self._state = os.path.join(self.folder, "state.json")  # noqa: PTH118 (names throughout)
        self._final = os.path.join(self.folder, "final")  # noqa: PTH118 (names throughout)
        self._lock: Any = None
        self._bound = ""
        self.committed: bool = False
        """Whether there is anything to go on from."""
        self.stream: Any = None
        """Where sanitised data is appended."""

    def open(self, bound_to: str, *, resume: bool) -> tuple[dict[str, Any] | None, str]:
        """The state to go on from, None for the beginning; and why an unfinished output was not taken up, if there was one.

        Raises:
            DataError: another run is at it; OSError: it can't be written.
        """
        with contextlib.suppress(FileExistsError):
            os.mkdir(self.folder, 0o700)  # noqa: PTH102 (names throughout)
        self._take_lock()
        self._bound = bound_to
        found, why = self._found(bound_to) if resume else (None, "")
        self.stream = open(self._data, "r+b" if found else "wb")  # noqa: PTH123, SIM115 (held until the end)
        self.committed = found is not None
        if found:
            self.stream.truncate(found["out"])
            self.stream.seek(found["out"])
        return found, why

    def commit(self, state: dict[str, Any], out: int) -> None:
        """Note how far it is, once the data (its first `out` bytes) is on disk."""
        _sync(self.stream)
        part = f"{self._state}.part"
        with open(part, "wb") as stream:  # noqa: PTH123 (names throughout)
            stream.write(json.dumps({"bound": self._bound, **state, "out": out}).encode())
            _sync(stream)
        os.replace(part, self._state)  # noqa: PTH105 (names throughout)
        self.committed = True

    def data(self) -> BinaryIO:
        """The data, for reading; and no more for writing."""
        _sync(self.stream)
        self.stream.close()
        return open(self._data, "rb")  # noqa: PTH123 (the caller closes it)

    def final(self) -> BinaryIO:
        """A second file, for a format that is put together at the end: it is the output then."""
        return open(self._final, "wb")  # noqa: PTH123 (the caller closes it)

    def publish(self, out: str, mode: int | None) -> None:
        """The finished output takes its name: whole, or not at all."""
        made = self._final if os.path.exists(self._final) else self._data  # noqa: PTH110 (names throughout)
        if not self.stream.closed:
            _sync(self.stream)
            self.stream.close()
        with open(made, "r+b") as stream:  # noqa: PTH123 (names throughout)
            _sync(stream)
        if mode is not None:
            os.chmod(made, mode)  # noqa: PTH101 (names throughout)
        os.replace(made, out)  # noqa: PTH105 (names throughout)
        self.discard()
        _sync_folder(os.path.dirname(out))  # noqa: PTH120 (names throughout)

    def end(self, *, keep: bool) -> None:
        """Let go of it; what is unfinished stays for the next run, or goes."""
        if keep or self.stream is None:  # another run's is not ours to remove
            self.close()
        else:
            self.discard()

    def close(self) -> None:
        """Let go of it; what is there stays for the next run."""
        if self.stream is not None and not self.stream.closed:
            with contextlib.suppress(OSError):  # a full disk was told already
                self.stream.close()
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def discard(self) -> None:
        """Remove the folder and what is in it."""
        self.close()
        for name in ("data", "final", "state.json", "state.json.part", "lock"):
            with contextlib.suppress(FileNotFoundError):
                os.unlink(os.path.join(self.folder, name))  # noqa: PTH108, PTH118 (names throughout)
        with contextlib.suppress(OSError):
            os.rmdir(self.folder)  # noqa: PTH106 (names throughout)

    def _found(self, bound_to: str) -> tuple[dict[str, Any] | None, str]:
        state: Any = None
        try:
            with open(self._state, "rb") as stream:  # noqa: PTH123 (names throughout)
                state = json.loads(stream.read())
            whole = os.path.getsize(self._data) >= state["out"]  # noqa: PTH202 (names throughout)
        except FileNotFoundError:
            return None, ""
        except (ValueError, KeyError, TypeError):
            return None, "its state can't be read"
        if state.get("bound") != bound_to:
            return None, "the input, the policy or the options are not those that it was begun with"
        return (state, "") if whole else (None, "some of its data is missing")

    def _take_lock(self) -> None:
        self._lock = open(os.path.join(self.folder, "lock"), "a+b")  # noqa: PTH118, PTH123, SIM115 (held until the end)
        if not _locked(self._lock):
            self._lock.close()
            self._lock = None
            message = f"another run is writing this output (it holds {self.folder}): wait for it, or write to another file"
            raise DataError(message)


def _locked(stream: Any) -> bool:
    """Take the lock on a file for as long as it is open; a killed process lets go of it."""
    try:
        import fcntl
    except ImportError:
        import msvcrt

        try:
            msvcrt.locking(stream.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]  # Windows only
        except OSError:
            return False
        return True
    try:
        fcntl.flock(stream.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _sync(stream: Any) -> None:
    stream.flush()
    os.fsync(stream.fileno())


def _sync_folder(folder: str) -> None:
    """The new name itself on disk, where folders can be opened (not on Windows)."""
    with contextlib.suppress(OSError):
        handle = os.open(folder or ".", os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
